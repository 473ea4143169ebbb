/**
 * OpenClaw's hook for `openclaw doctor`: moves "custom providers" with CometAPI's address to this plugin's provider.
 *
 * People who used CometAPI before they installed the plugin wrote such providers by hand, or had a script write several
 * for one key. OpenClaw's own transport serves them: without the sandbox, and without the catalogue's prices and limits.
 * `doctor` lists them, and `doctor --fix` moves them. Nothing else runs this code.
 */

import { LABEL, modelRef, PROVIDER_ID } from './provider/identity.js';
import { DEFAULT_BASE_URL } from './provider/texts.js';

type Json = Record<string, unknown>;

const HOST = new URL(DEFAULT_BASE_URL).hostname;

/** The settings of a custom provider for which the plugin has a place, or which it makes itself. */
const MOVED = new Set(['api', 'apiKey', 'auth', 'authHeader', 'baseUrl', 'models']);

/** The parts of a configuration that do not refer to models, and in which nothing is changed. */
const WITHOUT_REFERENCES = new Set(['auth', 'env', 'models', 'plugins', 'secrets']);

/** The issues that `doctor` lists. */
export const legacyConfigRules = [
  {
    path: ['models', 'providers'],
    message:
      `custom providers with ${LABEL}'s address do not use the ${LABEL} plugin; ` +
      `"openclaw doctor --fix" moves their key and the references to their models to the provider "${PROVIDER_ID}".`,
    match: (providers: unknown, root: unknown): boolean => isActive(root) && movable(providers).size > 0,
  },
];

/** Returns the configuration with the custom providers moved, and a line for each change. */
export function normalizeCompatibilityConfig<C extends Json>({ cfg }: { cfg: C }): { config: C; changes: string[] } {
  const models = record(cfg.models);
  const providers = record(models?.providers);
  const moved = movable(providers);
  if (!models || !providers || moved.size === 0 || !isActive(cfg)) return { config: cfg, changes: [] };
  const rest = Object.entries(providers).filter(([id]) => !moved.has(id));
  const own = record(providers[PROVIDER_ID]);
  const key = own?.apiKey ?? [...moved.values()][0]?.apiKey;
  // OpenClaw requires a base URL and a list of models here. The base URL is also what keeps the key at this address.
  const provider = { models: [], ...own, baseUrl: own?.baseUrl ?? DEFAULT_BASE_URL, apiKey: key };
  const replaced = new Map([...moved].flatMap(([id, entry]) => references(id, entry)));
  const config = {
    ...cfg,
    ...renamedBelow(cfg, replaced),
    models: { ...models, providers: Object.fromEntries([...rest, [PROVIDER_ID, provider]]) },
  };
  const changes = [...moved.keys()].map(
    (id) => `Moved models.providers.${id} to the ${LABEL} plugin: its models are now ${modelRef('…')}.`,
  );
  return { config, changes };
}

/**
 * The custom providers that can be moved as a whole, by their ids. One is left as it is if the plugin has no place for a
 * setting of it, if its key is not in the configuration, or if it has another key: one provider has one key.
 */
function movable(value: unknown): Map<string, Json> {
  const providers = record(value) ?? {};
  const own = record(providers[PROVIDER_ID]);
  const found = new Map<string, Json>();
  // A plugin that was pointed at another server serves other models under the same ids.
  if (own?.baseUrl !== undefined && !isOurs(own.baseUrl)) return found;
  let key = own?.apiKey;
  for (const [id, each] of Object.entries(providers)) {
    const entry = record(each);
    if (id === PROVIDER_ID || !entry || !isOurs(entry.baseUrl) || entry.apiKey === undefined) continue;
    if (Object.keys(entry).some((name) => !MOVED.has(name))) continue;
    key ??= entry.apiKey;
    if (JSON.stringify(entry.apiKey) === JSON.stringify(key)) found.set(id, entry);
  }
  return found;
}

/** Whether the plugin may serve the models then: OpenClaw loads these hooks also of a plugin that is disabled. */
function isActive(root: unknown): boolean {
  const plugins = record(record(root)?.plugins);
  const lists = (name: string): unknown[] => (Array.isArray(plugins?.[name]) ? plugins[name] : []);
  const entry = record(record(plugins?.entries)?.[PROVIDER_ID]);
  const allowed = lists('allow').length === 0 || lists('allow').includes(PROVIDER_ID);
  return plugins?.enabled !== false && entry?.enabled !== false && allowed && !lists('deny').includes(PROVIDER_ID);
}

/** Whether an address is CometAPI's own, with any path: each vendor's route has another one. */
function isOurs(baseUrl: unknown): boolean {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl.trim()) ? new URL(baseUrl.trim()) : undefined;
  return url?.protocol === 'https:' && url.hostname === HOST && url.port === '';
}

/** The references to a provider's models, each with the new one. */
function references(id: string, entry: Json): [string, string][] {
  const models = Array.isArray(entry.models) ? entry.models : [];
  const ids = models.map((model) => record(model)?.id).filter((each) => typeof each === 'string');
  return ids.map((each) => [`${id}/${each}`, modelRef(each)]);
}

/** The members of a configuration that may refer to models, with the references replaced. */
function renamedBelow(cfg: Json, replaced: ReadonlyMap<string, string>): Json {
  const parts = Object.entries(cfg).filter(([name]) => !WITHOUT_REFERENCES.has(name));
  return Object.fromEntries(parts.map(([name, value]) => [name, renamed(value, replaced)]));
}

/** A value with each reference replaced that is a whole text or the name of a member. */
function renamed(value: unknown, replaced: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return replaced.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each) => renamed(each, replaced));
  const members = record(value);
  if (!members) return value;
  const entries = new Map<string, unknown>();
  for (const [name, each] of Object.entries(members)) {
    const key = replaced.get(name) ?? name;
    // Two custom providers may have the same model: the settings of the first one count.
    if (!entries.has(key)) entries.set(key, renamed(each, replaced));
  }
  return Object.fromEntries(entries);
}

function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
