/** The instances of the component: how many calls share one, and when it is replaced. */

import type { Instance } from './instance.js';

/**
 * How many calls share an instance. A trap ends all of them, which favours a small number; each instance costs a
 * megabyte and a fraction of a millisecond, which favours a large one.
 */
const CALLS_PER_INSTANCE = 16;

/** An instance that grew beyond this many bytes is not kept for the next call: linear memory never shrinks. */
export const MAX_KEPT_BYTES = 32 << 20;

export class Instances {
  /** Makes another instance, which belongs to the caller. */
  readonly create: () => Instance;
  /** Options of sessions that the component has accepted, as JSON. */
  readonly accepted = new Set<string>();
  readonly #busy = new Map<Instance, number>();
  #idle: Instance | undefined;

  constructor(create: () => Instance) {
    this.create = create;
  }

  /** The number of instances, including the idle one. */
  get size(): number {
    return this.#busy.size + (this.#idle ? 1 : 0);
  }

  /** Returns an instance with room for one more call. The caller gives it back. */
  take(): Instance {
    for (const [instance, calls] of this.#busy) {
      if (calls < CALLS_PER_INSTANCE && !instance.broken) {
        this.#busy.set(instance, calls + 1);
        return instance;
      }
    }
    const instance = this.#idle ?? this.create();
    this.#idle = undefined;
    this.#busy.set(instance, 1);
    return instance;
  }

  /** Ends one call's use of an instance. One sound instance is kept for the next call. */
  giveBack(instance: Instance): void {
    const calls = (this.#busy.get(instance) ?? 1) - 1;
    if (calls > 0) {
      this.#busy.set(instance, calls);
      return;
    }
    this.#busy.delete(instance);
    if (!instance.broken && instance.memoryBytes <= MAX_KEPT_BYTES) this.#idle ??= instance;
  }
}
