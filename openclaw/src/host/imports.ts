/** The six imports of a component, over Node. */

import type { ImportObject } from '../../generated/cometapi.js';
import * as clock from './clock.js';
import type { Grant } from './grant.js';
import * as http from './http.js';
import { poll, Pollable } from './poll.js';
import { InputStream, IoError, OutputStream } from './streams.js';

/**
 * What one instance is given. `grant` tells whose question the instance is busy with: an instance does one thing at
 * a time, and what it sends then is sent with that question's rights.
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
  // The names carry the version that the component was built with; any 0.2 serves.
  return new Proxy(interfaces, {
    get: (all, name) => all[String(name).replace(/@0\.2\.\d+$/, '') as keyof typeof all],
  }) as unknown as ImportObject;
}
