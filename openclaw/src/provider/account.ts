/** The balance of a key, in the form that OpenClaw shows. */

import type { Account, Component } from '../component/contract.js';
import type { Config, UsageSnapshot } from '../sdk.js';
import { LABEL, PROVIDER_ID } from './identity.js';
import { baseUrlOf } from './settings.js';
import { ENV_VARS } from './texts.js';

interface UsageAuthContext {
  env: Record<string, string | undefined>;
  resolveApiKeyFromConfigAndStore(params?: { envDirect?: (string | undefined)[] }): string | undefined;
}

interface UsageContext {
  signal?: AbortSignal;
  config: Config;
  token: string;
  timeoutMs: number;
}

/** OpenClaw's hook: the key for the query of the balance. */
export function resolveUsageAuth(context: UsageAuthContext): { token: string } | null {
  const token = context.resolveApiKeyFromConfigAndStore({ envDirect: ENV_VARS.map((name) => context.env[name]) });
  return token ? { token } : null;
}

/** OpenClaw's hook: the balance. OpenClaw shows the message of a thrown failure as it is. */
export async function fetchUsageSnapshot(
  load: () => Promise<Component>,
  baseUrl: string | undefined,
  context: UsageContext,
): Promise<UsageSnapshot> {
  const component = await load();
  const session = component.open({
    apiKey: context.token,
    baseUrl: baseUrlOf(context.config, baseUrl),
    // OpenClaw polls the balance, so a failed query is repeated soon anyway.
    maxRetries: 0,
    // The contract rejects a deadline of 0, which OpenClaw may pass when its own time is up.
    timeouts: { totalMs: Math.max(1, Math.ceil(context.timeoutMs)) },
  });
  return snapshotOf(await session.account({ signal: context.signal }));
}

/** An amount without a currency is shown as text: guessing the unit could be wrong by orders of magnitude. */
export function snapshotOf(account: Account): UsageSnapshot {
  // `windows` are the used shares of a plan's quotas; a prepaid balance has none.
  const { currency, limit, used, remaining, unlimited } = account;
  const snapshot: UsageSnapshot = { provider: PROVIDER_ID, displayName: LABEL, windows: [] };
  const amounts = [
    ...(remaining === undefined ? [] : [`${remaining} left`]),
    ...(used === undefined ? [] : [`${used} used`]),
    ...(limit === undefined ? [] : [`limit ${limit}`]),
  ];
  if (currency !== undefined) {
    const billing: NonNullable<UsageSnapshot['billing']> = [];
    if (remaining !== undefined) billing.push({ type: 'balance', amount: remaining, unit: currency });
    if (used !== undefined && limit !== undefined) billing.push({ type: 'budget', used, limit, unit: currency });
    else if (used !== undefined) billing.push({ type: 'spend', amount: used, unit: currency });
    if (billing.length > 0) snapshot.billing = billing;
  } else if (amounts.length > 0) {
    snapshot.summary = `${amounts.join(', ')}, in a unit that the service does not report`;
  }
  if (unlimited) snapshot.summary = [snapshot.summary, 'the key has no limit'].filter(Boolean).join('; ');
  return snapshot;
}
