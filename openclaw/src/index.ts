/// <reference path="../types/openclaw.d.ts" />
/** The plugin's entry: it registers the provider, and takes from OpenClaw what the provider needs of it. */

import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import { createProviderApiKeyAuthMethod } from 'openclaw/plugin-sdk/provider-auth-api-key';
import { getCachedLiveCatalogValue } from 'openclaw/plugin-sdk/provider-catalog-shared';
import { notifyLlmRequestActivity } from 'openclaw/plugin-sdk/provider-stream-shared';
import { environmentBaseUrl, environmentProxy } from './provider/environment.js';
import { LABEL, PROVIDER_ID } from './provider/identity.js';
import { createProvider } from './provider/provider.js';

export default definePluginEntry({
  id: PROVIDER_ID,
  name: LABEL,
  description: 'CometAPI as a model provider: 500+ models behind one key, from a sandboxed WebAssembly component',
  register(api) {
    api.registerProvider(
      createProvider({
        // OpenClaw loads entries with `require` and copies a plugin at each load: the component waits until it is used.
        load: async () => (await import('./component/load.js')).loadComponent(environmentProxy()),
        baseUrl: environmentBaseUrl(),
        notifyActivity: notifyLlmRequestActivity,
        cached: getCachedLiveCatalogValue,
        warn: (message) => api.logger.warn(`${LABEL}: ${message}`),
        createMethod: createProviderApiKeyAuthMethod,
      }),
    );
  },
});
