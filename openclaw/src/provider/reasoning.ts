/** Maps OpenClaw's thinking levels to the effort levels of a model. */

import type { ReasoningOptions } from '../component/contract.js';
import type { Model, StreamOptions, ThinkingLevel, ThinkingLevelMap, ThinkingProfile } from '../sdk.js';

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

/** The levels to choose from. `undefined` selects OpenClaw's default, which is `off` for a model without reasoning. */
export function resolveThinkingProfile(context: {
  reasoning?: boolean;
  thinkingLevelMap?: ThinkingLevelMap;
}): ThinkingProfile | undefined {
  if (context.reasoning === false) return undefined;
  const map = context.thinkingLevelMap;
  const known = map && Object.keys(map).length > 0;
  const levels = known ? LEVELS.filter((level) => (level === 'off' ? map.off !== null : map[level])) : USUAL;
  return { levels: levels.map((id) => ({ id })) };
}

/** The reasoning options of a request; `undefined` leaves the model at its default. */
export function reasoningOf(model: Model, options: StreamOptions): ReasoningOptions | undefined {
  const level = options.reasoning;
  if (level === undefined) return undefined;
  const effort = effortOf(level, model.thinkingLevelMap);
  // `off` and a budget contradict each other; the level is what the user chose.
  const budget = level === 'off' ? undefined : options.thinkingBudgets?.[level];
  if (effort === undefined && budget === undefined) return undefined;
  return { effort, budgetTokens: budget, includeText: undefined } as ReasoningOptions;
}

function effortOf(level: ThinkingLevel, map: ThinkingLevelMap | undefined): string | undefined {
  const mapped = map?.[level];
  // `null`: the model lacks the level. Vendors refuse an unknown effort, so none is sent.
  if (mapped === null) return undefined;
  // Some models reject the effort `none`. Every model accepts a request without an effort.
  return mapped ?? (level === 'off' ? undefined : level);
}
