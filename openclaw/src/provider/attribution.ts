/**
 * Headers that name the part of OpenClaw from which a request comes, so that the operator of a server can attribute
 * costs to agents and find one call of OpenClaw's log in its own. They contain identifiers only: no part of a
 * conversation, and no key.
 */

import { createHash } from 'node:crypto';
import type { ExtraOptions, StreamOptions } from '../sdk.js';

const CLIENT = 'openclaw';

/** The longest values, in characters: servers cut or refuse longer ones. */
const MAX_REQUEST_ID = 128;
const MAX_ID = 256;

/** What every server and log takes in an identifier as it is. */
const PLAIN = /^[\w.~:/+@=-]+$/;
const NOT_PLAIN = /[^\w.~:/+@=-]/g;

/** The end of OpenClaw's identifier of a call: its number within the run. It stays readable in a long identifier. */
const CALL_NUMBER = /:model:\d{1,9}$/;

/** The headers for a request. Identifiers that OpenClaw does not pass on have none. */
export function attributionOf({ agentId, sessionId, requestId }: StreamOptions & ExtraOptions): Record<string, string> {
  const headers = {
    'x-cometapi-client': CLIENT,
    'x-cometapi-agent-id': bounded(agentId, MAX_ID),
    'x-cometapi-session-id': bounded(sessionId, MAX_ID),
    'x-request-id': bounded(requestId, MAX_REQUEST_ID),
  };
  const known = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(known);
}

/**
 * The identifier itself where it fits in a header. Otherwise its beginning and a hash of the whole, so that two calls
 * never share one, and OpenClaw's log still leads to it.
 */
function bounded(id: string | undefined, most: number): string | undefined {
  const text = id?.trim();
  if (!text) return undefined;
  if (text.length <= most && PLAIN.test(text)) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const end = `~${hash}${CALL_NUMBER.exec(text)?.[0] ?? ''}`;
  return text.replace(NOT_PLAIN, '_').slice(0, most - end.length) + end;
}
