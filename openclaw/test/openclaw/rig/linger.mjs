/**
 * Loaded into OpenClaw's process ahead of OpenClaw, with `node --import`. At the end of the process it waits for the
 * server to see the connection closed. Nothing runs any more at that point, so only a connection that was closed before
 * counts, and not one that the operating system closes with the process. No clock decides, and so no machine's speed.
 */

import { subscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';

/** The exit code of a process that ends with the connection open. */
const STILL_OPEN = 99;

/** Long enough that only a connection that stays open is caught, in milliseconds. */
const PATIENCE_MS = 120_000;

const { LINGER_UNTIL: closed } = process.env;
if (closed) {
  // OpenClaw's command may start a second process, which runs the turn. The first one has to stay free to pass Ctrl-C on.
  let connected = false;
  subscribe('net.client.socket', () => (connected = true));
  process.on('exit', () => {
    if (!connected) return;
    const clock = new Int32Array(new SharedArrayBuffer(4));
    const end = performance.now() + PATIENCE_MS;
    while (!existsSync(closed)) {
      if (performance.now() > end) {
        process.exitCode = STILL_OPEN;
        return;
      }
      Atomics.wait(clock, 0, 0, 10);
    }
  });
}
