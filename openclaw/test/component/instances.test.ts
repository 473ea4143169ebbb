import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instance } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import { bodyOf, chunk, collect, END, eventually, KEY, respond, serve, textOf, userRequest } from '../server.js';
import { component, failure, modules, open } from './loaded.js';

test('many streams share a few instances, and each is whole', async () => {
  await using server = await serve(async (request, response) => {
    const { messages } = JSON.parse(await bodyOf(request)) as { messages: { content: string }[] };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let part = 0; part < 20; part++) {
      response.write(chunk({ content: `${messages[0]?.content}.${part} ` }));
      await new Promise((soon) => setTimeout(soon, 2));
    }
    response.end(END);
  });
  const instances = new Instances(() => new Instance(modules));
  const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 };
  const session = new ComponentSession(instances, component.describe(), options, new Connections());
  let most = 0;
  const streams = Array.from({ length: 100 }, async (_, number) => {
    const events = await collect(session.complete(userRequest(`n${number}`)));
    most = Math.max(most, instances.size);
    assert.equal(textOf(events), Array.from({ length: 20 }, (_, part) => `n${number}.${part} `).join(''));
    assert.equal(events.at(-1)?.tag, 'finish');
  });
  await Promise.all(streams);
  assert.ok(most > 1 && most <= 7, `${most} instances`);
  assert.equal(instances.size, 1, 'one is kept');
});

test('an instance that trapped is replaced, and its streams fail', async () => {
  await using server = await serve((request, response) => {
    if (request.headers['x-hang']) return;
    respond(response, 'hi');
  });
  const instances = new Instances(() => new Instance(modules));
  const make = (headers = {}): ComponentSession =>
    new ComponentSession(
      instances,
      component.describe(),
      { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0, headers },
      new Connections(),
    );
  const pending = collect(make({ 'x-hang': '1' }).complete(userRequest()));
  const failed = assert.rejects(pending, failure('other', { retryable: true, requestSent: true }));
  await eventually('it is under way', () => server.requests.length === 1);
  const instance = instances.take();
  assert.throws(() => instance.run(undefined, () => assert.fail('a trap')), failure('other'));
  instances.giveBack(instance);
  await failed;
  assert.equal(textOf(await collect(make().complete(userRequest()))), 'hi');
});

test('a trap in the drop leaks no connection and no instance', async () => {
  let closed = 0;
  await using server = await serve((_request, response) => {
    response.on('close', () => closed++);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'hi' }));
  });
  const instances = new Instances(() => new Instance(modules));
  const options = { apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 };
  const session = new ComponentSession(instances, component.describe(), options, new Connections());
  const instance = instances.take();
  instances.giveBack(instance);
  const run = instance.run.bind(instance);
  const left = (async () => {
    for await (const _batch of session.complete(userRequest())) {
      // The next call is the one that drops the completion.
      instance.run = (grant) => run(grant, () => assert.fail('a trap'));
      break;
    }
  })();
  await assert.rejects(left, failure('other'));
  assert.equal(instances.size, 0);
  await eventually('the connection is closed', () => closed === 1);
});

test('a request with a missing value ends no other call', async () => {
  let finish = (): void => undefined;
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'hi' }));
    finish = () => void response.end(END);
  });
  const other = collect(open(server.baseUrl).complete(userRequest()));
  await eventually('it is under way', () => server.requests.length === 1);
  const image = { source: { tag: 'url', val: '' } };
  const parts = [
    { tag: 'text', val: {} },
    { tag: 'tool-call', val: { id: 'c', argumentsJson: '{}' } },
    { tag: 'tool-result', val: { callId: 'c', text: '', isError: false, media: [image] } },
  ];
  for (const part of parts) {
    const request = { ...userRequest(), messages: [{ role: 'user', content: [part], cacheHere: false }] } as never;
    const refused = failure('invalid-request', { requestSent: false, retryable: false });
    await assert.rejects(collect(open(server.baseUrl).complete(request)), refused);
  }
  const tools = [{ name: 't' }] as never;
  await assert.rejects(collect(open(server.baseUrl).complete({ ...userRequest(), tools })), failure('invalid-request'));
  assert.equal(server.requests.length, 1);
  finish();
  assert.equal(textOf(await other), 'hi');
});
