/** Failures as OpenClaw's memory search reads them: its rules, from its code, and what they make of ours. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddingError, embeddingError } from '../../src/provider/embedding_errors.js';
import { failure } from './fake.js';

type Kind = Parameters<typeof failure>[0];

/** How OpenClaw 2026.9.6 decides: `resolveMemoryEmbeddingRetryBudget` of its memory search. */
function retryOf({ status, code, retryAfterMs }: EmbeddingError): 'never' | 'briefly' | 'rate limit' {
  if (code === 'insufficient_quota' && retryAfterMs === undefined) return 'never';
  if (status === 429) return 'rate limit';
  return status >= 500 && status <= 599 ? 'briefly' : 'never';
}

function ofKind(kind: Kind, more: Parameters<typeof failure>[1] = {}): EmbeddingError {
  const error = embeddingError(failure(kind, more));
  assert.ok(error instanceof EmbeddingError);
  return error;
}

test('a failure is retried if the contract says so, whatever its status is', () => {
  const rows: [Kind, Parameters<typeof failure>[1], ReturnType<typeof retryOf>][] = [
    ['rate-limited', { retryable: true, httpStatus: 429, retryAfterMs: 7000n }, 'rate limit'],
    // Some gateways report it in a response with the status 200 or 403.
    ['rate-limited', { retryable: true, httpStatus: 403 }, 'rate limit'],
    ['rate-limited', { retryable: false, httpStatus: 429, retryAfterMs: 3_600_000n }, 'never'],
    ['billing', { retryable: false, httpStatus: 429 }, 'never'],
    ['authentication', { retryable: false, httpStatus: 401 }, 'never'],
    // 503 with `model_not_found`: the status alone would lead to more requests.
    ['model-not-found', { retryable: false, httpStatus: 503 }, 'never'],
    ['invalid-request', { retryable: false, httpStatus: 500 }, 'never'],
    ['protocol', { retryable: false, httpStatus: 200, message: 'the response has 512 vectors for 513 texts' }, 'never'],
    ['configuration', { retryable: false }, 'never'],
    ['overloaded', { retryable: true, httpStatus: 529 }, 'briefly'],
    ['server', { retryable: true, httpStatus: 500 }, 'briefly'],
    ['network', { retryable: true }, 'briefly'],
    ['timeout', { retryable: true, httpStatus: 408 }, 'briefly'],
    ['incomplete-stream', { retryable: true, httpStatus: 200 }, 'briefly'],
    ['other', { retryable: true }, 'briefly'],
  ];
  for (const [kind, more, expected] of rows) {
    const error = ofKind(kind, more);
    assert.equal(retryOf(error), expected, `${kind} ${JSON.stringify(more?.httpStatus)}: status ${error.status}`);
    assert.equal(error.kind, kind);
  }
});

test('the time that the service asks to wait is passed on', () => {
  assert.equal(ofKind('rate-limited', { retryable: true, retryAfterMs: 7000n }).retryAfterMs, 7000);
  assert.equal(ofKind('rate-limited', { retryable: true }).retryAfterMs, undefined);
});

test('the message has what a person needs', () => {
  const shown = (kind: Kind, more: Parameters<typeof failure>[1]): string => ofKind(kind, more).message;
  assert.equal(shown('server', { requestId: 'r-1' }), 'CometAPI embeddings: it went wrong (request r-1)');
  assert.equal(
    shown('model-not-found', { message: 'no model m', suggestedModel: 'n-2' }),
    'CometAPI embeddings: no model m; use n-2',
  );
  for (const [detailsJson, reason] of [
    ['{"error":{"message":"Unknown parameter: input_type"}}', 'Unknown parameter: input_type'],
    ['{"error":"no such field"}', 'no such field'],
    ['{"message":"too long"}', 'too long'],
    ['{"error":{"code":7}}', '{"error":{"code":7}}'],
    ['null', 'null'],
    ['<html>', '<html>'],
    [JSON.stringify({ error: { message: 'x'.repeat(500) } }), 'x'.repeat(300)],
  ] as const) {
    assert.equal(shown('invalid-request', { detailsJson }), `CometAPI embeddings: it went wrong: ${reason}`);
  }
  assert.doesNotMatch(shown('server', { detailsJson: '{"message":"overload"}' }), /overload/);
  // OpenClaw's memory tool advises to top up the account if the text has this word.
  assert.match(shown('billing', {}), /quota/);
  assert.doesNotMatch(shown('rate-limited', { retryable: true }), /quota/);
});

test('anything else that was thrown stays as it is', () => {
  const reason = new Error('aborted');
  assert.equal(embeddingError(reason), reason);
  assert.equal(embeddingError('text'), 'text');
});
