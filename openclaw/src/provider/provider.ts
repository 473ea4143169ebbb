/** The provider as OpenClaw registers it: a list of hooks. Each hook is defined in the module of its subject. */

import type { Config, StreamFn, WrapContext } from '../sdk.js';
import { fetchUsageSnapshot, resolveUsageAuth } from './account.js';
import { apiKeyMethod, type AuthParts } from './auth.js';
import { isCacheTtlEligible, retentionOf } from './caching.js';
import { Catalog, type CatalogParts } from './catalog.js';
import { classifyFailoverReason, matchesContextOverflowError } from './failover.js';
import { LABEL, PROVIDER_ID } from './identity.js';
import { resolveThinkingProfile } from './reasoning.js';
import { buildReplayPolicy } from './replay.js';
import { baseUrlOf } from './settings.js';
import { streamFn, type StreamParts } from './stream.js';
import { buildMissingAuthMessage, buildUnknownModelHint, ENV_VARS } from './texts.js';

/** The dependencies of the provider. */
export type Parts = StreamParts & CatalogParts & AuthParts;

/** Creates the provider. Nothing is loaded or sent before a hook needs it. */
export function createProvider(parts: Parts) {
  const catalog = new Catalog(parts);
  return {
    id: PROVIDER_ID,
    label: LABEL,
    // A page of OpenClaw's documentation; a plugin outside the repository has none of its own.
    docsPath: '/providers/models',
    envVars: [...ENV_VARS],
    auth: [apiKeyMethod(parts)],
    catalog: { order: 'simple' as const, run: catalog.live.bind(catalog) },
    staticCatalog: { order: 'simple' as const, run: catalog.listed.bind(catalog) },
    resolveDynamicModel: catalog.resolve.bind(catalog),
    prepareDynamicModel: catalog.prepare.bind(catalog),
    createStreamFn: ({ config }: { config?: Config }): StreamFn => streamFn(parts, baseUrlOf(config, parts.baseUrl)),
    wrapStreamFn,
    supportsSystemPromptCacheBoundary: true,
    isCacheTtlEligible,
    buildReplayPolicy,
    classifyFailoverReason,
    matchesContextOverflowError,
    resolveThinkingProfile,
    buildMissingAuthMessage,
    buildUnknownModelHint,
    resolveUsageAuth,
    fetchUsageSnapshot: (context: Parameters<typeof fetchUsageSnapshot>[2]) =>
      fetchUsageSnapshot(parts.load, parts.baseUrl, context),
  };
}

/**
 * Adds what OpenClaw knows before a request and does not pass on with it. The retention of the cache reaches a provider
 * outside of OpenClaw only for some adapters, the level `adaptive` arrives as `high`, and the agent not at all.
 *
 * Without a `wrapStreamFn`, OpenClaw would also apply its own settings for vendors, such as `thinking` for DeepSeek, and
 * write them into the body; the component already handles those.
 */
function wrapStreamFn({ streamFn: inner, extraParams, thinkingLevel, agentId }: WrapContext): StreamFn | undefined {
  const configured = retentionOf(extraParams?.cacheRetention);
  const known = {
    ...(thinkingLevel === 'adaptive' ? { adaptiveThinking: true } : {}),
    ...(agentId === undefined ? {} : { agentId }),
  };
  return (
    inner &&
    ((model, context, options) => {
      const cacheRetention = options?.cacheRetention ?? configured;
      return inner(model, context, { ...options, ...known, ...(cacheRetention ? { cacheRetention } : {}) });
    })
  );
}
