// What is imported of OpenClaw at run time, declared so that the plugin compiles where OpenClaw is not installed.
// `scripts/conforms.mjs` compiles against the real declarations instead, as far as OpenClaw ships them.

declare module 'openclaw/plugin-sdk/plugin-entry' {
  import type { ResolveApiKey } from '../src/sdk_embeddings.js';
  export interface PluginApi {
    logger: { warn(message: string): void; error(message: string): void };
    runtime: { modelAuth: { resolveApiKeyForProvider: ResolveApiKey } };
    pluginConfig?: Record<string, unknown>;
    registerProvider(provider: unknown): void;
    registerEmbeddingProvider?(adapter: unknown): void;
  }
  export function definePluginEntry(entry: {
    id: string;
    name: string;
    description: string;
    register(api: PluginApi): void;
  }): unknown;
}

declare module 'openclaw/plugin-sdk/provider-auth-api-key' {
  import type { ApiKeyMethodOptions, AuthMethod } from '../src/sdk.js';
  export function createProviderApiKeyAuthMethod(options: ApiKeyMethodOptions): AuthMethod;
}

declare module 'openclaw/plugin-sdk/provider-auth-runtime' {
  import type { ResolveApiKey } from '../src/sdk_embeddings.js';
  export const resolveApiKeyForProvider: ResolveApiKey;
}

declare module 'openclaw/plugin-sdk/provider-catalog-shared' {
  export function getCachedLiveCatalogValue<T>(params: {
    keyParts: readonly unknown[];
    ttlMs: number;
    load: () => Promise<T>;
  }): Promise<T>;
}

declare module 'openclaw/plugin-sdk/provider-stream-shared' {
  export function notifyLlmRequestActivity(signal: AbortSignal | undefined): void;
}
