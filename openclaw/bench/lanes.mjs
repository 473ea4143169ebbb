/** The clients that are compared. Each makes the same request, and reads all of the response. */

import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Tally } from './tally.mjs';

/** @typedef {import('../test/openclaw/rig/stand_in.mjs').StandIn} StandIn */
/** @typedef {(delays: number[]) => Promise<Tally>} Client */

const PROMPT = 'Hello.';

/** Imports a module by the path of its file. @param {string} path @returns {Promise<any>} */
function load(path) {
  return import(pathToFileURL(resolve(path)).href);
}

/** Copies of one package share the loaded component; two packages that are compared must not. */
function forget() {
  for (const shared of Object.getOwnPropertySymbols(globalThis)) {
    if (shared.description?.startsWith('openclaw-cometapi/')) Reflect.deleteProperty(globalThis, shared);
  }
}

/**
 * The component in its host, without the mapping to OpenClaw's events.
 *
 * @param {StandIn} server
 * @param {string} model
 * @param {string} folder - of the package as it is published
 * @returns {Promise<Client>}
 */
export async function component(server, model, folder) {
  forget();
  const { loadComponent } = await load(join(folder, 'lib/component/load.js'));
  const loaded = await loadComponent();
  // On a busy machine the other clients' turns take so long that the server closes the unused connections.
  const session = loaded.open({ apiKey: server.key, baseUrl: server.baseUrl, maxRetries: 1 });
  const part = { tag: 'text', val: { text: PROMPT } };
  const request = { model, messages: [{ role: 'user', content: [part], cacheHere: false }], tools: [], stop: [] };
  return async (delays) => {
    const tally = new Tally(delays);
    for await (const events of session.complete(request)) {
      for (const event of events) {
        if (event.tag === 'block-delta') tally.count(event.val.text);
        if (event.tag === 'finish') tally.end = event.val.reason.tag;
      }
    }
    return tally;
  };
}

/** A model as OpenClaw passes it to a stream function. @param {StandIn} server @param {string} id */
function modelOf(server, id) {
  return {
    id,
    name: id,
    api: 'openai-completions',
    provider: 'cometapi',
    baseUrl: server.baseUrl,
    reasoning: false,
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 200_000,
    maxTokens: 8192,
  };
}

/**
 * A client of a stream function: what an agent of OpenClaw consumes.
 *
 * @param {(model: any, context: any, options: any) => AsyncIterable<any>} stream
 * @param {StandIn} server
 * @param {string} id
 * @returns {Client}
 */
function agent(stream, server, id) {
  const model = modelOf(server, id);
  const context = { messages: [{ role: 'user', content: PROMPT, timestamp: 1 }] };
  return async (delays) => {
    const tally = new Tally(delays);
    // An agent can abort each of its turns.
    const { signal } = new AbortController();
    for await (const event of stream(model, context, { apiKey: server.key, signal })) {
      if (event.type === 'text_delta') tally.count(event.delta);
      if (event.type === 'done') tally.end = event.reason;
      if (event.type === 'error') throw new Error(event.error.errorMessage);
    }
    return tally;
  };
}

/**
 * The stream function of the package: the component, and the mapping to OpenClaw's events.
 *
 * @param {StandIn} server
 * @param {string} model
 * @param {string} folder
 * @returns {Promise<Client>}
 */
export async function plugin(server, model, folder) {
  forget();
  const { loadComponent } = await load(join(folder, 'lib/component/load.js'));
  const { streamFn } = await load(join(folder, 'lib/provider/stream.js'));
  const parts = { load: () => loadComponent(), notifyActivity: () => {} };
  await parts.load();
  return agent(streamFn(parts, server.baseUrl), server, model);
}

/**
 * OpenClaw's own transport for servers like this one, from an installed OpenClaw.
 *
 * @param {StandIn} server
 * @param {string} model
 * @param {string} command - the path of `openclaw.mjs`
 * @returns {Promise<Client>}
 */
export async function builtIn(server, model, command) {
  // It logs each response that took over a second to begin, as on a busy machine; that is not its transport's work.
  process.env.OPENCLAW_LOG_LEVEL ??= 'silent';
  const { streamSimple } = await load(join(dirname(command), 'dist/plugin-sdk/llm.js'));
  return agent(streamSimple, server, model);
}

/**
 * The least that a program can do: lines, JSON, text.
 *
 * @param {StandIn} server
 * @param {string} model
 * @returns {Client}
 */
export function plainFetch(server, model) {
  const messages = [{ role: 'user', content: PROMPT }];
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
  };
  return async (delays) => {
    const tally = new Tally(delays);
    const response = await fetch(`${server.baseUrl}/chat/completions`, init);
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    let rest = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.startsWith('data: {'))) {
        const choice = JSON.parse(line.slice('data: '.length)).choices[0];
        if (choice?.delta?.content) tally.count(choice.delta.content);
        if (choice?.finish_reason) tally.end = choice.finish_reason;
      }
    }
    return tally;
  };
}
