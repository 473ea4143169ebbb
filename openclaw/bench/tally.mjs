/** What a client received of one stream of the stamped stand-in. */

/** Hexadecimal digits of the stamp with which each text begins: when it was sent, in nanoseconds. */
const STAMP = 16;

export class Tally {
  chunks = 0;
  /** Of text. */
  bytes = 0;
  /** No stamp was older than the one before it. */
  ordered = true;
  /** The finish reason, in the client's own words. */
  end = '';
  /** From the request to the first text, in milliseconds. */
  first = 0;
  #last = 0n;
  #begun = performance.now();

  /** @param {number[]} delays - from sending to receiving, in microseconds, of each chunk */
  constructor(delays) {
    this.delays = delays;
  }

  /** @param {string} text - of one chunk */
  count(text) {
    const stamp = BigInt(`0x${text.slice(0, STAMP)}`);
    this.delays.push(Number(process.hrtime.bigint() - stamp) / 1000);
    if (this.chunks === 0) this.first = performance.now() - this.#begun;
    this.chunks += 1;
    this.bytes += text.length;
    this.ordered &&= stamp >= this.#last;
    this.#last = stamp;
  }
}
