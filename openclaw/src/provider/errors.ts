/**
 * Errors of the contract as OpenClaw decides by them.
 *
 * OpenClaw takes three decisions: the failover reason, whether to ask the same model again, and how long to wait. It
 * reads them out of a message's text, its leading `NNN: ` and a code, and the text wins over a provider's own word
 * wherever it finds a status. So a status is put in front only where it cannot lead astray, and what stands for
 * "try again" is there if and only if the contract says `retryable`.
 */

import { type ErrorRecord, Failure } from '../component/contract.js';
import type { AssistantMessage, Diagnostic, FailoverContext, FailoverReason } from '../sdk.js';

/** The kinds of the contract, and failures that are seen here only. */
export type FailureName = ErrorRecord['kind']['tag'] | 'missing-key' | 'tls-certificate' | 'malformed-tool-call';

interface Rule {
  /** What OpenClaw is to do about it. `undefined`: it knows the code, and what to do. */
  reason: FailoverReason | undefined;
  /** The statuses under which OpenClaw comes to the same reason, or asks us. */
  agrees?: (status: number) => boolean;
  /** Words by which OpenClaw knows what may pass, where no status says it. Only for what is retryable. */
  label?: string;
  /** The code by which OpenClaw knows it. Only for what is retryable, but where `always` is set. */
  code?: string;
  always?: boolean;
}

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);
const failed = (status: number): boolean => status >= 500 && status < 600;

/** One line for each failure. */
export const RULES: Readonly<Record<FailureName, Rule>> = {
  configuration: { reason: 'format' },
  'invalid-request': { reason: 'format', agrees: oneOf(400, 413, 422) },
  authentication: { reason: 'auth', agrees: oneOf(401, 403) },
  // Not `auth_permanent`, which would shut the key out for all models: mostly it is one model that it may not use.
  permission: { reason: 'auth', agrees: oneOf(401, 403) },
  // A 402 is read by its words, and there are more of them than ours.
  billing: { reason: 'billing', agrees: oneOf(403, 429) },
  'rate-limited': { reason: 'rate_limit', agrees: oneOf(429), label: 'rate limit' },
  'model-not-found': { reason: 'model_not_found', agrees: oneOf(400, 404, 422) },
  'context-length-exceeded': { reason: 'context_overflow', agrees: oneOf(400, 413, 422) },
  // Another model may take it.
  'content-filtered': { reason: 'format', agrees: oneOf(400, 403, 422, 451) },
  overloaded: { reason: 'overloaded', agrees: failed, label: 'overloaded' },
  server: { reason: 'server_error', agrees: failed, label: 'server error' },
  timeout: { reason: 'timeout', agrees: oneOf(408, 504, 522, 524), code: 'ETIMEDOUT' },
  network: { reason: 'timeout', code: 'ECONNRESET' },
  'tls-certificate': { reason: 'tls_certificate' },
  'denied-by-host': { reason: 'format' },
  protocol: { reason: 'server_error', agrees: failed },
  'incomplete-stream': { reason: 'timeout', code: 'ECONNRESET' },
  unsupported: { reason: 'format', agrees: oneOf(400, 404, 422, 501) },
  other: { reason: 'unclassified', label: 'internal error' },
  'missing-key': { reason: 'auth' },
  // The code of OpenClaw's own transports: it asks again, as long as nothing was shown and no tool was run.
  'malformed-tool-call': { reason: undefined, code: 'malformed_tool_call_arguments', always: true },
};

/** Statuses that OpenClaw asks again after, whatever else is said. */
const ASKED_AGAIN = oneOf(429, 500, 502, 503, 504, 524);

const TYPE = 'cometapi:';

/** What of a failure stands in a message. */
export type FailureFields = Required<Pick<AssistantMessage, 'errorMessage' | 'errorType'>> &
  Pick<AssistantMessage, 'errorCode' | 'errorBody' | 'diagnostics'>;

/** Anything thrown as the fields of a message. */
export function failureFields(thrown: unknown, now: number): FailureFields {
  if (!(thrown instanceof Failure)) {
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    return fieldsOf('other', { message: words, retryable: false });
  }
  const { record } = thrown;
  const fields = fieldsOf(nameOf(record), record);
  if (record.detailsJson !== undefined) fields.errorBody = record.detailsJson;
  return { ...fields, diagnostics: [diagnosticOf(record, now)] };
}

/** A failure that was seen here, in our own words. */
export function ownFailure(name: FailureName, message: string): FailureFields {
  return fieldsOf(name, { message, retryable: false });
}

type Facts = Pick<ErrorRecord, 'message' | 'retryable' | 'httpStatus' | 'retryAfterMs'>;

function fieldsOf(name: FailureName, facts: Facts): FailureFields {
  const rule = RULES[name];
  const fields: FailureFields = { errorMessage: messageOf(rule, facts), errorType: TYPE + name };
  if (rule.code && (facts.retryable || rule.always)) fields.errorCode = rule.code;
  return fields;
}

function messageOf(rule: Rule, facts: Facts): string {
  const { message, retryable, httpStatus, retryAfterMs } = facts;
  const agrees = httpStatus !== undefined && rule.agrees?.(httpStatus) === true;
  const again = agrees && ASKED_AGAIN(httpStatus);
  const status = agrees && (retryable || !again) ? `${httpStatus}: ` : '';
  const label = retryable && !again && rule.label ? `${rule.label}: ` : '';
  const wait = retryable && retryAfterMs !== undefined ? `; Retry-After: ${Number(retryAfterMs) / 1000} seconds` : '';
  return status + label + message + wait;
}

function nameOf(record: ErrorRecord): FailureName {
  // The contract has no kind for it; the component's sentence has the word, and it is no network that may recover.
  if (record.kind.tag === 'network' && /certificate/i.test(record.message)) return 'tls-certificate';
  return record.kind.tag;
}

/** The facts that a message has no field for. */
function diagnosticOf(record: ErrorRecord, now: number): Diagnostic {
  const { kind, httpStatus, providerCode, requestId, requestSent, partial, suggestedModel } = record;
  const facts = { kind: kind.tag, httpStatus, providerCode, requestId, requestSent, partial, suggestedModel };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { type: 'cometapi_error', timestamp: now, details: Object.fromEntries(known) };
}

/** OpenClaw's hook: the reason for a failure of ours, by its kind and not by its words. */
export function classifyFailoverReason(context: FailoverContext): FailoverReason | undefined {
  const name = context.errorType?.startsWith(TYPE) ? context.errorType.slice(TYPE.length) : '';
  return Object.hasOwn(RULES, name) ? RULES[name as FailureName].reason : undefined;
}

/** OpenClaw's hook: whether the conversation is too long. Sometimes it is told the message alone. */
export function matchesContextOverflowError(context: FailoverContext): boolean {
  if (context.errorType !== undefined) return context.errorType === `${TYPE}context-length-exceeded`;
  return context.errorMessage.includes('longer than the context of the model');
}
