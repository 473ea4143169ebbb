/** An answer as OpenClaw consumes it: an async iterable of events, and the message at its end. */

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
import { ownFailure } from './errors.js';
import { Turn } from './events.js';
import { throughHook } from './payload.js';
import { requestOf } from './request.js';
import { sessionOptions } from './settings.js';
import { buildMissingAuthMessage } from './texts.js';

/** What answers are made with. */
export interface StreamParts {
  load: () => Promise<Component>;
  /** Tells OpenClaw that a request is alive, so that it does not take silence for a hang. */
  notifyActivity: (signal: AbortSignal) => void;
}

/** A stream function. It never throws, and each of its streams ends with `done` or `error`. */
export function streamFn(parts: StreamParts, baseUrl: string | undefined): StreamFn {
  return (model, context, options = {}) => {
    const source: Source = (turn, signal) => answer(parts, baseUrl, { model, context, options, signal }, turn);
    return new AnswerStream(source, model, options.signal);
  };
}

interface Question {
  model: Model;
  context: Context;
  options: StreamOptions;
  /** Ends the question: OpenClaw's own signal, or an iterator that was left. */
  signal: AbortSignal;
}

async function* answer(
  parts: StreamParts,
  baseUrl: string | undefined,
  question: Question,
  turn: Turn,
): AsyncGenerator<AssistantMessageEvent, void, undefined> {
  const { model, context, options, signal } = question;
  try {
    signal.throwIfAborted();
    const apiKey = options.apiKey?.trim();
    if (!apiKey) return yield turn.refuse(ownFailure('missing-key', buildMissingAuthMessage()));
    const component = await parts.load();
    const request = await throughHook(options.onPayload, requestOf(model, context, options), context, model);
    signal.throwIfAborted();
    const session = component.open(sessionOptions(model, options, apiKey, baseUrl));
    let last: AssistantMessageEvent | undefined;
    completion: for await (const batch of session.complete(request, observers(parts, question))) {
      for (const event of batch) {
        // Events are translated when they are asked for, so that the message is as far as the event is.
        for (const told of turn.take(event)) {
          if (isLast(told)) last = told;
          else yield told;
        }
        // Left before the end is told: whoever got that may ask for nothing more, and nothing would be given back.
        if (last) break completion;
        signal.throwIfAborted();
      }
    }
    const missing = 'the component ended the answer without a finish; ask again';
    yield last ?? turn.refuse(ownFailure('incomplete-stream', missing));
  } catch (error) {
    yield signal.aborted ? turn.abort() : turn.fail(error);
  }
}

function observers(parts: StreamParts, { model, options, signal }: Question): CallOptions {
  const { onResponse } = options;
  return {
    signal,
    // OpenClaw knows the listener by its own signal, not by ours.
    onActivity: () => void observe(async () => options.signal && parts.notifyActivity(options.signal)),
    onResponse: onResponse && ((head) => void observe(async () => onResponse(head, model))),
  };
}

/** An observer's failure is no reason to fail an answer; out of a socket's event, it would end the process. */
async function observe(call: () => Promise<unknown>): Promise<void> {
  await call().catch(() => undefined);
}

function isLast(event: AssistantMessageEvent): event is Extract<AssistantMessageEvent, { type: 'done' | 'error' }> {
  return event.type === 'done' || event.type === 'error';
}

type Source = (turn: Turn, signal: AbortSignal) => AsyncGenerator<AssistantMessageEvent, void, undefined>;

/**
 * Events on demand: who does not ask for the next one stops the answer, down to the socket. Three things make the rest
 * flow without being asked: `result()`, which wants all of it; an abort, which wants the connection closed; and leaving
 * the iteration, which is an abort too.
 */
class AnswerStream implements AssistantMessageStream {
  readonly #source: AsyncGenerator<AssistantMessageEvent, void, undefined>;
  readonly #controller = new AbortController();
  readonly #message: Promise<AssistantMessage>;
  #settle: (message: AssistantMessage) => void = () => undefined;
  #release: () => void = () => undefined;
  /** The first event, asked for at once so that the request is on its way. */
  #first: Promise<IteratorResult<AssistantMessageEvent, void>> | undefined;
  #ended = false;
  /** What makes the rest flow, once something does, and whether all of it has flowed. */
  #flow: Promise<void> | undefined;
  #flowed = false;
  /** What flowed and was not asked for yet, from `#head` on. */
  #queue: AssistantMessageEvent[] = [];
  #head = 0;
  #arrived: () => void = () => undefined;

  constructor(source: Source, model: Model, signal: AbortSignal | undefined) {
    this.#message = new Promise((settle) => (this.#settle = settle));
    this.#source = source(new Turn(model), this.#controller.signal);
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
        await this.#flow;
        return { done: true, value: undefined };
      },
    };
  }

  #listen(signal: AbortSignal): void {
    const stop = (): void => this.#stop(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.#release = () => signal.removeEventListener('abort', stop);
  }

  #stop(reason?: unknown): void {
    if (this.#ended) return;
    this.#controller.abort(reason);
    this.#flow ??= this.#drain();
  }

  async #next(): Promise<IteratorResult<AssistantMessageEvent, void>> {
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
    return this.#asked();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const next = await this.#asked();
      if (next.done) break;
      this.#queue.push(next.value);
      this.#arrived();
    }
    this.#flowed = true;
    this.#arrived();
  }

  #asked(): Promise<IteratorResult<AssistantMessageEvent, void>> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#take();
  }

  async #take(): Promise<IteratorResult<AssistantMessageEvent, void>> {
    const next = await this.#source.next();
    if (!next.done && isLast(next.value)) {
      this.#ended = true;
      this.#release();
      this.#settle(next.value.type === 'done' ? next.value.message : next.value.error);
    }
    return next;
  }
}
