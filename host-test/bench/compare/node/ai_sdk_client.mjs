// Vercel's AI SDK: streamText, with its provider for servers that are compatible with OpenAI's.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, streamText, tool } from 'ai';

import { main } from './meter.mjs';

// The library reports a call of an undeclared tool as an error.
const tools = {
  write: tool({ inputSchema: jsonSchema({ type: 'object', properties: { text: { type: 'string' } } }) }),
};

await main('AI SDK (Node)', (baseURL, apiKey, model) => {
  const provider = createOpenAICompatible({ name: 'latency-server', baseURL, apiKey, includeUsage: true });
  return async (sample) => {
    const { fullStream } = streamText({
      model: provider.chatModel(model),
      prompt: 'Count.',
      // Only for models that call the tool. Otherwise every request would contain its definition.
      tools: model.includes('-tool') ? tools : undefined,
      // By default the library prints errors. They are parts of the stream as well, which is enough.
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
    if (!finished) throw new Error('the stream ended without a finish reason');
  };
});
