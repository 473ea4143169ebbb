/** One long session of the agent: what it reads from the prompt cache, what OpenClaw counts, and thinking that survives. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startGateway } from './rig/gateway.mjs';
import { Home } from './rig/home.mjs';
import { costOf, marksOf, signaturesIn, signaturesOf, sumOf, tokensOf } from './rig/prompt_cache.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { isSince, settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

const NEWEST = { skip: !isSince('2026.9.6') && 'older versions report no cost of a turn, and list other levels' };

const CLAUDE = 'claude-sonnet-5-5';
const GPT = 'gpt-5.5';
const SESSION = 'agent:main:main';

/** A model for each retention that a user can set. */
const RETENTIONS = { long: 'claude-opus-5-5', short: 'claude-opus-5', none: 'claude-sonnet-5' };

/** The stand-in calls the tool that the user names, and repeats a text where none is to be called. */
const WITH_TOOL = 'Call read().';
const WITHOUT_TOOL = 'Only answer.';

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** @type {import('./rig/gateway.mjs').Gateway} */
let gateway;
/** The models as the package lists them. @type {any[]} */
let listed;

before(async () => {
  [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
  recorder = await startRecorder(standIn, ({ json }) =>
    JSON.stringify(json?.messages?.at(-1) ?? '').includes(WITHOUT_TOOL)
      ? { scenario: 'messages-reasoning' }
      : undefined,
  );
  const manifest = JSON.parse(await readFile(join(settings.staged, 'openclaw.plugin.json'), 'utf8'));
  listed = manifest.modelCatalog.providers.cometapi.models;
  await writeFile(join(home.workspace, 'README.md'), `${'The river runs past the mill. '.repeat(20)}\n`);
  const configured = Object.entries(RETENTIONS).map(([cacheRetention, id]) => [
    `cometapi/${id}`,
    { params: { cacheRetention } },
  ]);
  await home.configure({
    tools: { allow: ['read'] },
    agents: {
      defaults: {
        workspace: home.workspace,
        model: { primary: `cometapi/${CLAUDE}` },
        models: { [`cometapi/${CLAUDE}`]: {}, [`cometapi/${GPT}`]: {}, ...Object.fromEntries(configured) },
        // The stand-in repeats a text where a model would summarize, which the audit of summaries would refuse.
        compaction: { mode: 'default', keepRecentTokens: 1500 },
      },
    },
  });
  gateway = await startGateway(home, { env: { COMETAPI_KEY: standIn.key, COMETAPI_BASE_URL: recorder.baseUrl } });
});

after(async () => {
  await gateway?.stop();
  await Promise.all([recorder?.close(), standIn?.stop()]);
  await home?.remove();
});

/** The requests of the agent: OpenClaw also has a small model name the session. */
function made() {
  return recorder.chats().filter(({ json }) => json.tools?.length > 0);
}

/**
 * One turn, the requests that it made, and what OpenClaw reports of it.
 *
 * @param {string} message
 * @param {{ model?: string, thinking?: string, sessionKey?: string }} [options]
 */
async function turn(message, { model = CLAUDE, thinking = 'high', sessionKey = SESSION } = {}) {
  const before = made().length;
  const { result } = await gateway.turn(message, { model, thinking, sessionKey });
  const requests = made().slice(before);
  for (const { json, status } of requests) assert.deepEqual([json.model, status], [model, 200]);
  const usage = result.meta.agentMeta.usage;
  const { input = 0, cacheRead = 0, cacheWrite = 0, output = 0 } = usage;
  return { requests, reported: { input, cacheRead, cacheWrite, output }, cost: usage.cost?.total };
}

/** What OpenClaw has to report of these tokens. @param {import('./rig/prompt_cache.mjs').Tokens} tokens */
function asReported({ read, written, fresh, output }) {
  return { input: fresh, cacheRead: read, cacheWrite: written, output };
}

/** @param {number} cost @param {import('./rig/prompt_cache.mjs').Tokens} tokens @param {string} [model] */
function assertCost(cost, tokens, model = CLAUDE) {
  const expected = costOf(tokens, listed.find(({ id }) => id === model).cost);
  assert.ok(Math.abs(cost - expected) < 1e-9, `${cost}, and not ${expected}`);
}

/** Asks until there is something to see: OpenClaw writes some of it after the turn. @template T @param {() => Promise<T>} look */
async function eventually(look) {
  for (let left = 600; left > 0; left -= 1) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((soon) => setTimeout(soon, 500));
  }
  throw new Error('it never came');
}

describe('a session with a tool in each turn', NEWEST, () => {
  /** @type {Awaited<ReturnType<typeof turn>>[]} */
  const turns = [];
  const requests = () => turns.flatMap((each) => each.requests);

  test('reads in each request what the earlier ones have written, and writes nothing twice', async () => {
    for (let count = 0; count < 3; count += 1) turns.push(await turn(WITH_TOOL));
    const tokens = requests().map(tokensOf);
    assert.equal(tokens.length, 6);
    let cached = 0;
    for (const { read, written, fresh } of tokens) {
      assert.equal(read, cached);
      assert.equal(fresh, 0);
      assert.ok(written > 0);
      cached += written;
    }
    assert.ok(cached - tokens[0].written < tokens[0].written / 4, 'the instructions are most of what is written');
  });

  test('costs what OpenClaw reports of each turn and of the session', async () => {
    for (const { requests: its, reported, cost } of turns) {
      const tokens = sumOf(its.map(tokensOf));
      assert.deepEqual(reported, asReported(tokens));
      assertCost(cost, tokens);
    }
    const all = sumOf(requests().map(tokensOf));
    const usage = await eventually(async () => {
      const { sessions } = await gateway.call('sessions.usage');
      const found = sessions.find((/** @type {any} */ { key }) => key === SESSION)?.usage;
      return found?.messageCounts?.assistant === requests().length ? found : undefined;
    });
    const { input, cacheRead, cacheWrite, output } = usage;
    assert.deepEqual({ input, cacheRead, cacheWrite, output }, asReported(all));
    assertCost(usage.totalCost, all);
  });

  test('shows the hit rate of its last turn in /status', async () => {
    const message = { sessionKey: SESSION, message: '/status', idempotencyKey: randomUUID() };
    await gateway.call('chat.send', message);
    const status = await eventually(async () => {
      const { messages } = await gateway.call('chat.history', { sessionKey: SESSION, limit: 1 });
      return /Cache: .*/.exec(JSON.stringify(messages[0]?.content))?.[0];
    });
    const { read, written } = sumOf((turns.at(-1)?.requests ?? []).map(tokensOf));
    assert.match(
      status,
      new RegExp(`^Cache: ${Math.round((read / (read + written)) * 100)}% hit · \\d+k cached, ${written} new`),
    );
  });

  test('sends all thinking back with its signatures, also after a switch of model', async () => {
    const earlier = requests();
    const other = await turn(WITH_TOOL, { model: GPT });
    const reasoning = () =>
      made()
        .at(-1)
        ?.json.input.filter((/** @type {any} */ { type }) => type === 'reasoning');
    assert.equal(reasoning().length, 1);
    const [{ encrypted_content: encrypted }] = reasoning();
    assert.ok(other.requests[0].received.includes(encrypted));
    for (const { json } of other.requests) {
      for (const signature of signaturesIn(earlier)) assert.ok(!JSON.stringify(json).includes(signature));
    }

    const back = await turn(WITH_TOOL);
    assert.deepEqual(signaturesOf(back.requests[0].json), signaturesIn(earlier));
    assert.ok(!JSON.stringify(back.requests[0].json).includes(encrypted));
    assert.ok(tokensOf(back.requests[0]).read >= tokensOf(earlier.at(-1) ?? earlier[0]).read);

    await turn(WITH_TOOL, { model: GPT });
    assert.deepEqual(reasoning()[0].encrypted_content, encrypted);
  });

  // The turns that a compaction keeps have no thinking any more: OpenClaw removes their signatures, because those of some
  // models are bound to the messages that the summary replaces.
  test('goes on after a compaction, and sends the thinking of later turns back', async () => {
    const longest = made().at(-1)?.json.input.length;
    const { compacted, reason } = await gateway.call('sessions.compact', { key: SESSION });
    assert.equal(compacted, true, reason);
    const next = await turn(WITH_TOOL);
    assert.ok(next.requests[0].json.messages.length < longest / 2);
    const later = await turn(WITH_TOOL);
    const thinking = signaturesIn(next.requests);
    assert.equal(thinking.length, 2);
    assert.deepEqual(signaturesOf(later.requests[0].json).slice(-2), thinking);
  });
});

describe('the retention', NEWEST, () => {
  /** @param {keyof typeof RETENTIONS} retention */
  async function only(retention) {
    const model = RETENTIONS[retention];
    const { requests, reported, cost } = await turn(WITHOUT_TOOL, { model, sessionKey: `agent:main:${retention}` });
    assert.equal(requests.length, 1);
    const tokens = tokensOf(requests[0]);
    assert.deepEqual(reported, asReported(tokens));
    assertCost(cost, tokens, model);
    return { tokens, lifetimes: marksOf(requests[0].json).map((mark) => mark.split(' ')[1]) };
  }

  test('long has an hour on each mark, at its price', async () => {
    const { tokens, lifetimes } = await only('long');
    assert.ok(lifetimes.length > 0 && lifetimes.every((lifetime) => lifetime === '1h'), String(lifetimes));
    assert.ok(tokens.written > 0);
    assert.equal(tokens.writtenForAnHour, tokens.written);
  });

  test('short has the usual five minutes', async () => {
    const { tokens, lifetimes } = await only('short');
    assert.ok(lifetimes.length > 0 && lifetimes.every((lifetime) => lifetime === '5m'), String(lifetimes));
    assert.ok(tokens.written > 0);
    assert.equal(tokens.writtenForAnHour, 0);
  });

  test('none has no marks, and all input is fresh', async () => {
    const { tokens, lifetimes } = await only('none');
    assert.deepEqual(lifetimes, []);
    assert.deepEqual([tokens.read, tokens.written], [0, 0]);
    assert.ok(tokens.fresh > 0);
  });
});

describe('/think', NEWEST, () => {
  test('offers each model the levels of the table', async () => {
    const models = await gateway.models();
    const levels = (/** @type {string} */ id) => {
      const offered = models.find((model) => model.id === id).thinkingLevels;
      return offered.map((/** @type {any} */ level) => level.id);
    };
    assert.deepEqual(levels(CLAUDE), ['off', 'low', 'medium', 'adaptive', 'high', 'xhigh', 'max']);
    assert.deepEqual(levels(GPT), ['off', 'low', 'medium', 'high', 'xhigh']);
    assert.deepEqual(levels('gemini-3.5-flash'), ['off', 'minimal', 'low', 'medium', 'adaptive', 'high']);
  });

  test('sends max as an effort, leaves adaptive to the model, and refuses what a model lacks', async () => {
    const thought = async (/** @type {string} */ thinking) => {
      const { requests } = await turn(WITHOUT_TOOL, { thinking, sessionKey: 'agent:main:levels' });
      return [requests[0].json.thinking.type, requests[0].json.output_config?.effort];
    };
    assert.deepEqual(await thought('max'), ['adaptive', 'max']);
    assert.deepEqual(await thought('adaptive'), ['adaptive', undefined]);
    const lacks = /Thinking level \\"max\\" is not supported for cometapi\/gpt-5\.5/;
    await assert.rejects(turn(WITHOUT_TOOL, { model: GPT, thinking: 'max' }), lacks);
  });
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
