/** What the tests of the host's imports share: a call with rights, and requests as a component makes them. */

import { PendingCall } from '../../src/component/pending_call.js';
import { reachOf } from '../../src/host/addresses.js';
import { Connections } from '../../src/host/connections.js';
import { Credential } from '../../src/host/credential.js';
import { Fields, OutgoingRequest } from '../../src/host/http.js';
import { Redaction } from '../../src/host/redaction.js';
import { KEY } from '../server.js';

const OWN_ORIGIN = 'https://api.cometapi.com';

export function pendingCall(
  origin: string,
  key = KEY,
  connections = new Connections(),
  reach = reachOf(origin, OWN_ORIGIN),
): PendingCall {
  const credential = new Credential(key, `${origin}/v1`);
  return new PendingCall({ credential, redaction: new Redaction(key), connections, reach }, {});
}

export function request(scheme: 'HTTP' | 'HTTPS', authority: string, path = '/v1/models'): OutgoingRequest {
  return requestWith(new Fields(), scheme, authority, path);
}

export function requestWith(
  fields: Fields,
  scheme: 'HTTP' | 'HTTPS',
  authority: string,
  path = '/v1/models',
): OutgoingRequest {
  const request = new OutgoingRequest(fields);
  request.setScheme({ tag: scheme });
  request.setAuthority(authority);
  request.setPathWithQuery(path);
  return request;
}

export function fields(headers: Record<string, string | string[]>): Fields {
  const fields = new Fields();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) fields.append(name, Buffer.from(value, 'latin1'));
  }
  return fields;
}
