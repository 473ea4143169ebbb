/** One request and its answer, over Node's client. It never waits: it wakes whoever drives the component. */

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import { errorCode, type Stage } from './error_codes.js';
import type { Grant } from './grant.js';
import { RedactedFlow } from './redaction.js';

/** Bytes that may be on their way to the socket at once: an upload of any size goes on without filling memory. */
const UPLOAD_WINDOW = 1 << 20;

/** How long a finished answer may take to end, so that its connection can serve again. */
const GRACE_MS = 20;

/** What is asked for. */
export interface Outgoing {
  method: string;
  url: URL;
  /** Names in lower case; the key is not among them. */
  headers: Record<string, string[]>;
  hasBody: boolean;
  /** In milliseconds; 0 is none. */
  connectMs: number;
  firstByteMs: number;
}

/** What a read brings. */
export type Read = { tag: 'bytes'; val: Uint8Array } | { tag: 'end' } | { tag: 'failed'; val: ErrorCode };

const NOTHING: Read = { tag: 'bytes', val: new Uint8Array() };

export class Exchange {
  readonly #grant: Grant;
  readonly #request: http.ClientRequest;
  readonly #flow: RedactedFlow;
  #stage: Stage = 'connecting';
  #response: http.IncomingMessage | undefined;
  #failure: ErrorCode | undefined;
  /** Pieces that came before a failure. */
  readonly #kept: Buffer[] = [];
  #ended = false;
  #uploading = 0;
  #refused = false;
  #deadline: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Immediate | undefined;

  constructor(outgoing: Outgoing, grant: Grant) {
    this.#grant = grant;
    this.#flow = new RedactedFlow(grant.redaction);
    const { protocol } = outgoing.url;
    // Asked of the module at each call: a host may have put a proxy's request in its place.
    const request = protocol === 'https:' ? https.request : http.request;
    const authorization = grant.credential.headerFor(outgoing.url);
    this.#request = request(outgoing.url, {
      method: outgoing.method,
      headers: { ...outgoing.headers, ...(authorization && { authorization }) },
      agent: grant.connections.agentFor(protocol as 'http:' | 'https:'),
    });
    this.#request.on('socket', (socket) => this.#follow(socket, outgoing));
    this.#request.on('response', (response) => this.#begin(response));
    this.#request.on('error', (error) => this.#fail(errorCode(error, this.#stage)));
    // To another protocol (101), Node neither hands out an answer nor reports an error: it closes the connection.
    this.#request.on('close', () => {
      if (!this.#response) this.#fail({ tag: 'HTTP-upgrade-failed' });
    });
    this.#limit(outgoing.connectMs, { tag: 'connection-timeout' });
    grant.exchanges.add(this);
    if (!outgoing.hasBody) this.#request.end();
  }

  /** `answered` when the head of the answer is there, or why there is none; `undefined` while neither is known. */
  outcome(): 'answered' | ErrorCode | undefined {
    return this.#response ? 'answered' : this.#failure;
  }

  /** The status of the answer. */
  status(): number {
    return this.#response?.statusCode ?? 0;
  }

  /** The headers of the answer in the order in which they came, without the key. */
  headers(): [string, Uint8Array][] {
    const raw = this.#response?.rawHeaders ?? [];
    const headers: [string, Uint8Array][] = [];
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const value = Buffer.from(raw[at + 1] ?? '', 'latin1');
      headers.push([raw[at] ?? '', this.#grant.redaction.whole(value)]);
    }
    return headers;
  }

  /** How many bytes of the request's body are taken now; less than 0 when no more are wanted. */
  permitted(): number {
    if (this.#refused || this.#failure) return -1;
    return this.#uploading > 0 ? 0 : UPLOAD_WINDOW;
  }

  write(bytes: Uint8Array): void {
    this.#uploading++;
    this.#request.write(bytes, (error) => {
      this.#uploading--;
      this.#refused ||= error != null;
      this.#grant.wake();
    });
  }

  /** The request's body is complete. */
  finishBody(): void {
    if (!this.#request.destroyed) this.#request.end();
  }

  isReadable(): boolean {
    return this.#ended || this.#failure !== undefined || (this.#response?.readableLength ?? 0) > 0;
  }

  /** As much of the answer's body as has arrived, at most `length` bytes. What came before a failure is told first. */
  read(length: number): Read {
    for (let piece = this.#next(length); piece; piece = this.#next(length)) {
      const clean = this.#flow.push(piece);
      if (clean.length > 0) return { tag: 'bytes', val: clean };
    }
    if (!this.#ended && !this.#failure) return NOTHING;
    const rest = this.#flow.end();
    if (rest.length > 0) return { tag: 'bytes', val: rest };
    return this.#failure ? { tag: 'failed', val: this.#failure } : { tag: 'end' };
  }

  #next(length: number): Buffer | undefined {
    const kept = this.#kept.shift();
    if (kept && kept.length > length) this.#kept.unshift(kept.subarray(length));
    if (kept) return kept.subarray(0, length);
    const waiting = this.#response?.readableLength ?? 0;
    // With nothing there, asking tells the socket that more is wanted.
    return this.#response?.read(waiting > 0 ? Math.min(waiting, length) : undefined) ?? undefined;
  }

  /** Nobody reads on. An answer that is about to end may do so, for the connection's sake; any other is closed. */
  release(): void {
    this.#clearDeadline();
    this.#grant.exchanges.delete(this);
    const response = this.#response;
    if (this.#ended || this.#failure) return;
    if (!response || this.#grant.cancelled) {
      this.close();
      return;
    }
    response.removeAllListeners('readable');
    response.resume();
    if (!response.complete) setTimeout(() => this.close(), GRACE_MS).unref();
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
    // A socket that was used before, or that came through a proxy's tunnel, is connected and secured already.
    if (!socket.connecting && !(socket as { secureConnecting?: boolean }).secureConnecting) {
      connected();
    } else if (outgoing.url.protocol === 'https:') {
      socket.once('connect', () => (this.#stage = 'securing'));
      socket.once('secureConnect', connected);
    } else socket.once('connect', connected);
  }

  #begin(response: http.IncomingMessage): void {
    this.#clearDeadline();
    this.#stage = 'receiving';
    this.#response = response;
    const arrived = (): void => {
      this.#grant.onActivity();
      this.#grant.wake();
    };
    response.on('readable', arrived);
    response.on('end', () => {
      this.#ended = true;
      this.#grant.wake();
    });
    response.on('error', (error) => this.#fail(errorCode(error, 'receiving')));
    response.on('close', () => {
      if (!this.#ended) this.#fail({ tag: 'HTTP-response-incomplete' });
    });
    this.#grant.onResponse({ status: this.status(), headers: this.#shown() });
    arrived();
  }

  /** The headers as a host may show them: one text for each name. */
  #shown(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const [name, value] of this.headers()) {
      const key = name.toLowerCase();
      const text = Buffer.from(value).toString('latin1');
      shown[key] = key in shown ? `${shown[key]}, ${text}` : text;
    }
    return shown;
  }

  #clearDeadline(): void {
    clearTimeout(this.#deadline);
    clearImmediate(this.#expiry);
  }

  #limit(milliseconds: number, code: ErrorCode): void {
    this.#clearDeadline();
    if (milliseconds <= 0) return;
    const expire = (): void => {
      this.#fail(code);
      this.#request.destroy();
    };
    // Node runs timers before it reads sockets. After the event loop was blocked, the connection may be up or the
    // response may have arrived, and only the socket's turn shows it; `#clearDeadline` then cancels both steps.
    this.#deadline = setTimeout(() => {
      this.#expiry = setImmediate(expire);
    }, milliseconds);
  }

  /** Node forgets what it has read of an answer once the connection is gone; it came all the same. */
  #keepWhatCame(): void {
    for (let piece: Buffer | null; (piece = this.#response?.read() ?? null); ) this.#kept.push(piece);
  }

  #fail(code: ErrorCode): void {
    this.#clearDeadline();
    if (this.#ended) return;
    // The first cause is the one that counts: what follows is its consequence.
    this.#failure ??= code;
    this.#keepWhatCame();
    this.#grant.wake();
  }
}
