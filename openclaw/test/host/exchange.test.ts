/** One exchange over a client that the test scripts: its deadlines and ends, without a network and without waiting. */

import assert from 'node:assert/strict';
import { lookup } from 'node:dns';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Exchange, type Outgoing } from '../../src/host/exchange.js';
import { pendingCall } from './calls.js';

class FakeRequest extends EventEmitter {
  destroyed = false;
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
}

/** A response whose body the test pushes. */
class FakeResponse extends Readable {
  statusCode = 200;
  rawHeaders: string[] = [];
  complete = false;
  override _read(): void {}
}

const OUTGOING: Outgoing = {
  method: 'GET',
  url: new URL('http://127.0.0.1/v1/models'),
  lookup,
  headers: {},
  hasBody: false,
  length: undefined,
  connectMs: 1000,
  firstByteMs: 5000,
};

let client: FakeRequest;
let elapsed = 0;

/** Moves the clock. */
function tick(milliseconds: number): void {
  elapsed += milliseconds;
  mock.timers.tick(milliseconds);
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(process.hrtime, 'bigint', () => BigInt(elapsed) * 1_000_000n);
  client = new FakeRequest();
  mock.method(http, 'request', () => client);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Enough turns of the event loop for everything that waits for no timer. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
}

function exchange(outgoing: Partial<Outgoing> = {}): Exchange {
  return new Exchange({ ...OUTGOING, ...outgoing }, pendingCall('http://127.0.0.1'));
}

/** Emits a connection that is not up yet. */
function connecting(): EventEmitter {
  const socket = Object.assign(new EventEmitter(), { connecting: true });
  client.emit('socket', socket);
  return socket;
}

function outcome(exchange: Exchange): string | undefined {
  const outcome = exchange.outcome();
  return typeof outcome === 'object' ? outcome.tag : outcome;
}

/** The exchange is silent until its deadline, and then ends with this code. */
async function endsAfter(running: Exchange, milliseconds: number, code: string): Promise<void> {
  tick(milliseconds - 1);
  await turns();
  assert.equal(outcome(running), undefined);
  tick(1);
  await turns();
  assert.equal(outcome(running), code);
}

test('a connection that is not up at its deadline fails then, and not before', async () => {
  const running = exchange();
  connecting();
  await endsAfter(running, 1000, 'connection-timeout');
  assert.ok(client.destroyed);
});

test('the deadline of the first byte begins with the connection, and replaces the other', async () => {
  const running = exchange();
  const socket = connecting();
  tick(900);
  socket.emit('connect');
  await endsAfter(running, 5000, 'connection-read-timeout');
  assert.ok(client.destroyed);
});

test('a connection that is reused has no deadline to be up, and one for the first byte', async () => {
  const running = exchange();
  client.emit('socket', Object.assign(new EventEmitter(), { connecting: false }));
  await endsAfter(running, 5000, 'connection-read-timeout');
});

test('a response ends both deadlines, also one whose deadline is due in the same turn', async () => {
  const running = exchange();
  connecting().emit('connect');
  tick(5000);
  client.emit('response', new FakeResponse());
  await turns();
  tick(10_000);
  await turns();
  assert.equal(outcome(running), 'responded');
  assert.ok(!client.destroyed);
});

test('without deadlines, nothing ends a silent exchange', async () => {
  const running = exchange({ connectMs: 0, firstByteMs: 0 });
  connecting().emit('connect');
  tick(2 ** 31 - 1);
  await turns();
  assert.equal(outcome(running), undefined);
});

test('a body that closes before its end is incomplete, after the bytes that it had', async () => {
  const running = exchange();
  connecting().emit('connect');
  const response = new FakeResponse();
  client.emit('response', response);
  response.push('part');
  await turns();
  // Without an error: a client that OpenClaw puts in the place of Node's may report no more than this.
  response.emit('close');
  const read = running.read(1024);
  assert.equal(read.tag === 'bytes' && Buffer.from(read.val).toString(), 'part');
  assert.deepEqual(running.read(1024), { tag: 'failed', val: { tag: 'HTTP-response-incomplete' } });
});

test('a body that ends is complete, whatever closes after it', async () => {
  const running = exchange();
  connecting().emit('connect');
  const response = new FakeResponse();
  client.emit('response', response);
  response.push('whole');
  response.push(null);
  await turns();
  const read = running.read(1024);
  assert.equal(read.tag === 'bytes' && Buffer.from(read.val).toString(), 'whole');
  // A read with nothing left makes the stream report its end.
  assert.equal(running.read(1024).tag, 'bytes');
  await turns();
  response.emit('close');
  client.emit('close');
  assert.deepEqual(running.read(1024), { tag: 'end' });
});

test('a connection that closes without a response is a failure', () => {
  const running = exchange();
  connecting().emit('connect');
  client.emit('close');
  assert.equal(outcome(running), 'HTTP-upgrade-failed');
});

test('the first error is the cause, and later ones change nothing', () => {
  const running = exchange();
  client.emit('error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
  client.emit('error', Object.assign(new Error('x'), { code: 'ECONNRESET' }));
  client.emit('close');
  assert.equal(outcome(running), 'connection-refused');
});

test('a response that is too long ends in an error, and not in more memory', async () => {
  const running = exchange();
  connecting().emit('connect');
  const response = new FakeResponse();
  client.emit('response', response);
  const piece = Buffer.alloc(1 << 24, '.');
  let received = 0;
  for (let pieces = 0; pieces < 20; pieces++) {
    response.push(piece);
    const read = running.read(piece.length);
    if (read.tag === 'failed') {
      assert.equal(read.val.tag, 'HTTP-response-body-size');
      assert.equal(received, 256 << 20);
      assert.ok(client.destroyed);
      return;
    }
    assert.ok(read.tag === 'bytes');
    received += read.val.length;
  }
  assert.fail(`${received} bytes were passed on`);
});
