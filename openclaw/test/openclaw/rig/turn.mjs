/** One turn of OpenClaw's agent, without a terminal and without a gateway, and all that can be seen of it. */

import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRecorder } from './recorder.mjs';

/**
 * @typedef {object} StreamedLine - a line of the stream that OpenClaw writes down on request
 * @property {number} ts - milliseconds since 1970
 * @property {string} event
 * @property {string} [evtType]
 * @property {string} [delta]
 */

/**
 * @typedef {object} Turn
 * @property {any} output - the JSON on stdout; nothing where there was none
 * @property {string} stderr
 * @property {number} ms
 * @property {import('./recorder.mjs').Recorded[]} requests - for completions
 * @property {StreamedLine[]} streamed
 * @property {{ how: string, ms: number }[]} ended - of each connection to the provider that an abort or Ctrl-C ended: by
 *   what, and the processor time until then
 * @property {string[]} reasons - of each model that failed: why, in OpenClaw's words
 */

/**
 * @typedef {object} TurnOptions
 * @property {string} [prompt]
 * @property {string} [thinking] - [off]
 * @property {string[]} [fallbacks] - ids of models
 * @property {Record<string, string | Buffer>} [files] - in the folder that the agent works in
 * @property {number} [retries] - that OpenClaw makes when a provider fails [0]
 * @property {number} [code] - exit code [0]
 * @property {Record<string, string>} [env]
 * @property {Parameters<typeof startRecorder>[1]} [direct] - what becomes of each request
 * @property {boolean} [stepwise] - once OpenClaw was sent a piece of text or thinking, it gets no more of the response
 *   before it has handed on a piece: a turn that ends proves that it streams, on a machine of any speed [false]
 * @property {number} [deadline] - seconds until OpenClaw gives the turn up [500]
 * @property {(recorder: import('./recorder.mjs').Recorder, child: import('node:child_process').ChildProcess) => void}
 *   [started]
 */

/**
 * @param {import('./home.mjs').Home} home
 * @param {import('./stand_in.mjs').StandIn} standIn
 * @param {string} model - its id, or the name of a scenario
 * @param {TurnOptions} [options]
 * @returns {Promise<Turn>}
 */
export async function agentTurn(home, standIn, model, options = {}) {
  const { prompt = 'Hello.', thinking = 'off', fallbacks = [], files = {}, retries = 0, deadline = 500 } = options;
  const settings = JSON.stringify({ retry: { provider: { maxRetries: retries } } });
  const folder = await home.folder({ ...files, '.openclaw/settings.json': settings });
  const written = await mkdtemp(join(home.path, 'tmp', 'stream-'));
  const streamPath = join(written, 'stream.jsonl');
  const abortPath = join(written, 'abort-ms');
  const direct = options.direct ?? (() => undefined);
  const gate = (/** @type {import('./recorder.mjs').Recorded} */ request) => handedOn(streamPath, request);
  const recorder = await startRecorder(standIn, (request, before) => {
    return options.stepwise ? { ...direct(request, before), gate } : direct(request, before);
  });
  const env = {
    COMETAPI_KEY: standIn.key,
    COMETAPI_BASE_URL: recorder.baseUrl,
    OPENCLAW_RAW_STREAM: '1',
    OPENCLAW_RAW_STREAM_PATH: streamPath,
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('./abort_clock.mjs', import.meta.url))}`,
    ABORT_CLOCK_FILE: abortPath,
    ABORT_CLOCK_PORT: new URL(recorder.baseUrl).port,
    ...options.env,
  };
  const others = fallbacks.flatMap((id) => ['--fallback', `cometapi/${id}`]);
  const args = ['agent', 'exec', prompt, '--cwd', folder, '--model', `cometapi/${model}`, ...others];
  try {
    const limits = ['--thinking', thinking, '--timeout', String(deadline)];
    const { stdout, stderr, ms } = await home.run([...args, ...limits, '--json'], {
      env,
      code: options.code ?? 0,
      started: (child) => options.started?.(recorder, child),
    });
    const linesOf = async (/** @type {string} */ path) =>
      (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const lines = await linesOf(streamPath);
    return {
      output: stdout.trim() ? JSON.parse(stdout) : undefined,
      stderr,
      ms,
      requests: recorder.chats(),
      streamed: lines.map((line) => JSON.parse(line)),
      ended: (await linesOf(abortPath)).map((line) => {
        const [how = '', ms] = line.split(' ');
        return { how, ms: Number(ms) };
      }),
      reasons: [...stderr.matchAll(/decision=candidate_failed .*? reason=(\w+)/g)].map((found) => found[1]),
    };
  } finally {
    await recorder.close();
  }
}

/**
 * Waits until OpenClaw has handed on a piece of the response, if it was sent one.
 *
 * @param {string} streamPath
 * @param {import('./recorder.mjs').Recorded} request
 */
async function handedOn(streamPath, request) {
  if (!/"(?:content|reasoning_content)":"[^"]/.test(request.received)) return;
  const record = async () => readFile(streamPath, 'utf8').catch(() => '');
  const handed = async () => /"delta":"[^"]/.test(await record());
  while (request.end === 'pending' && !(await handed())) await new Promise((soon) => setTimeout(soon, 10));
}

/**
 * The pieces of text, or of thinking, in the order in which OpenClaw handed them on. It writes each line of its record
 * separately and waits for none, so that two may change places in the file; their times give the order.
 *
 * @param {Turn} turn
 * @param {'assistant_text_stream' | 'assistant_thinking_stream'} kind
 */
export function piecesOf(turn, kind) {
  const pieces = turn.streamed.filter((line) => line.event === kind && line.delta);
  return pieces.sort((one, other) => one.ts - other.ts);
}
