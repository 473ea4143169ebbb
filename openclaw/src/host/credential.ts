/** The key, and the requests that are meant to carry it. */

/** Headers that carry keys of any provider: none of them may come from the component. */
export const KEY_HEADERS: readonly string[] = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** What can be part of a header, and is no blank. */
const KEY = /^[\x21-\x7e]+$/;

export class Credential {
  /** `scheme://host[:port]` of the base URL: the one origin that requests may go to; empty when it has none. */
  readonly origin: string;
  readonly #path: string;
  readonly #value: string;

  /** Throws a `TypeError` when the key has characters that no key has. */
  constructor(key: string, baseUrl: string) {
    if (!KEY.test(key)) throw new TypeError('the API key is empty, or has blanks or other characters that no key has');
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    this.origin = url?.origin ?? '';
    this.#path = scopeOf(url?.pathname ?? '/');
    this.#value = `Bearer ${key}`;
  }

  /** The `Authorization` header of a request to this address; `undefined` where the key does not belong. */
  headerFor(url: URL): string | undefined {
    const { pathname } = url;
    // An encoded slash may mean another path once a server has tidied it; dot segments are gone from a URL.
    const holds = url.origin === this.origin && pathname.startsWith(this.#path) && !/%2f|%5c/i.test(pathname);
    return holds ? this.#value : undefined;
  }
}

/**
 * The path below which the key may go. The provider's public catalogue stands on the same origin, beside the last
 * `/v1/`, and must not be sent the key.
 */
function scopeOf(pathname: string): string {
  const path = pathname.replace(/\/+$/, '');
  if (path.endsWith('/v1')) return `${path}/`;
  const at = path.lastIndexOf('/v1/');
  return `${at < 0 ? path : path.slice(0, at)}/v1/`;
}
