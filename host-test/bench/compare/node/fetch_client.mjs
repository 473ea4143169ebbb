// The floor in Node: fetch, lines and JSON, and nothing that is not strictly necessary.

import { main } from './meter.mjs';

await main('fetch (Node)', (baseUrl, key, model) => {
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: 'Count.' }],
      stream: true,
      stream_options: { include_usage: true },
    }),
  };
  return async (sample) => {
    const response = await fetch(`${baseUrl}/chat/completions`, init);
    if (!response.ok) throw new Error(`status ${response.status}`);
    let rest = '';
    let done = false;
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: ')) continue;
        const data = line.slice('data: '.length);
        if (data === '[DONE]') {
          done = true;
          continue;
        }
        const delta = JSON.parse(data).choices[0]?.delta;
        sample.text(delta?.reasoning_content);
        sample.text(delta?.content);
        for (const call of delta?.tool_calls ?? []) sample.text(call.function?.arguments);
      }
    }
    if (!done) throw new Error('the stream ended without [DONE]');
  };
});
