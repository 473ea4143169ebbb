/// <reference path="../types/openclaw.d.ts" />
/** The plugin's entry: it registers the provider, and hands it the functions of OpenClaw that it needs. */

import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import { createProviderApiKeyAuthMethod } from 'openclaw/plugin-sdk/provider-auth-api-key';
import { getCachedLiveCatalogValue } from 'openclaw/plugin-sdk/provider-catalog-shared';
import { notifyLlmRequestActivity } from 'openclaw/plugin-sdk/provider-stream-shared';
import { damageOf } from './component/integrity.js';
import { loadSound } from './component/sound.js';
import { environmentBaseUrl, environmentProxy, isReportOnPlugins } from './provider/environment.js';
import { DESCRIPTION, LABEL, PROVIDER_ID } from './provider/identity.js';
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
    api.registerProvider(
      createProvider({
        // OpenClaw loads entries with `require`, which excludes top-level await, and at every start of a command: the
        // component is loaded when a hook first needs it.
        load: () => loadSound(environmentProxy()),
        baseUrl: environmentBaseUrl(),
        notifyActivity: notifyLlmRequestActivity,
        cached: getCachedLiveCatalogValue,
        warn: (message) => api.logger.warn(`${LABEL}: ${message}`),
        createMethod: createProviderApiKeyAuthMethod,
      }),
    );
  },
});
