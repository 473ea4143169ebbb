/** Reads and writes the numbers of WebAssembly's binary format. */

export class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('the module is cut off');
    return byte;
  }

  bytes(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new Error('the module is cut off');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.at);
  }

  /** A number of at most 32 bits without a sign. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('the module has a number that is too long');
  }

  /** Skips a number of any size. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }
}

export function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(Math.floor(value / 0x80))];
}

/** A number without a sign, in the encoding of numbers that have one. */
export function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(Math.floor(value / 0x80))];
}

/** A name with its length. */
export function bytesOfName(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...unsignedLeb(bytes.length), ...bytes];
}
