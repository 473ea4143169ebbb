/** `wasi:clocks/monotonic-clock` over Node's own. */

import { Pollable } from './poll.js';

/** Nanoseconds since some moment in the past. */
export function now(): bigint {
  return process.hrtime.bigint();
}

/** Ready once the moment has come. Nobody is woken by it: who drives the component has a heartbeat. */
export function subscribeInstant(when: bigint): Pollable {
  return new Pollable(() => now() >= when);
}
