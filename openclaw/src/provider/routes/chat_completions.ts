/** The wire of OpenAI's chat completions, which most vendors of the service share. */

import type { Request } from '../../component/contract.js';
import type { Context } from '../../sdk.js';
import { withSystem } from './conversation.js';
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
  retention: {},
  // The service reports no cached tokens on this wire.
  cachesPrompts: false,

  describe(request: Request, context: Context): Payload {
    const payload: Payload = { model: request.model, messages: withSystem(context), stream: true };
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
