/** Models of the contract as OpenClaw lists them. */

import type { Model as ContractModel, ModelList, Price } from '../component/contract.js';
import type { Cost, ModelDefinition, PricingTier, Rates } from '../sdk.js';
import { thinkingLevelMap } from './reasoning.js';
import { DEFAULT_ROUTE, routeAmong } from './routes/table.js';

const INPUTS = ['text', 'image', 'video', 'audio'] as const;

/** The sources of the facts about a list's models. Each model names its set by index. */
export type SourceSets = ModelList['sourceSets'];

/** The models of a list that OpenClaw can talk with on a day (`YYYY-MM-DD`, today), in the order given. */
export function definitionsOf(
  { models, sourceSets }: Pick<ModelList, 'models' | 'sourceSets'>,
  day = new Date().toISOString().slice(0, 10),
): ModelDefinition[] {
  // The list of a key names what it may call. A model that only the public catalogue has would fail with this key.
  const isOfKey = models.some(({ status }) => status === 'callable');
  const offered = models.filter(({ status }) => !(isOfKey && status === 'listed'));
  return offered.filter((model) => isForChat(model, day)).map((model) => definitionOf(model, sourceSets));
}

/** Whether a model responds in text over a known route. A fact that is unknown does not exclude it. */
function isForChat(model: ContractModel, day: string): boolean {
  const usable = model.status !== 'upcoming' && !hasEnded(model, day);
  const unknownOr = (known: string[], one: string): boolean => known.length === 0 || known.includes(one);
  return (
    model.kind === 'chat' &&
    usable &&
    routeAmong(model.routes) !== undefined &&
    unknownOr(model.input, 'text') &&
    unknownOr(model.output, 'text')
  );
}

/**
 * A deprecated model works until its end, often for months, and configurations name it: hiding it earlier would take its
 * limits and its price from them. The key's own list is right about a model whose end was postponed, so a model that is
 * callable has not ended.
 */
function hasEnded({ status, retirementDate }: ContractModel, day: string): boolean {
  return status === 'deprecated' && retirementDate !== undefined && retirementDate <= day;
}

/**
 * What is known of a model. The rest is left out: OpenClaw has its own careful numbers for a window or a limit that it
 * does not know, shows no price where there is none, and knows none of them for a fact.
 */
export function definitionOf(model: ContractModel, sourceSets: SourceSets): ModelDefinition {
  const { contextWindow, maxOutputTokens } = model;
  const reasoning = model.reasoning ?? (model.reasoningEfforts.length > 0 ? true : undefined);
  const levels = thinkingLevelMap(model.reasoningEfforts);
  const input = INPUTS.filter((kind) => model.input.includes(kind));
  const cost = model.price && ratesOf(model.price);
  return {
    id: model.id,
    name: model.name ?? model.id,
    ...apiOf(model),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(input.length === 0 ? {} : { input }),
    ...(cost === undefined ? {} : { cost }),
    ...(contextWindow ? { contextWindow: Number(contextWindow) } : {}),
    ...(maxOutputTokens ? { maxTokens: Number(maxOutputTokens) } : {}),
    ...(levels === undefined ? {} : { thinkingLevelMap: levels }),
    params: { cometapi: provenance(model, sourceSets) },
  };
}

/** The adapter of the model's route, where it is not the one that all models of the provider have. */
function apiOf(model: ContractModel): Pick<ModelDefinition, 'api'> {
  const { api } = routeAmong(model.routes) ?? DEFAULT_ROUTE;
  return api === DEFAULT_ROUTE.api ? {} : { api };
}

/**
 * USD per million tokens, or nothing. OpenClaw wants all four rates or none: a token from or for the cache is an input
 * token, and is treated as one where no other rate is known.
 */
function ratesOf(price: Price): Cost | undefined {
  const { currency, input, output, cacheRead = input, cacheWrite = input } = price;
  if (currency !== 'USD' || input === undefined || output === undefined || price.perRequest) return undefined;
  const rates = { input, output, cacheRead: cacheRead ?? input, cacheWrite: cacheWrite ?? input };
  return { ...rates, ...tiersOf(price.tiers, rates) };
}

/**
 * OpenClaw takes ranges that cover all lengths, where the contract has thresholds above which a request is charged
 * differently as a whole. Without them a long request to many models would be reckoned at half of its price.
 */
function tiersOf(tiers: Price['tiers'], base: Rates): Pick<Cost, 'tieredPricing'> {
  if (tiers.length === 0) return {};
  // A tier of the contract begins above its threshold, one of OpenClaw's at its start.
  const starts = [0, ...tiers.map((tier) => Number(tier.aboveInputTokens) + 1)];
  const rates = [base, ...tiers.map((tier) => ratesOfTier(tier, base))];
  const tieredPricing = rates.map((each, index): PricingTier => {
    const [start = 0, end] = starts.slice(index);
    return { ...each, range: end === undefined ? [start] : [start, end] };
  });
  return { tieredPricing };
}

function ratesOfTier(tier: Price['tiers'][number], base: Rates): Rates {
  const { input = base.input, output = base.output } = tier;
  return { input, output, cacheRead: tier.cacheRead ?? input, cacheWrite: tier.cacheWrite ?? input };
}

/** Facts without a place of their own in OpenClaw, in the one member that it hands through. */
export interface Provenance {
  status: ContractModel['status'];
  vendor?: string;
  /** `YYYY-MM-DD`. */
  retirementDate?: string;
  replacedBy?: string;
  /** The name of each fact, and its source. */
  sources: Record<string, string>;
}

function provenance(model: ContractModel, sourceSets: SourceSets): Provenance {
  const { status, vendor, retirementDate, replacedBy } = model;
  const sources = sourceSets[model.sources] ?? [];
  return {
    status,
    ...(vendor === undefined ? {} : { vendor }),
    ...(retirementDate === undefined ? {} : { retirementDate }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
    sources: Object.fromEntries(sources.map(({ fact, source }) => [fact, source])),
  };
}
