import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorRecord } from '../../src/component/contract.js';
import {
  classifyFailoverReason,
  failureFields,
  type FailureName,
  matchesContextOverflowError,
  ownFailure,
  RULES,
} from '../../src/provider/failover.js';
import type { FailoverReason } from '../../src/sdk.js';
import { failure } from './fake.js';

/** Every failure and the reason that OpenClaw is given. */
const REASONS: Record<FailureName, FailoverReason | undefined> = {
  configuration: 'format',
  'invalid-request': 'format',
  authentication: 'auth',
  permission: 'auth',
  billing: 'billing',
  'rate-limited': 'rate_limit',
  'model-not-found': 'model_not_found',
  'context-length-exceeded': 'context_overflow',
  'content-filtered': 'format',
  overloaded: 'overloaded',
  server: 'server_error',
  timeout: 'timeout',
  network: 'timeout',
  connection: 'timeout',
  proxy: 'timeout',
  'tls-certificate': 'tls_certificate',
  'denied-by-host': 'format',
  protocol: 'server_error',
  'incomplete-stream': 'timeout',
  unsupported: 'format',
  other: 'unclassified',
  'missing-key': 'auth',
  'invalid-key': 'auth',
  'malformed-tool-call': undefined,
};

/** What OpenClaw takes for "try again" in a message or a code, in short. */
const AGAIN =
  /^(?:429|50[0234]|524): |rate.?limit|overloaded|server.?error|internal.?error|connection.?error|^E(?!RR_)[A-Z_]+$/i;

function fieldsOf(kind: ErrorRecord['kind']['tag'], more: Partial<ErrorRecord> = {}) {
  return failureFields(failure(kind, more), 7);
}

test('every rule is in the table, and the other way round', () => {
  assert.deepEqual(Object.keys(RULES).sort(), Object.keys(REASONS).sort());
});

for (const [name, reason] of Object.entries(REASONS) as [FailureName, FailoverReason | undefined][]) {
  test(`${name} is decided as ${reason ?? 'OpenClaw decides'}, by its kind and not by its text`, () => {
    const { errorType } = ownFailure(name, 'whatever');
    assert.equal(errorType, `cometapi:${name}`);
    for (const errorMessage of ['whatever', '429: rate limit', 'invalid api key']) {
      assert.equal(classifyFailoverReason({ errorMessage, errorType }), reason);
      assert.equal(matchesContextOverflowError({ errorMessage, errorType }), name === 'context-length-exceeded');
    }
  });
}

test("errors of others are left to OpenClaw's own judgement", () => {
  for (const errorType of [undefined, 'server_error', 'cometapi:', 'cometapi:unheard-of', 'cometapi:toString']) {
    assert.equal(classifyFailoverReason({ errorMessage: 'm', ...(errorType ? { errorType } : {}) }), undefined);
  }
});

test('a conversation that is too long is known by our sentence where there is nothing else', () => {
  for (const sentence of [
    'the request is longer than the context of the model; shorten the conversation',
    "the request exceeds the model's context window; shorten the conversation",
  ]) {
    assert.equal(matchesContextOverflowError({ errorMessage: sentence }), true);
  }
  assert.equal(matchesContextOverflowError({ errorMessage: 'too long' }), false);
});

/** Kind, status, whether it may pass, and how the message begins. */
const STATUSES: [kind: ErrorRecord['kind']['tag'], status: number | undefined, retryable: boolean, begins: string][] = [
  ['authentication', 401, false, '401: it'],
  ['permission', 403, false, '403: it'],
  ['billing', 402, false, 'it'],
  ['billing', 403, false, '403: it'],
  ['billing', 429, false, 'it'],
  ['rate-limited', 429, true, '429: it'],
  ['rate-limited', 200, true, 'rate limit: it'],
  ['rate-limited', undefined, true, 'rate limit: it'],
  ['model-not-found', 404, false, '404: it'],
  ['model-not-found', 503, false, 'it'],
  ['invalid-request', 400, false, '400: it'],
  ['invalid-request', 500, false, 'it'],
  ['context-length-exceeded', 400, false, '400: it'],
  ['context-length-exceeded', 500, false, 'it'],
  ['content-filtered', 400, false, '400: it'],
  ['overloaded', 503, true, '503: it'],
  ['overloaded', 529, true, '529: overloaded: it'],
  ['overloaded', 429, true, 'overloaded: it'],
  ['overloaded', 200, true, 'overloaded: it'],
  ['server', 500, true, '500: it'],
  ['server', 409, true, 'server error: it'],
  ['server', 200, false, 'it'],
  ['timeout', 504, true, '504: it'],
  ['timeout', undefined, true, 'it'],
  ['protocol', 502, false, 'it'],
  ['protocol', 200, false, 'it'],
  ['incomplete-stream', 200, true, 'it'],
  ['unsupported', 501, false, '501: it'],
  ['other', undefined, true, 'internal error: it'],
  ['configuration', undefined, false, 'network request failed: it'],
  ['denied-by-host', undefined, false, 'network request failed: it'],
];

for (const [kind, httpStatus, retryable, begins] of STATUSES) {
  test(`${kind} with status ${httpStatus} begins with "${begins}"`, () => {
    const { errorMessage } = fieldsOf(kind, { ...(httpStatus === undefined ? {} : { httpStatus }), retryable });
    assert.ok(errorMessage.startsWith(begins), errorMessage);
  });
}

test('the text for a retry is there if and only if the contract says retryable', () => {
  const own = ['connection', 'proxy', 'tls-certificate', 'missing-key', 'invalid-key', 'malformed-tool-call'];
  const kinds = Object.keys(REASONS).filter((name) => !own.includes(name));
  const passing = ['rate-limited', 'overloaded', 'server', 'timeout', 'network', 'incomplete-stream', 'other'];
  for (const kind of kinds as ErrorRecord['kind']['tag'][]) {
    for (const httpStatus of [undefined, 200, 400, 401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 524, 529]) {
      for (const retryable of [false, true]) {
        const { errorMessage, errorCode = '' } = fieldsOf(kind, { ...(httpStatus ? { httpStatus } : {}), retryable });
        const again = AGAIN.test(errorMessage) || AGAIN.test(errorCode);
        // The component calls no other kind retryable.
        if (retryable && !passing.includes(kind)) continue;
        assert.equal(again, retryable, `${kind} ${httpStatus}: ${errorMessage} ${errorCode}`);
      }
    }
  }
});

test('the time to wait is at the end of the message, if the failure is retryable', () => {
  const wait = (retryAfterMs: bigint, retryable = true) =>
    fieldsOf('rate-limited', { httpStatus: 429, retryAfterMs, retryable }).errorMessage;
  assert.equal(wait(3000n), '429: it went wrong; Retry-After: 3 seconds');
  assert.equal(wait(1500n), '429: it went wrong; Retry-After: 1.5 seconds');
  assert.equal(wait(3000n, false), 'it went wrong');
});

test('a suggested model is named once, as OpenClaw names it', () => {
  const suggestedModel = 'gpt-5.6';
  assert.equal(
    fieldsOf('model-not-found', { suggestedModel }).errorMessage,
    'it went wrong; use cometapi/gpt-5.6 instead',
  );
  const message = 'the model was retired; use gpt-5.6';
  assert.equal(fieldsOf('model-not-found', { suggestedModel, message }).errorMessage, message);
});

/** Node's code of a failed connection; the code of the message, and how the message begins. */
const NETWORK: [reason: string | undefined, name: string, code: string | undefined, begins: string][] = [
  [undefined, 'network', 'ECONNRESET', 'it'],
  ['ECONNRESET', 'network', 'ECONNRESET', 'it'],
  ['EPIPE', 'network', 'ECONNRESET', 'it'],
  ['ECONNREFUSED', 'network', 'ECONNREFUSED', 'it'],
  ['ENOTFOUND', 'network', 'ENOTFOUND', 'it'],
  ['EAI_AGAIN', 'network', 'EAI_AGAIN', 'it'],
  ['ENETUNREACH', 'network', 'ENETUNREACH', 'it'],
  ['ENETDOWN', 'network', 'ENETUNREACH', 'it'],
  ['EHOSTUNREACH', 'network', 'EHOSTUNREACH', 'it'],
  ['ETIMEDOUT', 'network', 'ETIMEDOUT', 'it'],
  ['EPROTO', 'connection', undefined, 'connection error: it'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'connection', undefined, 'connection error: it'],
  ['EMFILE', 'connection', undefined, 'connection error: it'],
  ['HPE_INVALID_CONSTANT', 'connection', undefined, 'connection error: it'],
  ['', 'connection', undefined, 'connection error: it'],
  ['ERR_PROXY_TUNNEL', 'proxy', 'EPROTO', 'proxy error: it'],
];

for (const [reason, name, code, begins] of NETWORK) {
  test(`a connection that failed by ${reason} is ${name}, which OpenClaw retries`, () => {
    const failed = failure('network', { retryable: true });
    failed.reason = reason;
    const fields = failureFields(failed, 7);
    assert.deepEqual([fields.errorType, fields.errorCode], [`cometapi:${name}`, code]);
    assert.ok(fields.errorMessage.startsWith(begins), fields.errorMessage);
    assert.equal(fields.diagnostics?.[0]?.details?.reason, reason);
    assert.ok(AGAIN.test(fields.errorMessage) || AGAIN.test(fields.errorCode ?? ''));
  });
}

test('a reason of the network changes nothing about another failure', () => {
  const failed = failure('server', { httpStatus: 500, retryable: true });
  failed.reason = 'ECONNREFUSED';
  const { errorType, errorCode, errorMessage } = failureFields(failed, 7);
  assert.deepEqual([errorType, errorCode, errorMessage], ['cometapi:server', undefined, '500: it went wrong']);
});

test('a rejected certificate has the code that says why, and is not retried', () => {
  for (const reason of ['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
    const failed = failure('network');
    failed.reason = reason;
    const { errorType, errorCode, errorMessage } = failureFields(failed, 7);
    assert.deepEqual([errorType, errorCode], ['cometapi:tls-certificate', reason]);
    assert.ok(!AGAIN.test(errorMessage) && !AGAIN.test(reason));
  }
  // The name of a host is no reason.
  const refused = failure('network', { message: 'the connection to https://certificates.example failed' });
  refused.reason = 'ECONNREFUSED';
  assert.equal(failureFields(refused, 7).errorType, 'cometapi:network');
});

test('an invalid certificate is not a network failure that may recover', () => {
  const message = 'the connection to the provider failed (the certificate has expired)';
  const fields = fieldsOf('network', { message });
  assert.equal(fields.errorType, 'cometapi:tls-certificate');
  assert.equal(fields.errorCode, undefined);
});

test('the message of another error is shown as it is', () => {
  assert.deepEqual(failureFields(new Error('no such file'), 7), {
    errorMessage: 'no such file',
    errorType: 'cometapi:other',
  });
  assert.equal(failureFields('odd', 7).errorMessage, 'odd');
});
