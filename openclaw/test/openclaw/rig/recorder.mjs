/**
 * A server between OpenClaw and the stand-in that records each request, its response, and how it ended.
 *
 * It passes bytes on as they come, in both directions, and passes on also that a connection was closed. A request
 * can be sent to another scenario than the one its model stands for, by the header of the stand-in.
 */

import { once } from 'node:events';
import http from 'node:http';
import { Transform } from 'node:stream';

/**
 * @typedef {object} Recorded
 * @property {string} method
 * @property {string} path - with the query
 * @property {http.IncomingHttpHeaders} headers - the credential included
 * @property {any} json - the body, where it is JSON
 * @property {number} at - milliseconds, by the clock that never goes back
 * @property {number | undefined} status - of the response
 * @property {string} received - the part of its body that was passed on
 * @property {'pending' | 'finished' | 'closed by the client' | 'broken by the server'} end
 * @property {number | undefined} endedAt - milliseconds, likewise
 */

/**
 * @typedef {object} Direction - what becomes of a request
 * @property {string} [scenario] - played instead of the one that its model stands for
 * @property {Record<string, string>} [headers] - of the response, instead of its own
 * @property {(body: string) => string} [edit] - makes the body of the response from the stand-in's
 * @property {(request: Recorded) => Promise<void>} [gate] - waited for before each part of the response is passed on
 */

/**
 * @typedef {object} Recorder
 * @property {string} baseUrl - for the plugin, with `/v1`
 * @property {Recorded[]} requests - in the order of their arrival
 * @property {() => Recorded[]} chats - those for completions
 * @property {() => Promise<void>} close
 */

/** @param {Buffer} body */
function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * @param {import('./stand_in.mjs').StandIn} standIn
 * @param {(request: Recorded, before: Recorded[]) => Direction | undefined} [direct] - nothing: as the stand-in will
 * @returns {Promise<Recorder>}
 */
export async function startRecorder(standIn, direct = () => undefined) {
  const origin = new URL(standIn.baseUrl);
  /** @type {Recorded[]} */
  const requests = [];
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    /** @type {Recorded} */
    const recorded = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      json: parsed(body),
      at: performance.now(),
      status: undefined,
      received: '',
      end: 'pending',
      endedAt: undefined,
    };
    const direction = direct(recorded, requests) ?? {};
    requests.push(recorded);
    const settle = (/** @type {Recorded['end']} */ end) => {
      if (recorded.end !== 'pending') return;
      recorded.end = end;
      recorded.endedAt = performance.now();
    };

    const scenario = direction.scenario ? { 'x-scenario': direction.scenario } : {};
    const headers = { ...request.headers, host: origin.host, ...scenario };
    const target = { host: origin.hostname, port: origin.port, method: request.method, path: request.url };
    const onward = http.request({ ...target, headers, agent });
    response.once('finish', () => settle('finished'));
    response.once('close', () => {
      settle('closed by the client');
      onward.destroy();
    });
    const broken = () => {
      settle('broken by the server');
      response.destroy();
    };
    onward.once('error', broken);
    onward.once('response', async (incoming) => {
      recorded.status = incoming.statusCode;
      if (direction.edit) {
        recorded.received = direction.edit(Buffer.concat(await incoming.toArray()).toString());
        response.writeHead(incoming.statusCode ?? 502, { 'content-type': incoming.headers['content-type'] ?? '' });
        response.end(recorded.received);
        return;
      }
      response.writeHead(incoming.statusCode ?? 502, { ...incoming.headers, ...direction.headers });
      response.flushHeaders();
      const gated = new Transform({
        async transform(bytes, _encoding, done) {
          await direction.gate?.(recorded);
          recorded.received += bytes.toString('latin1');
          done(null, bytes);
        },
      });
      incoming.once('error', broken);
      incoming.pipe(gated).pipe(response);
    });
    onward.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    chats: () =>
      requests.filter(({ path }) => /^\/v1\/(chat\/completions|responses|messages)$|:streamGenerate/.test(path)),
    async close() {
      server.closeAllConnections();
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * The last usage in the response of a streamed completion.
 *
 * @param {Recorded} request
 * @returns {{ prompt_tokens: number, completion_tokens: number, total_tokens: number }}
 */
export function usageOf(request) {
  const chunks = request.received.split('\n').filter((line) => line.startsWith('data: {'));
  const usages = chunks.map((line) => JSON.parse(line.slice('data: '.length)).usage).filter(Boolean);
  const last = usages.at(-1);
  if (!last) throw new Error(`no usage arrived: ${request.received.slice(0, 300)}`);
  return last;
}
