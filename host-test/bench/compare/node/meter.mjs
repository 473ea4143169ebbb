// Measures a client of the latency server in Node. The report has the same fields as that of the crate `meter`.
//
// The text of each chunk that the server sends begins with the time at which it was sent: CLOCK_MONOTONIC in
// nanoseconds, as 16 hexadecimal digits. On Linux process.hrtime is the same clock. A client is an async function that
// makes one request, and passes each text to the sample as soon as its library delivers it. `main` makes the requests
// and prints one line of JSON.

import { parseArgs } from 'node:util';

const TIMESTAMP = /^[0-9a-fA-F]{16}/;
const now = () => process.hrtime.bigint();

/** The measurements of one response, or of several together. Durations are in nanoseconds. */
class Sample {
  first = [];
  delays = [];
  bytes = 0;
  firstAt = undefined;
  begun = now();

  text(text) {
    // Many servers begin with an empty delta, which is not the first token.
    if (!text) return;
    const time = now();
    this.bytes += Buffer.byteLength(text);
    if (this.firstAt === undefined) {
      this.firstAt = time;
      this.first.push(Number(time - this.begun));
    }
    const timestamp = TIMESTAMP.exec(text);
    if (timestamp) this.delays.push(Math.max(0, Number(time - BigInt(`0x${timestamp[0]}`))));
  }

  add(other) {
    // Spreading would pass each value as an argument, and a call cannot take hundreds of thousands.
    for (const delay of other.delays) this.delays.push(delay);
    for (const first of other.first) this.first.push(first);
    this.bytes += other.bytes;
    if (this.firstAt === undefined || other.firstAt < this.firstAt) this.firstAt = other.firstAt ?? this.firstAt;
  }
}

/** The combined measurements of several responses. */
class Round {
  sample = new Sample();
  requests = 0;
  wallS = 0;
  userS = 0;
  sysS = 0;
  failed = 0;
  error = null;

  /** Adds another round, whose times follow those of this one. */
  add(other) {
    this.sample.add(other.sample);
    for (const sum of ['requests', 'wallS', 'userS', 'sysS', 'failed']) this[sum] += other[sum];
    this.error ??= other.error;
  }

  /** The figures of these responses, with the names that the crate `meter` uses. */
  phase() {
    const ascending = (numbers) => Float64Array.from(numbers).sort();
    const delays = ascending(this.sample.delays);
    return {
      requests: this.requests,
      chunks: delays.length,
      bytes: this.sample.bytes,
      wall_s: this.wallS,
      ttft_us: percentile(ascending(this.sample.first), 50),
      p50_us: percentile(delays, 50),
      p90_us: percentile(delays, 90),
      p99_us: percentile(delays, 99),
      max_us: percentile(delays, 100),
      cpu_user_s: this.userS,
      cpu_sys_s: this.sysS,
    };
  }
}

/** The percentile of sorted nanoseconds by the nearest rank, in microseconds; null without values. */
function percentile(nanoseconds, percent) {
  const rank = Math.max(1, Math.ceil((nanoseconds.length * percent) / 100));
  return nanoseconds.length === 0 ? null : nanoseconds[rank - 1] / 1000;
}

/** Lets each lane make its share of the requests one after the other. All lanes run at the same time. */
async function round(exchange, shares) {
  const result = new Round();
  const before = process.cpuUsage();
  const began = now();
  const lane = async (share) => {
    for (let made = 0; made < share; made += 1) {
      const sample = new Sample();
      try {
        await exchange(sample);
      } catch (why) {
        result.failed += 1;
        result.error ??= String(why?.message ?? why);
      }
      result.sample.add(sample);
    }
  };
  await Promise.all(shares.map(lane));
  // The processor time is that of the whole process, so it is measured for the round and not for each response.
  const cpu = process.cpuUsage(before);
  result.requests = shares.reduce((sum, share) => sum + share, 0);
  result.wallS = Number(now() - began) / 1e9;
  result.userS = cpu.user / 1e6;
  result.sysS = cpu.system / 1e6;
  return result;
}

/** The figures of all responses, of the first one of each lane (over a new connection), and of the later ones. */
async function report(name, requests, lanes, exchange) {
  const shares = (count) =>
    Array.from({ length: lanes }, (_, lane) => Math.floor(count / lanes) + Number(lane < count % lanes));
  const cold = await round(exchange, shares(Math.min(requests, lanes)));
  const warm = requests > lanes ? await round(exchange, shares(requests - lanes)) : null;
  const all = new Round();
  for (const part of [cold, warm]) if (part) all.add(part);
  const started = process.env.METER_STARTED_NS;
  const first = cold.sample.firstAt;
  return {
    client: name,
    ...all.phase(),
    start_us: started && first !== undefined ? Math.max(0, Number(first - BigInt(started)) / 1000) : null,
    cold: cold.phase(),
    warm: warm?.phase() ?? null,
    maxrss_kb: process.resourceUsage().maxRSS,
    failed: all.failed,
    error: all.error,
  };
}

/** A whole number of at least 1, or an error that names the option. */
function positive(text, name) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number of at least 1`);
  return number;
}

/**
 * Parses the arguments, measures, and prints. `connect(baseUrl, key, model, component)` returns the client's function, or
 * a promise of it.
 */
export async function main(name, connect) {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string' },
      model: { type: 'string', short: 'm' },
      requests: { type: 'string', short: 'r', default: '1' },
      concurrency: { type: 'string', short: 'c', default: '1' },
      // The module that loads the component, for the one client that runs it.
      component: { type: 'string' },
    },
  });
  if (!values['base-url'] || !values.model) throw new Error('--base-url and --model are required');
  const requests = positive(values.requests, 'requests');
  const lanes = Math.min(positive(values.concurrency, 'concurrency'), requests);
  const key = process.env.COMETAPI_KEY || 'sk-measure';
  const exchange = await connect(values['base-url'], key, values.model, values.component);
  const result = await report(name, requests, lanes, exchange);
  process.stdout.write(`${JSON.stringify(result)}\n`, () => {
    if (result.error) console.error(`Error: ${result.error}`);
    // Idle connections in a pool would keep the process running.
    process.exit(result.error ? 1 : 0);
  });
}
