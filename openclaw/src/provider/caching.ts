/**
 * Which part of a request the vendor's prompt cache keeps.
 *
 * The component knows the wire's marks and how many of them a request may have. This module adds what only OpenClaw knows:
 * which part of the system prompt all turns share, and which messages the next request does not repeat.
 */

import type { Context, Model, StreamOptions } from '../sdk.js';
import type { Conversation } from './messages.js';
import { bindsThinking } from './replay.js';
import { routeOfApi } from './routes/table.js';

/** How long OpenClaw wants entries to be kept. */
export type Retention = NonNullable<StreamOptions['cacheRetention']>;

/** A configured retention; `undefined` for anything that is none of OpenClaw's words. */
export function retentionOf(value: unknown): Retention | undefined {
  return value === 'none' || value === 'short' || value === 'long' ? value : undefined;
}

/** Marks the messages after which a cached prefix should end. */
export function markCache(conversation: Conversation, model: Model, context: Context, options: StreamOptions): void {
  const { messages, systems, carriers } = conversation;
  // A single request, such as the summary of a long conversation, is read by no other one, and writing its prompt costs a
  // quarter more than its input. Where a user set a retention, the prompt is cached all the same.
  const isFollowed = (context.tools ?? []).length > 0 || context.messages.some(({ role }) => role === 'assistant');
  if (!isFollowed && options.cacheRetention === undefined) return;
  const stable = messages[0];
  if (systems > 0 && stable) stable.cacheHere = true;
  // OpenClaw removes the message with the facts of a turn when the turn is over, and moves it towards the end while it
  // lasts: an entry that contains it is read by no later request. Where it stays, the entry is.
  const kept = bindsThinking(model) ? messages : messages.filter((message) => !carriers.has(message));
  const last = kept.at(-1);
  if (last) last.cacheHere = true;
  // A user who writes during a turn gets in after that message, and the next turn has the prefix before it in common.
  const first = kept === messages ? -1 : messages.findIndex((message) => carriers.has(message));
  const before = first > systems ? messages[first - 1] : undefined;
  if (before) before.cacheHere = true;
}

/**
 * OpenClaw's hook: whether an idle session loses what the vendor has cached, so that OpenClaw may shorten old results of
 * tools then. It does so only where a user configured `contextPruning`.
 */
export function isCacheTtlEligible({ modelApi }: { modelApi?: string | undefined }): boolean {
  return modelApi !== undefined && routeOfApi(modelApi).cachesPrompts;
}
