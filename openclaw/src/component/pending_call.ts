/** A call that waits for the network: its rights, what wakes it, and how it ends. */

import type { Reach } from '../host/addresses.js';
import type { Connections } from '../host/connections.js';
import type { Credential } from '../host/credential.js';
import type { Exchange } from '../host/exchange.js';
import type { Grant } from '../host/grant.js';
import type { Redaction } from '../host/redaction.js';
import type { CallOptions, ResponseHead } from './contract.js';

/**
 * The longest delay that Node's timers take: 31 bits of milliseconds, 24 days. A longer one would fire at once. The
 * contract allows 32 bits; waking too early is harmless, since the component reports the remaining time again.
 */
const MAX_DELAY_MS = 0x7fff_ffff;

/** The rights that all calls of one session share. */
export interface Rights {
  readonly credential: Credential;
  readonly redaction: Redaction;
  readonly connections: Connections;
  /** Where the connections may lead. */
  readonly reach: Reach;
}

export class PendingCall implements Grant {
  readonly exchanges = new Set<Exchange>();
  cancelled = false;
  readonly #rights: Rights;
  readonly #options: CallOptions;
  readonly #onAbort = (): void => this.wake();
  #woken = false;
  #resume: (() => void) | undefined;

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

  get reach(): Reach {
    return this.#rights.reach;
  }

  onResponse(head: ResponseHead): void {
    this.#options.onResponse?.(head);
  }

  onActivity(): void {
    this.#options.onActivity?.();
  }

  /** Throws the signal's reason if the call was aborted. */
  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /**
   * Waits until the call is woken, or until the component's own deadline or back-off is due.
   *
   * `wakeAfterMs` is what the component reported: `undefined` sets no timer, so an idle call costs nothing until its
   * socket has data; 0 means that there is more to do, in the next turn of the event loop.
   */
  async sleep(wakeAfterMs: number | undefined): Promise<void> {
    if (!this.#woken) await this.#untilWoken(wakeAfterMs);
    this.#woken = false;
  }

  async #untilWoken(wakeAfterMs: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    await new Promise<void>((resume) => {
      this.#resume = resume;
      // Sockets get their turn first. When something blocked the event loop, Node runs timers before it reads sockets,
      // and the component would see a deadline passed although the response has already arrived. Two immediates: the
      // first may come before sockets are read, where the call was made from another socket's event.
      const resumeAfterSockets = (): void => {
        immediate = setImmediate(() => (immediate = setImmediate(resume)));
      };
      if (wakeAfterMs === 0) resumeAfterSockets();
      else if (wakeAfterMs !== undefined) {
        timer = setTimeout(resumeAfterSockets, Math.min(wakeAfterMs, MAX_DELAY_MS));
      }
    });
    this.#resume = undefined;
    // A timer that stayed would wake the next wait too early, and one of an ended call would keep the process alive.
    clearTimeout(timer);
    clearImmediate(immediate);
  }

  /** Closes the open connections, and stops listening to the signal. */
  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    for (const exchange of this.exchanges) exchange.close();
    this.exchanges.clear();
  }
}
