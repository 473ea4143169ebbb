/** Maps a request of OpenClaw to the contract's. */

import type { JsonSchema, Request, ResponseFormat, Tool as ContractTool } from '../component/contract.js';
import type { Context, ExtraOptions, Model, StreamOptions, Tool } from '../sdk.js';
import { markCache } from './caching.js';
import { conversationOf } from './messages.js';
import { withExtras } from './payload.js';
import { reasoningOf } from './reasoning.js';
import type { Payload, WireRoute } from './routes/route.js';
import { routeOfApi } from './routes/table.js';

/** The contract's request. `docs/openclaw.md` lists the options that are not mapped, and the reasons. */
export function requestOf(model: Model, context: Context, options: StreamOptions & ExtraOptions = {}): Request {
  const conversation = conversationOf(model, context.systemPrompt, context.messages);
  // A user who turns caching off also expects no cache key, by which the vendor links the requests of a session.
  const cached = options.cacheRetention !== 'none';
  if (cached) markCache(conversation, model, context, options);
  const route = routeOfApi(model.api);
  const request = defined<Request>({
    model: model.id,
    messages: conversation.messages,
    tools: (context.tools ?? []).map(toolOf),
    responseFormat: options.responseFormat && responseFormatOf(options.responseFormat),
    maxOutputTokens: options.maxTokens,
    temperature: options.temperature,
    topP: options.topP,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
    stop: options.stop ?? [],
    // The contract's seed is an integer of 64 bits; `BigInt` throws for a fraction.
    seed: options.seed === undefined ? undefined : BigInt(Math.trunc(options.seed)),
    reasoning: reasoningOf(model, options),
    cacheKey: cached ? (options.promptCacheKey ?? options.sessionId) : undefined,
    user: userOf(options.metadata),
  });
  return withExtras(request, route, extrasOf(route, options));
}

/** Removes the undefined members: an absent member is the contract's `none`. */
function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** For a tool without a schema, as some plugins register: it takes no arguments. */
const NO_PARAMETERS = { type: 'object', properties: {} };

function toolOf({ name, description, parameters }: Tool): ContractTool {
  return { name, description, parametersJson: JSON.stringify(parameters ?? NO_PARAMETERS) };
}

/** OpenClaw passes a bare schema, or one that a user wrapped in the form of chat completions. */
function responseFormatOf(given: Record<string, unknown>): ResponseFormat {
  // These two words are no types of a JSON Schema, so a bare schema cannot be mistaken for them.
  if (given.type === 'text') return { tag: 'text' };
  if (given.type === 'json_object') return { tag: 'json-object' };
  const wrapped = given.type === 'json_schema' ? given.json_schema : undefined;
  if (typeof wrapped !== 'object' || wrapped === null) {
    return { tag: 'json-schema', val: { name: 'response', schemaJson: JSON.stringify(given) } };
  }
  // The wire requires a name. It has no effect on the result.
  const { name, schema, strict } = wrapped as Record<string, unknown>;
  const val: JsonSchema = {
    name: typeof name === 'string' ? name : 'response',
    schemaJson: JSON.stringify(schema ?? {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
  return { tag: 'json-schema', val };
}

/** The id of the end user, if OpenClaw passes one. */
function userOf(metadata: Record<string, unknown> | undefined): string | undefined {
  const user = metadata?.user_id;
  return typeof user === 'string' && user !== '' ? user : undefined;
}

/** Options for which the wire has a field and the contract has none. */
function extrasOf(route: WireRoute, { serviceTier, cacheRetention }: StreamOptions): Payload {
  return {
    ...(serviceTier === undefined ? {} : { [route.serviceTier]: serviceTier }),
    ...(cacheRetention === undefined ? {} : route.retention[cacheRetention]),
  };
}
