/** `wasi:http/types`: requests and responses as resources. Sending a request needs a grant. */

import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { ErrorCode, Method, Result, Scheme } from '../../generated/interfaces/wasi-http-types.js';
import { KEY_HEADERS } from './credential.js';
import { PROXY_FAILED } from './error_codes.js';
import { Exchange } from './exchange.js';
import type { Grant } from './grant.js';
import { Pollable } from './poll.js';
import { InputStream, type IoError, OutputStream } from './streams.js';

/**
 * Headers that Node's client sets itself, or that concern the connection and not the request. With one of them, a
 * component could end its request where the server does not, and the rest would be read as a request of another session.
 */
const FORBIDDEN = new Set([
  ...KEY_HEADERS,
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Headers of a request or a response. A list, because order and repeated names are significant: two `set-cookie` are two
 * headers.
 */
export class Fields {
  readonly #entries: [string, Uint8Array][];

  constructor(entries: [string, Uint8Array][] = []) {
    this.#entries = entries;
  }

  /** Throws a header error if one of the headers may not be sent. */
  static fromList(entries: [string, Uint8Array][]): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }

  append(name: string, value: Uint8Array): void {
    // HTTP/1 headers are bytes. Latin 1 maps each byte to one character, so no byte is lost on the way to Node.
    const text = Buffer.from(value).toString('latin1');
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      throw { tag: 'invalid-syntax' };
    }
    if (FORBIDDEN.has(name.toLowerCase())) throw { tag: 'forbidden' };
    this.#entries.push([name, value]);
  }

  entries(): [string, Uint8Array][] {
    return this.#entries;
  }

  /**
   * Whether every header may be sent. Checked again before a request: the headers of a response are `Fields` as well,
   * and a component can send them as the headers of its next request.
   */
  areAllowed(): boolean {
    return this.#entries.every(([name]) => !FORBIDDEN.has(name.toLowerCase()));
  }

  /** The values of each name in their order, by name in lower case. */
  grouped(): Record<string, string[]> {
    // No prototype: a header named `__proto__` must be a header like any other.
    const grouped: Record<string, string[]> = Object.create(null);
    for (const [name, value] of this.#entries) {
      (grouped[name.toLowerCase()] ??= []).push(Buffer.from(value).toString('latin1'));
    }
    return grouped;
  }
}

/** The deadlines that the component leaves to the host, because only the host sees the stages of a connection. */
export class RequestOptions {
  /** In milliseconds; 0 is none. */
  connectMs = 0;
  firstByteMs = 0;

  setConnectTimeout(nanoseconds: bigint | undefined): void {
    this.connectMs = milliseconds(nanoseconds);
  }

  setFirstByteTimeout(nanoseconds: bigint | undefined): void {
    this.firstByteMs = milliseconds(nanoseconds);
  }

  setBetweenBytesTimeout(_nanoseconds: bigint | undefined): void {
    // Not needed: the component checks its own idle deadline, and reports by `wake-after-ms` when it is due.
  }
}

/** Node's timers take 31 bits, which is 24 days. A longer deadline is treated as none. */
function milliseconds(nanoseconds: bigint | undefined): number {
  const rounded = Number((nanoseconds ?? 0n) / 1_000_000n);
  return rounded > 0x7fffffff ? 0 : rounded;
}

/** A request under construction. Nothing is sent before `outgoing-handler.handle`, where the grant is checked. */
export class OutgoingRequest {
  method = 'GET';
  readonly fields: Fields;
  /** Set once the request is sent. */
  exchange: Exchange | undefined;
  /** The component took the body resource and has not finished it. */
  hasBody = false;
  #scheme = 'https:';
  #authority = '';
  #path = '/';

  constructor(fields: Fields) {
    this.fields = fields;
  }

  body(): OutgoingBody {
    this.hasBody = true;
    return new OutgoingBody(this);
  }

  setMethod(method: Method): void {
    this.method = method.tag === 'other' ? method.val : method.tag.toUpperCase();
  }

  setScheme(scheme: Scheme | undefined): void {
    this.#scheme = `${(scheme?.tag === 'other' ? scheme.val : (scheme?.tag ?? 'HTTPS')).toLowerCase()}:`;
  }

  setAuthority(authority: string | undefined): void {
    this.#authority = authority ?? '';
  }

  setPathWithQuery(path: string | undefined): void {
    this.#path = path ?? '/';
  }

  /** The URL of the request; `undefined` if it is not valid. */
  url(): URL | undefined {
    // A path without a leading slash would become part of the authority: `host` + `.evil.example`.
    const text = `${this.#scheme}//${this.#authority}${this.#path}`;
    return this.#path.startsWith('/') && URL.canParse(text) ? new URL(text) : undefined;
  }
}

/** The body of a request. The component may write it before and after the request is sent. */
export class OutgoingBody {
  readonly #request: OutgoingRequest;

  constructor(request: OutgoingRequest) {
    this.#request = request;
  }

  write(): OutputStream {
    return new OutputStream(() => this.#request.exchange);
  }

  /** Throws an error code if the body is not as long as its `content-length`. The connection is closed then. */
  static finish(body: OutgoingBody): void {
    // A body that is finished before the request is sent is empty: such a request is sent without a body.
    const { exchange } = body.#request;
    if (exchange) exchange.finishBody();
    else body.#request.hasBody = false;
  }
}

/** The response that has not arrived yet. */
export class FutureIncomingResponse {
  readonly #exchange: Exchange;
  #taken = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#exchange.outcome() !== undefined);
  }

  get(): Result<Result<IncomingResponse, ErrorCode>, void> | undefined {
    const outcome = this.#exchange.outcome();
    if (outcome === undefined) return undefined;
    if (this.#taken) return { tag: 'err', val: undefined };
    if (outcome !== 'responded') return { tag: 'ok', val: { tag: 'err', val: outcome } };
    this.#taken = true;
    return { tag: 'ok', val: { tag: 'ok', val: new IncomingResponse(this.#exchange) } };
  }

  [Symbol.dispose](): void {
    // Once the response was taken, it or its body is responsible for the exchange.
    if (!this.#taken) this.#exchange.release();
  }
}

/** The head of a response. Its body can be consumed once. */
export class IncomingResponse {
  readonly #exchange: Exchange;
  #consumed = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  status(): number {
    return this.#exchange.status();
  }

  headers(): Fields {
    return new Fields(this.#exchange.headers());
  }

  consume(): IncomingBody {
    if (this.#consumed) throw { tag: 'err', val: undefined };
    this.#consumed = true;
    return new IncomingBody(this.#exchange);
  }

  [Symbol.dispose](): void {
    if (!this.#consumed) this.#exchange.release();
  }
}

/** The body of a response. Dropping it ends the exchange, whether or not all of it was read. */
export class IncomingBody {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  stream(): InputStream {
    return new InputStream(this.#exchange);
  }

  [Symbol.dispose](): void {
    this.#exchange.release();
  }
}

/** The error code of a stream error of this host. */
export function httpErrorCode(error: IoError): ErrorCode {
  return error.code;
}

/** Exchanges that one call may have open. A completion has one, a list of models three. */
const MAX_EXCHANGES = 64;

/** Sends a request, if the grant allows it. */
export function send(
  request: OutgoingRequest,
  options: RequestOptions | undefined,
  grant: Grant | undefined,
): FutureIncomingResponse {
  const url = request.url();
  if (!url) throw { tag: 'HTTP-request-URI-invalid' };
  // A request outside a pending call has no grant: nothing may be sent from `open` or from a drop.
  // The origin is compared as a whole: a prefix would also match `api.cometapi.com.example.com`. A user name in the URL
  // would be sent as a credential.
  if (!grant || url.origin !== grant.credential.origin || url.username || url.password) {
    throw { tag: 'HTTP-request-denied' };
  }
  if (!request.fields.areAllowed() || request.exchange) throw { tag: 'HTTP-request-denied' };
  checkMethod(request.method);
  if (grant.exchanges.size >= MAX_EXCHANGES) throw { tag: 'connection-limit-reached' };
  if (grant.connections.unusable) {
    grant.onFailure(PROXY_FAILED);
    throw { tag: 'internal-error', val: grant.connections.unusable };
  }
  const lookup = grant.connections.resolver(url.hostname, grant.reach);
  if (!lookup) throw { tag: 'destination-IP-prohibited' };
  const headers = request.fields.grouped();
  const length = request.hasBody ? lengthOf(headers) : noLength(headers);
  // Node sends the body of a GET and of some other methods without a length. The server would read it as a request.
  if (request.hasBody && length === undefined) headers['transfer-encoding'] = ['chunked'];
  request.exchange = new Exchange(
    {
      method: request.method,
      url,
      lookup,
      headers,
      hasBody: request.hasBody,
      length,
      connectMs: options?.connectMs ?? 0,
      firstByteMs: options?.firstByteMs ?? 0,
    },
    grant,
  );
  return new FutureIncomingResponse(request.exchange);
}

/** `CONNECT` would make the connection a tunnel, which carries what no check sees. */
function checkMethod(method: string): void {
  try {
    // A method is a token, as the name of a header is.
    validateHeaderName(method);
  } catch {
    throw { tag: 'HTTP-request-method-invalid' };
  }
  if (method.toUpperCase() === 'CONNECT') throw { tag: 'HTTP-request-denied' };
}

/** The `content-length` of a request with a body, if it has one. */
function lengthOf(headers: Record<string, string[]>): number | undefined {
  const values = headers['content-length'];
  if (!values) return undefined;
  const [value = ''] = values;
  // Of two lengths, a proxy and a server may each believe another one.
  if (values.length > 1 || !/^\d{1,15}$/.test(value)) throw { tag: 'HTTP-request-denied' };
  return Number(value);
}

/** The length of a body that is not there: 0, if the request reports one. */
function noLength(headers: Record<string, string[]>): number | undefined {
  const length = lengthOf(headers);
  if (length) throw { tag: 'HTTP-request-body-size', val: 0n };
  return length;
}
