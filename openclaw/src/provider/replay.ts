/**
 * Maps the contract's replay values to signatures of OpenClaw's messages, and back.
 *
 * OpenClaw stores signatures in its transcript, masks parts of them that look like a credential, and passes them to other
 * providers' transports. So ours have a mark, contain the model's id, and consist of lower-case hexadecimal digits: of
 * 1,000 signatures of 3,000 bytes, OpenClaw damaged 312 in base64url and none in hexadecimal.
 */

import { MESSAGES } from './routes/messages.js';

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
 * Claude models from Opus 5.5 and Fable 5.1 on: they sign a block of thinking together with everything before it, so that
 * a history that changes anywhere invalidates all signatures after that place.
 */
const BINDING = /(?:^|\/)claude-(?:opus-(?:5[-.][5-9]|[6-9])|fable-(?:5[-.][1-9]|[6-9]))(?!\d)/i;

/** Whether a model's thinking is bound to the conversation before it. */
export function bindsThinking({ id, api }: { id?: string | undefined; api?: string | null | undefined }): boolean {
  return api === MESSAGES.api && id !== undefined && BINDING.test(id);
}

/** The model for which OpenClaw prepares a history. */
interface ReplayContext {
  modelId?: string | undefined;
  modelApi?: string | null | undefined;
}

/**
 * OpenClaw's hook: which repairs of a history it makes. Nearly none, because the component repairs ids, missing and late
 * results and empty turns itself, and it accepts reasoning of any model and turns in any order.
 */
export function buildReplayPolicy({ modelId, modelApi }: ReplayContext = {}) {
  return {
    // OpenClaw otherwise removes the facts of a turn from the history when the turn is over. That is cheaper, and the
    // default here, but it changes what the thinking of these models is bound to.
    appendOnlyRuntimeContext: bindsThinking({ id: modelId, api: modelApi }),
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
