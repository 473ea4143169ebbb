import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY_HEADERS } from '../../src/host/credential.js';
import { streamFn } from '../../src/provider/stream.js';
import type { AssistantMessageEvent, Context, StreamOptions } from '../../src/sdk.js';
import { eventually } from '../server.js';
import { all, events, failure, FakeComponent, model, type Script, type Step, user } from './fake.js';

const { response, text, delta, end, finish } = events;

const CONTEXT: Context = { messages: [user('hi')] };
const WHOLE: Step[] = [[response(), text(0)], [delta(0, 'a')], [delta(0, 'b'), end(0)], [finish('stop')]];

function start(script: Script, options: StreamOptions = {}, baseUrl?: string) {
  const component = new FakeComponent(script);
  const notified: AbortSignal[] = [];
  const parts = { load: async () => component, notifyActivity: (signal: AbortSignal) => void notified.push(signal) };
  const stream = streamFn(parts, baseUrl)(model(), CONTEXT, { apiKey: 'sk-test-0123456789', ...options });
  return { component, stream, notified };
}

const types = (received: AssistantMessageEvent[]) => received.map(({ type }) => type);
const END = ['start', 'text_start', 'text_delta', 'text_delta', 'text_end', 'done'];

test('a response yields all events, and its message is the result', async () => {
  const { stream, component } = start({ steps: WHOLE });
  const received = await all(stream);
  assert.deepEqual(types(received), END);
  const message = await stream.result();
  assert.deepEqual(message.content, [{ type: 'text', text: 'ab' }]);
  assert.equal(component.closed, 1);
  assert.deepEqual(await all(stream), []);
});

test('the result needs no consumer of the events, and they can be read afterwards', async () => {
  const { stream } = start({ steps: WHOLE });
  assert.equal((await stream.result()).stopReason, 'stop');
  assert.deepEqual(types(await all(stream)), END);
});

test('the result and the events can be read at the same time', async () => {
  const { stream } = start({ steps: WHOLE });
  const [received, message] = await Promise.all([all(stream), stream.result()]);
  assert.deepEqual([types(received), message.stopReason], [END, 'stop']);
});

test('the session has no retries, and has the key, the base URL, the headers and the deadline', async () => {
  const headers = { Traceparent: '00-1', Authorization: 'Bearer other', 'Content-Type': 'x', 'X-Title': 't' };
  const { stream, component } = start({ steps: WHOLE }, { headers, timeoutMs: 1500 }, 'http://127.0.0.1:1/v1');
  await stream.result();
  assert.deepEqual(component.opened, [
    {
      apiKey: 'sk-test-0123456789',
      baseUrl: 'http://127.0.0.1:1/v1',
      headers: { 'x-cometapi-client': 'openclaw', traceparent: '00-1', 'x-title': 't' },
      maxRetries: 0,
      timeouts: { firstByteMs: 1500 },
    },
  ]);
});

test('no deadline is longer than the contract can express', async () => {
  for (const timeoutMs of [2 ** 32 + 5, Infinity]) {
    const { stream, component } = start({ steps: WHOLE }, { timeoutMs });
    await stream.result();
    assert.deepEqual(component.opened[0]?.timeouts, { firstByteMs: 2 ** 32 - 1 });
  }
});

test('headers that carry keys of other providers are not sent', async () => {
  const headers = Object.fromEntries(KEY_HEADERS.map((name) => [name, 'leftover']));
  const { stream, component } = start({ steps: WHOLE }, { headers });
  await stream.result();
  assert.deepEqual(component.opened[0]?.headers, { 'x-cometapi-client': 'openclaw' });
});

test('a consumer that requests no further event stops the response', async () => {
  const { stream, component } = start({ steps: [[response()], ...Array.from({ length: 50 }, () => [text(0)])] });
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  await new Promise((wait) => setTimeout(wait, 20));
  assert.equal(component.handedOut, 1);
  await iterator.next();
  assert.equal(component.handedOut, 2);
  await iterator.return?.();
  assert.equal(component.closed, 1);
});

test('the request is sent before the first event is requested', async () => {
  const { component } = start({ steps: WHOLE });
  await eventually('the request is sent', () => component.requests.length === 1);
});

test('without a key nothing is sent, and the message says how to get one', async () => {
  for (const apiKey of ['', ' ']) {
    const { stream, component } = start({ steps: WHOLE }, { apiKey });
    const received = await all(stream);
    assert.deepEqual(types(received), ['error']);
    const message = await stream.result();
    assert.match(message.errorMessage ?? '', /^no API key for CometAPI; set COMETAPI_KEY/);
    assert.equal(message.errorType, 'cometapi:missing-key');
    assert.equal(component.opened.length, 0);
  }
});

/** Scripts that fail, and the events before the error. */
const FAILURES: [name: string, script: Script, before: string[]][] = [
  ['when it is opened', { refusal: failure('configuration') }, []],
  ['before the first event', { steps: [failure('server')] }, []],
  [
    'in the middle',
    { steps: [[response(), text(0), delta(0, 'a')], failure('network')] },
    ['start', 'text_start', 'text_delta'],
  ],
  ['without a finish', { steps: [[response()]] }, ['start']],
  ['with nonsense', { steps: [[response(), delta(5, 'a')]] }, ['start']],
];

for (const [name, script, before] of FAILURES) {
  test(`a response that fails ${name} ends in an error, and is closed`, async () => {
    const { stream, component } = start(script);
    assert.deepEqual(types(await all(stream)), [...before, 'error']);
    const message = await stream.result();
    assert.equal(message.stopReason, 'error');
    assert.ok(message.errorMessage);
    assert.equal(component.closed, component.requests.length);
  });
}

test('a component that cannot be loaded is an error like any other', async () => {
  const load = async () => {
    throw new Error('cometapi.wasm is missing');
  };
  const stream = streamFn({ load, notifyActivity: () => undefined }, undefined)(model(), CONTEXT, { apiKey: 'k' });
  assert.deepEqual(types(await all(stream)), ['error']);
  assert.equal((await stream.result()).errorMessage, 'cometapi.wasm is missing');
});

test('a hook that refuses the payload ends the call, and nothing is sent', async () => {
  const onPayload = () => {
    throw new Error('the same payload again');
  };
  const { stream, component } = start({ steps: WHOLE }, { onPayload });
  assert.equal((await stream.result()).errorMessage, 'the same payload again');
  assert.equal(component.opened.length, 0);
});

test('a field that a hook sets is sent', async () => {
  const onPayload = (payload: unknown) => ({ ...(payload as object), top_k: 3 });
  const { stream, component } = start({ steps: WHOLE }, { onPayload });
  await stream.result();
  assert.equal(component.requests[0]?.extraJson, '{"top_k":3}');
});

/** When a response can be aborted, and the number of events before. */
const MOMENTS: [name: string, steps: Step[], count: number][] = [
  ['before it begins', WHOLE, 0],
  ['before the first event', ['wait'], 0],
  ['after the start', [[response()], 'wait'], 1],
  ['in the middle of a text', [[response(), text(0), delta(0, 'a')], 'wait'], 3],
];

for (const [name, steps, count] of MOMENTS) {
  test(`an abort ${name} ends in aborted, and closes the connection`, async () => {
    const controller = new AbortController();
    const { stream, component } = start({ steps }, { signal: controller.signal });
    if (name === 'before it begins') controller.abort();
    const received: AssistantMessageEvent[] = [];
    const reading = (async () => {
      for await (const event of stream) received.push(event);
    })();
    await eventually('the events are there', () => received.length >= count);
    controller.abort(new Error('enough'));
    await reading;
    const last = received.at(-1);
    assert.equal(last?.type === 'error' && last.reason, 'aborted');
    assert.equal(received.length, count + 1);
    const message = await stream.result();
    assert.equal(message.stopReason, 'aborted');
    assert.equal(message.content.length, count > 1 ? 1 : 0);
    assert.equal(component.closed, component.requests.length);
  });
}

test('a signal that was aborted before sends nothing, not even without a key', async () => {
  for (const apiKey of ['k', '']) {
    const { stream, component } = start({ steps: WHOLE }, { signal: AbortSignal.abort(), apiKey });
    assert.deepEqual(types(await all(stream)), ['error']);
    assert.equal((await stream.result()).stopReason, 'aborted');
    assert.equal(component.requests.length, 0);
  }
});

test('an abort closes the connection without a further request for an event', async () => {
  const controller = new AbortController();
  const { stream, component } = start({ steps: [[response()], [text(0)], [text(1)]] }, { signal: controller.signal });
  await stream[Symbol.asyncIterator]().next();
  controller.abort();
  await eventually('the connection is closed', () => component.closed === 1);
  assert.equal((await stream.result()).stopReason, 'aborted');
});

test('leaving the loop closes the connection, and the result still arrives', async () => {
  const { stream, component } = start({ steps: [[response()], 'wait'] });
  for await (const event of stream) {
    assert.equal(event.type, 'start');
    break;
  }
  assert.equal(component.closed, 1);
  assert.equal((await stream.result()).stopReason, 'aborted');
});

test('the completion is closed before its last event, whether or not another is requested', async () => {
  const { stream, component } = start({ steps: WHOLE });
  const iterator = stream[Symbol.asyncIterator]();
  let last: AssistantMessageEvent | undefined;
  while (last?.type !== 'done') last = (await iterator.next()).value ?? undefined;
  assert.equal(component.closed, 1);
  await iterator.return?.();
  assert.equal((await stream.result()).stopReason, 'stop');
});

test('leaving while an event is awaited ends the wait', async () => {
  const { stream } = start({ steps: [[response()], 'wait'] });
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next();
  await iterator.return?.();
  const { value } = await pending;
  assert.equal(value?.type === 'error' && value.reason, 'aborted');
});

test('the listener of the signal is removed at the end of the response', async () => {
  const controller = new AbortController();
  let listening = 0;
  const { signal } = controller;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening += 1;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening -= 1;
    removeEventListener.apply(signal, args);
  };
  const { stream } = start({ steps: WHOLE }, { signal });
  await stream.result();
  assert.equal(listening, 0);
});

test("activity is reported under OpenClaw's own signal, and heads to its observer", async () => {
  const { signal } = new AbortController();
  const heads: unknown[] = [];
  const onResponse: StreamOptions['onResponse'] = async (head, { id }) => {
    heads.push([head.status, id]);
    throw new Error("an observer's own trouble");
  };
  const { stream, component, notified } = start({ steps: WHOLE }, { signal, onResponse });
  await stream.result();
  component.options[0]?.onActivity?.();
  component.options[0]?.onResponse?.({ status: 200, headers: {} });
  assert.deepEqual(notified, [signal]);
  assert.deepEqual(heads, [[200, 'm-1']]);
});

test('an activity observer that throws does not fail the response', async () => {
  const component = new FakeComponent({ steps: WHOLE });
  const notifyActivity = () => {
    throw new Error("a watcher's own trouble");
  };
  const { signal } = new AbortController();
  const parts = { load: async () => component, notifyActivity };
  const stream = streamFn(parts, undefined)(model(), CONTEXT, { apiKey: 'k', signal });
  await stream.result();
  component.options[0]?.onActivity?.();
});

test('a long response is passed on event by event, without a buffer', async () => {
  const count = 5000;
  const deltas = Array.from({ length: count }, (): Step => [delta(0, 'x')]);
  const steps: Step[] = [[response(), text(0)], ...deltas, [end(0), finish('stop')]];
  const { stream, component } = start({ steps });
  let seen = 0;
  for await (const event of stream) {
    if (event.type !== 'text_delta') continue;
    seen += 1;
    // One batch at a time, and the first one, which is requested at once.
    assert.ok(component.handedOut <= seen + 2, `${component.handedOut} batches for ${seen} events`);
    assert.equal((event.partial.content[0] as { text: string }).text.length, seen);
  }
  assert.equal(seen, count);
});
