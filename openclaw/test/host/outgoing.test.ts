/** Requests of a hostile component: none may end where the server does not see its end, or use another key's connection. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingCall } from '../../src/component/pending_call.js';
import { Connections } from '../../src/host/connections.js';
import {
  type Fields,
  type FutureIncomingResponse,
  OutgoingBody,
  type OutgoingRequest,
  RequestOptions,
  send,
} from '../../src/host/http.js';
import type { OutputStream } from '../../src/host/streams.js';
import { eventually, serve, type Server } from '../server.js';
import { fields, pendingCall, request, requestWith } from './calls.js';

const ORIGIN = 'https://api.cometapi.com';
const HOST = 'api.cometapi.com';
/** The beginning of a request, which a server would read as one if a body were longer than its length. */
const SMUGGLED = 'GET /v1/smuggled HTTP/1.1\r\nhost: x\r\n\r\n';

/** A server that counts requests and connections, and reads bodies whole. */
async function counting(): Promise<Server & { bodies: string[]; closed: () => number }> {
  const bodies: string[] = [];
  let closed = 0;
  const server = await serve((incoming, response) => {
    incoming.socket.once('close', () => closed++);
    let body = '';
    incoming.on('data', (piece) => (body += piece));
    incoming.on('end', () => {
      bodies.push(`${incoming.method} ${incoming.url} ${body}`);
      response.setHeader('x-trailer', 'yes');
      response.end('ok');
    });
  });
  return Object.assign(server, { bodies, closed: () => closed });
}

function post(server: Server, headers: Fields, method = 'post'): { outgoing: OutgoingRequest; body: OutgoingBody } {
  const outgoing = requestWith(headers, 'HTTP', new URL(server.origin).host);
  outgoing.setMethod({ tag: 'other', val: method });
  return { outgoing, body: outgoing.body() };
}

/** Writes a text once the stream takes it. */
async function write(call: PendingCall, stream: OutputStream, text: string): Promise<void> {
  while (stream.checkWrite() === 0n) await call.sleep(undefined);
  stream.write(Buffer.from(text));
}

/** Waits for the head of a response, and reads its body, so that the connection can be used again. */
async function finished(call: PendingCall, future: FutureIncomingResponse): Promise<string> {
  let result = future.get();
  for (; !result; result = future.get()) await call.sleep(undefined);
  assert.ok(result.tag === 'ok');
  if (result.val.tag === 'err') return result.val.val.tag;
  const body = result.val.val.consume();
  const stream = body.stream();
  let text = '';
  try {
    for (;;) {
      const bytes = stream.read(1024n);
      if (bytes.length > 0) text += Buffer.from(bytes).toString();
      else await call.sleep(undefined);
    }
  } catch (error) {
    assert.equal((error as { tag: string }).tag, 'closed');
  }
  body[Symbol.dispose]();
  return text;
}

test('a body that is longer than its content-length is not sent beyond it, and closes the connection', async () => {
  await using server = await counting();
  const call = pendingCall(server.origin);
  const { outgoing, body } = post(server, fields({ 'content-length': '4' }));
  const stream = body.write();
  const future = send(outgoing, undefined, call);
  await write(call, stream, 'four');
  await write(call, stream, SMUGGLED);
  assert.throws(() => stream.checkWrite(), { tag: 'closed' });
  assert.throws(() => OutgoingBody.finish(body), { tag: 'HTTP-request-body-size' });
  assert.equal(await finished(call, future), 'HTTP-request-body-size');
  await eventually('the connection is closed', () => server.closed() === server.requests.length);
  assert.ok(
    server.bodies.every((seen) => !seen.includes('smuggled')),
    server.bodies.join(),
  );
  call.end();
});

test('a body that is shorter than its content-length closes the connection: the next request would complete it', async () => {
  await using server = await counting();
  const call = pendingCall(server.origin);
  const { outgoing, body } = post(server, fields({ 'content-length': String(4 + SMUGGLED.length) }));
  const stream = body.write();
  const future = send(outgoing, undefined, call);
  await write(call, stream, 'four');
  assert.throws(() => OutgoingBody.finish(body), { tag: 'HTTP-request-body-size', val: 4n });
  assert.equal(await finished(call, future), 'HTTP-request-body-size');
  const next = request('HTTP', new URL(server.origin).host);
  OutgoingBody.finish(next.body());
  assert.equal(await finished(call, send(next, undefined, call)), 'ok');
  assert.deepEqual(server.bodies, ['GET /v1/models '], 'the first request has no end');
  call.end();
});

test('a body of the length that was announced arrives, and leaves a connection that is used again', async () => {
  await using server = await counting();
  const call = pendingCall(server.origin);
  const ports = new Set<number | undefined>();
  for (const text of ['four', 'five!', '']) {
    const { outgoing, body } = post(server, fields({ 'content-length': String(text.length) }));
    const stream = body.write();
    const future = send(outgoing, undefined, call);
    if (text !== '') await write(call, stream, text);
    OutgoingBody.finish(body);
    assert.throws(() => stream.checkWrite(), { tag: 'closed' }, 'nothing follows the end of a body');
    assert.equal(await finished(call, future), 'ok');
    ports.add(server.requests.at(-1)?.socket.remotePort);
    await new Promise((soon) => setImmediate(soon));
  }
  assert.deepEqual(server.bodies, ['POST /v1/models four', 'POST /v1/models five!', 'POST /v1/models ']);
  call.end();
});

test('the body of any method has an end that the server sees', async () => {
  await using server = await counting();
  const call = pendingCall(server.origin);
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'REPORT']) {
    const { outgoing, body } = post(server, fields({}), method);
    const stream = body.write();
    const future = send(outgoing, undefined, call);
    await write(call, stream, SMUGGLED);
    OutgoingBody.finish(body);
    await finished(call, future);
    assert.equal(server.bodies.pop(), `${method} /v1/models ${SMUGGLED}`);
    assert.equal(server.bodies.length, 0, `${method} carried a second request`);
  }
  call.end();
});

test('a content-length that is not one number of digits is refused, and so is one without a body', () => {
  for (const value of ['', '-1', '+1', '0x4', '4, 4', '4 ', '4e1', '9'.repeat(16), 'four']) {
    const outgoing = requestWith(fields({ 'content-length': value }), 'HTTPS', HOST);
    outgoing.body();
    assert.throws(() => send(outgoing, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-denied' }, value);
  }
  for (const values of [
    ['4', '4'],
    ['4', '5'],
  ]) {
    const outgoing = requestWith(fields({ 'content-length': values }), 'HTTPS', HOST);
    outgoing.body();
    assert.throws(() => send(outgoing, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-denied' });
  }
  const none = requestWith(fields({ 'content-length': '5' }), 'HTTPS', HOST);
  assert.throws(() => send(none, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-body-size' });
  const finishedBefore = requestWith(fields({ 'content-length': '5' }), 'HTTPS', HOST);
  OutgoingBody.finish(finishedBefore.body());
  assert.throws(() => send(finishedBefore, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-body-size' });
});

test('no method makes the connection a tunnel, and none is more than a method', () => {
  for (const [method, tag] of [
    ['CONNECT', 'HTTP-request-denied'],
    ['connect', 'HTTP-request-denied'],
    ['Connect', 'HTTP-request-denied'],
    ['', 'HTTP-request-method-invalid'],
    ['GET /', 'HTTP-request-method-invalid'],
    ['GET\r\nx: y', 'HTTP-request-method-invalid'],
  ]) {
    const outgoing = request('HTTPS', HOST);
    outgoing.setMethod({ tag: 'other', val: method ?? '' });
    assert.throws(() => send(outgoing, undefined, pendingCall(ORIGIN)), { tag }, method);
  }
  const outgoing = request('HTTPS', HOST);
  outgoing.setMethod({ tag: 'connect' });
  assert.throws(() => send(outgoing, undefined, pendingCall(ORIGIN)), { tag: 'HTTP-request-denied' });
});

test('headers of the connection and pseudo headers are refused', () => {
  const names = 'Connection Keep-Alive Proxy-Authenticate Proxy-Authorization Proxy-Connection TE Trailer';
  for (const name of `${names} Transfer-Encoding Upgrade Host Expect HTTP2-Settings`.split(' '))
    assert.throws(() => fields({ [name]: 'x' }), { tag: 'forbidden' }, name);
  for (const name of [':authority', ':method', ':path', ':scheme', ':status'])
    assert.throws(() => fields({ [name]: 'x' }), { tag: 'invalid-syntax' }, name);
});

test('the headers of a response are no way around the check of a request’s', async () => {
  await using server = await serve((_request, response) => {
    response.setHeader('authorization', 'Bearer of-another');
    response.end();
  });
  const call = pendingCall(server.origin);
  const first = request('HTTP', new URL(server.origin).host);
  const future = send(first, undefined, call);
  let result = future.get();
  for (; !result; result = future.get()) await call.sleep(undefined);
  assert.ok(result.tag === 'ok' && result.val.tag === 'ok');
  const headers = result.val.val.headers();
  const names = headers.entries().map(([name]) => name.toLowerCase());
  assert.ok(names.includes('authorization') && names.includes('connection'), names.join());
  const second = requestWith(headers, 'HTTP', new URL(server.origin).host);
  assert.throws(() => send(second, undefined, call), { tag: 'HTTP-request-denied' });
  call.end();
});

test('sessions share a connection if they have the same key, and no other', async () => {
  await using server = await counting();
  const connections = new Connections();
  const portOf = async (key: string): Promise<number | undefined> => {
    const call = pendingCall(server.origin, key, connections);
    assert.equal(await finished(call, send(request('HTTP', new URL(server.origin).host), undefined, call)), 'ok');
    call.end();
    const free = (): number => Object.values(connections.agentFor('http:').freeSockets).flat().length;
    const keys = new Set(server.requests.map((seen) => seen.headers.authorization));
    await eventually('the connection is free', () => free() === keys.size);
    assert.equal(server.requests.at(-1)?.headers.authorization, `Bearer ${key}`);
    return server.requests.at(-1)?.socket.remotePort;
  };
  const [one, other] = ['sk-one-0123456789', 'sk-other-0123456789'];
  const first = await portOf(one);
  const second = await portOf(other);
  assert.notEqual(first, second);
  assert.equal(await portOf(one), first);
  assert.equal(await portOf(other), second);
  const pools = Object.keys(connections.agentFor('http:').freeSockets).join();
  assert.ok(!pools.includes(one) && !pools.includes(other), 'the name of a pool does not contain its key');
  connections.close();
});

test('a component that writes more than is permitted stops, and so does one with too many requests', async () => {
  await using server = await serve(() => undefined);
  const call = pendingCall(server.origin);
  const { outgoing, body } = post(server, fields({}));
  const stream = body.write();
  const options = new RequestOptions();
  send(outgoing, options, call);
  assert.throws(() => stream.write(Buffer.alloc((1 << 20) + 1)), /more than was permitted/);
  assert.throws(() => send(outgoing, options, call), { tag: 'HTTP-request-denied' }, 'a request is sent once');
  const open = (): FutureIncomingResponse => send(request('HTTP', new URL(server.origin).host), options, call);
  while (call.exchanges.size < 64) open();
  assert.throws(open, { tag: 'connection-limit-reached' });
  call.end();
  assert.equal(call.exchanges.size, 0);
});
