/**
 * The contract's replay values as signatures of OpenClaw's messages, and back.
 *
 * OpenClaw keeps signatures with its transcript, masks in them what looks like a credential, and shows them to other
 * providers' transports. So ours are recognisable, belong to one model, and consist of lower-case hexadecimal digits:
 * of signatures of 3,000 bytes in base64url, one in three came back with a piece masked.
 */

/** Tells our signatures from all others. No separator follows: masks look for tokens behind one. */
const MARK = 'cometapi1';

/** A replay value of this model's answer as a signature. */
export function seal(model: string, replay: string): string {
  return MARK + Buffer.from(JSON.stringify([model, replay])).toString('hex');
}

/** The replay value in a signature, if we made it of an answer of this model. */
export function unseal(model: string, signature: string | undefined): string | undefined {
  if (!signature?.startsWith(MARK)) return undefined;
  const digits = signature.slice(MARK.length);
  // `Buffer.from` stops at the first other character and keeps what came before it.
  if (!/^(?:[0-9a-f]{2})+$/.test(digits)) return undefined;
  try {
    const sealed: unknown = JSON.parse(Buffer.from(digits, 'hex').toString());
    if (!Array.isArray(sealed) || sealed.length !== 2) return undefined;
    const [madeFor, replay] = sealed as unknown[];
    return madeFor === model && typeof replay === 'string' ? replay : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What OpenClaw is to leave as it is in a history. The component repairs one by itself: ids, missing and late results,
 * empty turns; it takes reasoning of any model, and turns in any order.
 */
export function buildReplayPolicy() {
  return {
    sanitizeMode: 'images-only',
    sanitizeToolCallIds: false,
    preserveSignatures: false,
    dropThinkingBlocks: false,
    dropReasoningFromHistory: false,
    repairToolUseResultPairing: true,
    applyAssistantFirstOrderingFix: false,
    validateGeminiTurns: false,
    validateAnthropicTurns: false,
    allowSyntheticToolResults: false,
  } as const;
}
