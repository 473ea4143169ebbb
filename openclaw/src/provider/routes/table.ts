/** The wire routes that this plugin knows: one row for each. */

import { CHAT_COMPLETIONS } from './chat_completions.js';
import { GEMINI } from './gemini.js';
import { MESSAGES } from './messages.js';
import { RESPONSES } from './responses.js';
import type { WireRoute } from './route.js';

/** One row for each route. */
export const WIRE_ROUTES: readonly WireRoute[] = [CHAT_COMPLETIONS, RESPONSES, MESSAGES, GEMINI];

/** The route of a model of which nothing else is known. */
export const DEFAULT_ROUTE: WireRoute = CHAT_COMPLETIONS;

/** The best known route of a model that lists these; `undefined` if it lists only others. No list: the default. */
export function routeAmong(names: readonly string[], known: readonly WireRoute[] = WIRE_ROUTES): WireRoute | undefined {
  if (names.length === 0) return DEFAULT_ROUTE;
  const found = names.map((name) => known.find((route) => route.name === name));
  return found.find((route) => route !== undefined);
}

/** The route of a model that OpenClaw filed under this adapter. */
export function routeOfApi(api: string): WireRoute {
  return WIRE_ROUTES.find((route) => route.api === api) ?? DEFAULT_ROUTE;
}
