/**
 * A client that is kept between calls, because it remembers what the next call can use. Its instance is its own: no other
 * call can break it, and it can break no other call.
 */

import type { Client } from './contract.js';
import type { Instance } from './instance.js';

interface Kept {
  readonly instance: Instance;
  readonly client: Client;
  /** Calls in progress. */
  calls: number;
}

export class KeptClient {
  readonly #create: () => Instance;
  readonly #open: (instance: Instance) => Client;
  readonly #maxBytes: number;
  #kept: Kept | undefined;

  /** An instance that grew beyond `maxBytes` is not kept for the next call: linear memory never shrinks. */
  constructor(create: () => Instance, open: (instance: Instance) => Client, maxBytes = Infinity) {
    this.#create = create;
    this.#open = open;
    this.#maxBytes = maxBytes;
  }

  /** Runs a call with the client. A broken instance is replaced at the next call. */
  async use<T>(call: (instance: Instance, client: Client) => Promise<T>): Promise<T> {
    if (!this.#kept || this.#kept.instance.broken) {
      const instance = this.#create();
      this.#kept = { instance, client: this.#open(instance), calls: 0 };
    }
    const kept = this.#kept;
    kept.calls += 1;
    try {
      return await call(kept.instance, kept.client);
    } finally {
      kept.calls -= 1;
      const isTooLarge = kept.calls === 0 && kept.instance.memoryBytes > this.#maxBytes;
      if (isTooLarge && this.#kept === kept) this.#kept = undefined;
    }
  }
}
