/** OpenClaw's types for embedding providers, as far as the plugin uses them. `types/conforms.ts` compares them. */

import type { Config } from './sdk.js';

/** A text, or a text with parts that are no text, such as images. */
export type EmbeddingInput = string | { text: string; parts?: readonly { type: string }[] };

export interface EmbeddingCallOptions {
  signal?: AbortSignal;
  inputType?: 'query' | 'document' | 'semantic' | 'classification' | 'clustering';
}

/** OpenClaw's configuration of the memory search, for one agent. */
export interface EmbeddingCreateOptions {
  config: Config & { models?: { providers?: Record<string, { headers?: Record<string, unknown> } | undefined> } };
  agentDir?: string;
  /** Empty: the provider's default. */
  model: string;
  dimensions?: number;
  inputType?: string;
  queryInputType?: string;
  documentInputType?: string;
  /** The user's own endpoint. The key is a text once OpenClaw has resolved the reference to it. */
  remote?: { baseUrl?: string; apiKey?: unknown; headers?: Record<string, string> };
}

/** What an index was made with. OpenClaw does not search an index of another identity. */
export interface EmbeddingIdentity {
  model: string;
  cacheKeyData: Record<string, unknown>;
}

export interface EmbeddingProvider {
  id: string;
  model: string;
  dimensions?: number;
  /** OpenClaw cuts longer texts. Without it, 8,192. */
  maxInputTokens?: number;
  embed(input: EmbeddingInput, options?: EmbeddingCallOptions): Promise<number[]>;
  embedBatch(inputs: EmbeddingInput[], options?: EmbeddingCallOptions): Promise<number[][]>;
}

export interface EmbeddingAdapter {
  id: string;
  defaultModel: string;
  transport: 'remote';
  authProviderId: string;
  normalizeModel(options: EmbeddingCreateOptions): string;
  resolveIndexIdentity(options: EmbeddingCreateOptions): EmbeddingIdentity;
  create(options: EmbeddingCreateOptions): Promise<{
    provider: EmbeddingProvider;
    runtime: { id: string; cacheKeyData: Record<string, unknown> };
  }>;
}

/** OpenClaw's function that finds the key of a provider, as for the turns of an agent. */
export type ResolveApiKey = (params: {
  provider: string;
  cfg?: Config;
  agentDir?: string;
}) => Promise<{ apiKey?: string }>;
