/**
 * Failures as OpenClaw's memory search reads them.
 *
 * It decides about a retry by `status`, and without one by words and numbers in the message: 'the response has 512 vectors
 * for 513 texts' would be taken for a failure of the server. So each failure has a status that leads to the right
 * decision, which need not be that of the response.
 */

import { type ErrorRecord, Failure } from '../component/contract.js';
import { LABEL } from './identity.js';

/** Characters of the provider's own reason that are shown. */
const MAX_REASON = 300;

export class EmbeddingError extends Error {
  /** 429: again after `retryAfterMs` or some seconds, up to five times; 5xx: up to three times; 4xx: never. */
  readonly status: number;
  /** `insufficient_quota`: never again, and OpenClaw advises the user to top up. */
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The contract's kind. */
  readonly kind: string;

  constructor(record: ErrorRecord, cause: unknown) {
    super(messageOf(record), { cause });
    this.name = 'EmbeddingError';
    this.kind = record.kind.tag;
    this.status = statusOf(record);
    const { retryAfterMs } = record;
    this.code = record.kind.tag === 'billing' ? 'insufficient_quota' : undefined;
    this.retryAfterMs = record.retryable && retryAfterMs !== undefined ? Number(retryAfterMs) : undefined;
  }
}

/** Anything that was thrown, for OpenClaw. The reason of an abort stays as it is. */
export function embeddingError(thrown: unknown): unknown {
  return thrown instanceof Failure ? new EmbeddingError(thrown.record, thrown) : thrown;
}

function statusOf({ kind, retryable, httpStatus = 0 }: ErrorRecord): number {
  if (!retryable) return httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429 ? httpStatus : 400;
  if (kind.tag === 'rate-limited') return 429;
  return httpStatus >= 500 && httpStatus < 600 ? httpStatus : 503;
}

function messageOf(record: ErrorRecord): string {
  const { kind, message, requestId, suggestedModel } = record;
  // OpenClaw's advice to top up is given for this word.
  const quota = kind.tag === 'billing' && !/quota/i.test(message) ? 'quota exceeded: ' : '';
  const suggestion = suggestedModel === undefined || message.includes(suggestedModel) ? '' : `; use ${suggestedModel}`;
  const request = requestId === undefined || message.includes(requestId) ? '' : ` (request ${requestId})`;
  return `${LABEL} embeddings: ${quota}${message}${suggestion}${request}${reasonOf(record)}`;
}

/** Why the provider refused a request, such as a parameter that the model lacks. Only its own text says so. */
function reasonOf({ kind, detailsJson }: ErrorRecord): string {
  if (kind.tag !== 'invalid-request' || detailsJson === undefined) return '';
  return `: ${reasonIn(detailsJson).slice(0, MAX_REASON)}`;
}

function reasonIn(json: string): string {
  try {
    const { error, message } = JSON.parse(json) as { error?: string | { message?: unknown }; message?: unknown };
    const reason = typeof error === 'object' ? error.message : (error ?? message);
    return typeof reason === 'string' ? reason : json;
  } catch {
    // No JSON, or nothing that has fields.
    return json;
  }
}
