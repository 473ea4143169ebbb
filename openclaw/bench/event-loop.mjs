/**
 * What streams through the component cost the event loop that they share with everything else, beside plain `fetch`.
 *
 *   node bench/event-loop.mjs [--streams 50] [--rounds 3] [--model stamped-text-c200-g5000] [--with NAME=FOLDER]...
 *
 * FOLDER is another build of the package, such as `dist/openclaw` of an earlier commit, to compare with.
 * TEST_OPENCLAW_HOST_TEST names the test host, whose `stand-in --stamped` is the server: the text of each chunk begins
 * with the time at which it was sent. All clients run in this process, in turns, and read the same bytes. Figures are
 * printed and not judged. What was received is checked: chunks, bytes, their order, and the end of every stream.
 */

import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startStandIn } from '../test/openclaw/rig/stand_in.mjs';

/** Hexadecimal digits of the stamp. */
const STAMP = 16;

/** The sampling interval of the loop's delay, in milliseconds; it is part of what the histogram holds. */
const SAMPLED_MS = 1;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string', default: 'stamped-text-c200-g5000' },
    with: { type: 'string', multiple: true, default: [] },
  },
});
const [streams, rounds, model] = [Number(values.streams), Number(values.rounds), values.model];
const planned = Number(/-c(\d+)/.exec(model)?.[1] ?? 500);
const length = Number(/-l(\d+)/.exec(model)?.[1] ?? 32);

/**
 * @typedef {object} Tally - of one stream
 * @property {number} chunks
 * @property {number} bytes - of text
 * @property {bigint} last - the stamp of the last chunk
 * @property {boolean} ordered - no stamp was older than the one before it
 * @property {string} end - the finish reason
 */

/** @returns {Tally} */
function emptyTally() {
  return { chunks: 0, bytes: 0, last: 0n, ordered: true, end: '' };
}

/**
 * @param {Tally} tally
 * @param {string} text
 * @param {number[]} delays - in microseconds
 */
function count(tally, text, delays) {
  const stamp = BigInt(`0x${text.slice(0, STAMP)}`);
  delays.push(Number(process.hrtime.bigint() - stamp) / 1000);
  tally.chunks += 1;
  tally.bytes += text.length;
  tally.ordered &&= stamp >= tally.last;
  tally.last = stamp;
}

/** @typedef {(delays: number[]) => Promise<Tally>} Client */

/**
 * The package as it is published.
 *
 * @param {import('../test/openclaw/rig/stand_in.mjs').StandIn} server
 * @param {URL} folder - of the package, with a slash at the end
 * @returns {Promise<Client>}
 */
async function component(server, folder) {
  // Copies of one package share the loaded component; two packages that are compared must not.
  for (const shared of Object.getOwnPropertySymbols(globalThis)) {
    if (shared.description?.startsWith('openclaw-cometapi/')) Reflect.deleteProperty(globalThis, shared);
  }
  const { loadComponent } = await import(new URL('lib/component/load.js', folder).href);
  const loaded = await loadComponent();
  // On a busy machine the other clients' turns take so long that the server closes the unused connections.
  const session = loaded.open({ apiKey: server.key, baseUrl: server.baseUrl, maxRetries: 1 });
  const part = { tag: 'text', val: { text: 'Hello.' } };
  const request = { model, messages: [{ role: 'user', content: [part], cacheHere: false }], tools: [], stop: [] };
  return async (delays) => {
    const tally = emptyTally();
    for await (const events of session.complete(request)) {
      for (const event of events) {
        if (event.tag === 'block-delta') count(tally, event.val.text, delays);
        if (event.tag === 'finish') tally.end = event.val.reason.tag;
      }
    }
    return tally;
  };
}

/**
 * The least that a program can do: lines, JSON, text.
 *
 * @param {import('../test/openclaw/rig/stand_in.mjs').StandIn} server
 * @returns {Client}
 */
function plainFetch(server) {
  const messages = [{ role: 'user', content: 'Hello.' }];
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
  };
  return async (delays) => {
    const tally = emptyTally();
    const response = await fetch(`${server.baseUrl}/chat/completions`, init);
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    let rest = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.startsWith('data: {'))) {
        const choice = JSON.parse(line.slice('data: '.length)).choices[0];
        if (choice?.delta?.content) count(tally, choice.delta.content, delays);
        if (choice?.finish_reason) tally.end = choice.finish_reason;
      }
    }
    return tally;
  };
}

/** What a client did in all its rounds. */
class Measured {
  /** @type {number[]} */
  delays = [];
  chunks = 0;
  /** @type {number[]} - CPU of each round in microseconds for a chunk */
  cpus = [];
  /** @type {{ p50: number, p99: number, max: number }[]} - delay of the loop in each round, in milliseconds */
  loops = [];

  /** @param {string} name @param {Client} client */
  constructor(name, client) {
    this.name = name;
    this.client = client;
  }

  async round() {
    const cpu = process.cpuUsage();
    // One for each round: between two rounds it would count the other client's time.
    const loop = monitorEventLoopDelay({ resolution: SAMPLED_MS });
    loop.enable();
    // All streams end before a failure is reported, so that the server stays up for the others.
    const ends = await Promise.allSettled(Array.from({ length: streams }, () => this.client(this.delays)));
    loop.disable();
    const late = (/** @type {number} */ nanoseconds) => Math.max(0, nanoseconds / 1e6 - SAMPLED_MS);
    this.loops.push({ p50: late(loop.percentile(50)), p99: late(loop.percentile(99)), max: late(loop.max) });
    const { user, system } = process.cpuUsage(cpu);
    this.cpus.push((user + system) / (streams * planned));
    for (const end of ends) {
      if (end.status === 'rejected') throw new Error(`${this.name}: a stream failed`, { cause: end.reason });
      this.#check(end.value);
      this.chunks += end.value.chunks;
    }
  }

  /** @param {Tally} tally */
  #check(tally) {
    const right = tally.chunks === planned && tally.bytes === planned * length && tally.ordered && tally.end === 'stop';
    if (right) return;
    const { chunks, bytes, ordered, end } = tally;
    const came = `${chunks} chunks, ${bytes} bytes, ${ordered ? 'in order' : 'out of order'}, end '${end}'`;
    throw new Error(`${this.name}: a stream of ${planned} chunks, ${planned * length} bytes, came as ${came}`);
  }

  /** One row: delivery in µs; CPU in µs, of the middle round; delay of the loop in ms, of that round, and the longest of all. */
  row() {
    const delays = sorted(this.delays);
    return [
      this.name,
      at(delays, 0.5).toFixed(0),
      at(delays, 0.99).toFixed(0),
      at(sorted(this.cpus), 0.5).toFixed(1),
      at(sorted(this.loops.map((loop) => loop.p50)), 0.5).toFixed(2),
      at(sorted(this.loops.map((loop) => loop.p99)), 0.5).toFixed(2),
      Math.max(...this.loops.map((loop) => loop.max)).toFixed(2),
    ];
  }
}

/** @param {number[]} numbers */
function sorted(numbers) {
  return Float64Array.from(numbers).sort();
}

/** @param {Float64Array} ascending @param {number} share - from 0 to 1 */
function at(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))];
}

/** @param {string[][]} rows */
function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const [name, ...figures] = row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell));
    console.log([name.padEnd(widths[0]), ...figures].join('  '));
  }
}

const server = await startStandIn('--stamped');
try {
  const packages = [
    ['component', fileURLToPath(new URL('../../dist/openclaw', import.meta.url))],
    ...values.with.map((pair) => pair.split('=')),
  ];
  const clients = [];
  for (const [name, folder] of packages) {
    clients.push(new Measured(name, await component(server, pathToFileURL(`${resolve(folder)}/`))));
  }
  clients.push(new Measured('fetch', plainFetch(server)));
  // The first responses compile code and open connections, which is not part of the measurement.
  for (const { client } of clients) await Promise.all(Array.from({ length: streams }, () => client([])));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each round, so that none is always after the same one.
    for (let turn = 0; turn < clients.length; turn += 1) await clients[(round + turn) % clients.length].round();
  }
  console.log(`${streams} streams at once of ${model}, ${rounds} rounds of each in turn, Node ${process.version}`);
  print([
    ['', 'chunk µs p50', 'p99', 'CPU µs/chunk', 'loop delay ms p50', 'p99', 'max'],
    ...clients.map((client) => client.row()),
  ]);
  console.log(`checked: ${clients[0].chunks} chunks of each, their bytes, their order, the end of each stream`);
} finally {
  await server.stop();
}
