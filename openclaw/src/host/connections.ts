/** Connections to the provider, kept between requests. */

import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { admits, type Reach } from './addresses.js';

/** How long an unused connection is kept. Servers keep theirs longer, so that a reused one is rarely closed. */
const UNUSED_MS = 30_000;

/** The code of the error for a name all of whose addresses are out of reach. */
export const PROHIBITED = 'ERR_ADDRESS_PROHIBITED';

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
  /** A proxy resolves the names itself, and is reached at an address that the user configured. */
  readonly #proxied: boolean;
  readonly #agents: Readonly<Record<'http:' | 'https:', http.Agent>>;

  constructor(proxy: ProxyEnvironment = {}) {
    const proxied = Object.keys(proxy).length > 0;
    this.#proxied = proxied;
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

  /**
   * How a request with this reach finds the addresses of a host, or `undefined` if the host is an address that it may not
   * reach. The addresses that were checked are those that are connected to: a second look-up could give others.
   */
  resolver(hostname: string, reach: Reach): LookupFunction | undefined {
    if (this.#proxied) return lookup;
    const address = hostname.replace(/^\[|\]$/g, '');
    // Node connects to an address without looking it up.
    if (isIP(address) && !admits(reach, address)) return undefined;
    return (name, options, callback) => resolveWithin(reach, name, options, callback);
  }

  /** Closes the unused connections. */
  close(): void {
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }
}

/** Looks a name up, and leaves out the addresses that a request may not reach. */
function resolveWithin(
  reach: Reach,
  name: string,
  options: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  lookup(name, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '');
    const admitted = found.filter(({ address }) => admits(reach, address));
    const [first] = admitted;
    if (!first) return callback(prohibited(name, found), '');
    if (options.all) callback(null, admitted);
    else callback(null, first.address, first.family);
  });
}

/** Node's own errors of a look-up have a code; `errorCode` maps this one as it maps theirs. */
function prohibited(name: string, found: readonly LookupAddress[]): NodeJS.ErrnoException {
  const addresses = found.map(({ address }) => address).join(', ');
  return Object.assign(new Error(`${name} leads to ${addresses}`), { code: PROHIBITED });
}
