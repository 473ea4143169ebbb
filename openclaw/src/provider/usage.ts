/** Counts of the contract as OpenClaw counts. */

import type { Usage as ContractUsage } from '../component/contract.js';
import type { Cost, Model, Rates, Usage } from '../sdk.js';

/** OpenClaw's way of saying that no counts are known: zeros, and a mark that they are none. */
export function unknownUsage(): Usage {
  return {
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: 0,
    cacheTelemetry: { state: 'unavailable' },
    contextUsage: { state: 'unavailable' },
  };
}

/** The contract counts cached tokens into the input; OpenClaw counts them beside it. */
export function usageOf(usage: ContractUsage | undefined, model: Model): Usage {
  const known = usage && [usage.input, usage.output, usage.total].some((count) => count !== undefined);
  if (!known) {
    const unknown = unknownUsage();
    return usage ? withBill(unknown, usage) : unknown;
  }
  const cacheRead = Number(usage.cacheRead ?? 0n);
  const cacheWrite = Number(usage.cacheWrite ?? 0n);
  const cacheWrite1h = cacheWrite === 0 ? undefined : writtenForAnHour(usage.rawJson);
  const output = Number(usage.output ?? 0n);
  // Not below zero: some providers report more cached tokens than input tokens.
  const input = Math.max(0, Number(usage.input ?? 0n) - cacheRead - cacheWrite);
  const counted = usage.input !== undefined && usage.output !== undefined;
  const counts: Usage = {
    input,
    output,
    cacheRead,
    cacheWrite,
    ...(cacheWrite1h === undefined ? {} : { cacheWrite1h }),
    totalTokens: Number(usage.total ?? (usage.input ?? 0n) + (usage.output ?? 0n)),
    cacheTelemetry: { state: usage.cacheRead === undefined ? 'unavailable' : 'available' },
    ...(usage.reasoning === undefined ? {} : { reasoningTokens: Number(usage.reasoning) }),
    ...(counted ? {} : { contextUsage: { state: 'unavailable' } as const }),
  };
  const cost = counted ? priced(counts, model.cost) : undefined;
  return withBill(cost ? { ...counts, cost } : counts, usage);
}

/** The tokens whose entries live for an hour. The contract counts them together with those of the usual lifetime. */
function writtenForAnHour(rawJson: string | undefined): number | undefined {
  try {
    const count: unknown = JSON.parse(rawJson ?? '{}')?.cache_creation?.ephemeral_1h_input_tokens;
    return typeof count === 'number' && count > 0 ? count : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The amount that the provider billed, instead of an estimate: only the provider knows its discounts. OpenClaw's costs are
 * in USD, so an amount in another currency is left out.
 */
function withBill(counts: Usage, usage: ContractUsage): Usage {
  if (usage.billed === undefined || usage.currency !== 'USD') return counts;
  const shares = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return { ...counts, cost: { ...shares, total: usage.billed, totalOrigin: 'provider-billed' } };
}

/**
 * The cost of one request at the model's rates. `undefined`: OpenClaw has no rates for the model, which it writes as
 * zeros or leaves out.
 *
 * OpenClaw adds up the costs of a turn's requests, and falls back on the turn's tokens at the model's rates. For rates
 * that depend on the length of each request it has no fallback, so that a turn would have no cost without this one.
 */
function priced(counts: Usage, cost: Model['cost']): Usage['cost'] {
  if (!cost) return undefined;
  const kinds = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;
  const rates = ratesFor(counts.input + counts.cacheRead + counts.cacheWrite, cost);
  if (!kinds.some((kind) => rates[kind] > 0)) return undefined;
  // A configuration may lack some of the rates. Without the 0, the sum would be no number.
  const rate = (kind: keyof Rates): number => rates[kind] || 0;
  const share = (kind: keyof Rates): number => (counts[kind] * rate(kind)) / 1e6;
  // The one vendor that keeps entries for an hour charges twice the price of input for it, by which OpenClaw calculates too.
  const surcharge = ((counts.cacheWrite1h ?? 0) * (2 * rate('input') - rate('cacheWrite'))) / 1e6;
  const shares: Rates = {
    input: share('input'),
    output: share('output'),
    cacheRead: share('cacheRead'),
    cacheWrite: share('cacheWrite') + surcharge,
  };
  return { ...shares, total: shares.input + shares.output + shares.cacheRead + shares.cacheWrite };
}

/** The rates for a request with this many input tokens, cached ones included. They apply to the whole request. */
function ratesFor(inputTokens: number, cost: Cost): Rates {
  const reached = (cost.tieredPricing ?? []).filter(({ range: [start] }) => inputTokens >= start);
  // OpenClaw's configuration may list them in any order.
  return reached.sort((one, other) => one.range[0] - other.range[0]).at(-1) ?? cost;
}
