/**
 * The contract's types, as the bindings declare them, and what a host of JavaScript gets to see of the component.
 *
 * Integers of 64 bits are `bigint`, what the contract calls `option` is `undefined` when it is absent, enums are
 * strings, and variants are objects with `tag` and, where the case carries a value, `val`.
 */

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
export type { ErrorRecord };

/** Status and headers of an answer, as they came; names in lower case. */
export interface ResponseHead {
  status: number;
  headers: Record<string, string>;
}

/** What may accompany a question. */
export interface CallOptions {
  /** Ends the question: the connection is closed, and the question fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of the head of each answer, retried ones too, before anything of its body is read. */
  onResponse?: ((head: ResponseHead) => void) | undefined;
  /** Told whenever anything arrived, a keep-alive too: the connection lives. */
  onActivity?: (() => void) | undefined;
}

/** What a session is opened with. */
export interface SessionOptions {
  /** The key. It is added to requests outside of the component, and goes to the base URL's origin only. */
  apiKey: string;
  /** `undefined`: the provider's own. */
  baseUrl?: string | undefined;
  /** Extra headers of each request; names that the provider sends itself are refused. */
  headers?: Record<string, string> | undefined;
  /** Tries after the first, before anything was handed out. */
  maxRetries: number;
  /** Deadlines in milliseconds; what is absent is the provider's default. */
  timeouts?: { connectMs?: number; firstByteMs?: number; idleMs?: number; totalMs?: number } | undefined;
}

/** A configured provider. Every failure is a {@link Failure}, but an abort, which is the signal's reason. */
export interface Session {
  /**
   * Asks for a completion. Each value holds what had arrived by then, one event at least, in order. Leaving the
   * loop closes the connection.
   */
  complete(request: Request, options?: CallOptions): AsyncIterable<Event[]>;
  /** Asks for the models. A list no older than `maxAgeMs` may be answered from memory. */
  models(how: Discovery, maxAgeMs: number, options?: CallOptions): Promise<ModelList>;
  /** Asks whether the key is accepted, and what is left on it. */
  account(options?: CallOptions): Promise<Account>;
}

/** The component, loaded. */
export interface Component {
  describe(): Description;
  /** Throws a {@link Failure} when the options cannot be used. Sends nothing. */
  open(options: SessionOptions): Session;
}

/** Marks failures. A host may evaluate this module twice, and what one copy throws is a failure to the other too. */
const FAILURE = Symbol.for('openclaw-cometapi/failure');

/** An error of the contract, thrown. */
export class Failure extends Error {
  readonly [FAILURE] = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && FAILURE in value;
  }

  constructor(
    /** What a program decides by. */
    readonly record: ErrorRecord,
  ) {
    super(record.message);
    this.name = 'Failure';
  }

  /** A failure that the host itself tells of: nothing came of a request, and nothing is known of it. */
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
