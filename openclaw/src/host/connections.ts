/** Connections to the provider, kept between requests. */

import http from 'node:http';
import https from 'node:https';

/** How long an unused connection is kept. Servers keep theirs longer, so that a reused one is rarely closed. */
const UNUSED_MS = 30_000;

/** The environment variables that name a proxy. An empty object means that there is none. */
export type ProxyEnvironment = Readonly<Record<string, string>>;

/** Whether this Node supports `proxyEnv`: 24.5 and later, and 22.21 and later of line 22. */
function knowsProxies(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}

/**
 * Adds the `pool` of a request to the name under which its agent keeps connections. Sessions with different keys share no
 * connection: a request that reached the server damaged could otherwise be completed by another session's, key included.
 */
function apart(name: string, options: object | undefined): string {
  return `${name}:${(options as { pool?: string } | undefined)?.pool ?? ''}`;
}

class HttpAgent extends http.Agent {
  override getName(options?: object): string {
    return apart(super.getName(options), options);
  }
}

class HttpsAgent extends https.Agent {
  // TLS sessions are kept by this name, too.
  override getName(options?: object): string {
    return apart(super.getName(options), options);
  }
}

/** The agents of all requests with one proxy setting. */
export class Connections {
  /** Why no request can be sent, or nothing. Bypassing a proxy that the user configured could leak the request. */
  readonly unusable: string | undefined;
  readonly #agents: Readonly<Record<'http:' | 'https:', http.Agent>>;

  constructor(proxy: ProxyEnvironment = {}) {
    const proxied = Object.keys(proxy).length > 0;
    if (proxied && !knowsProxies()) {
      this.unusable = `Node ${process.versions.node} cannot use a proxy; install Node 22.21 or 24.5, or newer`;
    }
    const options = {
      keepAlive: true,
      scheduling: 'lifo' as const,
      timeout: UNUSED_MS,
      ...(proxied ? { proxyEnv: proxy } : {}),
    };
    this.#agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  }

  agentFor(protocol: 'http:' | 'https:'): http.Agent {
    return this.#agents[protocol];
  }

  /** Closes the unused connections. */
  close(): void {
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }
}
