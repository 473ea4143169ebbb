/** Takes a key out of what a server answers, before the component sees it. */

const WORD = Buffer.from('[redacted]');

/** Shorter keys may be words, and would be found where there is none. */
const SHORTEST = 8;

/** As many bytes as the key has, so that a content length stays true. */
function markFor(length: number): Buffer {
  const mark = Buffer.alloc(length, '*');
  if (length >= WORD.length) WORD.copy(mark);
  return mark;
}

/** A key to be looked for, in one text after another. */
export class Redaction {
  readonly #key: Buffer;
  readonly #mark: Buffer;

  constructor(key: string) {
    this.#key = key.length < SHORTEST ? Buffer.alloc(0) : Buffer.from(key);
    this.#mark = markFor(this.#key.length);
  }

  /** The bytes, with a mark where the key stood. Bytes without the key are handed back as they are. */
  whole(bytes: Buffer): Buffer {
    if (this.#key.length === 0) return bytes;
    let at = bytes.indexOf(this.#key);
    if (at < 0) return bytes;
    const clean = Buffer.from(bytes);
    for (; at >= 0; at = clean.indexOf(this.#key, at + this.#mark.length)) this.#mark.copy(clean, at);
    return clean;
  }

  /** How many bytes at the end of `bytes` may be the beginning of a key. */
  unsure(bytes: Buffer): number {
    const longest = Math.min(bytes.length, this.#key.length - 1);
    for (let length = longest; length > 0; length--) {
      // The last byte decides most cases at the cost of one comparison.
      if (bytes[bytes.length - 1] !== this.#key[length - 1]) continue;
      if (bytes.subarray(bytes.length - length).equals(this.#key.subarray(0, length))) return length;
    }
    return 0;
  }
}

/** A text that comes in pieces: what may be the beginning of a key waits for what follows. */
export class RedactedFlow {
  readonly #redaction: Redaction;
  #held: Buffer = Buffer.alloc(0);

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** What of this piece, and of what was held back before, can be passed on. */
  push(piece: Buffer): Buffer {
    const joined = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const clean = this.#redaction.whole(joined);
    const sure = clean.length - this.#redaction.unsure(clean);
    this.#held = clean.subarray(sure);
    return clean.subarray(0, sure);
  }

  /** What was held back, when nothing follows. A key that somebody cut is no less a key. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest.length < SHORTEST ? rest : markFor(rest.length);
  }
}
