import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '../../src/component/contract.js';
import { fetchUsageSnapshot, resolveUsageAuth, snapshotOf } from '../../src/provider/account.js';
import { failure, FakeComponent } from './fake.js';

/** The account of the service, and what OpenClaw shows. */
const SNAPSHOTS: [name: string, account: Account, shown: object][] = [
  ['nothing', { unlimited: false }, {}],
  [
    'a balance',
    { currency: 'USD', remaining: 7.5, unlimited: false },
    { billing: [{ type: 'balance', amount: 7.5, unit: 'USD' }] },
  ],
  [
    'all of it',
    { currency: 'USD', limit: 10, used: 2.5, remaining: 7.5, unlimited: false },
    {
      billing: [
        { type: 'balance', amount: 7.5, unit: 'USD' },
        { type: 'budget', used: 2.5, limit: 10, unit: 'USD' },
      ],
    },
  ],
  [
    'no limit',
    { currency: 'USD', used: 2.5, unlimited: true },
    { billing: [{ type: 'spend', amount: 2.5, unit: 'USD' }], summary: 'the key has no limit' },
  ],
  [
    'no unit',
    { limit: 10, used: 2, remaining: 8, unlimited: false },
    { summary: '8 left, 2 used, limit 10, in a unit that the service does not report' },
  ],
  ['no limit and nothing else', { unlimited: true }, { summary: 'the key has no limit' }],
];

for (const [name, account, shown] of SNAPSHOTS) {
  test(`account: ${name}`, () => {
    assert.deepEqual(snapshotOf(account), { provider: 'cometapi', displayName: 'CometAPI', windows: [], ...shown });
  });
}

test('the balance is queried with the key, the base URL and the time-out that OpenClaw passes', async () => {
  const component = new FakeComponent({ account: { currency: 'USD', remaining: 1, unlimited: false } });
  const context = { config: {}, token: 'sk-test-0123456789', timeoutMs: 4999.5 };
  const snapshot = await fetchUsageSnapshot(async () => component, 'http://127.0.0.1:1/v1', context);
  assert.deepEqual(snapshot.billing, [{ type: 'balance', amount: 1, unit: 'USD' }]);
  const [{ apiKey, baseUrl, timeouts } = { apiKey: '' }] = component.opened;
  assert.deepEqual([apiKey, baseUrl, timeouts], ['sk-test-0123456789', 'http://127.0.0.1:1/v1', { totalMs: 5000 }]);
});

test('a balance that cannot be had is a failure', async () => {
  const component = new FakeComponent({ account: failure('authentication') });
  const context = { config: {}, token: 't', timeoutMs: 1 };
  await assert.rejects(
    fetchUsageSnapshot(async () => component, undefined, context),
    /it went wrong/,
  );
});

test('the key for it is any that OpenClaw knows, or one of our variables', () => {
  const requested: unknown[] = [];
  const resolve = (key: string | undefined) =>
    resolveUsageAuth({
      env: { COMET_API_KEY: 'three' },
      resolveApiKeyFromConfigAndStore: (params) => {
        requested.push(params?.envDirect);
        return key;
      },
    });
  assert.deepEqual(resolve('k'), { token: 'k' });
  assert.equal(resolve(undefined), null);
  assert.deepEqual(requested[0], [undefined, undefined, 'three']);
});
