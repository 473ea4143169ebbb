/** A server on loopback with a scripted response, and the requests that the tests send to it. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Event, Request } from '../src/component/contract.js';

/** The key of all tests. It occurs in no other text, so a search for it has no false hits. */
export const KEY = 'sk-test-0f1e2d3c4b5a69788796a5b4c3d2e1f0';

export interface Server extends AsyncDisposable {
  baseUrl: string;
  origin: string;
  requests: http.IncomingMessage[];
}

/** Serves until it is disposed of, and then closes all connections. */
export async function serve(handler: http.RequestListener): Promise<Server> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl: `${origin}/v1`,
    origin,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What this thread and the server's thread signal to each other, in shared memory. */
export const SIGNAL = { none: 0, respond: 1, responded: 2 } as const;

export interface ThreadServer extends AsyncDisposable {
  baseUrl: string;
  /** The server has a request. */
  received: Promise<void>;
  /** Lets the server respond, and blocks this thread until the response is on its way. */
  respondWhileBlocked(): void;
}

/** A server in a thread of its own, which can respond while this thread is blocked. */
export async function serveFromThread(text: string): Promise<ThreadServer> {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./server_thread.js', import.meta.url), { workerData: { text, signal } });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    received: once(worker, 'message').then(() => undefined),
    respondWhileBlocked() {
      Atomics.store(signal, 0, SIGNAL.respond);
      Atomics.notify(signal, 0);
      Atomics.wait(signal, 0, SIGNAL.respond);
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** A chunk of a streamed response. */
export function chunk(delta: object, finish: string | null = null): string {
  const choice = { index: 0, delta, finish_reason: finish };
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'm', choices: [choice] })}\n\n`;
}

/** The end of a streamed response. */
export const END = `${chunk({}, 'stop')}data: [DONE]\n\n`;

/** Sends a complete response of one text. */
export function respond(response: http.ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(chunk({ content: text }) + END);
}

/** The body of a request, whole. */
export async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** A request with one message of the user. */
export function userRequest(text = 'Hello', model = 'm'): Request {
  return {
    model,
    messages: [{ role: 'user', content: [{ tag: 'text', val: { text } }], cacheHere: false }],
    tools: [],
    stop: [],
  };
}

/** All events of a stream. */
export async function collect(stream: AsyncIterable<Event[]>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const batch of stream) events.push(...batch);
  return events;
}

/** All text of some events. */
export function textOf(events: Event[]): string {
  return events.map((event) => (event.tag === 'block-delta' ? event.val.text : '')).join('');
}

/** Node's own timer, also while a test moves the clock. */
const { setTimeout: realTimeout } = globalThis;

/** How long a test waits for something that must happen, in milliseconds: long enough that only a hang is caught. */
const PATIENCE_MS = 120_000;

/** Waits until a condition holds. It fails only if the condition never does. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !holds(); ) {
    if (Date.now() > deadline) throw new Error(`after ${PATIENCE_MS} ms, still not: ${what}`);
    await new Promise((soon) => realTimeout(soon, 5));
  }
}
