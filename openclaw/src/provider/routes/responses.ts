/** The wire of OpenAI's Responses. */

import type { Request } from '../../component/contract.js';
import type { Context } from '../../sdk.js';
import { messagesOf } from './conversation.js';
import type { Payload, WireRoute } from './route.js';

export const RESPONSES: WireRoute = {
  name: 'responses',
  api: 'openai-responses',
  fields: [
    ['temperature', 'temperature'],
    ['top_p', 'topP'],
    ['max_output_tokens', 'maxOutputTokens'],
    ['prompt_cache_key', 'cacheKey'],
    ['user', 'user'],
  ],
  limits: ['max_output_tokens'],
  reserved: ['model', 'input', 'instructions', 'stream', 'tools'],
  serviceTier: 'service_tier',
  retention: {},
  cachesPrompts: true,

  describe(request: Request, context: Context): Payload {
    const payload: Payload = { model: request.model, input: messagesOf(context), stream: true };
    if (context.systemPrompt) payload.instructions = context.systemPrompt;
    if (context.tools?.length) payload.tools = context.tools.map((tool) => ({ type: 'function', ...tool }));
    if (request.reasoning?.effort !== undefined) payload.reasoning = { effort: request.reasoning.effort };
    return payload;
  },

  remove(request: Request, name: string): void {
    if (name === 'reasoning') delete request.reasoning;
  },
};
