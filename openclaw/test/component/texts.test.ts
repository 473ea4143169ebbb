/** Texts arrive as the server sent them, whatever their characters. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk, collect, serve, textOf, userRequest } from '../server.js';
import { open } from './loaded.js';

/** Characters that a decoder may drop or change: U+FEFF is a byte order mark at the start of a text, elsewhere a blank. */
const TEXTS = [
  '\uFEFF',
  '\uFEFFone',
  '\uFEFF\uFEFFtwo\uFEFF',
  '\uFFFE\u0000',
  '\u2028\u{1F600}',
  '\uFEFF\n{"a":"\uFEFF"}',
];

test('a text equals the server’s, and so does each of its deltas', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const deltas = TEXTS.map((content) => chunk({ content }));
    response.end(`${deltas.join('')}${chunk({}, 'stop')}data: [DONE]\n\n`);
  });
  assert.equal(textOf(await collect(open(server.baseUrl).complete(userRequest()))), TEXTS.join(''));
});

test('the fragments of a call equal its whole arguments', async () => {
  // Without the pair of surrogates: it is one character, which no server splits.
  const whole = JSON.stringify({
    text: '\uFEFFa\uFEFF',
    '\uFEFFname': TEXTS.filter((text) => !/[\uD800-\uDFFF]/.test(text)),
  });
  const call = (id: object, part: string): string =>
    chunk({ tool_calls: [{ index: 0, ...id, function: { ...('id' in id ? { name: 'f' } : {}), arguments: part } }] });
  for (const size of [1, 2, 3, whole.length]) {
    const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
      whole.slice(at * size, (at + 1) * size),
    );
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const calls = parts.map((part, at) => call(at === 0 ? { id: 'c1' } : {}, part));
      response.end(`${calls.join('')}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
    });
    const events = await collect(open(server.baseUrl).complete(userRequest()));
    const [end] = events.flatMap((event) => (event.tag === 'block-end' ? [event.val.arguments] : []));
    assert.equal(end?.tag, 'object', `in pieces of ${size}`);
    assert.equal(textOf(events), whole, `in pieces of ${size}`);
    assert.deepEqual(JSON.parse(end?.tag === 'object' ? end.val : ''), JSON.parse(whole));
  }
});

test('ids and names keep the character, too', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const row = {
      id: '\uFEFFid',
      model: '\uFEFFm',
      choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }],
    };
    response.end(`data: ${JSON.stringify(row)}\n\ndata: [DONE]\n\n`);
  });
  const events = await collect(open(server.baseUrl).complete(userRequest()));
  const [head] = events.flatMap((event) => (event.tag === 'response' ? [event.val] : []));
  assert.deepEqual([head?.id, head?.model], ['\uFEFFid', '\uFEFFm']);
});
