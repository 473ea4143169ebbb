/** `wasi:io/streams` and `wasi:io/error`, over the two bodies of an exchange. */

import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import type { Exchange } from './exchange.js';
import { Pollable } from './poll.js';

/** Why a stream failed. */
export class IoError {
  constructor(readonly code: ErrorCode) {}

  toDebugString(): string {
    return this.code.tag;
  }
}

/** The body of a response. Unread bytes stay with the socket, which stops reading when its buffer is full. */
export class InputStream {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The received bytes, at most `length`; empty if none have arrived. */
  read(length: bigint): Uint8Array {
    const read = this.#exchange.read(Number(length));
    switch (read.tag) {
      case 'bytes':
        return read.val;
      case 'end':
        throw { tag: 'closed' };
      case 'failed':
        throw { tag: 'last-operation-failed', val: new IoError(read.val) };
    }
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#exchange.isReadable());
  }
}

/** The body of a request. It exists before its request is sent, and accepts nothing until then. */
export class OutputStream {
  readonly #exchange: () => Exchange | undefined;

  constructor(exchange: () => Exchange | undefined) {
    this.#exchange = exchange;
  }

  /** How many bytes may be written now. More are permitted once the written ones are sent. */
  checkWrite(): bigint {
    // 0 before the request is sent: the component then waits for `wake`, as for a full window.
    const permitted = this.#exchange()?.permitted() ?? 0;
    if (permitted < 0) throw { tag: 'closed' };
    return BigInt(permitted);
  }

  write(contents: Uint8Array): void {
    this.#exchange()?.write(contents);
  }

  flush(): void {
    // Written bytes are sent automatically.
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#exchange()?.permitted() !== 0);
  }
}
