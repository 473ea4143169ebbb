/** `wasi:clocks/monotonic-clock` over Node's own. */

import { Pollable } from './poll.js';

/** Nanoseconds since an unspecified start. */
export function now(): bigint {
  return process.hrtime.bigint();
}

/**
 * Ready once the instant has passed. It sets no timer: the caller of the component does, from the `wake-after-ms` of
 * each call.
 */
export function subscribeInstant(when: bigint): Pollable {
  return new Pollable(() => now() >= when);
}
