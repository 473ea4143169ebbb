import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, Price } from '../../src/component/contract.js';
import { definitionOf, definitionsOf } from '../../src/provider/models.js';
import { contractModel, modelList } from './fake.js';

test('all known facts of a model are listed', () => {
  const model = contractModel({
    name: 'M 1',
    vendor: 'V',
    input: ['text', 'image', 'audio', 'file'],
    contextWindow: 200_000n,
    maxOutputTokens: 64_000n,
    reasoning: true,
    reasoningEfforts: ['low', 'high'],
    price: { currency: 'USD', input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, tiers: [] },
    sources: 1,
  });
  const sourceSets = [
    [],
    [
      { fact: 'kind', source: 'key-list' },
      { fact: 'price', source: 'catalogue' },
    ],
  ];
  assert.deepEqual(definitionOf(model, sourceSets), {
    id: 'm-1',
    name: 'M 1',
    reasoning: true,
    input: ['text', 'image', 'audio'],
    cost: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
    contextWindow: 200_000,
    maxTokens: 64_000,
    thinkingLevelMap: { minimal: null, low: 'low', medium: null, high: 'high', xhigh: null, max: null },
    params: { cometapi: { status: 'callable', vendor: 'V', sources: { kind: 'key-list', price: 'catalogue' } } },
  });
});

test('unknown facts are omitted', () => {
  const unknown = contractModel({ input: [], output: [], routes: [], status: 'listed' });
  const { params, ...rest } = definitionOf(unknown, [[]]);
  assert.deepEqual(rest, { id: 'm-1', name: 'm-1' });
  assert.deepEqual(params, { cometapi: { status: 'listed', sources: {} } });
});

test('a model that takes efforts reasons, unless it says otherwise', () => {
  assert.equal(definitionOf(contractModel({ reasoningEfforts: ['low'] }), [[]]).reasoning, true);
  assert.equal(definitionOf(contractModel({ reasoningEfforts: ['low'], reasoning: false }), [[]]).reasoning, false);
});

/** Prices, and the rates of them. */
const PRICES: [name: string, price: Partial<Price>, cost: object | undefined][] = [
  [
    'all four',
    { input: 3, output: 9, cacheRead: 1, cacheWrite: 4 },
    { input: 3, output: 9, cacheRead: 1, cacheWrite: 4 },
  ],
  ['none for the cache', { input: 3, output: 9 }, { input: 3, output: 9, cacheRead: 3, cacheWrite: 3 }],
  ['free', { input: 0, output: 0 }, { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
  ['half of it', { input: 3 }, undefined],
  ['another currency', { currency: 'CNY', input: 3, output: 9 }, undefined],
  ['per request', { perRequest: 0.1 }, undefined],
  ['per request as well', { input: 3, output: 9, perRequest: 0.1 }, undefined],
];

for (const [name, price, cost] of PRICES) {
  test(`price: ${name}`, () => {
    const model = contractModel({ price: { currency: 'USD', tiers: [], ...price } });
    assert.deepEqual(definitionOf(model, [[]]).cost, cost);
  });
}

test('rates by length become ranges that cover all lengths', () => {
  const tiers = [
    { aboveInputTokens: 100_000n, input: 0.5, output: 2.5, cacheRead: 0.05 },
    { aboveInputTokens: 200_000n, output: 5 },
  ];
  const price = { currency: 'USD', input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125, tiers };
  assert.deepEqual(definitionOf(contractModel({ price }), []).cost?.tieredPricing, [
    { input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125, range: [0, 100_001] },
    // A cached token whose rate is unknown costs at most what a fresh one does.
    { input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.5, range: [100_001, 200_001] },
    { input: 0.1, output: 5, cacheRead: 0.1, cacheWrite: 0.1, range: [200_001] },
  ]);
});

test('the announced end of a model and its successor are kept', () => {
  const model = contractModel({ status: 'deprecated', retirementDate: '2026-12-11', replacedBy: 'm-2' });
  assert.deepEqual(definitionOf(model, [[]]).params, {
    cometapi: { status: 'deprecated', retirementDate: '2026-12-11', replacedBy: 'm-2', sources: {} },
  });
});

/** Models, and whether OpenClaw can talk with them on 2026-12-01. */
const LISTED: [more: Partial<Model>, listed: boolean][] = [
  [{}, true],
  [{ status: 'listed' }, true],
  [{ status: 'upcoming' }, false],
  [{ status: 'deprecated' }, true],
  [{ status: 'deprecated', retirementDate: '2026-12-02' }, true],
  [{ status: 'deprecated', retirementDate: '2026-12-01' }, false],
  // The key's own list counts more than a date.
  [{ status: 'callable', retirementDate: '2026-12-01' }, true],
  [{ kind: 'unknown' }, false],
  [{ kind: 'image' }, false],
  [{ kind: 'embedding' }, false],
  [{ routes: [] }, true],
  [{ routes: ['responses', 'chat-completions'] }, true],
  [{ routes: ['responses'] }, true],
  [{ routes: ['unheard-of'] }, false],
  [{ input: [] }, true],
  [{ input: ['image'] }, false],
  [{ output: [] }, true],
  [{ output: ['image'] }, false],
];

for (const [more, listed] of LISTED) {
  test(`a model with ${JSON.stringify(more)} is ${listed ? '' : 'not '}listed`, () => {
    assert.equal(definitionsOf(modelList([contractModel(more)]), '2026-12-01').length, listed ? 1 : 0);
  });
}
