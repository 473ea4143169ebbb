/** When the component is called again: by its socket, at the time that it reported, and at no other time. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import type { Grant } from '../../src/host/grant.js';
import { chunk, collect, END, eventually, serve, userRequest } from '../server.js';
import { open } from './loaded.js';
import { DONE, idle, stub } from './stub.js';

/** Enough turns of the event loop for everything that waits for no timer. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((next) => setImmediate(next));
}

describe('by a clock that the test moves', () => {
  let elapsed = 0;
  const tick = (milliseconds: number): void => {
    elapsed += milliseconds;
    mock.timers.tick(milliseconds);
  };
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(process.hrtime, 'bigint', () => BigInt(elapsed) * 1_000_000n);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  test('1,000 idle streams make no call until the time that they reported', async () => {
    const streams = 1000;
    const { session, calls } = stub({ next: (call) => (call < 3 ? idle(60_000) : DONE) });
    const collected = Promise.all(Array.from({ length: streams }, () => collect(session.complete(userRequest()))));
    await turns();
    assert.equal(calls(), streams, 'each stream is called once at its start');
    tick(59_999);
    await turns();
    assert.equal(calls(), streams, 'and not before its time');
    tick(1);
    await turns();
    assert.equal(calls(), 2 * streams);
    tick(60_000);
    await collected;
    assert.equal(calls(), 3 * streams);
  });

  test('without a wake-up time there is no timer, and the socket still wakes the call', async () => {
    let grant: Grant | undefined;
    const { session, calls } = stub({
      next: (call, given) => {
        grant = given;
        return call === 1 ? idle() : DONE;
      },
    });
    const collected = collect(session.complete(userRequest()));
    await turns();
    tick(2 ** 31);
    await turns();
    assert.equal(calls(), 1);
    grant?.wake();
    await collected;
    assert.equal(calls(), 2);
  });

  test('a call that its socket woke forgets the earlier wake-up time', async () => {
    let grant: Grant | undefined;
    const { session, calls } = stub({
      next: (call, given) => {
        grant = given;
        return call === 1 ? idle(100) : call === 2 ? idle(1000) : DONE;
      },
    });
    const collected = collect(session.complete(userRequest()));
    await turns();
    grant?.wake();
    await turns();
    assert.equal(calls(), 2);
    tick(999);
    await turns();
    assert.equal(calls(), 2, 'the time of the first call has passed, that of the second has not');
    tick(1);
    await collected;
    assert.equal(calls(), 3);
  });

  test('the longest time that the contract can express is not taken for none', async () => {
    const { session, calls } = stub({ next: (call) => (call === 1 ? idle(0xffff_ffff) : DONE) });
    const collected = collect(session.complete(userRequest()));
    await turns();
    tick(2 ** 31 - 2);
    await turns();
    assert.equal(calls(), 1);
    tick(1);
    await collected;
    assert.equal(calls(), 2);
  });

  test('a query of the account is woken in the same way', async () => {
    const { session, calls } = stub({
      account: (call) =>
        call === 1 ? { tag: 'pending', val: { wakeAfterMs: 200 } } : { tag: 'ready', val: { unlimited: true } },
    });
    const account = session.account();
    await turns();
    tick(199);
    await turns();
    assert.equal(calls(), 1);
    tick(1);
    assert.deepEqual(await account, { unlimited: true });
    assert.equal(calls(), 2);
  });

  test('an abort ends the wait at once, and no call follows at the wake-up time', async () => {
    const abort = new AbortController();
    const { session, calls } = stub({ next: () => idle(100) });
    const ended = assert.rejects(collect(session.complete(userRequest(), { signal: abort.signal })), /enough/);
    await turns();
    abort.abort(new Error('enough'));
    await ended;
    tick(1000);
    await turns();
    assert.equal(calls(), 1);
  });
});

test('a wake-up time of 0 runs the call in the next turn, and leaves the event loop free', async () => {
  const order: string[] = [];
  const { session } = stub({
    next: (call) => {
      order.push(`call ${call}`);
      if (call === 1) setImmediate(() => order.push('another task'));
      return call < 3 ? idle(0) : DONE;
    },
  });
  await collect(session.complete(userRequest()));
  assert.deepEqual(order, ['call 1', 'another task', 'call 2', 'call 3']);
});

test('after the event loop was blocked, a socket speaks before the wake-up time does', async () => {
  const accepted = net.createServer().listen(0, '127.0.0.1');
  await once(accepted, 'listening');
  const client = net.connect((accepted.address() as AddressInfo).port, '127.0.0.1');
  const [[server]] = (await Promise.all([once(accepted, 'connection'), once(client, 'connect')])) as [[net.Socket], []];
  const order: string[] = [];
  server.on('data', () => order.push('socket'));
  const { session } = stub({
    next: (call) => {
      order.push(`call ${call}`);
      return call === 1 ? idle(1) : DONE;
    },
  });
  const collected = collect(session.complete(userRequest()));
  await Promise.resolve();
  client.write('data');
  // Both are due when the loop turns again: the timer, which Node runs first, and the socket.
  for (const until = performance.now() + 50; performance.now() < until; );
  await collected;
  assert.deepEqual(order, ['call 1', 'socket', 'call 2']);
  client.destroy();
  server.destroy();
  accepted.close();
});

test('streams share one timer, for their deadlines and for the ends of their responses', async () => {
  const streams = 50;
  const responses: ServerResponse[] = [];
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    responses.push(response);
  });
  const session = open(server.baseUrl, { timeouts: { connectMs: 60_000, firstByteMs: 120_000 } });
  const setTimer = mock.method(globalThis, 'setTimeout');
  try {
    const collected = Promise.all(Array.from({ length: streams }, () => collect(session.complete(userRequest()))));
    await eventually('the server has all requests', () => responses.length === streams);
    for (let round = 0; round < 5; round++) {
      for (const response of responses) response.write(chunk({ content: 'text ' }));
      await turns();
    }
    // The last event is there, and the response has not ended.
    for (const response of responses) response.write(END);
    await collected;
    for (const response of responses) response.end();
    const timers = setTimer.mock.callCount();
    assert.ok(timers < streams / 5, `${timers} timers for ${streams} streams`);
  } finally {
    setTimer.mock.restore();
  }
});
