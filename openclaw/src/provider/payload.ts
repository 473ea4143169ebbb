/**
 * What OpenClaw's payload hooks are shown of a request, and what becomes of what they change.
 *
 * The body is made inside the component, from the contract's request. Hooks speak of chat completions: they count the
 * payload's bytes, compare it with one that was refused, and set fields such as `parallel_tool_calls` or those of a
 * configured `extra_body`. So they are shown the fields under the names of the body, and what they set goes into the
 * body by the contract's `extra-json`. The conversation they see is a copy: it cannot be changed here.
 */

import type { Request } from '../component/contract.js';
import type { Context, Model, StreamOptions } from '../sdk.js';

type Payload = Record<string, unknown>;

/** Fields of the body that are made of the contract's own, and that a hook may take out. */
const FIELDS: readonly [name: string, field: keyof Request][] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['frequency_penalty', 'frequencyPenalty'],
  ['presence_penalty', 'presencePenalty'],
  ['seed', 'seed'],
  ['max_completion_tokens', 'maxOutputTokens'],
  ['prompt_cache_key', 'cacheKey'],
  ['user', 'user'],
  ['response_format', 'responseFormat'],
];

/** What the contract keeps for itself. */
const KEPT = new Set(['model', 'messages', 'stream', 'tools']);

/** Two names of one limit: whoever sets one means both. */
const LIMITS = ['max_tokens', 'max_completion_tokens'];

/** The request as hooks see it. Blocks of messages are copied, what they hold is shared. */
export function payloadOf(request: Request, context: Context): Payload {
  const payload: Payload = {
    model: request.model,
    messages: messagesOf(context),
    stream: true,
    ...extrasOf(request),
  };
  if (context.tools?.length) {
    payload.tools = context.tools.map((tool) => ({ type: 'function', function: { ...tool } }));
  }
  if (request.stop.length > 0) payload.stop = [...request.stop];
  if (request.reasoning?.effort !== undefined) payload.reasoning_effort = request.reasoning.effort;
  for (const [name, field] of FIELDS) {
    const value = request[field];
    if (value !== undefined) payload[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  return payload;
}

function messagesOf(context: Context): unknown[] {
  const messages: unknown[] = context.messages.map((message) => ({
    ...message,
    content: typeof message.content === 'string' ? message.content : message.content.map((block) => ({ ...block })),
  }));
  if (context.systemPrompt) messages.unshift({ role: 'system', content: context.systemPrompt });
  return messages;
}

function extrasOf(request: Request): Payload {
  return request.extraJson === undefined ? {} : (JSON.parse(request.extraJson) as Payload);
}

/** The request after OpenClaw's hook saw it. A hook that throws refuses the request. */
export async function throughHook(
  hook: StreamOptions['onPayload'],
  request: Request,
  context: Context,
  model: Model,
): Promise<Request> {
  if (!hook) return request;
  const payload = payloadOf(request, context);
  const before = snapshot(payload);
  const after = (await hook(payload, model)) ?? payload;
  return typeof after === 'object' ? withChanges(request, before, after as Payload) : request;
}

/** A copy of the fields, to be compared with what the hooks made of them. */
function snapshot(payload: Payload): Payload {
  const fields = Object.entries(payload).filter(([name]) => !KEPT.has(name));
  return structuredClone(Object.fromEntries(fields));
}

/** The request with what the hooks changed. */
function withChanges(request: Request, before: Payload, after: Payload): Request {
  const changed = { ...request };
  const body = extrasOf(request);
  for (const name of Object.keys(before)) {
    if (after[name] === undefined) takeOut(changed, body, name);
  }
  for (const [name, value] of Object.entries(after)) {
    if (KEPT.has(name) || value === undefined || same(value, before[name])) continue;
    body[name] = value;
    if (LIMITS.includes(name)) delete changed.maxOutputTokens;
  }
  delete changed.extraJson;
  if (Object.keys(body).length > 0) changed.extraJson = JSON.stringify(body);
  return changed;
}

function takeOut(request: Request, body: Payload, name: string): void {
  delete body[name];
  if (name === 'stop') request.stop = [];
  else if (name === 'reasoning_effort') delete request.reasoning;
  const field = FIELDS.find(([known]) => known === name)?.[1];
  if (field) delete request[field];
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
