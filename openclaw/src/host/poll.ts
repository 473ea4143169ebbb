/** `wasi:io/poll`, for a host that never waits inside of a call. */

/** Something that is ready, or not yet. */
export class Pollable {
  readonly #isReady: () => boolean;

  constructor(isReady: () => boolean) {
    this.#isReady = isReady;
  }

  ready(): boolean {
    return this.#isReady();
  }
}

/**
 * The indexes of those that are ready.
 *
 * Waiting here would stop the event loop that has to bring what is waited for, so that the wait would never end. A
 * component that is told to wait 0 ms does not come here with nothing ready; one that does has a fault, and learns so.
 */
export function poll(pollables: Pollable[]): Uint32Array {
  const ready = pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : []));
  if (ready.length === 0) throw new Error('the component waits inside of a call that was told not to wait');
  return Uint32Array.from(ready);
}
