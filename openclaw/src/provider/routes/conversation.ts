/** The conversation as hooks see it, for every route. */

import type { Context } from '../../sdk.js';

/** Messages and their blocks are copied, so that a hook cannot change OpenClaw's own; what the blocks hold is shared. */
export function messagesOf(context: Context): unknown[] {
  return context.messages.map((message) => ({
    ...message,
    content: typeof message.content === 'string' ? message.content : message.content.map((block) => ({ ...block })),
  }));
}

/** The same with the system prompt as the first message. */
export function withSystem(context: Context): unknown[] {
  const messages = messagesOf(context);
  if (context.systemPrompt) messages.unshift({ role: 'system', content: context.systemPrompt });
  return messages;
}
