/** The component's imports, implemented over Node. */

import type { ImportObject } from '../../generated/cometapi.js';
import * as clock from './clock.js';
import type { Grant } from './grant.js';
import * as http from './http.js';
import { poll, Pollable } from './poll.js';
import { InputStream, IoError, OutputStream } from './streams.js';

/**
 * The imports of one instance. `grant` returns the grant of the call that the instance is running: it runs one at a
 * time, and a request that it sends has the rights of that call.
 */
export function importsFor(grant: () => Grant | undefined): ImportObject {
  const interfaces = {
    'wasi:clocks/monotonic-clock': clock,
    'wasi:http/outgoing-handler': {
      handle: (request: http.OutgoingRequest, options: http.RequestOptions | undefined) =>
        http.send(request, options, grant()),
    },
    'wasi:http/types': http,
    'wasi:io/error': { Error: IoError },
    'wasi:io/poll': { Pollable, poll },
    'wasi:io/streams': { InputStream, OutputStream },
  };
  // The bindings' names carry the WASI version that the component was built with; every 0.2.x has the same items.
  return new Proxy(interfaces, {
    get: (all, name) => all[String(name).replace(/@0\.2\.\d+$/, '') as keyof typeof all],
  }) as unknown as ImportObject;
}
