import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from '../../src/component/contract.js';
import { requestOf } from '../../src/provider/request.js';
import type { Context, ExtraOptions, StreamOptions } from '../../src/sdk.js';
import { model, user } from './fake.js';

const CONTEXT: Context = { systemPrompt: 'Be brief.', messages: [user('hi')] };

/** Options of OpenClaw, and what they become in the contract's request. */
const OPTIONS: [name: string, StreamOptions & ExtraOptions, Partial<Request>][] = [
  ['nothing', {}, { stop: [], tools: [] }],
  ['temperature', { temperature: 0 }, { temperature: 0 }],
  ['limit', { maxTokens: 77 }, { maxOutputTokens: 77 }],
  ['stop', { stop: ['END', '\n'] }, { stop: ['END', '\n'] }],
  ['top p', { topP: 0.5 }, { topP: 0.5 }],
  ['penalties', { frequencyPenalty: 1, presencePenalty: -1 }, { frequencyPenalty: 1, presencePenalty: -1 }],
  ['seed', { seed: 42 }, { seed: 42n }],
  ['session', { sessionId: 's' }, { cacheKey: 's' }],
  ['cache key before session', { sessionId: 's', promptCacheKey: 'k' }, { cacheKey: 'k' }],
  ['no cache', { sessionId: 's', promptCacheKey: 'k', cacheRetention: 'none' }, {}],
  ['user', { metadata: { user_id: 'u', other: 1 } }, { user: 'u' }],
  ['tier', { serviceTier: 'priority' }, { extraJson: '{"service_tier":"priority"}', route: 'chat-completions' }],
  ['thinking', { reasoning: 'high' }, { reasoning: { effort: 'high' } }],
  [
    'schema',
    { responseFormat: { type: 'object' } },
    { responseFormat: { tag: 'json-schema', val: { name: 'response', schemaJson: '{"type":"object"}' } } },
  ],
  [
    'wrapped schema',
    { responseFormat: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'array' }, strict: true } } },
    { responseFormat: { tag: 'json-schema', val: { name: 'n', schemaJson: '{"type":"array"}', strict: true } } },
  ],
  ['json', { responseFormat: { type: 'json_object' } }, { responseFormat: { tag: 'json-object' } }],
  ['text', { responseFormat: { type: 'text' } }, { responseFormat: { tag: 'text' } }],
];

for (const [name, options, expected] of OPTIONS) {
  test(`options become the contract's: ${name}`, () => {
    const { model: id, messages, ...rest } = requestOf(model(), CONTEXT, options);
    assert.equal(id, 'm-1');
    assert.equal(messages.length, 2);
    const plain = JSON.parse(JSON.stringify(rest, bigints));
    assert.deepEqual(plain, JSON.parse(JSON.stringify({ stop: [], tools: [], ...expected }, bigints)));
  });
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

test('what is unknown is absent and not undefined', () => {
  for (const value of Object.values(requestOf(model(), CONTEXT))) assert.notEqual(value, undefined);
});

test('tools go with their schemas', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const tool = { name: 'weather', description: 'The weather.', parameters };
  const { tools } = requestOf(model(), { ...CONTEXT, tools: [tool] });
  assert.deepEqual(tools, [
    { name: 'weather', description: 'The weather.', parametersJson: JSON.stringify(parameters) },
  ]);
  const bare = requestOf(model(), { ...CONTEXT, tools: [{ ...tool, parameters: undefined as never }] }).tools[0];
  assert.equal(bare?.parametersJson, '{"type":"object","properties":{}}');
});
