/**
 * Maps errors of the contract to the fields by which OpenClaw decides.
 *
 * OpenClaw makes three decisions: the failover reason, whether to retry the same model, and how long to wait. It reads
 * them from the message's text, its leading `NNN: ` and a code, and where it finds a status, that overrides our own
 * classification. (A 503 with `model_not_found` was retried 8 times over 87 seconds.) So the status is put in front only
 * where OpenClaw draws the same conclusion from it, and the text for "retry" is there if and only if the contract says
 * `retryable`.
 */

import { type ErrorRecord, Failure } from '../component/contract.js';
import { INVALID_KEY } from '../host/credential.js';
import { isCertificate, PROXY_FAILED } from '../host/error_codes.js';
import type { AssistantMessage, Diagnostic, FailoverContext, FailoverReason } from '../sdk.js';
import { modelRef } from './identity.js';

/** The kinds of the contract, and failures that only the plugin detects. */
export type FailureName =
  | ErrorRecord['kind']['tag']
  | 'missing-key'
  | 'invalid-key'
  | 'connection'
  | 'proxy'
  | 'tls-certificate'
  | 'malformed-tool-call';

interface Rule {
  /** The failover reason. `undefined`: OpenClaw decides by the code. */
  reason: FailoverReason | undefined;
  /** The statuses from which OpenClaw derives the same reason, or for which it calls our hook. */
  agrees?: (status: number) => boolean;
  /** The text by which OpenClaw recognises a retryable failure without a status. */
  label?: string;
  /** The code by which OpenClaw recognises a retryable failure; with `always`, any failure. */
  code?: string;
  always?: boolean;
  /** The text by which OpenClaw chooses its sentence for a failure that it does not retry. */
  prefix?: string;
}

/** Otherwise OpenClaw shows that the provider rejected the request's schema or tools, which never reached it. */
const NOT_SENT = { prefix: 'network request failed' };

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);
const failed = (status: number): boolean => status >= 500 && status < 600;

/** One row for each failure. */
export const RULES: Readonly<Record<FailureName, Rule>> = {
  configuration: { reason: 'format', ...NOT_SENT },
  'invalid-request': { reason: 'format', agrees: oneOf(400, 413, 422) },
  authentication: { reason: 'auth', agrees: oneOf(401, 403) },
  // Not `auth_permanent`, which would disable the key for all models: mostly the key may not use one model.
  permission: { reason: 'auth', agrees: oneOf(401, 403) },
  // OpenClaw reads a 402 by the text after it, and our text is not the one that it knows.
  billing: { reason: 'billing', agrees: oneOf(403, 429) },
  'rate-limited': { reason: 'rate_limit', agrees: oneOf(429), label: 'rate limit' },
  'model-not-found': { reason: 'model_not_found', agrees: oneOf(400, 404, 422) },
  'context-length-exceeded': { reason: 'context_overflow', agrees: oneOf(400, 413, 422) },
  // `format` makes OpenClaw try another model, whose filter may accept the input.
  'content-filtered': { reason: 'format', agrees: oneOf(400, 403, 422, 451) },
  overloaded: { reason: 'overloaded', agrees: failed, label: 'overloaded' },
  server: { reason: 'server_error', agrees: failed, label: 'server error' },
  timeout: { reason: 'timeout', agrees: oneOf(408, 504, 522, 524), code: 'ETIMEDOUT' },
  network: { reason: 'timeout', code: 'ECONNRESET' },
  // Neither refused nor interrupted, such as a TLS handshake with a server that does not speak TLS. OpenClaw's sentences
  // for it and for a proxy depend on the text.
  connection: { reason: 'timeout', label: 'connection error' },
  proxy: { reason: 'timeout', label: 'proxy error', code: 'EPROTO' },
  'tls-certificate': { reason: 'tls_certificate' },
  'denied-by-host': { reason: 'format', ...NOT_SENT },
  protocol: { reason: 'server_error', agrees: failed },
  'incomplete-stream': { reason: 'timeout', code: 'ECONNRESET' },
  unsupported: { reason: 'format', agrees: oneOf(400, 404, 422, 501) },
  other: { reason: 'unclassified', label: 'internal error' },
  'missing-key': { reason: 'auth' },
  'invalid-key': { reason: 'auth' },
  // The code of OpenClaw's own transports: it retries if nothing was shown and no tool was run.
  'malformed-tool-call': { reason: undefined, code: 'malformed_tool_call_arguments', always: true },
};

/** Statuses after which OpenClaw retries, whatever else the message says. */
const RETRIED_STATUSES = oneOf(429, 500, 502, 503, 504, 524);

/**
 * The codes for which OpenClaw has a sentence, by Node's. `ECONNRESET` is an interruption, which a connection that was
 * never made is not.
 */
const NETWORK_CODES: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'ECONNREFUSED'],
  ['ENOTFOUND', 'ENOTFOUND'],
  ['EAI_AGAIN', 'EAI_AGAIN'],
  ['EHOSTUNREACH', 'EHOSTUNREACH'],
  ['EHOSTDOWN', 'EHOSTUNREACH'],
  ['EADDRNOTAVAIL', 'EHOSTUNREACH'],
  ['ENETUNREACH', 'ENETUNREACH'],
  ['ENETDOWN', 'ENETUNREACH'],
  ['ETIMEDOUT', 'ETIMEDOUT'],
  ['ECONNRESET', 'ECONNRESET'],
  ['ECONNABORTED', 'ECONNRESET'],
  ['EPIPE', 'ECONNRESET'],
]);

const TYPE = 'cometapi:';

/** The fields of a message that describe a failure. */
export type FailureFields = Required<Pick<AssistantMessage, 'errorMessage' | 'errorType'>> &
  Pick<AssistantMessage, 'errorCode' | 'errorBody' | 'diagnostics'>;

/** The fields for anything that was thrown. */
export function failureFields(thrown: unknown, now: number): FailureFields {
  if (!(thrown instanceof Failure)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return fieldsOf('other', { message, retryable: false });
  }
  const { record, reason } = thrown;
  const name = nameOf(record, reason);
  const fields = fieldsOf(name, record);
  if (reason !== undefined) {
    const code = name === 'network' ? NETWORK_CODES.get(reason) : name === 'tls-certificate' ? reason : undefined;
    if (code !== undefined) fields.errorCode = code;
  }
  if (record.detailsJson !== undefined) fields.errorBody = record.detailsJson;
  return { ...fields, diagnostics: [diagnosticOf(record, reason, now)] };
}

/** The fields of a failure that the plugin detected. */
export function ownFailure(name: FailureName, message: string): FailureFields {
  return fieldsOf(name, { message, retryable: false });
}

type Facts = Pick<ErrorRecord, 'message' | 'retryable' | 'httpStatus' | 'retryAfterMs' | 'suggestedModel'>;

function fieldsOf(name: FailureName, facts: Facts): FailureFields {
  const rule = RULES[name];
  const fields: FailureFields = { errorMessage: messageOf(rule, facts), errorType: TYPE + name };
  if (rule.code && (facts.retryable || rule.always)) fields.errorCode = rule.code;
  return fields;
}

function messageOf(rule: Rule, facts: Facts): string {
  const { message, retryable, httpStatus, retryAfterMs } = facts;
  const agrees = httpStatus !== undefined && rule.agrees?.(httpStatus) === true;
  const retried = agrees && RETRIED_STATUSES(httpStatus);
  const status = agrees && (retryable || !retried) ? `${httpStatus}: ` : '';
  const text = retryable && !retried ? rule.label : rule.prefix;
  const label = text === undefined ? '' : `${text}: `;
  const wait = retryable && retryAfterMs !== undefined ? `; Retry-After: ${Number(retryAfterMs) / 1000} seconds` : '';
  return status + label + message + suggestionOf(facts) + wait;
}

/** The model to use instead, under its name in OpenClaw, unless the message already names it. */
function suggestionOf({ message, suggestedModel }: Facts): string {
  if (suggestedModel === undefined || message.includes(suggestedModel)) return '';
  return `; use ${modelRef(suggestedModel)} instead`;
}

/** The contract has one kind for all failures of the network. OpenClaw has several sentences, and does not retry all. */
function nameOf(record: ErrorRecord, reason: string | undefined): FailureName {
  if (reason === INVALID_KEY) return 'invalid-key';
  if (record.kind.tag !== 'network') return record.kind.tag;
  // Unlike other failures of the network, it does not pass by waiting.
  if (reason === undefined ? /certificate/i.test(record.message) : isCertificate(reason)) return 'tls-certificate';
  if (reason === PROXY_FAILED) return 'proxy';
  return reason === undefined || NETWORK_CODES.has(reason) ? 'network' : 'connection';
}

/** The facts for which OpenClaw's messages have no field. */
function diagnosticOf(record: ErrorRecord, reason: string | undefined, now: number): Diagnostic {
  const { kind, httpStatus, providerCode, requestId, requestSent, partial, suggestedModel } = record;
  const facts = { kind: kind.tag, reason, httpStatus, providerCode, requestId, requestSent, partial, suggestedModel };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { type: 'cometapi_error', timestamp: now, details: Object.fromEntries(known) };
}

/** OpenClaw's hook: the failover reason of one of our failures, by its kind and not by its text. */
export function classifyFailoverReason(context: FailoverContext): FailoverReason | undefined {
  const name = context.errorType?.startsWith(TYPE) ? context.errorType.slice(TYPE.length) : '';
  return Object.hasOwn(RULES, name) ? RULES[name as FailureName].reason : undefined;
}

/** OpenClaw's hook: whether the conversation is too long. Some of its callers pass only the message. */
export function matchesContextOverflowError(context: FailoverContext): boolean {
  if (context.errorType !== undefined) return context.errorType === `${TYPE}context-length-exceeded`;
  return /\blonger than the context\b|\bcontext (?:window|length)\b/i.test(context.errorMessage);
}
