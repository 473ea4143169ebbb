// The component in Node, as the package for OpenClaw runs it. `--component` names its module lib/component/load.js.

import { pathToFileURL } from 'node:url';

import { main } from './meter.mjs';

await main('component (Node)', async (baseUrl, apiKey, model, module) => {
  if (!module) throw new Error('--component is required');
  const { loadComponent } = await import(pathToFileURL(module).href);
  const loaded = await loadComponent();
  const session = loaded.open({ apiKey, baseUrl, maxRetries: 0 });
  const part = { tag: 'text', val: { text: 'Count.' } };
  const request = { model, messages: [{ role: 'user', content: [part], cacheHere: false }], tools: [], stop: [] };
  return async (sample) => {
    let finished = false;
    for await (const events of session.complete(request)) {
      for (const event of events) {
        if (event.tag === 'block-delta') sample.text(event.val.text);
        finished ||= event.tag === 'finish';
      }
    }
    if (!finished) throw new Error('the stream ended without a finish');
  };
});
