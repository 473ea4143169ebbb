/** OpenClaw's thinking levels and the efforts that a model takes. */

import type { ReasoningOptions } from '../component/contract.js';
import type { Model, StreamOptions, ThinkingLevel, ThinkingLevelMap, ThinkingProfile } from '../sdk.js';

/** Weakest first. `off` is the effort `none`; the others have the same name on both sides. */
export const LEVELS: readonly ThinkingLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** What is offered for a model that does not say what it takes. `max` is a word of few vendors. */
const USUAL: readonly ThinkingLevel[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** The map of a model that takes these efforts; `undefined` where they are unknown. */
export function thinkingLevelMap(efforts: readonly string[]): ThinkingLevelMap | undefined {
  if (efforts.length === 0) return undefined;
  const map: ThinkingLevelMap = {};
  for (const level of LEVELS) {
    if (level === 'off') {
      // A model without the effort `none` may still not think when it is not told to: that is left open.
      if (efforts.includes('none')) map.off = 'none';
    } else {
      map[level] = efforts.includes(level) ? level : null;
    }
  }
  return map;
}

/** The levels to choose from. `undefined`: OpenClaw's own answer, which for a model that does not reason is `off`. */
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

/** What is asked of the model; `undefined`: nothing, so that it does what it does by itself. */
export function reasoningOf(model: Model, options: StreamOptions): ReasoningOptions | undefined {
  const level = options.reasoning;
  if (level === undefined) return undefined;
  const effort = effortOf(level, model.thinkingLevelMap);
  const budget = level === 'off' ? undefined : options.thinkingBudgets?.[level];
  if (effort === undefined && budget === undefined) return undefined;
  return { effort, budgetTokens: budget, includeText: undefined } as ReasoningOptions;
}

function effortOf(level: ThinkingLevel, map: ThinkingLevelMap | undefined): string | undefined {
  const mapped = map?.[level];
  if (mapped === null) return undefined;
  // Whether a model knows `none` is not known until it says so; leaving the effort out is understood by all.
  return mapped ?? (level === 'off' ? undefined : level);
}
