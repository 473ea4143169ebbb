/**
 * The built-in list for OpenClaw's discovery without the plugin's entry, which `models status` and turns use. For a list
 * that can be refreshed, it takes no models from the manifest there.
 */

import { damageOf } from './component/integrity.js';
import { loadSound } from './component/sound.js';
import { Catalog } from './provider/catalog.js';
import { environmentBaseUrl, environmentProxy } from './provider/environment.js';
import { LABEL, PROVIDER_ID } from './provider/identity.js';

const catalog = new Catalog({
  load: () => loadSound(environmentProxy()),
  baseUrl: environmentBaseUrl(),
  // The built-in list is not cached here: no live list is ever queried.
  cached: ({ load }) => load(),
  warn: (message) => console.error(`${LABEL}: ${message}`),
});

// Reported as soon as a command looks at the entry: OpenClaw shows nothing of a list that fails.
const damage = damageOf();
if (damage !== undefined) console.error(`[plugins] ${damage}`);

export default {
  id: PROVIDER_ID,
  pluginId: PROVIDER_ID,
  label: LABEL,
  auth: [],
  // OpenClaw passes no configuration to this hook, so a configured base URL is unknown here. The stream does not use the
  // list's one.
  staticCatalog: {
    order: 'simple' as const,
    run: async () => (damageOf() === undefined ? catalog.listed({ config: {} }) : null),
  },
};
