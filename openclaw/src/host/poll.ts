/** `wasi:io/poll`, for a host that never waits inside a call. */

/** Something that is ready or not. */
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
 * The indexes of the pollables that are ready.
 *
 * Waiting here would block the event loop that has to make a pollable ready, so the wait would never end. With
 * `wait-ms` 0 a component does not call this while nothing is ready; one that does has a bug, and the error shows it.
 */
export function poll(pollables: Pollable[]): Uint32Array {
  const ready = pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : []));
  if (ready.length === 0)
    throw new Error('the component waits inside a call with wait-ms 0; report this as a bug of the component');
  return Uint32Array.from(ready);
}
