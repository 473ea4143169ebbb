/** What the stand-in's simulated prompt cache did with recorded requests on Messages, and what that costs. */

/**
 * @typedef {object} Tokens
 * @property {number} read - from the cache
 * @property {number} written - to the cache
 * @property {number} writtenForAnHour - the part of these that lives for an hour
 * @property {number} fresh - input that is neither
 * @property {number} output
 */

/** @typedef {{ input: number, output: number, cacheRead: number, cacheWrite: number }} Rates - in dollars, per million */

/** @returns {Tokens} */
export function noTokens() {
  return { read: 0, written: 0, writtenForAnHour: 0, fresh: 0, output: 0 };
}

/** @param {Tokens[]} all @returns {Tokens} */
export function sumOf(all) {
  return all.reduce(
    (sum, next) => ({
      read: sum.read + next.read,
      written: sum.written + next.written,
      writtenForAnHour: sum.writtenForAnHour + next.writtenForAnHour,
      fresh: sum.fresh + next.fresh,
      output: sum.output + next.output,
    }),
    noTokens(),
  );
}

/**
 * The tokens of a streamed response on Messages, as the stand-in counted them.
 *
 * @param {import('./recorder.mjs').Recorded} request
 * @returns {Tokens}
 */
export function tokensOf(request) {
  const lines = request.received.split('\n').filter((line) => line.startsWith('data: {'));
  const ends = lines.map((line) => JSON.parse(line.slice('data: '.length)));
  const usage = ends.findLast((event) => event.type === 'message_delta')?.usage;
  if (!usage) throw new Error(`no usage arrived, status ${request.status}: ${request.received.slice(0, 600)}`);
  return {
    read: usage.cache_read_input_tokens,
    written: usage.cache_creation_input_tokens,
    writtenForAnHour: usage.cache_creation.ephemeral_1h_input_tokens,
    fresh: usage.input_tokens,
    output: usage.output_tokens,
  };
}

/** The share of the input that was read from the cache. @param {Tokens} tokens */
export function hitRate({ read, written, fresh }) {
  return read / (read + written + fresh);
}

/** @param {Tokens} tokens @param {Rates} rates @returns {number} in dollars; an hour costs twice the price of input */
export function costOf(tokens, rates) {
  const short = tokens.written - tokens.writtenForAnHour;
  const input = tokens.fresh * rates.input + tokens.read * rates.cacheRead + short * rates.cacheWrite;
  return (input + tokens.writtenForAnHour * 2 * rates.input + tokens.output * rates.output) / 1e6;
}

/**
 * The blocks of a request with a mark of the cache, as places such as `system.0` and `messages.3.0`, with their lifetimes.
 *
 * @param {any} body
 * @returns {string[]}
 */
export function marksOf(body) {
  /** @type {string[]} */
  const marks = [];
  const add = (/** @type {string} */ place, /** @type {any} */ block) => {
    if (block?.cache_control) marks.push(`${place} ${block.cache_control.ttl ?? '5m'}`);
  };
  const addAll = (/** @type {string} */ place, /** @type {any} */ blocks) => {
    if (Array.isArray(blocks)) for (const [at, block] of blocks.entries()) add(`${place}.${at}`, block);
  };
  addAll('tools', body.tools);
  addAll('system', body.system);
  for (const [at, message] of body.messages.entries()) addAll(`messages.${at}`, message.content);
  add('request', body);
  return marks;
}

/**
 * The thinking that a request on Messages sends back, by signature.
 *
 * @param {any} body
 * @returns {string[]}
 */
export function signaturesOf(body) {
  const blocks = body.messages.flatMap((/** @type {any} */ { content }) => (Array.isArray(content) ? content : []));
  return blocks
    .filter((/** @type {any} */ { type }) => type === 'thinking')
    .map((/** @type {any} */ { signature }) => signature);
}

/** The signatures of thinking in responses on Messages. @param {import('./recorder.mjs').Recorded[]} requests */
export function signaturesIn(requests) {
  const found = requests.flatMap(({ received }) => [...received.matchAll(/"signature":"([^"]+)"/g)]);
  return found.map(([, signature]) => signature);
}
