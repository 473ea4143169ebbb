import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textsOf, withoutComments } from '../../src/provider/system_prompt.js';

const BOUNDARY = '\n<!-- OPENCLAW_CACHE_BOUNDARY -->\n';
const FACTS = '\n<!-- OPENCLAW-RELOCATABLE-BOUNDARY -->\nhost=a\n<!-- /OPENCLAW-RELOCATABLE-BOUNDARY -->';

test('a prompt is divided where OpenClaw says that it may change', () => {
  assert.deepEqual(textsOf(`You help.${BOUNDARY}Today is Monday.`), ['You help.', 'Today is Monday.']);
  assert.deepEqual(textsOf(`You help.\n\n${BOUNDARY}\n\nMonday.\n`), ['You help.', 'Monday.\n']);
});

test('a prompt without the boundary, or with nothing before or after it, is one text', () => {
  assert.deepEqual(textsOf('You help.\n'), ['You help.\n']);
  assert.deepEqual(textsOf(`${BOUNDARY}Monday.`), ['Monday.']);
  assert.deepEqual(textsOf(`You help.${BOUNDARY}`), ['You help.']);
  for (const empty of [undefined, '', ' \n', BOUNDARY]) assert.deepEqual(textsOf(empty), []);
});

test('no comment for the transport is left, wherever it stands', () => {
  const prompts = [
    `a${BOUNDARY}b${FACTS}\nc${BOUNDARY}d`,
    `a${FACTS}\nb`,
    'a <!-- OPENCLAW_CACHE_BOUNDARY --> b',
    `${FACTS}${BOUNDARY}${FACTS}`,
  ];
  for (const prompt of prompts) {
    assert.doesNotMatch(textsOf(prompt).join('|'), /OPENCLAW/);
    assert.doesNotMatch(withoutComments(prompt), /OPENCLAW/);
  }
  assert.deepEqual(textsOf(`a${BOUNDARY}b${FACTS}\nc`), ['a', 'b\nhost=a\nc']);
});

test('a long prompt of white space is divided in no time', () => {
  const blank = ' \n'.repeat(500_000);
  const before = performance.now();
  assert.deepEqual(textsOf(`a${blank}b${BOUNDARY}c`), [`a${blank}b`, 'c']);
  assert.ok(performance.now() - before < 1000);
});
