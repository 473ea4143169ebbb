/** Turns that are given up: by OpenClaw's deadline, and by the user. The provider's side has to see it. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { isSince } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';
import { agentTurn } from './rig/turn.mjs';

/** 2026.8.1 ends with the same exit code, but in a way that the clock does not notice. */
const NEWEST = { skip: !isSince('2026.9.6') && 'the clock does not notice how older versions end' };

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;

before(async () => {
  [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
  await home.configure({ tools: { allow: ['read'] } });
});

after(() => Promise.all([home?.remove(), standIn?.stop()]));

/**
 * Processor time until the connection ends, in milliseconds. After an abort it is our own code's, which needs a few. At
 * Ctrl-C OpenClaw ends its process, and the plugin must not delay that.
 */
const MOST_MS = { destroy: 500, exit: 5000 };

/**
 * @param {import('./rig/turn.mjs').Turn} turn
 * @param {'destroy' | 'exit'} expected
 */
function requireClosed({ requests, ended }, expected) {
  const [request, ...others] = requests;
  assert.equal(others.length, 0);
  assert.equal(request.end, 'closed by the client');
  assert.deepEqual(
    ended.map(({ how }) => how),
    [expected],
  );
  assert.ok(ended[0].ms < MOST_MS[expected], `it took ${ended[0].ms} ms of processor time`);
}

/**
 * Presses Ctrl-C once, during the response.
 *
 * @param {import('./rig/recorder.mjs').Recorder} recorder
 * @param {import('node:child_process').ChildProcess} child
 * @param {(request: import('./rig/recorder.mjs').Recorded) => boolean} underWay
 */
function interruptOnce(recorder, child, underWay) {
  const watch = setInterval(() => {
    const [request] = recorder.chats();
    if (!request || !underWay(request)) return;
    clearInterval(watch);
    child.kill('SIGINT');
  }, 20);
  child.once('close', () => clearInterval(watch));
}

describe('a turn that is given up', () => {
  test('a stall ends with the deadline, and the connection with it', async () => {
    // The deadline includes OpenClaw's start. On a busy machine it may pass before the request is sent; then a longer
    // one shows what a stall does.
    for (let deadline = 5; ; deadline *= 2) {
      const turn = await agentTurn(home, standIn, 'q25-silent-in-the-middle', { code: 2, deadline });
      assert.equal(turn.output.status, 'timeout');
      assert.match(turn.output.error.message, /timed out/);
      if (turn.requests.length === 0 && deadline < 300) continue;
      requireClosed(turn, 'destroy');
      break;
    }
  });

  for (const [when, model, underWay] of /** @type {const} */ ([
    ['in the middle of the response', 'q25-never-ends', (/** @type {any} */ request) => request.received.length > 1000],
    // The request is recorded once it is complete; a response never arrives.
    ['before there is a status', 'q25-silent-before-the-status', () => true],
  ])) {
    test(`Ctrl-C ${when} closes the connection at once`, NEWEST, async () => {
      const turn = await agentTurn(home, standIn, model, {
        code: 130,
        started: (recorder, child) => interruptOnce(recorder, child, underWay),
      });
      requireClosed(turn, 'exit');
    });
  }
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
