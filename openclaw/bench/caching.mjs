/**
 * What a long session of the agent reads from the prompt cache and what it costs, with this plugin and with OpenClaw's own
 * transport for Anthropic's API, in one gateway of the real OpenClaw.
 *
 *   node bench/caching.mjs [--turns 30] [--model claude-sonnet-5-5]... [--json]
 *
 * `scripts/test-openclaw --caching` sets the environment and runs it. The models are played by the stand-in of the test
 * host, whose strict route simulates the vendor's cache: marks, how far they look back, the shortest prefix, the lifetime.
 * Each of the two has a stand-in, and so a cache, of its own. Both have the same turns, tools, instructions and prices.
 * OpenClaw's own transport is that of a custom provider with `api: "anthropic-messages"`.
 *
 * It fails if OpenClaw counts other tokens than the stand-in, if this plugin reads a smaller share from the cache, or if its
 * session loses thinking in a restart of the gateway.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from '../test/openclaw/rig/gateway.mjs';
import { Home } from '../test/openclaw/rig/home.mjs';
import { costOf, hitRate, signaturesIn, signaturesOf, sumOf, tokensOf } from '../test/openclaw/rig/prompt_cache.mjs';
import { startRecorder } from '../test/openclaw/rig/recorder.mjs';
import { settings } from '../test/openclaw/rig/settings.mjs';
import { startStandIn } from '../test/openclaw/rig/stand_in.mjs';

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '30' },
    model: { type: 'string', multiple: true, default: ['claude-sonnet-5-5'] },
    json: { type: 'boolean', default: false },
  },
});
const turns = Number(values.turns);

/** The provider's id of OpenClaw's own transport. */
const BUILT_IN = 'built-in';

/**
 * A turn, by its number: two of three call tools, once or three times after another, and every tenth begins with a long
 * text. The stand-in calls the tools that the user names.
 *
 * @param {number} turn
 */
function messageOf(turn) {
  const pasted = turn % 10 === 9 ? `${'fn main() { let mill = river(); }\n'.repeat(150)}\n` : '';
  const tasks = ['explain what is wrong.', 'call read().', 'call read(), then read() again, then read() once more.'];
  return `${pasted}Task ${turn + 1}: ${tasks[turn % tasks.length]}`;
}

/** Turns without a name of a tool get a text. @param {import('../test/openclaw/rig/recorder.mjs').Recorded} request */
function direct({ path, json }) {
  if (!path.endsWith('/messages')) return undefined;
  const last = JSON.stringify(json.messages.at(-1).content);
  return last.includes('explain what is wrong.') ? { scenario: 'messages-reasoning' } : undefined;
}

/** The model as the package lists it. @param {string} id */
async function listed(id) {
  const manifest = JSON.parse(await readFile(join(settings.staged, 'openclaw.plugin.json'), 'utf8'));
  const model = manifest.modelCatalog.providers.cometapi.models.find((/** @type {any} */ each) => each.id === id);
  if (!model?.cost) throw new Error(`the package lists no prices for ${id}`);
  return model;
}

const models = await Promise.all(values.model.map(listed));
const home = await Home.withPlugin();
const standIns = await Promise.all([startStandIn(), startStandIn()]);
const recorders = await Promise.all(standIns.map((standIn) => startRecorder(standIn, direct)));
const [ours, builtIn] = recorders;
// A tool result of 1,500 characters: the stand-in reads one line.
await writeFile(join(home.workspace, 'README.md'), `${'The river runs past the mill. '.repeat(50)}\n`.repeat(20));
await home.configure({
  tools: { allow: ['read'] },
  // A job of OpenClaw's own that still runs keeps the gateway from stopping, for minutes.
  cron: { enabled: false },
  agents: { defaults: { workspace: home.workspace, model: { primary: `cometapi/${models[0].id}` } } },
  models: {
    providers: {
      [BUILT_IN]: {
        baseUrl: builtIn.baseUrl.replace(/\/v1$/, ''),
        apiKey: standIns[1].key,
        api: 'anthropic-messages',
        models,
      },
    },
  },
});
/** @type {import('../test/openclaw/rig/gateway.mjs').Gateway | undefined} */
let gateway;

async function start() {
  gateway = await startGateway(home, { env: { COMETAPI_KEY: standIns[0].key, COMETAPI_BASE_URL: ours.baseUrl } });
  return gateway;
}

/**
 * The requests of the agent. OpenClaw also has a small model name the session, which may take longer than a turn.
 *
 * @param {import('../test/openclaw/rig/recorder.mjs').Recorder} recorder
 * @param {any} model
 */
function made(recorder, model) {
  return recorder.chats().filter(({ json }) => json.model === model.id && json.tools?.length > 0);
}

/** The key of a session. @param {string} provider @param {any} model */
function keyOf(provider, model) {
  return `agent:main:${provider}-${model.id}`;
}

/**
 * One session.
 *
 * @param {import('../test/openclaw/rig/gateway.mjs').Gateway} running
 * @param {string} provider
 * @param {any} model
 * @param {import('../test/openclaw/rig/recorder.mjs').Recorder} recorder
 */
async function session(running, provider, model, recorder) {
  const sessionKey = keyOf(provider, model);
  const each = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = made(recorder, model).length;
    const run = await running.turn(messageOf(turn), { provider, model: model.id, sessionKey, thinking: 'high' });
    const requests = made(recorder, model).slice(before);
    const tokens = sumOf(requests.map(tokensOf));
    const { cacheRead = 0, cacheWrite = 0, input = 0, output = 0 } = run.result.meta.agentMeta.usage;
    const reported = [cacheRead, cacheWrite, input, output];
    if (String(reported) !== String([tokens.read, tokens.written, tokens.fresh, tokens.output])) {
      throw new Error(
        `turn ${turn + 1} of ${provider} used ${JSON.stringify(tokens)}, and OpenClaw counted ${reported}`,
      );
    }
    each.push({ turn: turn + 1, requests: requests.length, ...tokens });
  }
  const tokens = sumOf(each);
  const requests = each.reduce((sum, next) => sum + next.requests, 0);
  return {
    provider,
    model: model.id,
    requests,
    ...tokens,
    hitRate: hitRate(tokens),
    cost: costOf(tokens, model.cost),
    each,
  };
}

/** @typedef {Awaited<ReturnType<typeof session>>} Session */

/**
 * A turn of this plugin's session after a restart of the gateway: all signatures of its thinking have to be there.
 *
 * @param {import('../test/openclaw/rig/gateway.mjs').Gateway} restarted
 * @param {any} model
 */
async function reloaded(restarted, model) {
  const earlier = made(ours, model);
  const sessionKey = keyOf('cometapi', model);
  await restarted.turn(messageOf(1), { model: model.id, sessionKey, thinking: 'high' });
  const first = made(ours, model)[earlier.length];
  const [sent, received] = [signaturesOf(first.json), signaturesIn(earlier)];
  if (received.length === 0 || String(sent) !== String(received)) {
    throw new Error(
      `${model.id} thought ${received.length} times; after a restart, ${sent.length} or other blocks were sent`,
    );
  }
  return { model: model.id, thinking: sent.length, hitRate: hitRate(tokensOf(first)) };
}

/** @type {Session[]} */
const sessions = [];
/** @type {Awaited<ReturnType<typeof reloaded>>[]} */
const reloads = [];
try {
  const running = await start();
  for (const model of models) {
    sessions.push(await session(running, BUILT_IN, model, builtIn), await session(running, 'cometapi', model, ours));
  }
  await running.stop();
  const restarted = await start();
  for (const model of models) reloads.push(await reloaded(restarted, model));
} finally {
  await gateway?.stop();
  await Promise.all([...recorders.map((each) => each.close()), ...standIns.map((each) => each.stop())]);
  await home.remove();
}

if (values.json) console.log(JSON.stringify({ sessions, reloads }));
else print();

for (const model of models) {
  const [other, own] = sessions.filter((each) => each.model === model.id);
  // Half a thousandth is what the length of the provider's name makes in the prompts.
  if (own.hitRate < other.hitRate - 0.0005) {
    throw new Error(
      `with ${model.id}, OpenClaw's own transport reads ${percent(other)} from the cache, and this plugin ${percent(own)}`,
    );
  }
}

/** @param {{ hitRate: number }} session */
function percent({ hitRate: rate }) {
  return `${(rate * 100).toFixed(1)} %`;
}

function print() {
  const count = (/** @type {number} */ tokens) => tokens.toLocaleString('en-US');
  const totals = sessions.map((each) => [
    each.model,
    each.provider,
    each.requests,
    ...numbers(each),
    percent(each),
    `$${each.cost.toFixed(3)}`,
  ]);
  table(['model', 'provider', 'requests', 'read', 'written', 'fresh', 'from the cache', 'cost'], totals);
  console.log('\nThe first request of this plugin after a restart of the gateway');
  const after = reloads.map((each) => [each.model, each.thinking, percent(each)]);
  table(['model', 'blocks of thinking sent back', 'from the cache'], after);
  for (const { model, provider, each } of sessions) {
    console.log(`\n${model}, ${provider}, turn by turn`);
    const rows = each.map((turn) => [turn.turn, turn.requests, ...numbers(turn), percent({ hitRate: hitRate(turn) })]);
    table(['turn', 'requests', 'read', 'written', 'fresh', 'from the cache'], rows);
  }

  /** @param {import('../test/openclaw/rig/prompt_cache.mjs').Tokens} tokens */
  function numbers({ read, written, fresh }) {
    return [read, written, fresh].map(count);
  }

  /** @param {string[]} head @param {(string | number)[][]} rows */
  function table(head, rows) {
    const lines = [head, head.map((name) => '-'.repeat(name.length)), ...rows];
    const widths = head.map((_, at) => Math.max(...lines.map((line) => String(line[at]).length)));
    for (const line of lines)
      console.log(`| ${line.map((cell, at) => String(cell).padStart(widths[at])).join(' | ')} |`);
  }
}
