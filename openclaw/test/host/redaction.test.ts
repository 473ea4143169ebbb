import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../src/component/contract.js';
import { KIND, type Kind, Redaction } from '../../src/host/redaction.js';
import { PLAIN, TABLE } from '../redaction_table.js';

const KEY = PLAIN.key;

/** The output of a flow for these pieces. */
function passed(redaction: Redaction, kind: Kind, pieces: Buffer[]): string {
  const flow = redaction.flow(kind);
  return Buffer.concat([...pieces.map((piece) => flow.push(piece)), flow.end()]).toString();
}

function pieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

describe('each spelling of the shared table', () => {
  for (const { key, spellings, gaps } of TABLE) {
    const redaction = new Redaction(key);
    for (const [name, spelling] of Object.entries(spellings)) {
      test(`${name} is removed from responses and texts: ${spelling}`, () => {
        const mark = `[redacted]${'*'.repeat(spelling.length - 10)}`;
        const response = (text: string): string => `data: {"x":"${text}"}\n\n`;
        for (let size = 1; size <= spelling.length + 20; size++) {
          const clean = passed(redaction, KIND.response, pieces(response(spelling), size));
          assert.equal(clean, response(mark), `in pieces of ${size}`);
        }
        for (const kind of [KIND.deltas, KIND.text, KIND.error])
          assert.equal(redaction.text(`<${spelling}>`, kind), '<[redacted]>');
        assert.equal(redaction.headerValue(Buffer.from(`Bearer ${spelling};`)).toString(), `Bearer ${mark};`);
      });
    }
    for (const [name, gap] of Object.entries(gaps)) {
      test(`a gap that SECURITY.md lists is one: ${name}`, () => assert.equal(redaction.text(gap), gap));
    }
  }
});

test('a text without the key is passed on without a copy, whatever its characters', () => {
  const redaction = new Redaction(KEY);
  const flow = redaction.flow(KIND.response);
  const piece = Buffer.from('data: {"text": "hello"}\n\n');
  assert.equal(flow.push(piece), piece);
  for (const text of ['', '\uFEFF', 'naïve 好 😀', 'x'.repeat(300_000), `${'好'.repeat(30_000)}\u0000`]) {
    assert.equal(redaction.text(text), text);
    assert.equal(redaction.flow(KIND.deltas).pushText(text), text);
  }
});

test('a text that is not searched needs no search', () => {
  for (const { key, spellings } of TABLE) {
    const redaction = new Redaction(key);
    const texts = ['', 'a task', 'tasks', 's', 'sk', '100 %', 'a\\b', ...Object.values(spellings)];
    for (const text of texts) {
      for (let length = 0; length <= text.length; length++) {
        for (const part of [text.slice(0, length), `it is ${text.slice(0, length)}`, `${text.slice(length)} is it`]) {
          if (redaction.suspect.test(part)) continue;
          const flow = redaction.flow(KIND.response);
          const bytes = Buffer.from(part);
          assert.equal(flow.push(bytes), bytes, `${part} would have been changed or held back`);
        }
      }
    }
    assert.ok(!redaction.suspect.test('ordinary text, as it was.'));
  }
});

test('a long text is cleaned as a short one is', () => {
  const redaction = new Redaction(KEY);
  for (const filler of ['x', '好', '\\u0073']) {
    for (const length of [65_530 - KEY.length, 65_530, 65_536]) {
      const before = filler.repeat(Math.ceil(length / Buffer.byteLength(filler)));
      assert.equal(redaction.text(`${before}${KEY}${before}`), `${before}[redacted]${before}`);
    }
  }
});

test('only a possible beginning of the key is held back', () => {
  const redaction = new Redaction(KEY);
  const flow = redaction.flow(KIND.response);
  assert.equal(flow.push(Buffer.from('this is')).toString(), 'this i');
  assert.equal(flow.push(Buffer.from('n’t one')).toString(), 'sn’t one');
  const shown = redaction.flow(KIND.deltas);
  // Every key begins with these characters, so they are shown at once.
  assert.equal(shown.pushText('a task, sk-'), 'a task, sk-');
  assert.equal(shown.pushText('can'), '');
  assert.equal(shown.pushText('dle'), 'candle');
});

test('a key that is cut off at the end does not show', () => {
  const redaction = new Redaction(KEY);
  assert.equal(passed(redaction, KIND.response, [Buffer.from(`x ${KEY.slice(0, 12)}`)]), 'x [redacted]**');
  assert.equal(redaction.text(`x ${KEY.slice(0, 12)}`), 'x [redacted]');
  assert.equal(redaction.text(`x ${KEY.slice(0, 5)}`), `x ${KEY.slice(0, 5)}`);
});

test('a short key is a word in responses, and is removed from errors', () => {
  for (const key of ['none', 'EMPTY', 'lm-studio', 'sk-1234']) {
    const redaction = new Redaction(key);
    assert.ok(redaction.isIdle);
    assert.equal(redaction.text(`it is ${key}`), `it is ${key}`);
    const { record } = Failure.ofHost('configuration', `it is ${key}`);
    assert.equal(redaction.error(record).message, 'it is [redacted]');
  }
  assert.ok(!new Redaction('sk-12345').isIdle);
});

test('every text of an error is cleaned', () => {
  const text = `<${KEY}>`;
  const error = { ...Failure.ofHost('trap', text).record, kind: { tag: 'other' as const, val: text } };
  const texts = { providerCode: text, requestId: text, suggestedModel: text, detailsJson: text };
  const clean = JSON.stringify(new Redaction(KEY).error({ ...error, ...texts }));
  assert.ok(!clean.includes(KEY), clean);
  assert.equal(clean.match(/<\[redacted\]>/g)?.length, 6);
});

test('the name of a header is searched in any case', () => {
  const redaction = new Redaction(KEY);
  assert.ok(redaction.isInName(`X-${KEY.toUpperCase()}`));
  assert.ok(!redaction.isInName('x-request-id'));
});

test('many sessions with different keys are kept apart, and a flow outlives its session', async () => {
  const flows = Array.from({ length: 300 }, (_, at) => {
    const key = `sk-session-${at}-0123456789`;
    return { key, flow: new Redaction(key).flow(KIND.text) };
  });
  await new Promise((soon) => setImmediate(soon));
  (globalThis as { gc?: () => void }).gc?.();
  for (const { key, flow } of flows) {
    const other = 'sk-session-x-0123456789';
    assert.equal(flow.pushText(`<${key}> <${other}>`), `<[redacted]> <${other}>`);
  }
});
