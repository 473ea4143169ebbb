/** A response in the form that OpenClaw consumes: an async iterable of events, and the message at its end. */

import type { CallOptions, Component } from '../component/contract.js';
import type {
  AssistantMessage,
  AssistantMessageEvent,
  AssistantMessageStream,
  Context,
  Model,
  StreamFn,
  StreamOptions,
} from '../sdk.js';
import { ownFailure } from './failover.js';
import { Turn } from './events.js';
import { throughHook } from './payload.js';
import { requestOf } from './request.js';
import { sessionOptions } from './settings.js';
import { buildMissingAuthMessage } from './texts.js';

/** The dependencies of a stream. */
export interface StreamParts {
  load: () => Promise<Component>;
  /** Notifies OpenClaw that a request is alive. Without it, OpenClaw aborts a request after 120 s without an event. */
  notifyActivity: (signal: AbortSignal) => void;
  /** Whether requests have the headers of `attribution.ts` [true]. */
  attribution?: boolean;
}

/**
 * Creates a stream function. It never throws, and each of its streams ends with `done` or `error`: without one of them,
 * OpenClaw's command exits without its JSON.
 */
export function streamFn(parts: StreamParts, baseUrl: string | undefined): StreamFn {
  return (model, context, options = {}) => {
    const source: Source = (turn, signal) => respond(parts, baseUrl, { model, context, options, signal }, turn);
    return new ResponseStream(source, model, options.signal);
  };
}

/** One call of the stream function. */
interface Call {
  model: Model;
  context: Context;
  options: StreamOptions;
  /** Aborts the call: OpenClaw's own signal, or the end of the iteration. */
  signal: AbortSignal;
}

async function* respond(
  parts: StreamParts,
  baseUrl: string | undefined,
  call: Call,
  turn: Turn,
): AsyncGenerator<AssistantMessageEvent, void, undefined> {
  const { model, context, options, signal } = call;
  try {
    signal.throwIfAborted();
    const apiKey = options.apiKey?.trim();
    if (!apiKey) return yield turn.refuse(ownFailure('missing-key', buildMissingAuthMessage()));
    const component = await parts.load();
    // Before the session is opened: a hook may refuse the request, and then nothing may be sent.
    const request = await throughHook(options.onPayload, requestOf(model, context, options), context, model);
    signal.throwIfAborted();
    const session = component.open(sessionOptions(model, options, apiKey, baseUrl, parts.attribution));
    let last: AssistantMessageEvent | undefined;
    completion: for await (const batch of session.complete(request, observers(parts, call))) {
      for (const event of batch) {
        // Events are mapped when the consumer requests them, so that the message never runs ahead of the event.
        for (const mapped of turn.take(event)) {
          if (isLast(mapped)) last = mapped;
          else yield mapped;
        }
        // The completion is left before its last event is yielded: a consumer may stop there, and a generator that is
        // not resumed would keep the instance and the connection.
        if (last) break completion;
        signal.throwIfAborted();
      }
    }
    const missing = 'the component ended the response without a finish; send the request again';
    yield last ?? turn.refuse(ownFailure('incomplete-stream', missing));
  } catch (error) {
    // After an abort every error is its consequence, also a broken connection.
    yield signal.aborted ? turn.abort() : turn.fail(error);
  }
}

function observers(parts: StreamParts, { model, options, signal }: Call): CallOptions {
  const { onResponse } = options;
  return {
    signal,
    // OpenClaw identifies the request by its own signal, not by ours.
    onActivity: () => void observe(async () => options.signal && parts.notifyActivity(options.signal)),
    onResponse: onResponse && ((head) => void observe(async () => onResponse(head, model))),
  };
}

/** Ignores an observer's failure. Thrown out of a socket's event, it would end the process of OpenClaw. */
async function observe(call: () => Promise<unknown>): Promise<void> {
  await call().catch(() => undefined);
}

function isLast(event: AssistantMessageEvent): event is Extract<AssistantMessageEvent, { type: 'done' | 'error' }> {
  return event.type === 'done' || event.type === 'error';
}

type Source = (turn: Turn, signal: AbortSignal) => AsyncGenerator<AssistantMessageEvent, void, undefined>;

/**
 * Events on demand. A consumer that requests no further event stops the response, down to the socket. Three things make
 * the rest flow without requests: `result()`, which needs all of it; an abort, which closes the connection; and leaving
 * the iteration, which is an abort, too.
 */
class ResponseStream implements AssistantMessageStream {
  readonly #source: AsyncGenerator<AssistantMessageEvent, void, undefined>;
  readonly #controller = new AbortController();
  readonly #message: Promise<AssistantMessage>;
  #resolveMessage: (message: AssistantMessage) => void = () => undefined;
  #release: () => void = () => undefined;
  /** The first event, requested at once so that the request is sent before the consumer iterates. */
  #first: Promise<IteratorResult<AssistantMessageEvent, void>> | undefined;
  #ended = false;
  /** The drain of the remaining events, once it has begun, and whether it has ended. */
  #flow: Promise<void> | undefined;
  #flowed = false;
  /** Drained events that the consumer has not requested yet, from `#head` on. */
  #queue: AssistantMessageEvent[] = [];
  #head = 0;
  #arrived: () => void = () => undefined;

  constructor(source: Source, model: Model, signal: AbortSignal | undefined) {
    this.#message = new Promise((resolve) => (this.#resolveMessage = resolve));
    this.#source = source(new Turn(model), this.#controller.signal);
    // A controller of our own: leaving the iteration must end the call without aborting OpenClaw's signal.
    if (signal?.aborted) this.#controller.abort(signal.reason);
    else if (signal) this.#listen(signal);
    this.#first = this.#take();
  }

  result(): Promise<AssistantMessage> {
    this.#flow ??= this.#drain();
    return this.#message;
  }

  [Symbol.asyncIterator](): AsyncIterator<AssistantMessageEvent, void> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#stop();
        // The connection is closed when the iteration has ended, and not some time later.
        await this.#flow;
        return { done: true, value: undefined };
      },
    };
  }

  #listen(signal: AbortSignal): void {
    const stop = (): void => this.#stop(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    // One signal lives for a whole session of turns, so each stream has to remove its listener.
    this.#release = () => signal.removeEventListener('abort', stop);
  }

  #stop(reason?: unknown): void {
    if (this.#ended) return;
    this.#controller.abort(reason);
    // Somebody has to request the last event, or the generator never reaches the code that closes the connection.
    this.#flow ??= this.#drain();
  }

  async #next(): Promise<IteratorResult<AssistantMessageEvent, void>> {
    // Once the rest is drained, events come from the queue alone: a second reader of the source would reorder them.
    while (this.#flow !== undefined) {
      const event = this.#queue[this.#head];
      if (event) {
        this.#head += 1;
        return { done: false, value: event };
      }
      this.#queue = [];
      this.#head = 0;
      if (this.#flowed) return { done: true, value: undefined };
      await new Promise<void>((arrived) => (this.#arrived = arrived));
    }
    return this.#nextFromSource();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const next = await this.#nextFromSource();
      if (next.done) break;
      this.#queue.push(next.value);
      this.#arrived();
    }
    this.#flowed = true;
    this.#arrived();
  }

  #nextFromSource(): Promise<IteratorResult<AssistantMessageEvent, void>> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#take();
  }

  /** The next event of the source. The last one resolves `result()` and frees the listener. */
  async #take(): Promise<IteratorResult<AssistantMessageEvent, void>> {
    const next = await this.#source.next();
    if (!next.done && isLast(next.value)) {
      this.#ended = true;
      this.#release();
      this.#resolveMessage(next.value.type === 'done' ? next.value.message : next.value.error);
    }
    return next;
  }
}
