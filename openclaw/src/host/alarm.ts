/**
 * One timer for all pending calls and all deadlines of connections. Nearly every one of them ends by its socket long before
 * its time, so a timer of its own would be set and cleared for each chunk of a stream. This one is set only for an earlier
 * time than it has.
 */

import * as clock from './clock.js';

/** What waits for a time. */
export interface Sleeper {
  wake(): void;
}

/**
 * The longest delay that Node's timers take: 31 bits of milliseconds, 24 days. A longer one would fire at once. The
 * contract allows 32 bits; waking too early is harmless, since the component reports the remaining time again.
 */
const MAX_DELAY_MS = 0x7fff_ffff;

/** Milliseconds of the clock that the component reads. */
export function now(): number {
  return Number(clock.now()) / 1e6;
}

export class Alarm {
  /** When each sleeper is due. */
  readonly #due = new Map<Sleeper, number>();
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;

  /** Wakes a sleeper at this time of {@link now}, unless {@link cancel} is called before. */
  set(sleeper: Sleeper, due: number): void {
    this.#due.set(sleeper, due);
    if (due < this.#firesAt) this.#arm(due);
  }

  cancel(sleeper: Sleeper): void {
    if (!this.#due.delete(sleeper) || this.#due.size > 0) return;
    // It would keep the process alive.
    clearTimeout(this.#timer);
    this.#firesAt = Infinity;
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = due;
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.ceil(Math.max(due - now(), 0)), MAX_DELAY_MS));
  }

  #fire(): void {
    this.#firesAt = Infinity;
    const time = now();
    let next = Infinity;
    const waking = new Map<Sleeper, number>();
    for (const [sleeper, due] of this.#due) {
      // A timer may fire a fraction of a millisecond early.
      if (due - time < 1 || due - time > MAX_DELAY_MS) waking.set(sleeper, due);
      else next = Math.min(next, due);
    }
    if (next < Infinity) this.#arm(next);
    if (waking.size > 0) this.#wake(waking);
  }

  /**
   * Sockets get their turn first. When something blocked the event loop, Node runs timers before it reads sockets, and the
   * component would see a deadline passed although the response has already arrived. Two immediates: the first may come
   * before sockets are read, where the timer was set from another socket's event.
   */
  #wake(waking: ReadonlyMap<Sleeper, number>): void {
    afterSockets(() => {
      for (const [sleeper, due] of waking) {
        // One that its socket woke has gone, or waits for another time.
        if (this.#due.get(sleeper) === due) sleeper.wake();
      }
    });
  }
}

/** Shared by everything in this process that waits. */
export const alarm = new Alarm();

/** Runs `then` in the next turn of the event loop, after its sockets. */
export function afterSockets(then: () => void): void {
  setImmediate(() => setImmediate(then));
}
