import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Config, Failure } from '../../src/component/contract.js';
import { Instance } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import { compile, loadComponent } from '../../src/component/load.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import { respond, userRequest, bodyOf, chunk, collect, END, eventually, KEY, serve, textOf } from '../server.js';
import { component, failure, modules, open } from './loaded.js';

test('the component of the package describes itself', () => {
  const { id, origins, auth } = component.describe();
  assert.equal(id, 'cometapi');
  assert.deepEqual(origins, ['https://api.cometapi.com']);
  assert.equal(auth.envVars[0], 'COMETAPI_KEY');
});

test('it is loaded once, by another copy of the package too', async () => {
  assert.equal(await loadComponent(), component);
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-cometapi-'));
  try {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    for (const part of ['src', 'generated', 'cometapi.wasm']) {
      await cp(join(root, part), join(folder, part), { recursive: true });
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const copy = pathToFileURL(join(folder, 'src/component/load.js')).href;
    assert.equal(await ((await import(copy)) as { loadComponent: typeof loadComponent }).loadComponent(), component);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a file that is not the component is refused', async () => {
  await assert.rejects(compile(new URL(import.meta.url)), /is not the component of this package/);
  await assert.rejects(compile(new URL('no-such-file', import.meta.url)), /install it again/);
});

test('invalid options are rejected before anything is sent', () => {
  assert.throws(() => open('ftp://example.com/v1'), failure('configuration', { requestSent: false }));
  assert.throws(() => open('http://example.com/v1'), failure('configuration', { requestSent: false }));
  assert.throws(() => open('https://example.com/v1', { headers: { 'a b': 'c' } }), failure('configuration'));
  assert.throws(() => open('https://example.com/v1', { apiKey: 'two words' }), failure('configuration'));
});

test('a response arrives chunk by chunk, and its head is reported', async () => {
  const steps: (() => void)[] = [];
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'r-1', 'x-echo': `is ${KEY}` });
    response.write(chunk({ content: 'one ' }));
    steps.push(
      () => response.write(chunk({ content: 'two ' })),
      () => response.end(END),
    );
  });
  let status = 0;
  let activity = 0;
  const heads: Record<string, string>[] = [];
  const stream = open(server.baseUrl).complete(userRequest(), {
    onResponse: (head) => {
      status = head.status;
      heads.push(head.headers);
    },
    onActivity: () => activity++,
  });
  const seen: string[] = [];
  for await (const batch of stream) {
    seen.push(batch.map((event) => (event.tag === 'block-delta' ? event.val.text : event.tag)).join('+'));
    // The next piece is sent only now: a host that waits for it before it hands out the first waits forever.
    if (seen.join().includes('one') && steps.length === 2) steps.shift()?.();
    else if (seen.join().includes('two')) steps.shift()?.();
  }
  assert.equal(seen.join('+'), 'response+block-start+one +two +block-end+finish');
  assert.equal(status, 200);
  assert.equal(heads[0]?.['x-request-id'], 'r-1');
  assert.ok(!JSON.stringify(heads).includes(KEY));
  assert.ok(activity >= 3, `${activity} signs of life`);
});

test('the key reaches the server, and is nowhere in the memory of the component', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json', 'x-key': KEY });
    response.end(JSON.stringify({ error: { message: `wrong key ${KEY}`, type: 'invalid_request_error' } }));
  });
  const instances = new Instances(() => new Instance(modules));
  const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 };
  const session = new ComponentSession(instances, component.describe(), options, new Connections());
  const instance = instances.take();
  const error = await collect(session.complete(userRequest())).catch((error: unknown) => error);
  assert.ok(error instanceof Failure);
  assert.equal(server.requests[0]?.headers.authorization, `Bearer ${KEY}`);
  assert.ok(!JSON.stringify(error.record).includes(KEY), error.message);
  const holds = (text: string): boolean =>
    instance.memories().some((memory) => Buffer.from(memory.buffer).includes(text));
  assert.ok(!holds(KEY));
  // The same search finds a key that was handed to the component.
  const handedIn = 'sk-handed-in-0123456789';
  const config: Config = { credential: { tag: 'bearer', val: handedIn }, timeouts: {}, headers: [] };
  instance.run(undefined, () => instance.provider.Client.open(config));
  assert.ok(holds(handedIn));
});

test('a redirect is not followed', async () => {
  await using other = await serve((_request, response) => respond(response, 'elsewhere'));
  await using server = await serve((_request, response) => {
    response.writeHead(307, { location: `${other.baseUrl}/chat/completions` }).end();
  });
  await assert.rejects(collect(open(server.baseUrl).complete(userRequest())), failure('protocol'));
  assert.equal(other.requests.length, 0);
});

test('a response that switches the protocol is an error at once', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(101, { connection: 'upgrade', upgrade: 'websocket' }).end();
  });
  const sent = collect(open(server.baseUrl).complete(userRequest()));
  await assert.rejects(sent, failure('protocol', { requestSent: true }));
});

test('a connection serves one request after another', async () => {
  const ports = new Set<number | undefined>();
  await using server = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    respond(response, 'hi');
  });
  const connections = new Connections();
  const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 };
  const instances = new Instances(() => new Instance(modules));
  const session = new ComponentSession(instances, component.describe(), options, connections);
  for (let times = 0; times < 5; times++) {
    assert.equal(textOf(await collect(session.complete(userRequest()))), 'hi');
    // A response ends shortly after its last event.
    const unused = (): number => Object.keys(connections.agentFor('http:').freeSockets).length;
    await eventually('the connection is free again', () => unused() === 1);
  }
  connections.close();
  assert.equal(server.requests.length, 5);
  assert.equal(ports.size, 1);
});

test('a long request arrives whole', async () => {
  let body = '';
  await using server = await serve(async (request, response) => {
    body = await bodyOf(request);
    respond(response, 'read');
  });
  const text = 'all work and no play '.repeat(300_000);
  assert.equal(textOf(await collect(open(server.baseUrl).complete(userRequest(text)))), 'read');
  assert.equal(JSON.parse(body).messages[0].content, text);
});

test('a request that is rejected during its upload fails with the server’s reason', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(413, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'too long', type: 'invalid_request_error' } }));
  });
  const sent = collect(open(server.baseUrl).complete(userRequest('x'.repeat(8 << 20))));
  await assert.rejects(sent, (error) => error instanceof Failure && error.record.requestSent);
});

test('a failure of another copy of the package is a failure', async () => {
  const copy = new URL('../../src/component/contract.js?copy', import.meta.url);
  const other = (await import(copy.href)) as typeof import('../../src/component/contract.js');
  assert.notEqual(other.Failure, Failure);
  assert.ok(other.Failure.ofHost('configuration', 'no') instanceof Failure);
  assert.ok(!(new Error('no') instanceof Failure));
});

test('a list is cached for the requested time', async () => {
  await using server = await serve((request, response) => {
    const row = { id: 'model-1', object: 'model' };
    response.writeHead(request.url === '/v1/models' ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ object: 'list', data: [row] }));
  });
  const session = open(server.baseUrl);
  const first = await session.models('best-effort', 60_000);
  assert.deepEqual(
    first.models.map((model) => model.id),
    ['model-1'],
  );
  assert.equal(first.origin, 'live');
  const before = server.requests.length;
  assert.equal((await session.models('best-effort', 60_000)).origin, 'cached');
  assert.equal(server.requests.length, before);
  assert.equal((await session.models('built-in', 0)).origin, 'built-in');
});
