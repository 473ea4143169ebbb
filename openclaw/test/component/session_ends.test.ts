/** How a call ends: by the consumer, by a signal, by a deadline, or by a broken connection. */

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Instance } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import { chunk, collect, END, eventually, KEY, serve, serveFromThread, textOf, userRequest } from '../server.js';
import { component, failure, modules, open } from './loaded.js';

test('leaving the loop closes the connection', async () => {
  let closed = 0;
  await using server = await serve((_request, response) => {
    response.on('close', () => closed++);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'one' }));
  });
  for await (const _batch of open(server.baseUrl).complete(userRequest())) break;
  await eventually('the server sees that', () => closed === 1);
});

test('an abort ends a call with its reason, at any point', async () => {
  let closed = 0;
  await using server = await serve((request, response) => {
    request.socket.on('close', () => closed++);
    if (request.headers['x-point'] !== 'body') return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'one' }));
  });
  const reason = new Error('enough');
  for (const point of ['before', 'head', 'body']) {
    const abort = new AbortController();
    if (point === 'before') abort.abort(reason);
    else if (point === 'head') {
      // The server sends no head, so the abort cannot come too late.
      const received = eventually('the server has the request', () => server.requests.length === 1);
      void received.then(() => abort.abort(reason));
    }
    const session = open(server.baseUrl, { headers: { 'x-point': point } });
    const read = async (): Promise<void> => {
      for await (const _batch of session.complete(userRequest(), { signal: abort.signal })) abort.abort(reason);
    };
    await assert.rejects(read(), reason, point);
    await assert.rejects(session.account({ signal: AbortSignal.abort(reason) }), reason, point);
  }
  assert.equal(server.requests.length, 2, 'nothing was sent for the call that was aborted before');
  await eventually('both connections are closed', () => closed === 2);
});

test('an abort closes the connection within two turns of the event loop', async () => {
  await using server = await serve((request, response) => {
    if (request.headers['x-point'] !== 'body') return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'one' }));
  });
  for (const [at, point] of ['head', 'body'].entries()) {
    const connections = new Connections();
    const headers = { 'x-point': point };
    const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0, headers };
    const session = new ComponentSession(
      new Instances(() => new Instance(modules)),
      component.describe(),
      options,
      connections,
    );
    const abort = new AbortController();
    let batches = 0;
    const read = async (): Promise<void> => {
      for await (const _batch of session.complete(userRequest(), { signal: abort.signal })) batches++;
    };
    const ended = assert.rejects(read(), /enough/);
    await eventually('it is under way', () => server.requests.length === at + 1 && (point === 'head' || batches > 0));
    const [socket] = Object.values(connections.agentFor('http:').sockets).flat();
    assert.ok(socket && !socket.destroyed, point);
    abort.abort(new Error('enough'));
    // A bound in turns is one on our own code: the time of a turn is the machine's.
    for (let turn = 0; turn < 2; turn++) await new Promise((next) => setImmediate(next));
    assert.ok(socket.destroyed, point);
    await ended;
  }
});

test('a silent server meets the component’s deadlines', async () => {
  const hour = 3_600_000;
  const clock = mock.method(process.hrtime, 'bigint');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await using server = await serve((request, response) => {
      if (!request.headers['x-begin']) return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'one' }));
    });
    const pass = (): void => {
      const now = process.hrtime.bigint() + BigInt(hour) * 1_000_000n;
      clock.mock.mockImplementation(() => now);
      mock.timers.tick(hour);
    };
    const timeouts = { connectMs: 2 * hour, firstByteMs: hour / 2, idleMs: hour / 2, totalMs: 10 * hour };
    const mute = collect(open(server.baseUrl, { timeouts }).complete(userRequest()));
    const first = assert.rejects(mute, failure('timeout', { partial: false, requestSent: true }));
    await eventually('the server has the request', () => server.requests.length === 1);
    pass();
    await first;

    let batches = 0;
    const stalled = open(server.baseUrl, { timeouts, headers: { 'x-begin': '1' } }).complete(userRequest());
    const read = async (): Promise<void> => {
      for await (const _batch of stalled) batches++;
    };
    const second = assert.rejects(read(), failure('timeout', { partial: true }));
    await eventually('the text has arrived', () => batches > 0);
    pass();
    await second;
  } finally {
    mock.timers.reset();
    clock.mock.restore();
  }
});

test('a response that arrived while the event loop was blocked is no time-out', async () => {
  await using server = await serveFromThread('hi');
  const hour = 3_600_000;
  const clock = mock.method(process.hrtime, 'bigint');
  const { setTimeout: realTimeout } = globalThis;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const timeouts = { firstByteMs: hour, idleMs: hour, totalMs: hour };
    const events = collect(open(server.baseUrl, { timeouts }).complete(userRequest()));
    await server.received;
    // Nothing runs in this thread while the response arrives, and when it runs again all deadlines have passed. The
    // rest runs in the part of the event loop's turn in which Node runs timers: before it reads sockets.
    await new Promise((inTimers) => realTimeout(inTimers, 1));
    server.respondWhileBlocked();
    const now = process.hrtime.bigint() + BigInt(2 * hour) * 1_000_000n;
    clock.mock.mockImplementation(() => now);
    mock.timers.tick(2 * hour);
    assert.equal(textOf(await events), 'hi');
  } finally {
    mock.timers.reset();
    clock.mock.restore();
  }
});

test('events before a broken connection are handed out', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'one ' }) + chunk({ content: 'two' }), () => response.destroy());
  });
  let text = '';
  const read = async (): Promise<void> => {
    for await (const batch of open(server.baseUrl).complete(userRequest())) {
      text += textOf(batch);
      // Long enough for the end to arrive in the meantime.
      await new Promise((soon) => setTimeout(soon, 50));
    }
  };
  await assert.rejects(read(), failure('network', { partial: true, retryable: true }));
  assert.equal(text, 'one two');
});

test('a slow consumer slows the server down', async () => {
  const piece = chunk({ content: 'x'.repeat(16_000) });
  const pieces = 4000;
  let sent = 0;
  let isBlocked = false;
  await using server = await serve(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (; sent < pieces && !response.destroyed; sent++) {
      isBlocked = !response.write(piece);
      if (isBlocked) await new Promise((drained) => response.once('drain', drained));
    }
    response.end(END);
  });
  let length = 0;
  let waited = false;
  for await (const batch of open(server.baseUrl).complete(userRequest())) {
    length += textOf(batch).length;
    if (waited) continue;
    waited = true;
    // Until the server stands still. Its buffers and ours hold some megabytes, however fast the machine is.
    let before = -1;
    let still = 0;
    await eventually('the server waits, or has sent everything', () => {
      still = isBlocked && sent === before ? still + 1 : 0;
      before = sent;
      return still > 20 || sent === pieces;
    });
    assert.ok(sent < pieces / 2, `${sent} of ${pieces} pieces were taken while nobody read`);
  }
  assert.equal(length, 16_000 * pieces);
});
