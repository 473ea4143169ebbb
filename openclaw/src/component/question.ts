/** A question under way: what it may do, what wakes it, and how it ends. */

import type { Connections } from '../host/connections.js';
import type { Credential } from '../host/credential.js';
import type { Exchange } from '../host/exchange.js';
import type { Grant } from '../host/grant.js';
import type { Redaction } from '../host/redaction.js';
import type { CallOptions, ResponseHead } from './contract.js';

/** The component looks at its own deadlines at least this often, in milliseconds. */
const HEARTBEAT_MS = 250;

/** The rights that all questions of one session share. */
export interface Rights {
  readonly credential: Credential;
  readonly redaction: Redaction;
  readonly connections: Connections;
}

export class Question implements Grant {
  readonly exchanges = new Set<Exchange>();
  cancelled = false;
  readonly #rights: Rights;
  readonly #options: CallOptions;
  readonly #onAbort = (): void => this.wake();
  #woken = false;
  #resume: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(rights: Rights, options: CallOptions) {
    this.#rights = rights;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#onAbort);
  }

  get credential(): Credential {
    return this.#rights.credential;
  }

  get redaction(): Redaction {
    return this.#rights.redaction;
  }

  get connections(): Connections {
    return this.#rights.connections;
  }

  onResponse(head: ResponseHead): void {
    this.#options.onResponse?.(head);
  }

  onActivity(): void {
    this.#options.onActivity?.();
  }

  /** Throws the signal's reason if the question was given up. */
  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /** Until something happened since the last time, or until the next heartbeat. */
  async sleep(): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resume) => {
        this.#resume = resume;
        if (this.#timer) this.#timer.refresh();
        else this.#timer = setTimeout(() => this.#beat(), HEARTBEAT_MS);
      });
      this.#resume = undefined;
    }
    this.#woken = false;
  }

  /**
   * After the sockets had their turn. When something blocked the event loop, timers come first, and the component would
   * find a deadline passed while the answer lies in the socket.
   */
  #beat(): void {
    setImmediate(() => this.#resume?.());
  }

  /** Closes what is still on its way, and lets go of the signal. */
  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    for (const exchange of this.exchanges) exchange.close();
    this.exchanges.clear();
  }
}
