/**
 * A gateway of OpenClaw's, running in a home of its own, and calls of its methods over its WebSocket. A call takes
 * milliseconds, where a command of OpenClaw's takes seconds.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';

/** Longer than a start takes on any machine, in milliseconds: only a hang is caught. */
const PATIENCE_MS = 300_000;

/** The exit code of a gateway that found its state locked or half upgraded; another start succeeds. */
const TRY_AGAIN = 78;

/** What a gateway writes that got no lease of its state within five seconds, as happens on a busy machine, also repeatedly. */
const NO_LEASE = 'state lease heartbeat did not become ready';

/** Further starts after one of these failures. */
const RETRIES = 3;

/** A client that is trusted with the token alone: any other has to be paired as a device. */
const CLIENT = { id: 'gateway-client', version: '1', platform: 'linux', mode: 'backend' };
const SCOPES = ['operator.admin', 'operator.read', 'operator.write'];

/**
 * @typedef {object} GatewayOptions
 * @property {Record<string, string>} [env] - beside the home's own
 * @property {string[]} [flags] - further arguments of `gateway run`
 */

/** A port that is free now. */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a gateway in the home, and waits until it serves requests.
 *
 * @param {import('./home.mjs').Home} home
 * @param {GatewayOptions} [options]
 * @returns {Promise<Gateway>}
 */
export async function startGateway(home, options = {}) {
  // Otherwise OpenClaw writes its log to a folder that all homes share.
  await home.configure({ logging: { file: join(home.path, 'tmp', 'gateway.log') } });
  const failed = (/** @type {Gateway} */ { exitCode, output }) =>
    exitCode === TRY_AGAIN || (exitCode !== undefined && output.includes(NO_LEASE));
  let gateway = await attempt(home, options);
  for (let left = RETRIES; failed(gateway) && left > 0; left -= 1) gateway = await attempt(home, options);
  if (gateway.exitCode !== undefined) {
    throw new Error(`the gateway ended with ${gateway.exitCode}: ${gateway.output.slice(-6000)}`);
  }
  return gateway;
}

/** @param {import('./home.mjs').Home} home @param {GatewayOptions} options */
async function attempt(home, { env = {}, flags = [] }) {
  const port = await freePort();
  const token = randomUUID();
  const args = ['gateway', 'run', '--port', String(port), '--bind', 'loopback', '--auth', 'token', '--token', token];
  const gateway = new Gateway(home.spawn([...args, '--allow-unconfigured', ...flags], env), port, token);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  while (gateway.exitCode === undefined && !(await gateway.isReady())) {
    if (patience.aborted) {
      await gateway.stop();
      throw new Error(`the gateway was not ready after ${PATIENCE_MS} ms: ${gateway.output.slice(-6000)}`);
    }
    await new Promise((soon) => setTimeout(soon, 100));
  }
  return gateway;
}

export class Gateway {
  #child;
  #ended;
  /** @type {Connection | undefined} */
  #connection;
  /** What it wrote, on stdout and stderr. */
  output = '';
  /** Nothing while it runs. @type {number | string | undefined} */
  exitCode;

  /** @param {import('node:child_process').ChildProcessWithoutNullStreams} child @param {number} port @param {string} token */
  constructor(child, port, token) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.token = token;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.output += text));
    this.#ended = once(child, 'close').then(([code, signal]) => (this.exitCode = code ?? signal));
    child.stdin.end();
  }

  /** Whether it takes connections. It reports `readyz` a little earlier. */
  async isReady() {
    const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
    if (!response?.ok) return false;
    this.#connection = await Connection.open(this.url, this.token).catch(() => undefined);
    return this.#connection !== undefined;
  }

  /**
   * Calls a method.
   *
   * @param {string} method
   * @param {Record<string, unknown>} [params]
   * @returns {Promise<any>} its last response: that of a turn arrives when the turn has ended
   */
  async call(method, params = {}) {
    if (!this.#connection) throw new Error('the gateway is not ready');
    return this.#connection.call(method, params);
  }

  /**
   * The models of this provider.
   *
   * @param {Record<string, unknown>} [params] - such as `refresh`
   * @returns {Promise<any[]>}
   */
  async models(params = {}) {
    const { models } = await this.call('models.list', { view: 'all', ...params });
    return models.filter((/** @type {any} */ model) => model.provider === 'cometapi');
  }

  /**
   * One turn of the agent.
   *
   * @param {string} message
   * @param {{ model: string, provider?: string, sessionKey?: string, thinking?: string }} options - another key of a
   *   session for another conversation
   * @returns {Promise<any>} the run's result
   */
  async turn(message, { model, provider = 'cometapi', sessionKey = 'agent:main:main', thinking = 'off' }) {
    const route = { provider, model, sessionKey, thinking };
    return this.call('agent', { message, ...route, deliver: false, idempotencyKey: randomUUID() });
  }

  async stop() {
    this.#connection?.close();
    this.#child.kill('SIGINT');
    const hangs = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#ended;
    clearTimeout(hangs);
  }
}

/** A WebSocket to the gateway. */
class Connection {
  #socket;
  /** @type {Map<string, { resolve: (payload: any) => void, reject: (error: Error) => void }>} */
  #pending = new Map();

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener('close', ({ code, reason }) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`the gateway hung up: ${code} ${reason}`));
    });
  }

  /** @param {string} url @param {string} token */
  static async open(url, token) {
    const socket = new WebSocket(url.replace('http', 'ws'));
    const connection = new Connection(socket);
    await new Promise((opened, failed) => {
      socket.addEventListener('open', opened);
      socket.addEventListener('error', () => failed(new Error(`the gateway at ${url} takes no WebSocket`)));
    });
    const parameters = { client: CLIENT, role: 'operator', scopes: SCOPES, auth: { token } };
    await connection.call('connect', { minProtocol: 1, maxProtocol: 99, ...parameters });
    return connection;
  }

  /** @param {string} method @param {Record<string, unknown>} params @returns {Promise<any>} */
  call(method, params) {
    const id = randomUUID();
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** @param {any} frame */
  #receive({ type, id, ok, payload, error }) {
    const pending = this.#pending.get(id);
    // A turn has a first response when it is accepted.
    if (type !== 'res' || !pending || (ok && payload?.status === 'accepted')) return;
    this.#pending.delete(id);
    if (ok) pending.resolve(payload);
    else pending.reject(new Error(`the gateway refused: ${JSON.stringify(error ?? payload)}`));
  }

  close() {
    this.#socket.close();
  }
}
