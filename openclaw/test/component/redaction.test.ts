/** A server that repeats the key: in every place of a response, in every spelling, and split over its pieces. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Event, Failure } from '../../src/component/contract.js';
import { RedactedEvents } from '../../src/component/redacted_events.js';
import { Redaction } from '../../src/host/redaction.js';
import { PLAIN, unescaped } from '../redaction_table.js';
import { serve, userRequest } from '../server.js';
import { component } from './loaded.js';

const KEY = PLAIN.key;

/** A response: its status, its content type and headers, and its body, with `KEY` in the place of the key. */
interface Echo {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

const data = (...events: string[]): string => [...events, '[DONE]'].map((event) => `data: ${event}\n\n`).join('');
const choice = (delta: string, more = ''): string => `{"choices":[{"index":0,"delta":${delta}${more}}]}`;
const END = choice('{}', ',"finish_reason":"stop"');
const JSON_TYPE = { 'content-type': 'application/json' };

/** A place that may be shown, and need not be. */
const INVISIBLE = 'bytes that are no protocol';

/** Places that take the key as one text. */
const PLACES: Record<string, Echo> = {
  'an error’s texts': {
    status: 401,
    headers: JSON_TYPE,
    body: '{"error":{"message":"no such key: KEY","code":"KEY","type":"KEY","param":"KEY"}}',
  },
  'an error in plain text': {
    status: 500,
    headers: { 'content-type': 'text/plain' },
    body: 'map[Authorization:[KEY]]',
  },
  'an error page': { status: 403, headers: { 'content-type': 'text/html' }, body: '<title>KEY</title>' },
  'headers of an error': {
    status: 401,
    headers: { ...JSON_TYPE, 'x-request-id': 'KEY', 'x-cometapi-request-id': 'id-KEY' },
    body: '{"error":{"message":"no"}}',
  },
  'headers of a stream': { headers: { 'x-request-id': 'KEY', 'x-echo': 'Bearer KEY' }, body: data(END) },
  'text, ids, model names and usage': {
    body: data(
      '{"id":"KEY","model":"KEY","KEY":"KEY","choices":[{"delta":{"content":"it is KEY"}}]}',
      '{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"KEY":"KEY"}}',
    ),
  },
  'reasoning and its signature': {
    body: data(
      choice('{"reasoning_content":"it is KEY"}'),
      choice('{"reasoning_details":[{"type":"reasoning.encrypted","data":"KEY","signature":"KEY"}]}'),
      choice('{"content":"done"}'),
      END,
    ),
  },
  'a tool call': {
    body: data(
      choice(
        '{"tool_calls":[{"index":0,"id":"call-KEY","function":{"name":"f-KEY","arguments":"{\\"key\\":\\"KEY\\"}"}}]}',
      ),
      choice('{}', ',"finish_reason":"tool_calls"'),
    ),
  },
  'a refusal and a finish reason': { body: data(choice('{"refusal":"not to KEY"}', ',"finish_reason":"because-KEY"')) },
  'an error in a stream': {
    body: `data: ${choice('{"content":"hi"}')}\n\nevent: error\ndata: {"error":{"message":"KEY","code":"KEY"}}\n\n`,
  },
  'a whole response': {
    headers: JSON_TYPE,
    body: '{"id":"KEY","model":"KEY","choices":[{"message":{"content":"it is KEY"},"finish_reason":"stop"}],"usage":{"x":"KEY"}}',
  },
  [INVISIBLE]: { body: 'KEY\nevent: KEY\nid: KEY\n: KEY\ndata: KEY\n\ndata: {"KEY\n\n' },
};

/** Places that take the key in two halves, `ONE` and `TWO`, which the component joins. */
const SPLITS: Record<string, Echo> = {
  'two deltas of a text': { body: data(choice('{"content":"ONE"}'), choice('{"content":"TWO"}'), END) },
  'two deltas of reasoning': {
    body: data(choice('{"reasoning_content":"ONE"}'), choice('{"reasoning_content":"TWO"}'), END),
  },
  'two deltas with a keep-alive between them': {
    body: `data: ${choice('{"content":"ONE"}')}\n\n: alive\n\n${data(choice('{"content":"TWO"}'), END)}`,
  },
  'fragments of the name and the arguments of a call': {
    body: data(
      choice('{"tool_calls":[{"index":0,"id":"c1","function":{"name":"ONE"}}]}'),
      choice('{"tool_calls":[{"index":0,"function":{"name":"TWO","arguments":"{\\"a\\":\\"ONE"}}]}'),
      choice('{"tool_calls":[{"index":0,"function":{"arguments":"TWO\\"}"}}]}'),
      choice('{}', ',"finish_reason":"tool_calls"'),
    ),
  },
  'a text that the end of the stream cuts': {
    body: `data: ${choice('{"content":"ONE"}')}\n\ndata: ${choice('{"content":"TWO"}')}\n\n`,
  },
};

/** Everything that a caller gets of a response. */
async function seen(baseUrl: string): Promise<string> {
  const heads: unknown[] = [];
  const events: Event[] = [];
  let failed: unknown;
  const session = component.open({ apiKey: KEY, baseUrl, maxRetries: 0 });
  try {
    const stream = session.complete(userRequest(), { onResponse: (head) => heads.push(head) });
    for await (const batch of stream) events.push(...batch);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    failed = [error.message, error.record];
  }
  const joined: Record<number, string> = {};
  for (const event of events) {
    if (event.tag === 'block-delta') joined[event.val.index] = (joined[event.val.index] ?? '') + event.val.text;
  }
  return JSON.stringify([heads, events, joined, failed], (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
}

async function seenOf(echo: Echo, replace: (text: string) => string): Promise<string> {
  await using server = await serve((_request, response) => {
    for (const [name, value] of Object.entries({ 'content-type': 'text/event-stream', ...echo.headers }))
      response.setHeader(name, replace(value));
    response.statusCode = echo.status ?? 200;
    response.end(replace(echo.body));
  });
  // Without `await`, the server would be closed before the request.
  return await seen(server.baseUrl);
}

/** A beginning of the key that every key has is no secret; anything longer is. */
function requireNoKey(shown: string, what: string): void {
  const plain = unescaped(shown);
  const secret = KEY.slice('sk-'.length);
  assert.ok(!plain.includes(secret) && !plain.includes(secret.slice(0, 12)), `${what}: ${shown}`);
}

describe('the key in a response', () => {
  for (const [place, echo] of Object.entries(PLACES)) {
    test(`${place}: no spelling is handed out`, async () => {
      for (const [name, spelling] of Object.entries(PLAIN.spellings)) {
        const shown = await seenOf(echo, (text) => text.replaceAll('KEY', spelling));
        requireNoKey(shown, name);
      }
      // The same place with another text, so that a place that is never shown proves nothing.
      const control = await seenOf(echo, (text) => text.replaceAll('KEY', 'canary'));
      if (place !== INVISIBLE) assert.ok(control.includes('canary'), `${place} is not shown at all: ${control}`);
    });
  }

  for (const [place, echo] of Object.entries(SPLITS)) {
    test(`${place}: no split hands it out`, async () => {
      for (const [name, spelling] of Object.entries(PLAIN.spellings).filter((_, at) => at % 4 === 0)) {
        for (let at = 1; at < spelling.length; at += 1 + Math.floor(spelling.length / 12)) {
          // An escape that is cut would make the JSON around it invalid, which no server sends.
          if (/\\(?:u[0-9a-f]{0,3})?$/i.test(spelling.slice(0, at))) continue;
          const halves = [spelling.slice(0, at), spelling.slice(at)];
          const shown = await seenOf(echo, (text) =>
            text.replaceAll('ONE', halves[0] ?? '').replaceAll('TWO', halves[1] ?? ''),
          );
          requireNoKey(shown, `${name}, cut at ${at}`);
        }
      }
    });
  }

  test('escapes and percent encoding of one key, mixed, are removed once the component undid the escapes', async () => {
    const mixed = [...KEY].map((char, at) => {
      const code = char.charCodeAt(0).toString(16);
      return at % 3 === 0 ? char : at % 3 === 1 ? `%${code}` : `\\u0025${code}`;
    });
    const body = data('{"id":"KEY","model":"KEY","choices":[{"delta":{"content":"it is KEY"}}]}', END);
    const shown = await seenOf({ body }, (text) => text.replaceAll('KEY', mixed.join('')));
    requireNoKey(shown, 'mixed');
    assert.equal(shown.match(/\[redacted\]/g)?.length, 4, shown);
  });
});

test('what is held back is handed out before the end of its block, before an error, and in order', () => {
  const delta = (text: string): Event => ({ tag: 'block-delta', val: { index: 0, text } });
  const end: Event = { tag: 'block-end', val: { index: 0 } };
  const events = new RedactedEvents(new Redaction(KEY));
  assert.deepEqual(events.pass([delta('a sk-ca')]), [delta('a ')]);
  assert.deepEqual(events.pass([delta('t')]), [delta('sk-cat')]);
  assert.deepEqual(events.pass([delta('sk-ca'), delta(''), end]), [delta(''), delta('sk-ca'), end]);
  assert.deepEqual(events.pass([delta('sk-ca')]), []);
  assert.deepEqual(events.rest(), [delta('sk-ca')]);
  assert.deepEqual(events.rest(), []);
});

test('block after block does not fill the memory, and shows no key', () => {
  const events = new RedactedEvents(new Redaction(KEY));
  for (let index = 0; index < 1000; index++) {
    const start: Event = { tag: 'block-start', val: { index, kind: { tag: 'text' } } };
    const shown = events.pass([start, { tag: 'block-delta', val: { index, text: `${KEY}!` } }]);
    assert.deepEqual(shown[1], { tag: 'block-delta', val: { index, text: '[redacted]!' } });
    events.pass([{ tag: 'block-delta', val: { index, text: 'sk-can' } }]);
  }
  assert.equal(events.rest().length, 256);
});
