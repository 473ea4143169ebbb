/// <reference path="../types/openclaw.d.ts" />
/** The plugin's entry: it registers the provider, and hands it the functions of OpenClaw that it needs. */

import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import { createProviderApiKeyAuthMethod } from 'openclaw/plugin-sdk/provider-auth-api-key';
import { getCachedLiveCatalogValue } from 'openclaw/plugin-sdk/provider-catalog-shared';
import { notifyLlmRequestActivity } from 'openclaw/plugin-sdk/provider-stream-shared';
import { damageOf } from './component/integrity.js';
import { loadSound } from './component/sound.js';
import { embeddingAdapter } from './provider/embeddings.js';
import { environmentBaseUrl, environmentProxy, isReportOnPlugins } from './provider/environment.js';
import { DESCRIPTION, LABEL, PROVIDER_ID } from './provider/identity.js';
import { ownBaseUrl, sendsAttribution } from './provider/plugin_config.js';
import { createProvider } from './provider/provider.js';

export default definePluginEntry({
  id: PROVIDER_ID,
  name: LABEL,
  description: DESCRIPTION,
  register(api) {
    const damage = damageOf();
    if (damage !== undefined) {
      // Reported as a failed plugin there. A turn needs the provider, which fails with the reason: without it, OpenClaw
      // would send the key and the conversation by its own transport.
      if (isReportOnPlugins()) throw new Error(damage);
      api.logger.error(damage);
    }
    const parts = {
      // OpenClaw loads entries with `require`, which excludes top-level await, and at every start of a command: the
      // component is loaded when a hook first needs it.
      load: () => loadSound(environmentProxy()),
      baseUrl: ownBaseUrl(api.pluginConfig) ?? environmentBaseUrl(),
      warn: (message: string) => api.logger.warn(`${LABEL}: ${message}`),
    };
    api.registerProvider(
      createProvider({
        ...parts,
        notifyActivity: notifyLlmRequestActivity,
        attribution: sendsAttribution(api.pluginConfig),
        cached: getCachedLiveCatalogValue,
        createMethod: createProviderApiKeyAuthMethod,
      }),
    );
    // Older versions of OpenClaw have no providers of embeddings.
    api.registerEmbeddingProvider?.(
      embeddingAdapter({
        ...parts,
        // The function of the public API ignores the agent, whose key may be another one. The other is not public, so a
        // version of OpenClaw may lack it.
        resolveApiKey: async (params) => {
          const internal = await import('openclaw/plugin-sdk/provider-auth-runtime').catch(() => undefined);
          return (internal ?? api.runtime.modelAuth).resolveApiKeyForProvider(params);
        },
      }),
    );
  },
});
