// Starts Portkey's gateway on loopback. Headers of each request select the upstream server: x-portkey-provider and
// x-portkey-custom-host.

import { Server } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string' } } });
if (!values.port) throw new Error('--port is required');

// The gateway listens on all interfaces and has no option for the address. A benchmark must not open a port to the
// network, so `listen` is replaced.
const listen = Server.prototype.listen;
Server.prototype.listen = function onLoopback(port, ...rest) {
  const callback = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, { port, host: '127.0.0.1' }, callback);
};

process.argv = [...process.argv.slice(0, 2), `--port=${values.port}`, '--headless'];
// The package has no entry point, so the file is imported by its path.
await import('./node_modules/@portkey-ai/gateway/build/start-server.js');
