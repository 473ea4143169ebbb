/** Turns that are given up: by OpenClaw's deadline, and by the user. The provider's side has to see it. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Keeps OpenClaw's process from ending before the connection is closed. */
const LINGER = new URL('./rig/linger.mjs', import.meta.url).href;

/**
 * OpenClaw's launcher runs the turn in a second process, for its cache of compiled code, and kills that two seconds after
 * Ctrl-C. On a busy machine the turn has not ended by then, and nothing could be said about how it ends.
 */
const ONE_PROCESS = { OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: '1' };

/**
 * Presses Ctrl-C once, during the response, and lets the process end when the connection was closed.
 *
 * @param {import('./rig/recorder.mjs').Recorder} recorder
 * @param {import('node:child_process').ChildProcess} child
 * @param {(request: import('./rig/recorder.mjs').Recorded) => boolean} underWay
 * @param {string} closed - the file that the process waits for
 */
function interruptOnce(recorder, child, underWay, closed) {
  let pressed = false;
  const watch = setInterval(() => {
    const [request] = recorder.chats();
    if (!request) return;
    if (!pressed && underWay(request)) pressed = child.kill('SIGINT');
    if (request.end === 'closed by the client') writeFileSync(closed, '');
  }, 20);
  child.once('close', () => clearInterval(watch));
}

describe('a turn that is given up', () => {
  test('a stall ends with the deadline, and the connection with it', async () => {
    let turn = await agentTurn(home, standIn, 'q25-silent-in-the-middle', { code: 2, deadline: 5 });
    // The deadline includes OpenClaw's start, which on a busy machine may take all of it.
    for (const deadline of [20, 80, 320]) {
      if (turn.requests.length > 0) break;
      turn = await agentTurn(home, standIn, 'q25-silent-in-the-middle', { code: 2, deadline });
    }
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
    test(`Ctrl-C ${when} closes the connection, before OpenClaw ends`, async () => {
      const closed = join(await home.folder(), 'closed');
      const turn = await agentTurn(home, standIn, model, {
        code: 130,
        env: { NODE_OPTIONS: `--import ${LINGER}`, LINGER_UNTIL: closed, ...ONE_PROCESS },
        started: (recorder, child) => interruptOnce(recorder, child, underWay, closed),
      });
      const [request, ...others] = turn.requests;
      assert.equal(others.length, 0);
      assert.equal(request.end, 'closed by the client');
    });
  }
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
