/**
 * The request as OpenClaw's payload hooks see it, and what is done with the changes that they make.
 *
 * The component makes the body from the contract's request, so no hook can see the body itself. Hooks expect the wire's
 * names: they count the payload's bytes, compare it with one that was refused, and set fields such as
 * `parallel_tool_calls` or those of a configured `extra_body`. So they get the fields under the names of the model's
 * route, and what they set is merged into the body by the contract's `extra-json`. The conversation is a copy that
 * cannot be changed here.
 */

import type { Request } from '../component/contract.js';
import type { Context, Model, StreamOptions } from '../sdk.js';
import type { Payload, WireRoute } from './routes/route.js';
import { routeOfApi } from './routes/table.js';
import { withoutComments } from './system_prompt.js';

/** Returns the request after OpenClaw's hook has seen it. A hook that throws refuses the request. */
export async function throughHook(
  hook: StreamOptions['onPayload'],
  request: Request,
  context: Context,
  model: Model,
): Promise<Request> {
  if (!hook) return request;
  const route = routeOfApi(model.api);
  const payload = payloadOf(route, request, context);
  const before = snapshot(route, payload);
  const after = (await hook(payload, model)) ?? payload;
  return typeof after === 'object' ? withChanges(route, request, before, after as Payload) : request;
}

/** Makes `extra-json` part of a request. It is in the form of one route, so the request has to take that route. */
export function withExtras(request: Request, route: WireRoute, extras: Payload): Request {
  if (Object.keys(extras).length === 0) return request;
  return { ...request, route: route.name, extraJson: JSON.stringify(extras) };
}

function payloadOf(route: WireRoute, request: Request, context: Context): Payload {
  const payload = { ...route.describe(request, shown(context)), ...extrasOf(request) };
  for (const [name, field] of route.fields) {
    const value = request[field];
    // Hooks count the payload's bytes with `JSON.stringify`, which throws for a `bigint`.
    if (value !== undefined) payload[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  return payload;
}

/** The conversation without comments that are for the transport: hooks see what is sent. */
function shown(context: Context): Context {
  const { systemPrompt } = context;
  return systemPrompt === undefined ? context : { ...context, systemPrompt: withoutComments(systemPrompt) };
}

/** The fields that were merged in before, such as a configured `extra_body`. The plugin wrote them, so they parse. */
function extrasOf(request: Request): Payload {
  return request.extraJson === undefined ? {} : (JSON.parse(request.extraJson) as Payload);
}

/** A copy of the fields that a hook may change: hooks change the payload in place, and this is what to compare with. */
function snapshot(route: WireRoute, payload: Payload): Payload {
  const fields = Object.entries(payload).filter(([name]) => !route.reserved.includes(name));
  return structuredClone(Object.fromEntries(fields));
}

function withChanges(route: WireRoute, request: Request, before: Payload, after: Payload): Request {
  const changed = { ...request };
  const extras = extrasOf(request);
  for (const name of Object.keys(before)) {
    if (after[name] === undefined) remove(route, changed, extras, name);
  }
  for (const [name, value] of Object.entries(after)) {
    if (route.reserved.includes(name) || value === undefined || same(value, before[name])) continue;
    extras[name] = value;
    // Vendors refuse a request with two limits, such as `max_tokens` beside `max_completion_tokens`.
    if (route.limits.includes(name)) delete changed.maxOutputTokens;
  }
  // Without extra fields the request needs no route, and the choice is the component's again.
  delete changed.extraJson;
  delete changed.route;
  return withExtras(changed, route, extras);
}

function remove(route: WireRoute, request: Request, extras: Payload, name: string): void {
  delete extras[name];
  const field = route.fields.find(([known]) => known === name)?.[1];
  if (field) delete request[field];
  else route.remove(request, name);
}

/** A field that a hook only read stays a field of the contract: as an extra field it would not be checked any more. */
function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
