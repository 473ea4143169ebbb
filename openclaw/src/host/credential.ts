/** The key, and the check of which requests may carry it. */

import { createHmac, randomBytes } from 'node:crypto';

/** Headers that carry keys of some provider. The component may set none of them. */
export const KEY_HEADERS: readonly string[] = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Makes the names of pools, which appear in Node's diagnostics, useless to find the key with. */
const SALT = randomBytes(32);

/** The versions of an API that one key is for. Gateways serve Google's shape where Google has it, beside `/v1`. */
const VERSIONS = ['v1/', 'v1beta/'];

/** The reason of a failure where the key cannot be sent, in the manner of Node's codes. */
export const INVALID_KEY = 'ERR_INVALID_KEY';

/** Characters that a header value may contain, without blanks. */
const KEY = /^[\x21-\x7e]+$/;

export class Credential {
  /** `scheme://host[:port]` of the base URL: the only origin that requests may go to. Empty: no valid base URL. */
  readonly origin: string;
  /** The same for all sessions with this key, and for no others: they may share connections. */
  readonly pool: string;
  readonly #base: string;
  readonly #value: string;

  /** Throws a `TypeError` if the key contains characters that no key contains. */
  constructor(key: string, baseUrl: string) {
    if (!KEY.test(key))
      throw new TypeError('the API key is empty, or contains blanks or other characters that no key contains');
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    this.origin = url?.origin ?? '';
    this.#base = baseOf(url?.pathname ?? '/');
    this.#value = `Bearer ${key}`;
    this.pool = createHmac('sha256', SALT).update(key).digest('hex');
  }

  /** The `Authorization` header of a request to this URL, or `undefined` if the URL must not receive the key. */
  headerFor(url: URL): string | undefined {
    const { pathname } = url;
    const below = pathname.startsWith(this.#base) ? pathname.slice(this.#base.length) : '';
    const isVersion = VERSIONS.some((version) => below.startsWith(version));
    return url.origin === this.origin && isVersion && !climbs(pathname) ? this.#value : undefined;
  }
}

/**
 * The path beside whose versions nothing receives the key. The provider's public catalogue is on the same origin, beside
 * the last `/v1/`.
 */
function baseOf(pathname: string): string {
  const path = pathname.replace(/\/+$/, '');
  if (path.endsWith('/v1')) return path.slice(0, -'v1'.length);
  const at = path.lastIndexOf('/v1/');
  return `${at < 0 ? path : path.slice(0, at)}/`;
}

/**
 * Whether a server that decodes a path may arrive at another one. Plain dot segments are already resolved in a URL. An
 * encoded slash alone is a part of a model's id, and leads nowhere else.
 */
function climbs(pathname: string): boolean {
  const segments = pathname.toLowerCase().replaceAll('%2e', '.').replaceAll('%2f', '/').split('/');
  return /%5c|\\/i.test(pathname) || segments.some((segment) => segment === '.' || segment === '..');
}
