// Starts Portkey's gateway on loopback. Where a request goes on to, its headers say: x-portkey-provider and
// x-portkey-custom-host.

import { Server } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string' } } });
if (!values.port) throw new Error('--port is needed');

// It listens on every interface, and has no option for that.
const listen = Server.prototype.listen;
Server.prototype.listen = function onLoopback(port, ...rest) {
  const callback = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, { port, host: '127.0.0.1' }, callback);
};

process.argv = [...process.argv.slice(0, 2), `--port=${values.port}`, '--headless'];
// By its path: the package names no entry.
await import('./node_modules/@portkey-ai/gateway/build/start-server.js');
