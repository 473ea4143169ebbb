import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throughHook } from '../../src/provider/payload.js';
import { requestOf } from '../../src/provider/request.js';
import type { Context, StreamOptions } from '../../src/sdk.js';
import { model, user } from './fake.js';

const TOOL = { name: 'weather', description: 'The weather.', parameters: { type: 'object' } };
const CONTEXT: Context = {
  systemPrompt: 'Be brief.',
  messages: [user('hi'), user([{ type: 'text', text: 'you' }])],
  tools: [TOOL],
};
const OPTIONS: StreamOptions = {
  temperature: 0.5,
  maxTokens: 9,
  stop: ['END'],
  reasoning: 'low',
  sessionId: 's',
  serviceTier: 'priority',
};

type Payload = Record<string, unknown>;

async function through(hook: (payload: Payload) => unknown) {
  const request = requestOf(model(), CONTEXT, OPTIONS);
  const after = await throughHook((payload) => hook(payload as Payload), request, CONTEXT, model());
  return { request, after };
}

test('without a hook, or with one that only looks, the request stays as it is', async () => {
  const request = requestOf(model(), CONTEXT, OPTIONS);
  assert.equal(await throughHook(undefined, request, CONTEXT, model()), request);
  assert.deepEqual((await through(() => undefined)).after, request);
});

test('a hook sees the body by its own names, and the conversation', async () => {
  let seen: Payload = {};
  await through((payload) => void (seen = structuredClone(payload)));
  const { messages, tools, ...rest } = seen;
  assert.deepEqual(rest, {
    model: 'm-1',
    stream: true,
    temperature: 0.5,
    max_completion_tokens: 9,
    stop: ['END'],
    reasoning_effort: 'low',
    prompt_cache_key: 's',
    service_tier: 'priority',
  });
  assert.deepEqual(tools, [{ type: 'function', function: TOOL }]);
  assert.deepEqual(
    (messages as { role: string }[]).map(({ role }) => role),
    ['system', 'user', 'user'],
  );
});

test('fields that a hook sets go into the body', async () => {
  const set = { parallel_tool_calls: false, reasoning_effort: 'high', thinking: { type: 'disabled' } };
  const { after } = await through((payload) => void Object.assign(payload, set));
  assert.deepEqual(JSON.parse(after.extraJson ?? ''), { service_tier: 'priority', ...set });
});

test('a payload in place of the one shown counts too', async () => {
  const { after } = await through(async (payload) => ({ ...payload, temperature: 1 }));
  assert.deepEqual(JSON.parse(after.extraJson ?? ''), { service_tier: 'priority', temperature: 1 });
});

test('fields that a hook takes out are not sent', async () => {
  const { after } = await through((payload) => {
    const kept = ['model', 'messages', 'tools', 'stream'];
    for (const name of Object.keys(payload)) if (!kept.includes(name)) delete payload[name];
  });
  const { model: id, messages, tools, stop, ...rest } = after;
  assert.deepEqual([id, messages.length, tools.length, stop, rest], ['m-1', 3, 1, [], {}]);
});

test('setting one limit replaces the other', async () => {
  const { after } = await through((payload) => void (payload.max_tokens = 5));
  assert.equal(after.maxOutputTokens, undefined);
  assert.equal(JSON.parse(after.extraJson ?? '').max_tokens, 5);
});

test('model, conversation and tools cannot be changed by a hook', async () => {
  const { request, after } = await through((payload) => {
    for (const message of payload.messages as { content: unknown }[]) {
      if (Array.isArray(message.content)) (message.content[0] as { text: string }).text = 'changed';
      message.content = 'changed';
    }
    Object.assign(payload, { model: 'm-2', tools: [], stream: false });
  });
  assert.deepEqual(after, request);
  assert.deepEqual(CONTEXT.messages[1]?.content, [{ type: 'text', text: 'you' }]);
});
