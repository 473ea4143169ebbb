/**
 * Failures as OpenClaw's memory search reads them.
 *
 * It decides about a retry by `status`, and without one by words and numbers in the message: 'the response has 512 vectors
 * for 513 texts' would be taken for a failure of the server. So each failure has a status that leads to the right
 * decision, which need not be that of the response.
 */

import { type ErrorRecord, Failure } from '../component/contract.js';
import { LABEL } from './identity.js';

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

function messageOf({ kind, message, requestId, suggestedModel }: ErrorRecord): string {
  // OpenClaw's advice to top up is given for this word.
  const quota = kind.tag === 'billing' && !/quota/i.test(message) ? 'quota exceeded: ' : '';
  const suggestion = suggestedModel === undefined || message.includes(suggestedModel) ? '' : `; use ${suggestedModel}`;
  const request = requestId === undefined || message.includes(requestId) ? '' : ` (request ${requestId})`;
  return `${LABEL} embeddings: ${quota}${message}${suggestion}${request}`;
}
