/** The wire of OpenAI's chat completions, which most vendors of the service share. */

import type { Request } from '../../component/contract.js';
import type { Context } from '../../sdk.js';
import type { Payload, WireRoute } from './route.js';

export const CHAT_COMPLETIONS: WireRoute = {
  name: 'chat-completions',
  api: 'openai-completions',
  fields: [
    ['temperature', 'temperature'],
    ['top_p', 'topP'],
    ['frequency_penalty', 'frequencyPenalty'],
    ['presence_penalty', 'presencePenalty'],
    ['seed', 'seed'],
    ['max_completion_tokens', 'maxOutputTokens'],
    ['prompt_cache_key', 'cacheKey'],
    ['user', 'user'],
    ['response_format', 'responseFormat'],
  ],
  // Hooks and `extra_body` use either name.
  limits: ['max_tokens', 'max_completion_tokens'],
  // The component derives them from the contract's request, and its decoder relies on `stream`.
  reserved: ['model', 'messages', 'stream', 'tools'],
  serviceTier: 'service_tier',

  describe(request: Request, context: Context): Payload {
    const payload: Payload = { model: request.model, messages: messagesOf(context), stream: true };
    if (context.tools?.length) {
      payload.tools = context.tools.map((tool) => ({ type: 'function', function: { ...tool } }));
    }
    if (request.stop.length > 0) payload.stop = [...request.stop];
    if (request.reasoning?.effort !== undefined) payload.reasoning_effort = request.reasoning.effort;
    return payload;
  },

  remove(request: Request, name: string): void {
    if (name === 'stop') request.stop = [];
    else if (name === 'reasoning_effort') delete request.reasoning;
  },
};

/** Messages and their blocks are copied, so that a hook cannot change OpenClaw's own; what the blocks hold is shared. */
function messagesOf(context: Context): unknown[] {
  const messages: unknown[] = context.messages.map((message) => ({
    ...message,
    content: typeof message.content === 'string' ? message.content : message.content.map((block) => ({ ...block })),
  }));
  if (context.systemPrompt) messages.unshift({ role: 'system', content: context.systemPrompt });
  return messages;
}
