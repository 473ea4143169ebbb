/** The provider as OpenClaw registers it: a list of hooks. Each hook is defined in the module of its subject. */

import type { Config, StreamFn } from '../sdk.js';
import { fetchUsageSnapshot, resolveUsageAuth } from './account.js';
import { apiKeyMethod, type AuthParts } from './auth.js';
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
    wrapStreamFn: ({ streamFn: inner }: { streamFn?: StreamFn }): StreamFn | undefined =>
      // It changes nothing. But to a provider that has no `wrapStreamFn`, OpenClaw applies its own settings for vendors,
      // such as `thinking` for DeepSeek, and writes them into the body; the component already handles those.
      inner && ((model, context, options) => inner(model, context, options)),
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
