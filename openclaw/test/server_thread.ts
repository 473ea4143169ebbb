/** The thread of `serveApart`: tells its port, then that it was asked, and answers a little later. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { answer } from './server.js';

const server = http.createServer((_request, response) => {
  parentPort?.postMessage('asked');
  setTimeout(() => answer(response, workerData as string), 100);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
