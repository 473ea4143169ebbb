import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RedactedFlow, Redaction } from '../../src/host/redaction.js';

const KEY = 'sk-abc123def456';
const MARK = '[redacted]*****';

function flow(pieces: string[], key = KEY): string {
  const flow = new RedactedFlow(new Redaction(key));
  return [...pieces.map((piece) => flow.push(Buffer.from(piece))), flow.end()].join('');
}

test('a key is removed wherever the text is split', () => {
  const text = `before ${KEY} between ${KEY}${KEY} after sk-abc`;
  const clean = `before ${MARK} between ${MARK}${MARK} after sk-abc`;
  for (let first = 0; first <= text.length; first++) {
    for (const second of [first, first + 1, first + 7, text.length]) {
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      assert.equal(flow(pieces), clean, `cut at ${first} and ${second}`);
    }
  }
  assert.equal(flow([...text]), clean, 'byte by byte');
});

test('a text without the key is passed on without a copy', () => {
  const flow = new RedactedFlow(new Redaction(KEY));
  const piece = Buffer.from('data: {"text": "hello"}\n\n');
  assert.equal(flow.push(piece).buffer, piece.buffer);
  assert.equal(flow.end().length, 0);
});

test('only a possible beginning of the key is held back', () => {
  const flow = new RedactedFlow(new Redaction(KEY));
  assert.equal(flow.push(Buffer.from('this is')).toString(), 'this i');
  assert.equal(flow.push(Buffer.from('n’t one')).toString(), 'sn’t one');
});

test('a key that is cut off at the end does not show', () => {
  assert.equal(flow([`x ${KEY.slice(0, 12)}`]), 'x [redacted]**');
  assert.equal(flow([`x ${KEY.slice(0, 5)}`]), `x ${KEY.slice(0, 5)}`);
});

test('a key that is too short to be one is not searched for', () => {
  assert.equal(flow(['this key, key, key'], 'key'), 'this key, key, key');
});
