import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Usage as ContractUsage } from '../../src/component/contract.js';
import { usageOf } from '../../src/provider/usage.js';
import type { Cost, PricingTier, Usage } from '../../src/sdk.js';
import { model } from './fake.js';

const UNKNOWN = { cacheTelemetry: { state: 'unavailable' }, contextUsage: { state: 'unavailable' } } as const;

const counts = (input: number, output: number, cacheRead: number, cacheWrite: number, totalTokens: number) => ({
  input,
  output,
  cacheRead,
  cacheWrite,
  totalTokens,
});

/** Usage of the contract, and of OpenClaw. */
const CASES: [name: string, given: ContractUsage | undefined, expected: Usage][] = [
  ['nothing', undefined, { ...counts(0, 0, 0, 0, 0), ...UNKNOWN }],
  ['an empty object', {}, { ...counts(0, 0, 0, 0, 0), ...UNKNOWN }],
  [
    'counts without a cache',
    { input: 10n, output: 4n },
    { ...counts(10, 4, 0, 0, 14), cacheTelemetry: { state: 'unavailable' } },
  ],
  [
    'cached tokens, which are counted into the input',
    { input: 100n, output: 5n, total: 105n, cacheRead: 60n, cacheWrite: 30n },
    { ...counts(10, 5, 60, 30, 105), cacheTelemetry: { state: 'available' } },
  ],
  [
    'a cache that was not used',
    { input: 9n, output: 1n, cacheRead: 0n },
    { ...counts(9, 1, 0, 0, 10), cacheTelemetry: { state: 'available' } },
  ],
  [
    'more from the cache than there was',
    { input: 5n, output: 1n, cacheRead: 9n },
    { ...counts(0, 1, 9, 0, 6), cacheTelemetry: { state: 'available' } },
  ],
  [
    'tokens whose entries live for an hour',
    {
      input: 100n,
      output: 5n,
      total: 105n,
      cacheRead: 60n,
      cacheWrite: 30n,
      rawJson: '{"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}',
    },
    { ...counts(10, 5, 60, 30, 105), cacheWrite1h: 20, cacheTelemetry: { state: 'available' } },
  ],
  [
    'counts of the vendor that are in no known form',
    { input: 9n, output: 1n, cacheRead: 0n, cacheWrite: 4n, rawJson: '[{"cache_creation":null' },
    { ...counts(5, 1, 0, 4, 10), cacheTelemetry: { state: 'available' } },
  ],
  [
    'reasoning',
    { input: 1n, output: 9n, reasoning: 8n },
    { ...counts(1, 9, 0, 0, 10), cacheTelemetry: { state: 'unavailable' }, reasoningTokens: 8 },
  ],
  ['a total alone', { total: 50n }, { ...counts(0, 0, 0, 0, 50), ...UNKNOWN }],
  [
    'a bill in USD',
    { input: 1n, output: 1n, billed: 0.25, currency: 'USD' },
    {
      ...counts(1, 1, 0, 0, 2),
      cacheTelemetry: { state: 'unavailable' },
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.25, totalOrigin: 'provider-billed' },
    },
  ],
  [
    'a bill in another currency',
    { input: 1n, output: 1n, billed: 0.25, currency: 'CNY' },
    { ...counts(1, 1, 0, 0, 2), cacheTelemetry: { state: 'unavailable' } },
  ],
  [
    'a bill without counts',
    { billed: 0.5, currency: 'USD' },
    {
      ...counts(0, 0, 0, 0, 0),
      ...UNKNOWN,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.5, totalOrigin: 'provider-billed' },
    },
  ],
];

for (const [name, given, expected] of CASES) {
  test(`usage: ${name}`, () => assert.deepEqual(usageOf(given, model()), expected));
}

const RATES = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
const GIVEN: ContractUsage = { input: 1_000_000n, output: 100_000n, cacheRead: 500_000n, cacheWrite: 100_000n };

test('what the counts cost is reckoned at the rates that OpenClaw gave', () => {
  const { cost } = usageOf(GIVEN, model({ cost: RATES }));
  assert.deepEqual(cost, { input: 1.2, output: 1.5, cacheRead: 0.15, cacheWrite: 0.375, total: 3.225 });
});

test('the length of a request, with its cached tokens, decides on the rates of all of it', () => {
  const long = {
    input: 6,
    output: 30,
    cacheRead: 0.6,
    cacheWrite: 7.5,
    range: [200_001, 900_001],
  } satisfies PricingTier;
  const tieredPricing: PricingTier[] = [
    { ...RATES, input: 100, range: [900_001] },
    long,
    { ...RATES, range: [0, 200_001] },
  ];
  const totalOf = (input: bigint, cacheRead: bigint) =>
    usageOf({ input, output: 100_000n, cacheRead }, model({ cost: { ...RATES, tieredPricing } })).cost?.total;
  assert.equal(totalOf(200_000n, 0n), 0.6 + 1.5);
  assert.equal(totalOf(200_001n, 0n), 1.200006 + 3);
  assert.equal(totalOf(300_000n, 200_000n), 0.6 + 3 + 0.12);
});

test('rates that are unknown are left to OpenClaw', () => {
  const { cost: _, ...unpriced } = model();
  assert.equal(usageOf(GIVEN, unpriced).cost, undefined);
  assert.equal(usageOf(GIVEN, model()).cost, undefined);
  assert.equal(usageOf({ total: 50n }, model({ cost: RATES })).cost, undefined);
});

test('a rate that is missing beside others counts as none', () => {
  const cost = { input: 3, output: 15 } as Cost;
  const usage = usageOf(GIVEN, model({ cost }));
  assert.deepEqual(usage.cost, { input: 1.2, output: 1.5, cacheRead: 0, cacheWrite: 0, total: 2.7 });
});

test('a bill beats the rates', () => {
  const usage = usageOf({ ...GIVEN, billed: 1, currency: 'USD' }, model({ cost: RATES }));
  assert.equal(usage.cost?.total, 1);
});

test('entries for an hour cost twice the price of input', () => {
  const cost = { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 };
  const rawJson = '{"cache_creation":{"ephemeral_1h_input_tokens":1000000}}';
  const given = { input: 3_000_000n, output: 0n, cacheRead: 0n, cacheWrite: 2_000_000n, rawJson };
  const { cacheWrite, total } = usageOf(given, model({ cost })).cost ?? {};
  assert.deepEqual([cacheWrite, total], [2.5 + 4, 2 + 2.5 + 4]);
});
