/**
 * What streams cost the event loop that they share with everything else: through the component, the plugin, OpenClaw's own
 * transport, and plain `fetch`.
 *
 *   node bench/event-loop.mjs [--streams 50] [--rounds 3] [--model stamped-text-c200-g5000]
 *                             [--openclaw COMMAND] [--with NAME=FOLDER]...
 *
 * COMMAND is the `openclaw.mjs` of an installed OpenClaw, whose transport is measured too. FOLDER is another build of the
 * package, such as `dist/openclaw` of an earlier commit, to compare with.
 *
 * TEST_OPENCLAW_HOST_TEST names the test host, whose `stand-in --stamped` is the server: the text of each chunk begins
 * with the time at which it was sent. All clients run in this process, in turns, and read the same bytes. Figures are
 * printed and not judged. What was received is checked: chunks, bytes, their order, and the end of every stream.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startStandIn } from '../test/openclaw/rig/stand_in.mjs';
import { builtIn, component, plainFetch, plugin } from './lanes.mjs';

/** The sampling interval of the loop's delay, in milliseconds; it is part of what the histogram holds. */
const SAMPLED_MS = 1;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string', default: 'stamped-text-c200-g5000' },
    openclaw: { type: 'string' },
    with: { type: 'string', multiple: true, default: [] },
  },
});
const [streams, rounds, model] = [Number(values.streams), Number(values.rounds), values.model];
const planned = Number(/-c(\d+)/.exec(model)?.[1] ?? 500);
const length = Number(/-l(\d+)/.exec(model)?.[1] ?? 32);

/** What a client did in all its rounds. */
class Measured {
  /** @type {number[]} */
  delays = [];
  /** @type {number[]} */
  firsts = [];
  chunks = 0;
  /** @type {number[]} - CPU of each round in microseconds for a chunk */
  cpus = [];
  /** @type {{ p50: number, p99: number, max: number }[]} - delay of the loop in each round, in milliseconds */
  loops = [];

  /** @param {string} name @param {import('./lanes.mjs').Client} client */
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
      this.firsts.push(end.value.first);
    }
  }

  /** @param {import('./tally.mjs').Tally} tally */
  #check({ chunks, bytes, ordered, end }) {
    if (chunks === planned && bytes === planned * length && ordered && end === 'stop') return;
    const came = `${chunks} chunks, ${bytes} bytes, ${ordered ? 'in order' : 'out of order'}, end '${end}'`;
    throw new Error(`${this.name}: a stream of ${planned} chunks, ${planned * length} bytes, came as ${came}`);
  }

  /** One row. CPU and delay of the loop are medians of the rounds, the longest delay is that of all. */
  row() {
    const delays = sorted(this.delays);
    const middle = (/** @type {number[]} */ numbers) => at(sorted(numbers), 0.5);
    return [
      this.name,
      middle(this.cpus).toFixed(1),
      at(delays, 0.5).toFixed(0),
      at(delays, 0.99).toFixed(0),
      middle(this.loops.map((loop) => loop.p50)).toFixed(2),
      middle(this.loops.map((loop) => loop.p99)).toFixed(2),
      Math.max(...this.loops.map((loop) => loop.max)).toFixed(2),
      middle(this.firsts).toFixed(1),
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
  const own = fileURLToPath(new URL('../../dist/openclaw', import.meta.url));
  const clients = [
    new Measured('component', await component(server, model, own)),
    new Measured('plugin', await plugin(server, model, own)),
  ];
  for (const [name, folder] of values.with.map((pair) => pair.split('='))) {
    clients.push(new Measured(name, await component(server, model, folder)));
    clients.push(new Measured(`${name}, plugin`, await plugin(server, model, folder)));
  }
  if (values.openclaw) clients.push(new Measured('built-in', await builtIn(server, model, values.openclaw)));
  clients.push(new Measured('fetch', plainFetch(server, model)));
  // The first responses compile code and open connections, which is not part of the measurement.
  for (const { client } of clients) await Promise.all(Array.from({ length: streams }, () => client([])));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each round, so that none is always after the same one.
    for (let turn = 0; turn < clients.length; turn += 1) await clients[(round + turn) % clients.length].round();
  }
  console.log(`${streams} streams at once of ${model}, ${rounds} rounds of each in turn, Node ${process.version}`);
  print([
    ['', 'CPU µs/chunk', 'delivery µs p50', 'p99', 'loop delay ms p50', 'p99', 'max', 'first text ms p50'],
    ...clients.map((client) => client.row()),
  ]);
  console.log(`checked: ${clients[0].chunks} chunks of each, their bytes, their order, the end of each stream`);
} finally {
  await server.stop();
}
