// Vercel's AI SDK: streamText, with its provider for servers that speak like OpenAI's.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, streamText, tool } from 'ai';

import { main } from './meter.mjs';

// Calls of tools that it was not told of come as errors.
const tools = {
  write: tool({ inputSchema: jsonSchema({ type: 'object', properties: { text: { type: 'string' } } }) }),
};

await main('AI SDK (Node)', (baseURL, apiKey, model) => {
  const provider = createOpenAICompatible({ name: 'stamped', baseURL, apiKey, includeUsage: true });
  return async (sample) => {
    const { fullStream } = streamText({
      model: provider.chatModel(model),
      prompt: 'Count.',
      // Those of the tool's kind only, or it would send the definition with every request.
      tools: model.includes('-tool') ? tools : undefined,
      // It comes as a part of the stream too; by default it is printed besides.
      onError: () => {},
    });
    let finished = false;
    for await (const part of fullStream) {
      switch (part.type) {
        case 'text-delta':
        case 'reasoning-delta':
          sample.text(part.text);
          break;
        case 'tool-input-delta':
          sample.text(part.delta);
          break;
        case 'error':
          throw part.error;
        case 'finish':
          finished = true;
      }
    }
    if (!finished) throw new Error('the stream ended without a reason');
  };
});
