/** A component with a script, and the values that the tests use. */

import type {
  Account,
  CallOptions,
  Component,
  Embedding,
  EmbeddingRequest,
  ErrorRecord,
  Event,
  Model as ContractModel,
  ModelList,
  Request,
  SessionOptions,
} from '../../src/component/contract.js';
import { Failure } from '../../src/component/contract.js';
import type { AssistantMessageEvent, AssistantMessageStream, Message, Model } from '../../src/sdk.js';

/** One step of a completion: events, a wait that only an abort ends, or a failure. */
export type Step = Event[] | 'wait' | Error;

export interface Script {
  steps?: Step[];
  models?: ModelList | Error;
  /** The built-in list, if it is another one. */
  builtIn?: ModelList | Error;
  account?: Account | Error;
  embed?: (request: EmbeddingRequest) => Embedding | Error;
  /** Thrown by `open`. */
  refusal?: Error;
}

/** A component that records its calls. */
export class FakeComponent implements Component {
  readonly opened: SessionOptions[] = [];
  readonly requests: Request[] = [];
  readonly embedded: EmbeddingRequest[] = [];
  readonly options: CallOptions[] = [];
  readonly listings: { how: string; maxAgeMs: number }[] = [];
  /** The number of batches handed out, and of completions that ended, for any reason. */
  handedOut = 0;
  closed = 0;

  constructor(readonly script: Script = {}) {}

  describe(): never {
    throw new Error('a fake has no description');
  }

  open(options: SessionOptions) {
    this.opened.push(options);
    if (this.script.refusal) throw this.script.refusal;
    return {
      complete: (request: Request, call: CallOptions = {}) => this.#complete(request, call),
      models: (how: string, maxAgeMs: number) => {
        this.listings.push({ how, maxAgeMs });
        const { builtIn, models } = this.script;
        return scripted(how === 'built-in' && builtIn !== undefined ? builtIn : models);
      },
      account: () => scripted(this.script.account),
      embed: (request: EmbeddingRequest, call: CallOptions = {}) => {
        this.embedded.push(request);
        this.options.push(call);
        return scripted(this.script.embed?.(request));
      },
    };
  }

  async *#complete(request: Request, call: CallOptions): AsyncGenerator<Event[], void, undefined> {
    this.requests.push(request);
    this.options.push(call);
    try {
      for (const step of this.script.steps ?? []) {
        call.signal?.throwIfAborted();
        if (step === 'wait') await aborted(call.signal);
        else if (step instanceof Error) throw step;
        else {
          this.handedOut += 1;
          yield step;
        }
      }
    } finally {
      this.closed += 1;
    }
  }
}

async function scripted<T>(value: T | Error | undefined): Promise<T> {
  if (value === undefined || value instanceof Error) throw value ?? new Error('the script has no result');
  return value;
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function failure(kind: ErrorRecord['kind']['tag'], more: Partial<ErrorRecord> = {}): Failure {
  const tag = { tag: kind, ...(kind === 'other' ? { val: 'odd' } : {}) } as ErrorRecord['kind'];
  return new Failure({
    kind: tag,
    message: 'it went wrong',
    retryable: false,
    requestSent: true,
    partial: false,
    ...more,
  });
}

/** Short constructors of the contract's events. */
export const events = {
  response: (more: object = {}): Event => ({ tag: 'response', val: { route: 'chat-completions', ...more } }),
  text: (index: number): Event => ({ tag: 'block-start', val: { index, kind: { tag: 'text' } } }),
  reasoning: (index: number): Event => ({ tag: 'block-start', val: { index, kind: { tag: 'reasoning' } } }),
  refusal: (index: number): Event => ({ tag: 'block-start', val: { index, kind: { tag: 'refusal' } } }),
  call: (index: number, id: string, name: string): Event => ({
    tag: 'block-start',
    val: { index, kind: { tag: 'tool-call', val: { id, name } } },
  }),
  delta: (index: number, text: string): Event => ({ tag: 'block-delta', val: { index, text } }),
  end: (index: number, replay?: string): Event => ({ tag: 'block-end', val: { index, ...(replay ? { replay } : {}) } }),
  called: (index: number, json: string, replay?: string): Event => ({
    tag: 'block-end',
    val: { index, arguments: { tag: 'object', val: json }, ...(replay ? { replay } : {}) },
  }),
  malformed: (index: number, raw: string, reason: string): Event => ({
    tag: 'block-end',
    val: { index, arguments: { tag: 'malformed', val: { raw, reason } } },
  }),
  warning: (text: string): Event => ({ tag: 'warning', val: text }),
  finish: (tag: string, more: object = {}): Event => {
    const reason = (tag.startsWith('other:') ? { tag: 'other', val: tag.slice(6) } : { tag }) as never;
    return { tag: 'finish', val: { reason, ...more } };
  },
};

export function model(more: Partial<Model> = {}): Model {
  return {
    id: 'm-1',
    name: 'M 1',
    api: 'openai-completions',
    provider: 'cometapi',
    baseUrl: 'https://api.cometapi.com/v1',
    reasoning: true,
    input: ['text', 'image'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    maxTokens: 4096,
    ...more,
  };
}

export function contractModel(more: Partial<ContractModel> = {}): ContractModel {
  return {
    id: 'm-1',
    kind: 'chat',
    status: 'callable',
    routes: ['chat-completions'],
    input: ['text'],
    output: ['text'],
    reasoningEfforts: [],
    aliases: [],
    sources: 0,
    ...more,
  };
}

/** A list of these models; by default, nothing is known of where their facts come from. */
export function modelList(models: ContractModel[], more: Partial<ModelList> = {}): ModelList {
  return { models, sourceSets: [[]], origin: 'live', warnings: [], ...more };
}

export const user = (content: Extract<Message, { role: 'user' }>['content']): Message => ({
  role: 'user',
  content,
  timestamp: 1,
});

/** All events of a stream. */
export async function all(stream: AssistantMessageStream): Promise<AssistantMessageEvent[]> {
  const seen: AssistantMessageEvent[] = [];
  for await (const event of stream) seen.push(event);
  return seen;
}
