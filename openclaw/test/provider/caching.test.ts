import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCacheTtlEligible, retentionOf } from '../../src/provider/caching.js';
import { throughHook } from '../../src/provider/payload.js';
import { buildReplayPolicy } from '../../src/provider/replay.js';
import { requestOf } from '../../src/provider/request.js';
import type { Context, Message, Model, StreamOptions } from '../../src/sdk.js';
import { model, user } from './fake.js';

const PROMPT = 'You help.\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nToday is Monday.';
const TOOL = { name: 'read', description: 'Reads a file.', parameters: { type: 'object' } };
const MESSAGES = model({ api: 'anthropic-messages', id: 'claude-sonnet-5' });

/** The message with the facts of a turn. */
const carrier: Message = { ...user('<facts>'), role: 'user', runtimeContextCarrier: true } as Message;

function assistant(text: string): Message {
  const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 };
  const { api, provider, id } = MESSAGES;
  const content = [{ type: 'text' as const, text }];
  return { role: 'assistant', content, api, provider, model: id, usage, stopReason: 'stop', timestamp: 1 };
}

/** The texts after which a cached prefix ends. */
function marked(context: Partial<Context>, options: StreamOptions = {}, target: Model = MESSAGES): string[] {
  const { messages } = requestOf(target, { tools: [TOOL], messages: [], ...context }, options);
  return messages.flatMap(({ cacheHere, content }) => {
    const [part] = content;
    return cacheHere && part?.tag === 'text' ? [part.val.text] : [];
  });
}

describe('a cached prefix ends', () => {
  test('after the part of the system prompt that all turns share, and after the last message', () => {
    const messages = [user('one'), user('two'), user('three')];
    assert.deepEqual(marked({ systemPrompt: PROMPT, messages }), ['You help.', 'three']);
    assert.deepEqual(marked({ systemPrompt: 'You help.', messages }), ['You help.', 'three']);
    assert.deepEqual(marked({ messages }), ['three']);
  });

  test('before the facts of a turn, which the next one does not have', () => {
    assert.deepEqual(marked({ messages: [user('one'), carrier] }), ['one']);
    assert.deepEqual(marked({ messages: [user('one'), carrier, user('wait')] }), ['one', 'wait']);
    assert.deepEqual(marked({ systemPrompt: PROMPT, messages: [carrier, user('one')] }), ['You help.', 'one']);
    assert.deepEqual(marked({ messages: [carrier] }), []);
  });

  test('after them for a model whose thinking they are bound to', () => {
    const bound = model({ api: 'anthropic-messages', id: 'claude-opus-5-5' });
    assert.deepEqual(marked({ messages: [user('one'), carrier, user('two')] }, {}, bound), ['two']);
    assert.deepEqual(marked({ messages: [user('one'), carrier] }, {}, bound), ['<facts>']);
  });

  test('nowhere in a single request that no other one follows, unless a user set a retention', () => {
    const single = { tools: [], systemPrompt: PROMPT, messages: [user('Summarize: …')] };
    assert.deepEqual(marked(single), []);
    assert.deepEqual(marked(single, { cacheRetention: 'short' }), ['You help.', 'Summarize: …']);
    assert.deepEqual(marked({ ...single, messages: [user('one'), assistant('two'), user('three')] }), [
      'You help.',
      'three',
    ]);
  });

  test('nowhere without caching', () => {
    const options = { cacheRetention: 'none', sessionId: 's', promptCacheKey: 'k' } as const;
    assert.deepEqual(marked({ systemPrompt: PROMPT, messages: [user('one')] }, options), []);
    assert.equal(requestOf(MESSAGES, { messages: [user('one')] }, options).cacheKey, undefined);
  });
});

describe('the retention', () => {
  const extra = (target: Model, cacheRetention: 'none' | 'short' | 'long') => {
    const { extraJson, route } = requestOf(target, { messages: [user('hi')] }, { cacheRetention });
    return extraJson === undefined ? undefined : { route, ...JSON.parse(extraJson) };
  };

  test('has a field of its own on one wire', () => {
    assert.equal(extra(MESSAGES, 'short'), undefined);
    const hour = { type: 'ephemeral', ttl: '1h' };
    assert.deepEqual(extra(MESSAGES, 'long'), { route: 'messages', cache_control: hour });
    // The component would otherwise mark the conversation itself.
    assert.deepEqual(extra(MESSAGES, 'none'), { route: 'messages', cache_control: null });
    for (const api of ['openai-completions', 'openai-responses', 'google-generative-ai']) {
      for (const retention of ['none', 'short', 'long'] as const)
        assert.equal(extra(model({ api }), retention), undefined);
    }
  });

  test('of a configuration is one of three words', () => {
    for (const word of ['none', 'short', 'long'] as const) assert.equal(retentionOf(word), word);
    for (const other of [undefined, null, '', '1h', 3600, { ttl: '1h' }]) assert.equal(retentionOf(other), undefined);
  });
});

test('a hook sees the system prompt as it is sent', async () => {
  const context = { systemPrompt: PROMPT, messages: [user('hi')] };
  for (const api of ['openai-completions', 'anthropic-messages', 'openai-responses', 'google-generative-ai']) {
    let seen = '';
    const hook = (payload: unknown) => void (seen = JSON.stringify(payload));
    await throughHook(hook, requestOf(model({ api }), context), context, model({ api }));
    assert.match(seen, /You help\.\\nToday is Monday\./, api);
  }
});

test('old results may be shortened in an idle session where the vendor reports a cache', () => {
  const eligible = (modelApi?: string) => isCacheTtlEligible({ modelApi });
  assert.deepEqual(
    ['anthropic-messages', 'openai-responses', 'google-generative-ai', 'openai-completions', undefined].map(eligible),
    [true, true, true, false, false],
  );
});

test('the history of a model stays as it was where its thinking is bound to it', () => {
  const keeps = (modelId: string, modelApi = 'anthropic-messages') =>
    buildReplayPolicy({ modelId, modelApi }).appendOnlyRuntimeContext;
  const bound = [
    'claude-opus-5-5',
    'claude-opus-5.5',
    'claude-opus-5-5-20260901',
    'anthropic/claude-fable-5-1',
    'claude-fable-6',
  ];
  for (const id of bound) assert.equal(keeps(id), true, id);
  const free = [
    'claude-opus-5',
    'claude-opus-5-20260301',
    'claude-fable-5',
    'claude-sonnet-5-5',
    'claude-opus-4-8',
    'gpt-5.5',
  ];
  for (const id of free) assert.equal(keeps(id), false, id);
  assert.equal(keeps('claude-opus-5-5', 'openai-completions'), false);
  assert.equal(buildReplayPolicy().appendOnlyRuntimeContext, false);
});
