/** Turns that fail: what the user reads, the number of requests, and the failover reason. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { isSince } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';
import { agentTurn } from './rig/turn.mjs';

/** 2026.8.1 shows the plugin's own messages, and sends some requests four times with its retries off. */
const NEWEST = { skip: !isSince('2026.9.6') && 'older versions word it in another way, or retry' };

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
 * @typedef {object} Case
 * @property {string} scenario
 * @property {string} reason - why OpenClaw left the model
 * @property {RegExp} says - what the user reads, some of it written by OpenClaw
 * @property {number} [code] - exit code [1]
 * @property {typeof NEWEST} [options]
 */

/** @type {Case[]} */
const CASES = [
  {
    scenario: 'unauthorized',
    reason: 'auth',
    says: /authentication failed, HTTP 401\). Re-authenticate the provider/,
    options: NEWEST,
  },
  {
    scenario: 'rate-limited',
    reason: 'rate_limit',
    says: /too many requests or tokens .* wait a little/,
    options: NEWEST,
  },
  { scenario: 'no-such-model', reason: 'model_not_found', says: /model was not found by the provider/ },
  // The provider repeats the key in its message; no output may contain it.
  { scenario: 'q24-key-echoed', reason: 'auth', says: /Authentication failed \(provider returned HTTP 401\)/ },
  { scenario: 'q21-cut', reason: 'timeout', says: /network connection was interrupted/, code: 2, options: NEWEST },
];

describe('a turn that fails', () => {
  for (const { scenario, reason, says, code = 1, options = {} } of CASES) {
    test(`${scenario} is ${reason}, after one request`, options, async () => {
      const turn = await agentTurn(home, standIn, scenario, { code });
      assert.deepEqual(turn.reasons, [reason]);
      assert.equal(turn.output.ok, false);
      assert.match(turn.output.error.message, says);
      assert.equal(turn.requests.length, 1);
    });
  }

  test('a context that is too long is a matter of the conversation, and not of the model', NEWEST, async () => {
    const turn = await agentTurn(home, standIn, 'context-too-long', { code: 1, fallbacks: ['at-once'] });
    assert.equal(turn.output.error.kind, 'context_overflow');
    assert.match(turn.output.payloads[0].text, /^Context overflow: prompt too large for the model/);
    assert.match(turn.stderr, /attempting auto-compaction/);
    assert.deepEqual(turn.reasons, []);
    assert.equal(turn.requests.length, 1);
  });

  test('without balance, the next model is taken', NEWEST, async () => {
    const turn = await agentTurn(home, standIn, 'quota-used-up', { fallbacks: ['at-once'] });
    assert.deepEqual(turn.reasons, ['billing']);
    assert.match(turn.stderr, /returned a billing error/);
    assert.equal(turn.output.model, 'at-once');
    assert.equal(turn.output.final, 'Hello, world.');
    assert.deepEqual(
      turn.requests.map((request) => request.json.model),
      ['quota-used-up', 'at-once'],
    );
  });

  test("OpenClaw waits for the provider's Retry-After, and the next request succeeds", async () => {
    const seconds = 4;
    const turn = await agentTurn(home, standIn, 'at-once', {
      retries: 1,
      direct: (_, before) =>
        before.some((request) => request.status === 429)
          ? undefined
          : { scenario: 'rate-limited', headers: { 'retry-after': String(seconds), 'retry-after-ms': '' } },
    });
    assert.equal(turn.output.final, 'Hello, world.');
    assert.deepEqual(
      turn.requests.map((request) => request.status),
      [429, 200],
    );
    const waited = turn.requests[1].at - turn.requests[0].at;
    // OpenClaw's own patience before its first repetition is about one second.
    assert.ok(waited >= seconds * 1000, `it waited ${waited} ms`);
  });
});

/**
 * A base URL at which no provider can be reached, and the sentence of OpenClaw.
 *
 * @type {Record<string, [reason: string, says: RegExp]>}
 */
const UNREACHABLE = {
  'http://127.0.0.1:9/v1': ['timeout', /connection refused by the provider endpoint/],
  'https://api.cometapi.invalid/v1': ['timeout', /DNS lookup for the provider endpoint failed/],
  'self-signed': ['tls_certificate', /TLS certificate validation rejected the provider endpoint/],
  // A base URL that cannot be used is not a request that the provider rejected.
  'http://api.cometapi.com/v1': ['format', /network connection error/],
};

test('a provider that cannot be reached: OpenClaw says why', NEWEST, async () => {
  const stranger = await startStandIn('--tls', 'self-signed');
  try {
    for (const [at, [reason, says]] of Object.entries(UNREACHABLE)) {
      const COMETAPI_BASE_URL = at === 'self-signed' ? stranger.baseUrl : at;
      const code = reason === 'timeout' ? 2 : 1;
      const turn = await agentTurn(home, standIn, 'at-once', { code, env: { COMETAPI_BASE_URL } });
      assert.deepEqual(turn.reasons, [reason], at);
      assert.match(turn.output.error.message, says, at);
    }
  } finally {
    await stranger.stop();
  }
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
