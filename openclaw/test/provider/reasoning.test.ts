import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEVELS, reasoningOf, resolveThinkingProfile, thinkingLevelMap } from '../../src/provider/reasoning.js';
import type { Model, ThinkingLevel, ThinkingLevelMap } from '../../src/sdk.js';
import { model } from './fake.js';

const SOME: ThinkingLevelMap = { minimal: null, low: 'low', medium: 'medium', high: 'high', xhigh: null, max: null };

test('efforts become a map of levels, and unknown efforts none', () => {
  assert.equal(thinkingLevelMap([]), undefined);
  assert.deepEqual(thinkingLevelMap(['low', 'medium', 'high']), SOME);
  const all = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
  assert.deepEqual(Object.values(thinkingLevelMap(all) ?? {}), all);
});

test('levels that a model has not are not offered', () => {
  const ids = (context: Parameters<typeof resolveThinkingProfile>[0]) =>
    resolveThinkingProfile(context)?.levels.map(({ id }) => id);
  assert.deepEqual(ids({ thinkingLevelMap: SOME, reasoning: true }), ['off', 'low', 'medium', 'high']);
  assert.deepEqual(ids({ thinkingLevelMap: { ...SOME, off: null } }), ['low', 'medium', 'high']);
  assert.deepEqual(ids({ thinkingLevelMap: { ...SOME, max: 'max' } }), ['off', 'low', 'medium', 'high', 'max']);
});

test('the level adaptive is offered where the model can choose itself', () => {
  const has = (context: Parameters<typeof resolveThinkingProfile>[0]) =>
    resolveThinkingProfile(context)?.levels.some(({ id }) => id === 'adaptive');
  const all = { ...SOME, max: 'max' };
  assert.equal(has({ api: 'anthropic-messages', thinkingLevelMap: all }), true);
  // Efforts without `max`, or none: Claude's older models think up to a budget.
  assert.equal(has({ api: 'anthropic-messages', thinkingLevelMap: SOME }), false);
  assert.equal(has({ api: 'anthropic-messages' }), false);
  assert.equal(has({ api: 'google-generative-ai', thinkingLevelMap: SOME }), true);
  assert.equal(has({ api: 'google-generative-ai', reasoning: false }), undefined);
  assert.equal(has({ api: 'openai-responses', thinkingLevelMap: all }), false);
});

test('adaptive thinking has neither an effort nor a budget', () => {
  const options = { reasoning: 'high', adaptiveThinking: true, thinkingBudgets: { high: 9000 } } as const;
  assert.deepEqual(reasoningOf(model({ thinkingLevelMap: SOME }), options), { includeText: true });
});

test('of a model that says nothing, all usual levels are, xhigh among them', () => {
  const { levels = [] } = resolveThinkingProfile({}) ?? {};
  assert.deepEqual(
    levels.map(({ id }) => id),
    LEVELS.filter((level) => level !== 'max'),
  );
  assert.equal(resolveThinkingProfile({ reasoning: false }), undefined);
});

/** Level, map, and the effort that is sent. */
const EFFORTS: [level: ThinkingLevel | undefined, map: ThinkingLevelMap | undefined, effort: string | undefined][] = [
  [undefined, undefined, undefined],
  ['off', undefined, undefined],
  ['off', { off: 'none' }, 'none'],
  ['off', { off: null }, undefined],
  ['minimal', undefined, 'minimal'],
  ['low', undefined, 'low'],
  ['medium', SOME, 'medium'],
  ['high', { high: 'max' }, 'max'],
  ['xhigh', undefined, 'xhigh'],
  ['xhigh', SOME, undefined],
  ['max', undefined, 'max'],
  ['max', { max: 'ultra' }, 'ultra'],
];

for (const [level, map, effort] of EFFORTS) {
  test(`level ${level} with ${JSON.stringify(map)} selects ${effort}`, () => {
    const target = model(map ? { thinkingLevelMap: map } : {});
    assert.equal(reasoningOf(target, level ? { reasoning: level } : {})?.effort, effort);
  });
}

test('thinking is turned off on Messages, where the component knows how', () => {
  const effort = (more: Partial<Model>) =>
    reasoningOf(model({ api: 'anthropic-messages', ...more }), { reasoning: 'off' })?.effort;
  assert.equal(effort({}), 'none');
  assert.equal(effort({ thinkingLevelMap: { low: 'low', max: 'max' } }), 'none');
  assert.equal(effort({ thinkingLevelMap: { off: null } }), undefined);
});

test('a budget goes along with its level, and not with off', () => {
  const thinkingBudgets = { low: 1000, high: 9000 };
  assert.equal(reasoningOf(model(), { reasoning: 'high', thinkingBudgets })?.budgetTokens, 9000);
  assert.equal(reasoningOf(model(), { reasoning: 'medium', thinkingBudgets })?.budgetTokens, undefined);
  assert.equal(reasoningOf(model(), { reasoning: 'off', thinkingBudgets }), undefined);
});
