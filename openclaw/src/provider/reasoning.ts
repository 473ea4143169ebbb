/** Maps OpenClaw's thinking levels to the effort levels of a model. */

import type { ReasoningOptions } from '../component/contract.js';
import type { ExtraOptions, Model, StreamOptions, ThinkingLevel, ThinkingLevelMap, ThinkingProfile } from '../sdk.js';
import { GEMINI } from './routes/gemini.js';
import { MESSAGES } from './routes/messages.js';

/** Weakest first. `off` is the effort `none`; the other levels have the same name on both sides. */
export const LEVELS: readonly ThinkingLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The levels offered for a model whose efforts are unknown. Few vendors accept `max`, so it is not among them. */
const USUAL: readonly ThinkingLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** The map of a model that accepts these efforts; `undefined` if they are unknown. */
export function thinkingLevelMap(efforts: readonly string[]): ThinkingLevelMap | undefined {
  if (efforts.length === 0) return undefined;
  const map: ThinkingLevelMap = {};
  for (const level of LEVELS) {
    if (level === 'off') {
      // A model without the effort `none` may still not think by default, so `off` stays unknown.
      if (efforts.includes('none')) map.off = 'none';
    } else {
      map[level] = efforts.includes(level) ? level : null;
    }
  }
  return map;
}

/**
 * Whether a model can choose itself how long to think: Gemini's can, and those of Claude's that replaced the budget by
 * efforts, of which `max` is the one that no older model has.
 */
function isAdaptive(api: string | null | undefined, map: ThinkingLevelMap | undefined): boolean {
  return api === GEMINI.api || (api === MESSAGES.api && Boolean(map?.max));
}

/** The levels to choose from. `undefined` selects OpenClaw's default, which is `off` for a model without reasoning. */
export function resolveThinkingProfile(context: {
  reasoning?: boolean;
  thinkingLevelMap?: ThinkingLevelMap;
  api?: string | null;
}): ThinkingProfile | undefined {
  if (context.reasoning === false) return undefined;
  const map = context.thinkingLevelMap;
  const known = map && Object.keys(map).length > 0;
  const levels = known ? LEVELS.filter((level) => (level === 'off' ? map.off !== null : map[level])) : USUAL;
  const adaptive = isAdaptive(context.api, map) ? ['adaptive' as const] : [];
  return { levels: [...levels, ...adaptive].map((id) => ({ id })) };
}

/** The reasoning options of a request; `undefined` leaves the model at its default. */
export function reasoningOf(model: Model, options: StreamOptions & ExtraOptions): ReasoningOptions | undefined {
  const level = options.reasoning;
  // Reasoning without an effort and without a budget: the model decides.
  if (options.adaptiveThinking) return { includeText: true } as ReasoningOptions;
  if (level === undefined) return undefined;
  const effort = effortOf(level, model);
  // `off` and a budget contradict each other; the level is what the user chose.
  const budget = level === 'off' ? undefined : options.thinkingBudgets?.[level];
  if (effort === undefined && budget === undefined) return undefined;
  return { effort, budgetTokens: budget, includeText: undefined } as ReasoningOptions;
}

function effortOf(level: ThinkingLevel, { api, thinkingLevelMap }: Model): string | undefined {
  const mapped = thinkingLevelMap?.[level];
  // `null`: the model lacks the level. Vendors refuse an unknown effort, so none is sent.
  if (mapped === null) return undefined;
  if (mapped !== undefined || level !== 'off') return mapped ?? level;
  // Some models reject the effort `none`, and every model accepts a request without an effort. On Messages the component
  // knows how each model is kept from thinking; without it, the newer ones would think as they do by default.
  return api === MESSAGES.api ? 'none' : undefined;
}
