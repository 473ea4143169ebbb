/**
 * Loaded into OpenClaw before its own code: records how much processor time passes between an abort and the end of the
 * connection that it ends. The time of a clock would be the machine's, which other processes slow down.
 *
 * The environment has the file to write to, and the port of the server.
 */

import { appendFileSync } from 'node:fs';
import net from 'node:net';

const { ABORT_CLOCK_FILE: file, ABORT_CLOCK_PORT: port } = process.env;

/** @type {NodeJS.CpuUsage | undefined} */
let aborted;

const { abort } = AbortController.prototype;
AbortController.prototype.abort = function (/** @type {unknown} */ reason) {
  aborted = process.cpuUsage();
  abort.call(this, reason);
};

const { destroy } = net.Socket.prototype;
net.Socket.prototype.destroy = function (/** @type {Error | undefined} */ error) {
  if (file && aborted && !this.destroyed && String(this.remotePort) === port) {
    const { user, system } = process.cpuUsage(aborted);
    // Synchronous: the process may end before anything else runs.
    appendFileSync(file, `${(user + system) / 1000}\n`);
  }
  return destroy.call(this, error);
};
