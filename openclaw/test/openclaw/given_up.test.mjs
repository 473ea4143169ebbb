/** Turns that are given up: by OpenClaw's deadline, and by the user. The provider's side has to see it. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startStandIn } from './rig/stand_in.mjs';
import { agentTurn } from './rig/turn.mjs';

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
 * Presses Ctrl-C once, during the response.
 *
 * @param {import('./rig/recorder.mjs').Recorder} recorder
 * @param {import('node:child_process').ChildProcess} child
 * @param {(request: import('./rig/recorder.mjs').Recorded) => boolean} underWay
 * @param {{ at?: number }} pressed - gets the time, by the clock of the requests
 */
function interruptOnce(recorder, child, underWay, pressed) {
  const watch = setInterval(() => {
    const [request] = recorder.chats();
    if (!request || !underWay(request)) return;
    clearInterval(watch);
    pressed.at = performance.now();
    child.kill('SIGINT');
  }, 20);
  child.once('close', () => clearInterval(watch));
}

describe('a turn that is given up', () => {
  test('a stall ends with the deadline, and the connection with it', async () => {
    const turn = await agentTurn(home, standIn, 'q25-silent-in-the-middle', { code: 2, deadline: 5 });
    assert.equal(turn.output.status, 'timeout');
    assert.match(turn.output.error.message, /timed out/);
    const [request, ...others] = turn.requests;
    assert.equal(others.length, 0);
    assert.equal(request.end, 'closed by the client');
  });

  for (const [when, model, underWay] of /** @type {const} */ ([
    ['in the middle of the response', 'q25-never-ends', (/** @type {any} */ request) => request.received.length > 1000],
    // The request is recorded once it is complete; a response never arrives.
    ['before there is a status', 'q25-silent-before-the-status', () => true],
  ])) {
    test(`Ctrl-C ${when} closes the connection at once`, async () => {
      /** @type {{ at?: number }} */
      const pressed = {};
      const turn = await agentTurn(home, standIn, model, {
        code: 130,
        started: (recorder, child) => interruptOnce(recorder, child, underWay, pressed),
      });
      const [request, ...others] = turn.requests;
      assert.equal(others.length, 0);
      assert.equal(request.end, 'closed by the client');
      const took = (request.endedAt ?? Infinity) - (pressed.at ?? -Infinity);
      // Long before OpenClaw's own deadline of 500 seconds would have closed it.
      assert.ok(took < 60_000, `it took ${took} ms`);
    });
  }
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
