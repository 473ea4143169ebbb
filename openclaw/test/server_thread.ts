/** The thread of `serveFromThread`: reports its port, then each request, and responds when it is signalled to. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { respond, SIGNAL } from './server.js';

const { text, signal } = workerData as { text: string; signal: Int32Array };

const server = http.createServer((_request, response) => {
  parentPort?.postMessage('received');
  Atomics.wait(signal, 0, SIGNAL.none);
  // The operating system has all of it then, and the other end of the connection can read it.
  response.once('finish', () => {
    Atomics.store(signal, 0, SIGNAL.responded);
    Atomics.notify(signal, 0);
  });
  respond(response, text);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
