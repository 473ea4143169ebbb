/** A call that waits for the network: its rights, what wakes it, and how it ends. */

import type { Reach } from '../host/addresses.js';
import { afterSockets, alarm } from '../host/alarm.js';
import type { Connections } from '../host/connections.js';
import type { Credential } from '../host/credential.js';
import type { Exchange } from '../host/exchange.js';
import type { Grant } from '../host/grant.js';
import type { Redaction } from '../host/redaction.js';
import type { CallOptions, ResponseHead } from './contract.js';

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
  /** Why the last exchange failed that did, in Node's codes. */
  reason: string | undefined;
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

  onFailure(reason: string): void {
    this.reason = reason;
  }

  /** Throws the signal's reason if the call was aborted. */
  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  wake(): void {
    const resume = this.#resume;
    if (!resume) {
      this.#woken = true;
      return;
    }
    this.#resume = undefined;
    alarm.cancel(this);
    resume();
  }

  /**
   * Waits until the call is woken, or until the component's own deadline or back-off is due.
   *
   * `due` is a time of the alarm's clock: `undefined` sets no alarm, so an idle call costs nothing until its socket has
   * data; 0 means that there is more to do, in the next turn of the event loop. Returns nothing for a call that was woken
   * in the meantime.
   */
  sleep(due: number | undefined): Promise<void> | undefined {
    if (this.#woken) {
      this.#woken = false;
      return undefined;
    }
    return new Promise((resume) => {
      this.#resume = resume;
      if (due === 0) {
        afterSockets(() => {
          // Not the wait of a later call, which may be for its socket.
          if (this.#resume === resume) this.wake();
        });
      } else if (due !== undefined) alarm.set(this, due);
    });
  }

  /** Closes the open connections, and stops listening to the signal. */
  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    alarm.cancel(this);
    for (const exchange of this.exchanges) exchange.close();
    this.exchanges.clear();
  }
}
