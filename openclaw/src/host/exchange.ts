/** One request and its response, over Node's client. It never waits: it wakes the pending call. */

import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import { alarm, now, type Sleeper } from './alarm.js';
import { errorCode, reasonOf, type Stage } from './error_codes.js';
import type { Grant } from './grant.js';
import { KIND, type RedactedFlow } from './redaction.js';

/** How many bytes of a request may wait for the socket: it bounds the memory of an upload of any size. */
const UPLOAD_WINDOW = 1 << 20;

/** Bytes of one response. A longer one is a fault of the server or an attack; the memory of an instance is as large. */
const MAX_RESPONSE_BYTES = 256 << 20;

/** How long a response may take to end after its last event. If it does, its connection can be reused. */
const GRACE_MS = 20;

/** A request as the component sends it. */
export interface Outgoing {
  method: string;
  url: URL;
  /** Finds the addresses of the host, and only those that the request may reach. */
  lookup: LookupFunction;
  /** Names in lower case; the key is not among them. */
  headers: Record<string, string[]>;
  hasBody: boolean;
  /** The body's `content-length`, if the request has one. */
  length: number | undefined;
  /** In milliseconds; 0 is none. */
  connectMs: number;
  firstByteMs: number;
}

/** The result of a read. */
export type Read = { tag: 'bytes'; val: Uint8Array } | { tag: 'end' } | { tag: 'failed'; val: ErrorCode };

const NOTHING: Read = { tag: 'bytes', val: new Uint8Array() };

export class Exchange implements Sleeper {
  readonly #grant: Grant;
  readonly #request: http.ClientRequest;
  readonly #flow: RedactedFlow;
  readonly #url: URL;
  /** The length that the server expects of the request's body, and how much of it was written. */
  readonly #length: number | undefined;
  #written = 0;
  #finished = false;
  #received = 0;
  #stage: Stage = 'connecting';
  #response: http.IncomingMessage | undefined;
  #failure: ErrorCode | undefined;
  /** Received bytes that were unread when the exchange failed. */
  readonly #kept: Buffer[] = [];
  #ended = false;
  /** Writes that the socket has not taken yet. */
  #uploading = 0;
  /** The server closed its side while the body was sent, as after a 413. Its response may still arrive. */
  #refused = false;
  /** The error of the deadline that is set. */
  #expiry: ErrorCode | undefined;

  constructor(outgoing: Outgoing, grant: Grant) {
    this.#grant = grant;
    this.#flow = grant.redaction.flow(KIND.response);
    this.#length = outgoing.length;
    this.#url = outgoing.url;
    const { protocol } = outgoing.url;
    // Looked up at each call: OpenClaw may have replaced the module's `request` to route it through a proxy.
    const request = protocol === 'https:' ? https.request : http.request;
    const authorization = grant.credential.headerFor(outgoing.url);
    this.#request = request(outgoing.url, {
      method: outgoing.method,
      headers: { ...outgoing.headers, ...(authorization && { authorization }) },
      lookup: outgoing.lookup,
      agent: grant.connections.agentFor(protocol as 'http:' | 'https:'),
      // Not an option of Node: the agent keeps one pool for each value.
      pool: grant.credential.pool,
    } as http.RequestOptions);
    this.#request.on('socket', (socket) => this.#follow(socket, outgoing));
    this.#request.on('response', (response) => this.#begin(response));
    this.#request.on('error', (error) => this.#failBy(error, this.#stage));
    // At a switch of protocols (101), Node emits neither a response nor an error: it only closes the connection.
    this.#request.on('close', () => {
      if (!this.#response) this.#fail({ tag: 'HTTP-upgrade-failed' });
    });
    this.#limit(outgoing.connectMs, { tag: 'connection-timeout' });
    grant.exchanges.add(this);
    if (!outgoing.hasBody) this.#request.end();
  }

  /** `responded` once the head of the response has arrived, or why there is none; `undefined` before that. */
  outcome(): 'responded' | ErrorCode | undefined {
    return this.#response ? 'responded' : this.#failure;
  }

  /** The status of the response. */
  status(): number {
    return this.#response?.statusCode ?? 0;
  }

  /** The headers of the response in their order, without the key. */
  headers(): [string, Uint8Array][] {
    const raw = this.#response?.rawHeaders ?? [];
    const headers: [string, Uint8Array][] = [];
    const { redaction } = this.#grant;
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const [name = '', value = ''] = raw.slice(at, at + 2);
      if (!redaction.isInName(name)) headers.push([name, redaction.headerValue(Buffer.from(value, 'latin1'))]);
    }
    return headers;
  }

  /** How many bytes of the request's body can be written now; less than 0 if no more are accepted. */
  permitted(): number {
    if (this.#refused || this.#failure || this.#finished) return -1;
    // One write at a time. Node buffers without a limit, so a larger window would copy the upload into memory.
    return this.#uploading > 0 ? 0 : UPLOAD_WINDOW;
  }

  write(bytes: Uint8Array): void {
    // The interface makes this a trap: without a window, a component could fill this process's memory.
    if (bytes.length > Math.max(this.permitted(), 0)) throw new Error('the component wrote more than was permitted');
    this.#written += bytes.length;
    // The server would read bytes beyond the length as the next request on this connection, with another one's key.
    if (this.#length !== undefined && this.#written > this.#length) {
      this.#abandon({ tag: 'HTTP-request-body-size', val: BigInt(this.#written) });
      return;
    }
    this.#uploading++;
    this.#request.write(bytes, (error) => {
      this.#uploading--;
      // Not a failure of the exchange: the server's reason is in its response, if it sends one.
      this.#refused ||= error != null;
      this.#grant.wake();
    });
  }

  /** The request's body is complete. Throws an error code if it is shorter or longer than its `content-length`. */
  finishBody(): void {
    this.#finished = true;
    if (this.#length !== undefined && this.#written !== this.#length && !this.#refused && !this.#failure) {
      // The server waits for the rest, and would take the next request on this connection for it.
      this.#abandon({ tag: 'HTTP-request-body-size', val: BigInt(this.#written) });
    }
    if (this.#failure?.tag === 'HTTP-request-body-size') throw this.#failure;
    // A destroyed request has its failure already; ending it would emit another error.
    if (!this.#request.destroyed) this.#request.end();
  }

  isReadable(): boolean {
    return this.#ended || this.#failure !== undefined || (this.#response?.readableLength ?? 0) > 0;
  }

  /** The received bytes of the body, at most `length`. Bytes received before a failure are returned before it. */
  read(length: number): Read {
    for (let piece = this.#next(length); piece; piece = this.#next(length)) {
      this.#received += piece.length;
      if (this.#received > MAX_RESPONSE_BYTES) {
        this.#kept.length = 0;
        this.#abandon({ tag: 'HTTP-response-body-size', val: BigInt(this.#received) });
        break;
      }
      const clean = this.#flow.push(piece);
      if (clean.length > 0) return { tag: 'bytes', val: clean };
    }
    if (!this.#ended && !this.#failure) return NOTHING;
    // At the end, bytes that were held back as a possible beginning of the key are returned, or masked.
    const rest = this.#flow.end();
    if (rest.length > 0) return { tag: 'bytes', val: rest };
    return this.#failure ? { tag: 'failed', val: this.#failure } : { tag: 'end' };
  }

  #next(length: number): Buffer | undefined {
    const kept = this.#kept.shift();
    if (kept && kept.length > length) this.#kept.unshift(kept.subarray(length));
    if (kept) return kept.subarray(0, length);
    const waiting = this.#response?.readableLength ?? 0;
    // With nothing buffered, a read makes the stream fetch more from the socket.
    return this.#response?.read(waiting > 0 ? Math.min(waiting, length) : undefined) ?? undefined;
  }

  /** The component reads no further. A response that ends within the grace period leaves a reusable connection. */
  release(): void {
    this.#clearDeadline();
    this.#grant.exchanges.delete(this);
    const response = this.#response;
    if (this.#ended || this.#failure) return;
    // Draining a cancelled response could download megabytes that are of no use, and would be billed.
    if (!response || this.#grant.cancelled) {
      this.close();
      return;
    }
    response.removeAllListeners('readable');
    response.resume();
    if (!response.complete) alarm.set(this, now() + GRACE_MS);
  }

  /** Closes the connection. */
  close(): void {
    this.#clearDeadline();
    if (!this.#ended) this.#request.destroy();
  }

  #follow(socket: Socket, outgoing: Outgoing): void {
    const connected = (): void => {
      this.#stage = 'sent';
      this.#limit(outgoing.firstByteMs, { tag: 'connection-read-timeout' });
      this.#grant.wake();
    };
    // A reused socket, or one through a proxy's tunnel, is already connected and secured.
    if (!socket.connecting && !(socket as { secureConnecting?: boolean }).secureConnecting) {
      connected();
    } else if (outgoing.url.protocol === 'https:') {
      // A reset during the handshake is a TLS problem, such as a proxy that intercepts: it gets its own error code.
      socket.once('connect', () => (this.#stage = 'securing'));
      socket.once('secureConnect', connected);
    } else socket.once('connect', connected);
  }

  #begin(response: http.IncomingMessage): void {
    this.#clearDeadline();
    this.#stage = 'receiving';
    this.#response = response;
    const onReadable = (): void => {
      this.#grant.onActivity();
      this.#grant.wake();
    };
    response.on('readable', onReadable);
    response.on('end', () => {
      this.#clearDeadline();
      this.#ended = true;
      this.#grant.wake();
    });
    response.on('error', (error) => this.#failBy(error, 'receiving'));
    response.on('close', () => {
      // Node emits `close` after `end` as well; without `end`, the body is truncated.
      if (!this.#ended) this.#fail({ tag: 'HTTP-response-incomplete' });
    });
    this.#grant.onResponse({ status: this.status(), headers: this.#headersByName() });
    onReadable();
  }

  /** The headers for `onResponse`: one text for each name. */
  #headersByName(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const [name, value] of this.headers()) {
      const key = name.toLowerCase();
      const text = Buffer.from(value).toString('latin1');
      shown[key] = key in shown ? `${shown[key]}, ${text}` : text;
    }
    return shown;
  }

  /**
   * The deadline or the grace period has passed. After the event loop was blocked, the connection may be up or the response may have arrived
   * all the same: the alarm lets sockets be read before, and what they bring clears the deadline.
   */
  wake(): void {
    if (this.#expiry) this.#abandon(this.#expiry);
    else this.close();
  }

  #clearDeadline(): void {
    this.#expiry = undefined;
    alarm.cancel(this);
  }

  #limit(milliseconds: number, code: ErrorCode): void {
    this.#clearDeadline();
    if (milliseconds <= 0) return;
    this.#expiry = code;
    alarm.set(this, now() + milliseconds);
  }

  /** Node drops the bytes that it has buffered once the connection is gone; they are part of the response. */
  #keepReceived(): void {
    for (let piece: Buffer | null; (piece = this.#response?.read() ?? null); ) this.#kept.push(piece);
  }

  /** Ends the exchange with an error, and closes its connection. */
  #abandon(code: ErrorCode): void {
    this.#fail(code);
    this.#request.destroy();
  }

  #failBy(error: unknown, stage: Stage): void {
    if (!this.#ended && !this.#failure) this.#grant.onFailure(reasonOf(error, this.#url));
    this.#fail(errorCode(error, stage));
  }

  #fail(code: ErrorCode): void {
    this.#clearDeadline();
    if (this.#ended) return;
    // The first error is the cause; later ones are its consequences.
    this.#failure ??= code;
    this.#keepReceived();
    this.#grant.wake();
  }
}
