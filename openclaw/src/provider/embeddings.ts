/** The provider of embeddings, which OpenClaw's memory search and its endpoint for embeddings use. */

import type { Component, EmbeddingRequest, Session } from '../component/contract.js';
import type {
  EmbeddingAdapter,
  EmbeddingCallOptions,
  EmbeddingCreateOptions,
  EmbeddingIdentity,
  EmbeddingInput,
  EmbeddingProvider,
} from '../sdk_embeddings.js';
import { type AccessParts, accessOf, destinationOf } from './embedding_access.js';
import { embeddingError } from './embedding_errors.js';
import { PROVIDER_ID } from './identity.js';

/** The cheapest of the models that every key can use, and the one that OpenClaw itself uses by default. */
export const DEFAULT_EMBEDDING_MODEL = 'text-embedding-3-small';

/**
 * Texts of one request. Vendors take 96 to 2,048, and a response is decoded in one step, during which nothing else runs
 * on the event loop: a third of a millisecond for each of the longest vectors. The bytes need no limit of their own:
 * OpenClaw passes at most 8,000 at once from an index, and 65,536 from its endpoint.
 */
const TEXTS_PER_REQUEST = 96;

/** Tokens of one text. OpenClaw cuts longer ones; it counts bytes, of which each token has at least one. */
const OPENAI_TOKENS = 8191;
/** The limit of models of which nothing is known: that of Gemini's. The chunks of an index are shorter. */
const OTHER_TOKENS = 2048;

/** The dependencies of the adapter. */
export interface EmbeddingParts extends AccessParts {
  load: () => Promise<Component>;
  /** Shown to the user. */
  warn: (message: string) => void;
}

/** What `registerEmbeddingProvider` takes. Nothing is loaded or sent before OpenClaw creates a provider with it. */
export function embeddingAdapter(parts: EmbeddingParts): EmbeddingAdapter {
  return {
    id: PROVIDER_ID,
    defaultModel: DEFAULT_EMBEDDING_MODEL,
    transport: 'remote',
    authProviderId: PROVIDER_ID,
    normalizeModel: modelOf,
    resolveIndexIdentity: (options) => identityOf(parts, options),
    create: async (options) => ({
      provider: await createProvider(parts, options),
      runtime: { id: PROVIDER_ID, cacheKeyData: identityOf(parts, options).cacheKeyData },
    }),
  };
}

/** The model's id. In OpenClaw's configuration it may also stand with the provider's name, as other models do. */
function modelOf({ model }: Pick<EmbeddingCreateOptions, 'model'>): string {
  const id = model.trim();
  const prefix = `${PROVIDER_ID}/`;
  return (id.startsWith(prefix) ? id.slice(prefix.length) : id) || DEFAULT_EMBEDDING_MODEL;
}

/**
 * What determines the vectors: with any of it changed, those of an index cannot be compared with those of a query. The key
 * does not, so it is not part of what OpenClaw stores.
 */
function identityOf(parts: EmbeddingParts, options: EmbeddingCreateOptions): EmbeddingIdentity {
  const model = modelOf(options);
  const { dimensions } = options;
  const inputType = inputTypeOf(options, 'document');
  return {
    model,
    cacheKeyData: {
      provider: PROVIDER_ID,
      baseUrl: destinationOf(parts, options),
      model,
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(inputType === undefined ? {} : { documentInputType: inputType }),
    },
  };
}

/** The vendor's label for a text, where the user configured one. Some models make other vectors of a query. */
function inputTypeOf(options: EmbeddingCreateOptions, kind: EmbeddingCallOptions['inputType']): string | undefined {
  const own = kind === 'query' ? options.queryInputType : options.documentInputType;
  return own?.trim() || options.inputType?.trim() || undefined;
}

async function createProvider(parts: EmbeddingParts, options: EmbeddingCreateOptions): Promise<EmbeddingProvider> {
  const model = modelOf(options);
  const { dimensions } = options;
  const session = await openSession(parts, options);
  const warned = new Set<string>();
  const warn = (message: string): void => {
    // Once for each provider: it is the same for each request.
    if (warned.has(message)) return;
    warned.add(message);
    parts.warn(`embeddings of ${model}: ${message}`);
  };
  const embedBatch = async (inputs: EmbeddingInput[], call: EmbeddingCallOptions = {}): Promise<number[][]> => {
    const texts = inputs.map(textOf);
    const inputType = inputTypeOf(options, call.inputType);
    const settings = {
      model,
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(inputType === undefined ? {} : { extraJson: JSON.stringify({ input_type: inputType }) }),
    };
    const vectors: number[][] = [];
    // In turn: the first failure ends the batch before more of it is billed.
    for (let at = 0; at < texts.length; at += TEXTS_PER_REQUEST) {
      const request = { ...settings, input: texts.slice(at, at + TEXTS_PER_REQUEST) };
      vectors.push(...(await embedOnce(session, request, call.signal, warn)));
    }
    return vectors;
  };
  return {
    id: PROVIDER_ID,
    model,
    ...(dimensions === undefined ? {} : { dimensions }),
    maxInputTokens: /^text-embedding-(?:3-|ada-002)/.test(model) ? OPENAI_TOKENS : OTHER_TOKENS,
    embed: async (input, call) => (await embedBatch([input], call))[0] ?? [],
    embedBatch,
  };
}

async function openSession(parts: EmbeddingParts, options: EmbeddingCreateOptions): Promise<Session> {
  const access = await accessOf(parts, options);
  const component = await parts.load();
  try {
    // OpenClaw sends a failed request again itself: see `embeddingError`.
    return component.open({ ...access, maxRetries: 0 });
  } catch (error) {
    throw embeddingError(error);
  }
}

async function embedOnce(
  session: Session,
  request: EmbeddingRequest,
  signal: AbortSignal | undefined,
  warn: (message: string) => void,
): Promise<number[][]> {
  try {
    const { vectors, warnings } = await session.embed(request, { signal });
    warnings.forEach(warn);
    // OpenClaw rejects typed arrays.
    return vectors.map((vector) => Array.from(vector));
  } catch (error) {
    throw embeddingError(error);
  }
}

function textOf(input: EmbeddingInput): string {
  if (typeof input === 'string') return input;
  // Without its image, the vector of a text would be found for the wrong queries.
  if (input.parts?.some(({ type }) => type !== 'text')) {
    throw new Error(
      'CometAPI has embeddings of texts only; turn memory.search.multimodal off, or choose another provider',
    );
  }
  return input.text;
}
