// pi-ai: stream, with its provider for OpenAI's chat completions and the latency server as its endpoint. OpenClaw uses
// this library.

import { stream } from '@mariozechner/pi-ai';

import { main } from './meter.mjs';

await main('pi-ai (Node)', (baseUrl, apiKey, id) => {
  const model = {
    id,
    name: id,
    api: 'openai-completions',
    provider: 'latency-server',
    baseUrl,
    reasoning: id.includes('-reasoning'),
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 128_000,
    maxTokens: 32_000,
  };
  const context = { messages: [{ role: 'user', content: 'Count.', timestamp: Date.now() }] };
  return async (sample) => {
    let finished = false;
    for await (const event of stream(model, context, { apiKey })) {
      switch (event.type) {
        case 'text_delta':
        case 'thinking_delta':
        case 'toolcall_delta':
          sample.text(event.delta);
          break;
        case 'error':
          throw new Error(event.error.errorMessage ?? event.reason);
        case 'done':
          finished = true;
      }
    }
    if (!finished) throw new Error('the stream ended without a finish reason');
  };
});
