/**
 * The contract's types as the bindings declare them, and the component's interface for the rest of the plugin.
 *
 * Integers of 64 bits are `bigint`, what the contract calls `option` is `undefined` when it is absent, enums are
 * strings, and variants are objects with `tag` and, where the case carries a value, `val`.
 */

import type { Embedding, EmbeddingRequest } from '../../generated/interfaces/agent-model-provider-embeddings.js';
import type {
  Account,
  Description,
  Discovery,
  Error as ErrorRecord,
  Event,
  ModelList,
  Request,
} from '../../generated/interfaces/agent-model-provider-provider.js';

export type * from '../../generated/interfaces/agent-model-provider-provider.js';
export type { Embedding, EmbeddingRequest, ErrorRecord };

/** Status and headers of a response, with names in lower case. */
export interface ResponseHead {
  status: number;
  headers: Record<string, string>;
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the call: the connection is closed, and the call fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called with the head of each response, also of a retried one, before any of its body is read. */
  onResponse?: ((head: ResponseHead) => void) | undefined;
  /** Called whenever bytes arrive, also for a keep-alive comment: the connection is alive. */
  onActivity?: (() => void) | undefined;
}

/** The settings of a session. */
export interface SessionOptions {
  /** The key. The host adds it to requests outside the component, and only to those for the base URL's origin. */
  apiKey: string;
  /** `undefined`: the provider's default. */
  baseUrl?: string | undefined;
  /** Additional headers of each request. Names that the component sends itself are rejected. */
  headers?: Record<string, string> | undefined;
  /** How often a failed request is sent again, before the first event was handed out. */
  maxRetries: number;
  /** Deadlines in milliseconds. An absent one has the provider's default. */
  timeouts?: { connectMs?: number; firstByteMs?: number; idleMs?: number; totalMs?: number } | undefined;
}

/** A configured provider. A call fails with a {@link Failure}, or after an abort with the signal's reason. */
export interface Session {
  /**
   * Requests a completion. Each value holds the events that have arrived, in order, and at least one. Leaving the
   * loop closes the connection.
   */
  complete(request: Request, options?: CallOptions): AsyncIterable<Event[]>;
  /** Queries the models. A list no older than `maxAgeMs` may come from memory. */
  models(how: Discovery, maxAgeMs: number, options?: CallOptions): Promise<ModelList>;
  /** Queries whether the key is accepted, and its remaining balance. */
  account(options?: CallOptions): Promise<Account>;
  /** Requests a vector for each text, in their order. The texts are one request: a batch is never split. */
  embed(request: EmbeddingRequest, options?: CallOptions): Promise<Embedding>;
}

/** The component, loaded. */
export interface Component {
  describe(): Description;
  /** Throws a {@link Failure} when the options cannot be used. Sends nothing. */
  open(options: SessionOptions): Session;
}

/** Marks failures. OpenClaw may evaluate this module twice, and each copy has to recognise the other's failures. */
const FAILURE = Symbol.for('openclaw-cometapi/failure');

/** An error of the contract, thrown. */
export class Failure extends Error {
  readonly [FAILURE] = true;
  /**
   * What the host knows of the failure, in Node's codes, such as `ECONNREFUSED`. The contract leaves it to the message, but
   * OpenClaw's sentences depend on it.
   */
  reason: string | undefined;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && FAILURE in value;
  }

  constructor(
    /** What callers decide by; the message is for people. */
    readonly record: ErrorRecord,
  ) {
    super(record.message);
    this.name = 'Failure';
  }

  /** A failure that this host reports, without a response of the provider. */
  static ofHost(kind: 'configuration' | 'invalid-request' | 'trap', message: string, cause?: unknown): Failure {
    const trapped = kind === 'trap';
    const failure = new Failure({
      kind: trapped ? { tag: 'other', val: kind } : { tag: kind },
      message,
      httpStatus: undefined,
      providerCode: undefined,
      requestId: undefined,
      retryAfterMs: undefined,
      retryable: trapped,
      requestSent: trapped,
      partial: false,
      suggestedModel: undefined,
      detailsJson: undefined,
    });
    failure.cause = cause;
    return failure;
  }
}
