/**
 * Loaded into OpenClaw before its own code: records how much processor time passes between the end of a turn, by an abort
 * or by Ctrl-C, and the end of its connection. The time of a clock would be the machine's, which other processes slow
 * down.
 *
 * The environment has the file to write to, and the port of the server. A line is `destroy` or `exit`, by what ended the
 * connection, and milliseconds.
 */

import { appendFileSync } from 'node:fs';
import net from 'node:net';

const { ABORT_CLOCK_FILE: file, ABORT_CLOCK_PORT: port } = process.env;

/** @type {NodeJS.CpuUsage | undefined} */
let ended;

/** Open connections to the server. */
const open = new Set();

/** @param {'destroy' | 'exit'} how */
function record(how) {
  if (!file || !ended) return;
  const { user, system } = process.cpuUsage(ended);
  // Synchronous: the process may end before anything else runs.
  appendFileSync(file, `${how} ${(user + system) / 1000}\n`);
}

const { abort } = AbortController.prototype;
AbortController.prototype.abort = function (/** @type {unknown} */ reason) {
  ended = process.cpuUsage();
  abort.call(this, reason);
};

const { emit } = process;
process.emit = /** @type {any} */ (
  (/** @type {any[]} */ ...args) => {
    if (args[0] === 'SIGINT') ended = process.cpuUsage();
    return Reflect.apply(emit, process, args);
  }
);
process.on('exit', () => {
  if (open.size > 0) record('exit');
});

const { connect, destroy } = net.Socket.prototype;
/**
 * @this {net.Socket}
 * @param {any[]} args
 */
function connectAndFollow(...args) {
  /** @type {net.Socket} */
  const socket = Reflect.apply(connect, this, args);
  socket.once('connect', () => {
    if (String(socket.remotePort) === port) open.add(socket);
  });
  return socket;
}
net.Socket.prototype.connect = /** @type {any} */ (connectAndFollow);
net.Socket.prototype.destroy = function (/** @type {Error | undefined} */ error) {
  if (open.delete(this)) record('destroy');
  return destroy.call(this, error);
};
