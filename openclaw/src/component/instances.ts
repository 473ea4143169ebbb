/** The instances of the component: how many questions share one, and when it is replaced. */

import { Instance, type Modules } from './instance.js';

/**
 * Questions that share an instance. A trap ends all of them, so there should be few; each instance costs a megabyte
 * and a fraction of a millisecond, so there should be many.
 */
const SHARED_BY = 16;

/** An instance that grew beyond this many bytes is not kept for the next question: memory never shrinks. */
const KEPT_BYTES = 32 << 20;

export class Instances {
  readonly #busy = new Map<Instance, number>();
  #idle: Instance | undefined;

  constructor(readonly modules: Modules) {}

  /** How many instances there are. */
  get size(): number {
    return this.#busy.size + (this.#idle ? 1 : 0);
  }

  /** An instance with room for one more question. To be given back. */
  take(): Instance {
    for (const [instance, questions] of this.#busy) {
      if (questions < SHARED_BY && !instance.broken) {
        this.#busy.set(instance, questions + 1);
        return instance;
      }
    }
    const instance = this.#idle ?? new Instance(this.modules);
    this.#idle = undefined;
    this.#busy.set(instance, 1);
    return instance;
  }

  /** The question is over. One sound instance is kept for the next. */
  giveBack(instance: Instance): void {
    const questions = (this.#busy.get(instance) ?? 1) - 1;
    if (questions > 0) {
      this.#busy.set(instance, questions);
      return;
    }
    this.#busy.delete(instance);
    if (!instance.broken && instance.memoryBytes <= KEPT_BYTES) this.#idle ??= instance;
  }
}
