/**
 * An embedding without the key.
 *
 * The response has lost the key before the component read it, but the component undoes escapes, and a damaged one could
 * return anything: see `Redaction::embedding` of the harness. Vectors are numbers, and hold no text.
 */

import type { Redaction } from '../host/redaction.js';
import type { Embedding } from './contract.js';

export function redactedEmbedding(embedding: Embedding, redaction: Redaction): Embedding {
  const maybe = (text: string | undefined): string | undefined => (text === undefined ? text : redaction.text(text));
  const { usage } = embedding;
  return {
    ...embedding,
    ...(usage && { usage: { ...usage, currency: maybe(usage.currency), rawJson: maybe(usage.rawJson) } }),
    model: maybe(embedding.model),
    requestId: maybe(embedding.requestId),
    warnings: embedding.warnings.map((text) => redaction.text(text)),
  };
}
