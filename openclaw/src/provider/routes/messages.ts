/** The wire of Anthropic's Messages. */

import type { Request } from '../../component/contract.js';
import type { Context } from '../../sdk.js';
import { messagesOf } from './conversation.js';
import type { Payload, WireRoute } from './route.js';

export const MESSAGES: WireRoute = {
  name: 'messages',
  api: 'anthropic-messages',
  fields: [
    ['temperature', 'temperature'],
    ['top_p', 'topP'],
    ['max_tokens', 'maxOutputTokens'],
  ],
  limits: ['max_tokens'],
  reserved: ['model', 'messages', 'system', 'stream', 'tools'],
  serviceTier: 'service_tier',
  retention: {
    // Otherwise the component would mark a conversation itself.
    none: { cache_control: null },
    // The component's marks get the lifetime of this one, which the vendor sets on the last block.
    long: { cache_control: { type: 'ephemeral', ttl: '1h' } },
  },
  cachesPrompts: true,

  describe(request: Request, context: Context): Payload {
    const payload: Payload = { model: request.model, messages: messagesOf(context), stream: true };
    if (context.systemPrompt) payload.system = [{ type: 'text', text: context.systemPrompt }];
    if (context.tools?.length) {
      payload.tools = context.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }));
    }
    if (request.stop.length > 0) payload.stop_sequences = [...request.stop];
    if (request.user !== undefined) payload.metadata = { user_id: request.user };
    if (request.reasoning?.effort !== undefined) payload.output_config = { effort: request.reasoning.effort };
    return payload;
  },

  remove(request: Request, name: string): void {
    if (name === 'stop_sequences') request.stop = [];
    else if (name === 'metadata') delete request.user;
    else if (name === 'output_config' || name === 'thinking') delete request.reasoning;
  },
};
