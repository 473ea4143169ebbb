/** Removes the key from responses before the component sees them: some servers repeat it in error messages. */

const MARK_TEXT = Buffer.from('[redacted]');

/** A shorter key may be an ordinary word, which would then be removed from texts that do not contain the key. */
const MIN_KEY_LENGTH = 8;

/** A mark of the key's length, so that the content length stays correct. */
function markFor(length: number): Buffer {
  const mark = Buffer.alloc(length, '*');
  if (length >= MARK_TEXT.length) MARK_TEXT.copy(mark);
  return mark;
}

/** Finds one key in any number of texts. */
export class Redaction {
  readonly #key: Buffer;
  readonly #mark: Buffer;

  constructor(key: string) {
    this.#key = key.length < MIN_KEY_LENGTH ? Buffer.alloc(0) : Buffer.from(key);
    this.#mark = markFor(this.#key.length);
  }

  /** Replaces the key by a mark. Bytes without the key are returned as they are, without a copy. */
  whole(bytes: Buffer): Buffer {
    if (this.#key.length === 0) return bytes;
    let at = bytes.indexOf(this.#key);
    if (at < 0) return bytes;
    const clean = Buffer.from(bytes);
    for (; at >= 0; at = clean.indexOf(this.#key, at + this.#mark.length)) this.#mark.copy(clean, at);
    return clean;
  }

  /** How many bytes at the end of `bytes` may be the beginning of the key. */
  unsure(bytes: Buffer): number {
    const longest = Math.min(bytes.length, this.#key.length - 1);
    for (let length = longest; length > 0; length--) {
      // Comparing the last byte first rules out most lengths at the cost of one comparison.
      if (bytes[bytes.length - 1] !== this.#key[length - 1]) continue;
      if (bytes.subarray(bytes.length - length).equals(this.#key.subarray(0, length))) return length;
    }
    return 0;
  }
}

/** Redacts a text that arrives in chunks. A possible beginning of the key is held back until the next chunk. */
export class RedactedFlow {
  readonly #redaction: Redaction;
  #held: Buffer = Buffer.alloc(0);

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** Returns the part of this chunk, and of the bytes held back before, that can be passed on. */
  push(piece: Buffer): Buffer {
    const joined = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const clean = this.#redaction.whole(joined);
    const sure = clean.length - this.#redaction.unsure(clean);
    this.#held = clean.subarray(sure);
    return clean.subarray(0, sure);
  }

  /** Returns the bytes held back, at the end of the text. A truncated key is still secret, so it is masked too. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest.length < MIN_KEY_LENGTH ? rest : markFor(rest.length);
  }
}
