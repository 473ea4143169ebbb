import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { loadComponent } from '../../src/component/load.js';
import { Failure, type SessionOptions } from '../../src/component/contract.js';
import { Connections } from '../../src/host/connections.js';
import { respond, userRequest, collect, KEY, serve, textOf } from '../server.js';
import { StandIn } from '../stand_in.js';

/** Why the tests of proxies are left out, if they are. */
const { unusable } = new Connections({ HTTP_PROXY: 'http://127.0.0.1:9' });
const unable = unusable !== undefined && 'this Node knows no proxies';

/** A proxy that forwards requests and records them. */
async function proxy(): Promise<AsyncDisposable & { url: string; requested: string[] }> {
  const requested: string[] = [];
  const tunnels: net.Socket[] = [];
  const server = http.createServer((request, response) => {
    requested.push(`${request.method} ${request.url}`);
    const on = http.request(request.url ?? '', { method: request.method, headers: request.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    request.pipe(on);
  });
  server.on('connect', (request, socket) => {
    requested.push(`CONNECT ${request.url}`);
    const { hostname, port } = new URL(`tunnel://${request.url}`);
    if (hostname !== 'localhost') return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const on = net.connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(on).pipe(socket);
    });
    tunnels.push(on);
    for (const [one, other] of [
      [socket, on],
      [on, socket],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      for (const tunnel of tunnels) tunnel.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function session(environment: Record<string, string>, baseUrl?: string, options: Partial<SessionOptions> = {}) {
  const component = await loadComponent(environment);
  return component.open({ apiKey: KEY, baseUrl, maxRetries: 0, ...options });
}

/** Node's own, where it is as new as the proxies; its declarations are older. */
const { getCACertificates, setDefaultCACertificates } = tls as unknown as {
  getCACertificates: () => string[];
  setDefaultCACertificates: (certificates: string[]) => void;
};

test('requests go through the proxy that the environment names', { skip: unable }, async () => {
  await using server = await serve((_request, response) => respond(response, 'hi'));
  await using middle = await proxy();
  const through = await session({ HTTP_PROXY: middle.url }, server.baseUrl);
  assert.equal(textOf(await collect(through.complete(userRequest()))), 'hi');
  assert.deepEqual(middle.requested, [`POST ${server.baseUrl}/chat/completions`]);
  const past = await session({ HTTP_PROXY: middle.url, NO_PROXY: '127.0.0.1' }, server.baseUrl);
  assert.equal(textOf(await collect(past.complete(userRequest()))), 'hi');
  assert.equal(middle.requested.length, 1);
});

test('a proxy only sees the name of a server that is reached over TLS', { skip: unable }, async () => {
  await using middle = await proxy();
  const through = await session({ HTTPS_PROXY: middle.url });
  await assert.rejects(
    collect(through.complete(userRequest())),
    (error) => error instanceof Failure && error.record.kind.tag === 'network' && !error.record.requestSent,
  );
  assert.deepEqual(middle.requested, ['CONNECT api.cometapi.com:443']);
});

test('through a tunnel, waiting for the status is not waiting for the connection', { skip: unable }, async () => {
  await using server = await StandIn.start('valid');
  await using middle = await proxy();
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, server.authority ?? '']);
  try {
    const late = { headers: { 'x-envoy-fault-delay-request': '6000' }, timeouts: { connectMs: 5000 } };
    const through = await session({ HTTPS_PROXY: middle.url }, server.baseUrl, { ...late, apiKey: server.key });
    assert.notEqual(textOf(await collect(through.complete(userRequest('Hello', 'gpt-5.4-mini')))), '');
    const impatient = { ...late, timeouts: { firstByteMs: 300 }, apiKey: server.key };
    const cut = await session({ HTTPS_PROXY: middle.url }, server.baseUrl, impatient);
    await assert.rejects(
      collect(cut.complete(userRequest('Hello', 'gpt-5.4-mini'))),
      (error) => error instanceof Failure && error.record.kind.tag === 'timeout' && error.record.requestSent,
    );
  } finally {
    setDefaultCACertificates(trusted);
  }
  assert.match(middle.requested.join(), /^CONNECT localhost:\d+/);
});

test('a Node that knows no proxies says so and sends nothing', {
  skip: !unable && 'this Node knows proxies',
}, async () => {
  await using server = await serve((_request, response) => respond(response, 'hi'));
  const through = await session({ HTTP_PROXY: 'http://127.0.0.1:9' }, server.baseUrl);
  await assert.rejects(collect(through.complete(userRequest())), Failure);
  assert.equal(server.requests.length, 0);
});
