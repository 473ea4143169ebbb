import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { loadComponent } from '../../src/component/load.js';
import { Failure } from '../../src/component/contract.js';
import { Connections } from '../../src/host/connections.js';
import { answer, ask, collect, KEY, serve, textOf } from '../server.js';

const able = new Connections({ HTTP_PROXY: 'http://127.0.0.1:9' }).unusable === undefined;

/** A proxy that passes requests on, and notes what was asked of it. */
async function proxy(): Promise<AsyncDisposable & { url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const on = http.request(request.url ?? '', { method: request.method, headers: request.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    request.pipe(on);
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function session(environment: Record<string, string>, baseUrl?: string) {
  const component = await loadComponent(environment);
  return component.open({ apiKey: KEY, baseUrl, maxRetries: 0 });
}

test('requests go through the proxy that the environment names', { skip: !able && 'this Node knows no proxies' }, async () => {
  await using server = await serve((_request, response) => answer(response, 'hi'));
  await using middle = await proxy();
  const through = await session({ HTTP_PROXY: middle.url }, server.baseUrl);
  assert.equal(textOf(await collect(through.complete(ask()))), 'hi');
  assert.deepEqual(middle.asked, [`POST ${server.baseUrl}/chat/completions`]);
  const past = await session({ HTTP_PROXY: middle.url, NO_PROXY: '127.0.0.1' }, server.baseUrl);
  assert.equal(textOf(await collect(past.complete(ask()))), 'hi');
  assert.equal(middle.asked.length, 1);
});

test('a proxy only learns the name of a server that is reached over TLS', { skip: !able && 'this Node knows no proxies' }, async () => {
  await using middle = await proxy();
  const through = await session({ HTTPS_PROXY: middle.url });
  await assert.rejects(
    collect(through.complete(ask())),
    (error) => error instanceof Failure && error.record.kind.tag === 'network' && !error.record.requestSent,
  );
  assert.deepEqual(middle.asked, ['CONNECT api.cometapi.com:443']);
});

test('a Node that knows no proxies says so and sends nothing', { skip: able && 'this Node knows proxies' }, async () => {
  await using server = await serve((_request, response) => answer(response, 'hi'));
  const through = await session({ HTTP_PROXY: 'http://127.0.0.1:9' }, server.baseUrl);
  await assert.rejects(collect(through.complete(ask())), Failure);
  assert.equal(server.requests.length, 0);
});
