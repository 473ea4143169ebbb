/** Time, without the part of it in which a busy machine did not let this process run. */

/** How often the process checks whether it runs, in milliseconds. */
const INTERVAL_MS = 10;

/**
 * Upper bounds of the cases are about the component and not about the machine. On a machine that runs eight cases and a
 * compiler at once, a process may not run for seconds; the time that it was late is taken off what is measured.
 */
export class Stopwatch implements Disposable {
  readonly #begun = performance.now();
  #last = this.#begun;
  #late = 0;
  readonly #timer = setInterval(() => this.#tick(), INTERVAL_MS);

  /** Milliseconds since the start in which this process could run. */
  elapsed(): number {
    return this.without(performance.now() - this.#begun);
  }

  /** A time that was measured elsewhere, without the time that this process was late. */
  without(milliseconds: number): number {
    this.#tick();
    return milliseconds - this.#late;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#late += Math.max(0, now - this.#last - INTERVAL_MS);
    this.#last = now;
  }
}
