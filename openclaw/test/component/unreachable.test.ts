/** Connections that cannot be made: the reason reaches the message by which OpenClaw chooses its sentence. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Failure } from '../../src/component/contract.js';
import { loadComponent } from '../../src/component/load.js';
import { Connections } from '../../src/host/connections.js';
import { failureFields } from '../../src/provider/failover.js';
import { collect, KEY, respond, serve, userRequest } from '../server.js';
import { hostTest, StandIn } from '../stand_in.js';

/** Why the test of a proxy is left out, if it is. */
const { unusable } = new Connections({ HTTP_PROXY: 'http://127.0.0.1:9' });

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The fields for OpenClaw of a request to this base URL. */
async function fieldsOf(baseUrl: string, proxy: Record<string, string> = {}) {
  const component = await loadComponent(proxy);
  const error: unknown = await collect(
    component.open({ apiKey: KEY, baseUrl, maxRetries: 0 }).complete(userRequest('hi')),
  ).catch((failed) => failed);
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.record.requestSent, false);
  return { ...failureFields(error, 7), message: error.message };
}

test('a refused connection, with the origin that refused it', async () => {
  const origin = `http://127.0.0.1:${await closedPort()}`;
  const { errorType, errorCode, message } = await fieldsOf(`${origin}/v1`);
  assert.deepEqual([errorType, errorCode], ['cometapi:network', 'ECONNREFUSED']);
  assert.match(message, new RegExp(`^the connection to ${origin} failed \\(the connection was refused\\); check`));
});

test('a host name that does not exist', async () => {
  const { errorType, errorCode = '', message } = await fieldsOf('https://api.cometapi.invalid/v1');
  assert.equal(errorType, 'cometapi:network');
  // The second is that of a machine without a name server.
  assert.ok(['ENOTFOUND', 'EAI_AGAIN'].includes(errorCode), errorCode);
  assert.match(message, /^the connection to https:\/\/api\.cometapi\.invalid failed \(the host name could not be/);
});

test('https to a server that speaks http', async () => {
  await using server = await serve((_request, response) => respond(response, 'hi'));
  const { errorType, errorCode, errorMessage } = await fieldsOf(server.baseUrl.replace('http:', 'https:'));
  assert.deepEqual([errorType, errorCode], ['cometapi:connection', undefined]);
  assert.match(errorMessage, /^connection error: the connection to https:.* \(TLS failed\)/);
});

test('a key that cannot be sent, and a base URL that cannot be used', async () => {
  const component = await loadComponent();
  const thrownBy = (apiKey: string, baseUrl: string) => {
    try {
      component.open({ apiKey, baseUrl, maxRetries: 0 });
    } catch (error) {
      return failureFields(error, 7);
    }
    return assert.fail('it was opened');
  };
  for (const key of ['two words', 'sk-0123456789\nabc', 'Bearer sk-0123456789', 'sk-0123456789\u00e9']) {
    const { errorType, errorMessage } = thrownBy(key, 'https://api.cometapi.com/v1');
    assert.equal(errorType, 'cometapi:invalid-key');
    assert.match(errorMessage, /^the API key is empty, or contains blanks .*; check what was pasted$/);
  }
  for (const key of [` ${KEY}`, `${KEY}\r\n`]) {
    component.open({ apiKey: key, baseUrl: 'https://api.cometapi.com/v1', maxRetries: 0 });
  }
  for (const baseUrl of ['api.cometapi.com/v1', 'http://api.cometapi.com/v1', 'https://h/v1?x', 'https://h/v2']) {
    const { errorType, errorMessage } = thrownBy(KEY, baseUrl);
    assert.equal(errorType, 'cometapi:configuration');
    assert.match(errorMessage, /^network request failed: .*base URL/);
  }
});

test('a proxy that is not there', { skip: unusable }, async () => {
  const { errorType, errorMessage } = await fieldsOf('https://api.cometapi.com/v1', {
    HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}`,
  });
  assert.equal(errorType, 'cometapi:proxy');
  assert.match(errorMessage, /^proxy error: /);
});

const CERTIFICATES = [
  ['expired', 'CERT_HAS_EXPIRED'],
  ['not-yet-valid', 'CERT_NOT_YET_VALID'],
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['unknown-authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
] as const;

for (const [handshake, code] of CERTIFICATES) {
  test(`a certificate that is ${handshake}`, { skip: !hostTest() && 'the test host is not built' }, async () => {
    await using standIn = await StandIn.start(handshake);
    const { errorType, errorCode, errorMessage } = await fieldsOf(standIn.baseUrl);
    assert.equal(errorType, 'cometapi:tls-certificate');
    // Nobody trusts the stand-in's authority either, so Node may find that first.
    assert.ok([code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'].includes(errorCode ?? ''), errorCode);
    assert.match(errorMessage, /the certificate is not valid/);
  });
}
