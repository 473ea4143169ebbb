/** Vectors through the component: what crosses the bindings, and what a call leaves in the instance. */

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { Instance } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import { bodyOf, eventually, KEY, serve, type Server } from '../server.js';
import { component, failure, modules, open } from './loaded.js';

/** The vectors that a server sends, as base64, or as numbers if it was asked for those. */
function send(response: ServerResponse, vectors: Float32Array[], format: unknown, more: object = {}): void {
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector],
  }));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ object: 'list', data, model: 'm', ...more }));
}

/** A server with the same vector for each text. */
function serveVectors(vector: Float32Array, more: object = {}): Promise<Server> {
  return serve(async (request, response) => {
    const { input, encoding_format: format } = JSON.parse(await bodyOf(request));
    const vectors = input.map(() => vector);
    send(response, vectors, format, more);
  });
}

test('every bit of the numbers arrives', async () => {
  const vector = Float32Array.of(0, -0, 1, 0.1, -1e-38, 3.4028234663852886e38, 1.401298464324817e-45);
  await using server = await serveVectors(vector);
  const { vectors, model } = await open(server.baseUrl).embed({ model: 'm', input: ['one', 'two'] });
  assert.equal(model, 'm');
  assert.deepEqual(
    vectors.map((each) => Buffer.from(each.buffer).toString('hex')),
    Array(2).fill(hexOf(vector)),
  );
});

function hexOf(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('hex');
}

test('what helped against a refusal is remembered for the next request', async () => {
  const formats: unknown[] = [];
  await using server = await serve(async (request, response) => {
    const { encoding_format: format } = JSON.parse(await bodyOf(request));
    formats.push(format);
    if (format !== 'base64') return send(response, [Float32Array.of(1)], format);
    response.writeHead(400, { 'content-type': 'application/json' });
    const error = {
      message: 'encoding_format is not supported',
      param: 'encoding_format',
      code: 'unsupported_parameter',
    };
    response.end(JSON.stringify({ error }));
  });
  const session = open(server.baseUrl);
  for (let times = 0; times < 3; times++) await session.embed({ model: 'm', input: ['one'] });
  assert.deepEqual(formats, ['base64', 'float', 'float', 'float']);
});

test('the key is in no text beside the vectors', async () => {
  const escaped = [...KEY].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': `r ${KEY}` });
    // Undone by the component, after the host has searched the response.
    response.end(
      `{"data":[{"embedding":[1]}],"model":"m ${escaped}","usage":{"total_tokens":2,"note":"${escaped}","note2":"${KEY}"}}`,
    );
  });
  const embedding = await open(server.baseUrl).embed({ model: 'm', input: ['one'], dimensions: 2 });
  assert.equal(embedding.warnings.length, 1, 'the length is another one than that requested');
  const shown = JSON.stringify(embedding, (_name, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  assert.ok(!shown.includes(KEY), shown);
  assert.match(shown, /"model":"m .*redacted/i);
});

test('an invalid batch is refused before anything is sent, and breaks nothing', async () => {
  await using server = await serveVectors(Float32Array.of(1));
  const session = open(server.baseUrl);
  const batches: unknown[][] = [[], [''], ['a', undefined], ['a', 1], [{}]];
  for (const input of batches) {
    const sent = session.embed({ model: 'm', input: input as string[] });
    await assert.rejects(sent, failure('invalid-request', { requestSent: false }), JSON.stringify(input));
  }
  assert.equal(server.requests.length, 0);
  assert.equal((await session.embed({ model: 'm', input: ['a\ud800'] })).vectors.length, 1, 'a lone surrogate');
});

test('an abort ends a request with its reason, and closes its connection', async () => {
  let closed = 0;
  await using server = await serve((request) => request.socket.on('close', () => closed++));
  const abort = new AbortController();
  const reason = new Error('enough');
  const sent = open(server.baseUrl).embed({ model: 'm', input: ['a'] }, { signal: abort.signal });
  await eventually('the server has the request', () => server.requests.length === 1);
  abort.abort(reason);
  await assert.rejects(sent, reason);
  await eventually('the connection is closed', () => closed === 1);
  await assert.rejects(open(server.baseUrl).embed({ model: 'm', input: ['a'] }, { signal: abort.signal }), reason);
  assert.equal(server.requests.length, 1);
});

test('requests at once share an instance, which is kept unless a large response made it grow', async () => {
  const instances: Instance[] = [];
  const create = (): Instance => {
    const instance = new Instance(modules);
    instances.push(instance);
    return instance;
  };
  // 24 MB of vectors, in a response of 32 MB.
  await using server = await serve(async (request, response) => {
    const { input } = JSON.parse(await bodyOf(request));
    send(
      response,
      input.map(() => new Float32Array(3072).fill(0.5)),
      'base64',
    );
  });
  const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 };
  const session = new ComponentSession(new Instances(create), component.describe(), options, new Connections());
  const before = instances.length;
  const embed = (texts: number) => session.embed({ model: 'm', input: Array(texts).fill('text') });
  await Promise.all([embed(1), embed(2), embed(3)]);
  await embed(1);
  assert.equal(instances.length, before + 1);
  const large = await embed(2000);
  assert.equal(large.vectors.length, 2000);
  assert.ok(large.vectors.every((vector) => vector.length === 3072 && vector[3071] === 0.5));
  await embed(1);
  assert.equal(instances.length, before + 2, 'the one that grew is not kept');
});
