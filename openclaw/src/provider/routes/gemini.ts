/** The wire of Google's Gemini. Its options are members of one object. */

import type { Request } from '../../component/contract.js';
import type { Context } from '../../sdk.js';
import { messagesOf } from './conversation.js';
import type { Payload, WireRoute } from './route.js';

/** The members of `generationConfig` that hold a value of the contract's request. */
const OPTIONS = [
  ['temperature', 'temperature'],
  ['topP', 'topP'],
  ['maxOutputTokens', 'maxOutputTokens'],
  ['frequencyPenalty', 'frequencyPenalty'],
  ['presencePenalty', 'presencePenalty'],
  ['seed', 'seed'],
] as const;

export const GEMINI: WireRoute = {
  name: 'gemini',
  api: 'google-generative-ai',
  fields: [],
  limits: [],
  reserved: ['contents', 'systemInstruction', 'tools'],
  serviceTier: 'serviceTier',
  retention: {},
  cachesPrompts: true,

  describe(request: Request, context: Context): Payload {
    const payload: Payload = { contents: messagesOf(context) };
    if (context.systemPrompt) payload.systemInstruction = { parts: [{ text: context.systemPrompt }] };
    if (context.tools?.length) payload.tools = [{ functionDeclarations: context.tools.map((tool) => ({ ...tool })) }];
    const config: Payload = request.stop.length > 0 ? { stopSequences: [...request.stop] } : {};
    for (const [name, field] of OPTIONS) {
      // JSON has no integers of 64 bits, and a hook expects a number.
      if (request[field] !== undefined) config[name] = Number(request[field]);
    }
    if (Object.keys(config).length > 0) payload.generationConfig = config;
    return payload;
  },

  remove(request: Request, name: string): void {
    if (name !== 'generationConfig') return;
    for (const [, field] of OPTIONS) delete request[field];
    request.stop = [];
  },
};
