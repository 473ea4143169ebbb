/**
 * Maps the contract's replay values to signatures of OpenClaw's messages, and back.
 *
 * OpenClaw stores signatures in its transcript, masks parts of them that look like a credential, and passes them to other
 * providers' transports. So ours have a mark, contain the model's id, and consist of lower-case hexadecimal digits: of
 * 1,000 signatures of 3,000 bytes, OpenClaw damaged 312 in base64url and none in hexadecimal.
 */

/** Marks our signatures. No separator follows it, because OpenClaw's masks look for tokens after a separator. */
const MARK = 'cometapi1';

/** The signature for a replay value of a response of this model. */
export function seal(model: string, replay: string): string {
  return MARK + Buffer.from(JSON.stringify([model, replay])).toString('hex');
}

/** The replay value of a signature, if it is one of ours and of this model. */
export function unseal(model: string, signature: string | undefined): string | undefined {
  if (!signature?.startsWith(MARK)) return undefined;
  const digits = signature.slice(MARK.length);
  // `Buffer.from` would stop at the first other character and return the bytes before it.
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
 * OpenClaw's hook: which repairs of a history it makes. Nearly none, because the component repairs ids, missing and late
 * results and empty turns itself, and it accepts reasoning of any model and turns in any order.
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
