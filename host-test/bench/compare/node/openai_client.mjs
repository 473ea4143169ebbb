// openai for Node. All requests use one client, and the pool of fetch keeps the connections.

import OpenAI from 'openai';

import { main } from './meter.mjs';

await main('openai (Node)', (baseURL, apiKey, model) => {
  const client = new OpenAI({ baseURL, apiKey });
  return async (sample) => {
    const chunks = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Count.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let finished = false;
    for await (const chunk of chunks) {
      for (const { delta, finish_reason } of chunk.choices) {
        finished ||= Boolean(finish_reason);
        // The types of the library lack this field, but it keeps unknown fields.
        sample.text(delta.reasoning_content);
        sample.text(delta.content);
        for (const call of delta.tool_calls ?? []) sample.text(call.function?.arguments);
      }
    }
    if (!finished) throw new Error('the stream ended without a finish reason');
  };
});
