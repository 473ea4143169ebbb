import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credential } from '../../src/host/credential.js';
import { errorCode, reasonOf } from '../../src/host/error_codes.js';
import { Fields, OutgoingBody, type OutgoingRequest, send } from '../../src/host/http.js';
import { poll, Pollable } from '../../src/host/poll.js';
import { KEY, serve } from '../server.js';
import { pendingCall, request } from './calls.js';

const ORIGIN = 'https://api.cometapi.com';

const DENIED: [string, OutgoingRequest][] = [
  ['another host', request('HTTPS', 'example.com')],
  ['a host that begins alike', request('HTTPS', 'api.cometapi.com.example.com')],
  ['the host as a user name', request('HTTPS', 'api.cometapi.com@example.com')],
  ['a user name', request('HTTPS', 'somebody@api.cometapi.com')],
  ['another port', request('HTTPS', 'api.cometapi.com:8443')],
  ['no TLS', request('HTTP', 'api.cometapi.com')],
];

for (const [what, outgoing] of DENIED) {
  test(`a request is refused that goes to ${what}`, () => {
    assert.throws(() => send(outgoing, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-denied' });
    assert.equal(outgoing.exchange, undefined);
  });
}

test('a request outside a pending call is refused', () => {
  assert.throws(() => send(request('HTTPS', 'api.cometapi.com'), undefined, undefined), { tag: 'HTTP-request-denied' });
});

test('an invalid address is refused', () => {
  const bad = request('HTTPS', 'api.cometapi.com', 'v1/models');
  assert.throws(() => send(bad, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-URI-invalid' });
});

test('the key is sent below the base URL, and nowhere else on its origin', () => {
  const table: [baseUrl: string, url: string, goes: boolean][] = [
    ['https://a.example/v1', 'https://a.example/v1/models', true],
    ['https://a.example/v1', 'https://a.example/api/models', false],
    ['https://a.example/v1', 'https://a.example/v1', false],
    ['https://a.example/v1', 'https://a.example/v1x/models', false],
    ['https://a.example/v1', 'https://a.example/v1/%2e%2e/api/models', false],
    ['https://a.example/v1', 'https://a.example/v1/..%2fapi', false],
    ['https://a.example/v1', 'https://b.example/v1/models', false],
    ['https://a.example/v1', 'http://a.example/v1/models', false],
    ['https://a.example', 'https://a.example/v1/models', true],
    ['https://a.example/v1/', 'https://a.example/v1/models', true],
    ['https://a.example/v1/chat/completions', 'https://a.example/v1/models', true],
    ['https://a.example/v1/team/v1', 'https://a.example/v1/team/v1/models', true],
    ['https://a.example/v1/team/v1', 'https://a.example/v1/team/api/models', false],
    ['https://a.example/v1/team/v1', 'https://a.example/v1/models', false],
    ['no address', 'https://a.example/v1/models', false],
    ['https://a.example/v1', 'https://a.example/v1beta/models/google%2Fgemini-3:streamGenerateContent', true],
    ['https://a.example/team', 'https://a.example/team/v1beta/models/m', true],
    ['https://a.example/team', 'https://a.example/v1beta/models/m', false],
    ['https://a.example/v1', 'https://a.example/v1beta2/models', false],
    ['https://a.example/v1', 'https://a.example/v1/..%2fapi/models', false],
    ['https://a.example/v1', 'https://a.example/v1/..%5capi/models', false],
  ];
  for (const [baseUrl, url, goes] of table) {
    const header = new Credential(KEY, baseUrl).headerFor(new URL(url));
    assert.equal(header, goes ? `Bearer ${KEY}` : undefined, `${baseUrl} and ${url}`);
  }
  for (const key of ['', 'a b', 'a\nb', 'é']) assert.throws(() => new Credential(key, ORIGIN), TypeError);
});

test('headers are checked, and none replaces the key or the connection', () => {
  const fields = new Fields();
  const value = (text: string): Uint8Array => Buffer.from(text, 'latin1');
  for (const name of ['Authorization', 'X-Api-Key', 'host', 'Connection', 'transfer-encoding', 'Proxy-Authorization']) {
    assert.throws(() => fields.append(name, value('x')), { tag: 'forbidden' }, name);
  }
  for (const [name, text] of [
    ['a b', 'x'],
    ['', 'x'],
    ['x', 'a\r\nb: c'],
    ['x', 'a\0'],
  ] as const) {
    assert.throws(() => fields.append(name, value(text)), { tag: 'invalid-syntax' }, JSON.stringify([name, text]));
  }
  fields.append('X-One', value('1'));
  fields.append('x-one', value('é'));
  fields.append('__proto__', value('2'));
  assert.deepEqual(Object.entries(fields.grouped()), [
    ['x-one', ['1', 'é']],
    ['__proto__', ['2']],
  ]);
});

test('a request without a body has none, and one with a body is sent as it is written', async () => {
  const bodies: string[] = [];
  await using server = await serve((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      bodies.push(`${request.method} ${request.headers.authorization === `Bearer ${KEY}`} ${body}`);
      response.end();
    });
  });
  const authority = new URL(server.origin).host;
  const call = pendingCall(server.origin);

  const get = request('HTTP', authority);
  OutgoingBody.finish(get.body());
  send(get, undefined, call);

  const post = request('HTTP', authority);
  post.setMethod({ tag: 'post' });
  const body = post.body();
  const stream = body.write();
  assert.equal(stream.checkWrite(), 0n, 'nothing may be written before it is sent');
  send(post, undefined, call);
  assert.ok(stream.checkWrite() > 0n);
  stream.write(Buffer.from('one, '));
  assert.equal(stream.checkWrite(), 0n, 'the first piece has not gone out');
  while (stream.checkWrite() === 0n) await call.sleep(undefined);
  stream.write(Buffer.from('two'));
  OutgoingBody.finish(body);
  while (bodies.length < 2) await call.sleep(undefined);
  call.end();
  assert.deepEqual(bodies.sort(), ['GET true ', 'POST true one, two']);
});

test('polling finds what is ready, and refuses to wait', () => {
  const pollable = (ready: boolean): Pollable => new Pollable(() => ready);
  assert.deepEqual([...poll([pollable(false), pollable(true), pollable(true)])], [1, 2]);
  assert.throws(() => poll([pollable(false)]), /waits inside a call with wait-ms 0/);
});

const CODES: [string, Parameters<typeof errorCode>[1], string][] = [
  ['ENOTFOUND', 'connecting', 'DNS-error'],
  ['ECONNREFUSED', 'connecting', 'connection-refused'],
  ['EHOSTUNREACH', 'connecting', 'destination-IP-unroutable'],
  ['ETIMEDOUT', 'connecting', 'connection-timeout'],
  ['ECONNRESET', 'connecting', 'destination-unavailable'],
  ['ECONNRESET', 'securing', 'TLS-protocol-error'],
  ['ECONNRESET', 'sent', 'connection-terminated'],
  ['ECONNRESET', 'receiving', 'HTTP-response-incomplete'],
  ['EPIPE', 'sent', 'connection-terminated'],
  ['CERT_HAS_EXPIRED', 'securing', 'TLS-certificate-error'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'securing', 'TLS-certificate-error'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'securing', 'TLS-certificate-error'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'securing', 'TLS-certificate-error'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'securing', 'TLS-protocol-error'],
  ['HPE_HEADER_OVERFLOW', 'sent', 'HTTP-response-header-section-size'],
  ['HPE_INVALID_CONSTANT', 'sent', 'HTTP-protocol-error'],
  ['', 'sent', 'connection-terminated'],
];

test('errors of Node are mapped to the codes of wasi:http', () => {
  for (const [code, stage, tag] of CODES) {
    assert.equal(errorCode(Object.assign(new Error('x'), { code }), stage).tag, tag, `${code} when ${stage}`);
  }
  const several = Object.assign(new Error('x'), { errors: [Object.assign(new Error('y'), { code: 'ECONNREFUSED' })] });
  assert.equal(errorCode(several, 'connecting').tag, 'connection-refused');
});

function nodeError(code: string, more: object = {}): Error {
  return Object.assign(new Error('x'), { code, ...more });
}

/** The code that says why, of an error of a request to `https://api.example/v1`. */
const REASONS: [error: Error, reason: string][] = [
  [nodeError('ECONNREFUSED', { port: 443 }), 'ECONNREFUSED'],
  [nodeError('ENOTFOUND', { hostname: 'api.example' }), 'ENOTFOUND'],
  [nodeError('CERT_HAS_EXPIRED'), 'CERT_HAS_EXPIRED'],
  [new Error('x'), ''],
  // Without IPv6, one of the addresses is unreachable, which is not why the other one failed.
  [nodeError('ENETUNREACH', { errors: [nodeError('ENETUNREACH'), nodeError('ECONNREFUSED')] }), 'ECONNREFUSED'],
  [nodeError('EHOSTUNREACH', { errors: [nodeError('EHOSTUNREACH'), nodeError('ENETUNREACH')] }), 'EHOSTUNREACH'],
  // Another port or another name is that of the proxy.
  [nodeError('ECONNREFUSED', { port: 3128 }), 'ERR_PROXY_TUNNEL'],
  [nodeError('ENOTFOUND', { hostname: 'proxy.example' }), 'ERR_PROXY_TUNNEL'],
  [nodeError('ERR_PROXY_INVALID_CONFIG'), 'ERR_PROXY_TUNNEL'],
];

test('the reason of a failure is the code of Node, and of the proxy where that failed', () => {
  for (const [error, reason] of REASONS) {
    assert.equal(reasonOf(error, new URL('https://api.example/v1')), reason, JSON.stringify(error));
  }
  const ipv6 = nodeError('ECONNREFUSED', { port: 8080, hostname: '::1' });
  assert.equal(reasonOf(ipv6, new URL('http://[::1]:8080/v1')), 'ECONNREFUSED');
});
