import assert from 'node:assert/strict';
import { test } from 'node:test';
import entry from '../../src/catalog_entry.js';
import { Catalog } from '../../src/provider/catalog.js';
import { DEFAULT_MODEL } from '../../src/provider/texts.js';
import type { CatalogContext, Config } from '../../src/sdk.js';
import { contractModel, failure, FakeComponent, modelList, type Script } from './fake.js';

const LIST = modelList([contractModel(), contractModel({ id: 'painter', kind: 'image' })], {
  warnings: ['one list is missing'],
});

function catalog(script: Script, baseUrl?: string) {
  const component = new FakeComponent(script);
  const keys: string[] = [];
  const warnings: string[] = [];
  const made = new Catalog({
    load: async () => component,
    baseUrl,
    cached: ({ keyParts, load }) => {
      keys.push(JSON.stringify(keyParts));
      return load();
    },
    warn: (message) => void warnings.push(message),
  });
  return { made, component, keys, warnings };
}

function context(more: Partial<CatalogContext> = {}): CatalogContext {
  const key = { apiKey: 'COMETAPI_KEY', discoveryApiKey: 'sk-real-0123456789', profileId: 'p' };
  return { config: {}, resolveProviderApiKey: () => key, ...more };
}

const ids = (models: { id: string }[]) => models.map(({ id }) => id);

test('the built-in list needs no key, sends nothing, and is queried once', async () => {
  const { made, component } = catalog({ models: LIST });
  for (let times = 0; times < 2; times++) {
    const result = await made.listed({ config: {} });
    assert.ok(result && 'provider' in result);
    assert.deepEqual(ids(result.provider.models), ['m-1']);
    assert.equal(result.provider.baseUrl, 'https://api.cometapi.com/v1');
    assert.equal(result.provider.api, 'openai-completions');
    assert.equal(result.provider.apiKey, undefined);
  }
  assert.deepEqual(component.listings, [{ how: 'built-in', maxAgeMs: 0 }]);
});

test('commands that do not load the plugin get the built-in list of the component', async () => {
  assert.deepEqual([entry.id, entry.pluginId], ['cometapi', 'cometapi']);
  const result = await entry.staticCatalog.run();
  assert.ok(result && 'provider' in result);
  assert.ok(ids(result.provider.models).includes(DEFAULT_MODEL));
  assert.equal(result.provider.apiKey, undefined);
});

test('the live list is queried with the real key, and the result has the marker for it', async () => {
  const { made, component, keys, warnings } = catalog({ models: LIST });
  const result = await made.live(context());
  assert.ok(result && 'provider' in result);
  assert.deepEqual(ids(result.provider.models), ['m-1']);
  assert.equal(result.provider.apiKey, 'COMETAPI_KEY');
  assert.deepEqual(result.outcomes, [{ provider: 'cometapi', profileId: 'p', status: 'ready' }]);
  assert.equal(component.opened[0]?.apiKey, 'sk-real-0123456789');
  assert.deepEqual(component.listings, [{ how: 'live', maxAgeMs: 0 }]);
  assert.deepEqual(warnings, ['list of models: one list is missing']);
  assert.ok(!keys.join().includes('sk-real'), 'the key does not stand in the name of a cache entry');
});

test('each key and each base URL has a list of its own', async () => {
  const { made, keys } = catalog({ models: LIST });
  await made.live(context());
  await made.live(context({ resolveProviderApiKey: () => ({ apiKey: 'sk-other-0123456789' }) }));
  await made.live(context({ config: { models: { providers: { cometapi: { baseUrl: 'http://127.0.0.1:1/v1' } } } } }));
  assert.equal(new Set(keys).size, 3);
});

test('without a key, or for other providers, there is no result and nothing is sent', async () => {
  const { made, component } = catalog({ models: LIST });
  assert.equal(await made.live(context({ resolveProviderApiKey: () => ({ apiKey: undefined }) })), null);
  assert.equal(await made.live(context({ providerIds: ['openai'] })), null);
  assert.equal(component.opened.length, 0);
});

/** Failures, and what OpenClaw makes of them. */
const OUTCOMES: [error: Error, outcome: object][] = [
  [failure('authentication'), { status: 'auth-rejected' }],
  [failure('permission'), { status: 'auth-rejected', rejectionScope: 'catalog' }],
  [failure('network'), { status: 'unavailable' }],
  [failure('timeout'), { status: 'unavailable' }],
  [failure('configuration'), { status: 'unavailable' }],
  [new Error('no such file'), { status: 'unavailable' }],
];

for (const [error, outcome] of OUTCOMES) {
  test(`a list that fails by "${error.message}" is ${JSON.stringify(outcome)}, with the reason`, async () => {
    const { made, warnings } = catalog({ models: error });
    const result = await made.live(context());
    assert.deepEqual(result, { providers: {}, outcomes: [{ provider: 'cometapi', profileId: 'p', ...outcome }] });
    assert.deepEqual(warnings, [`the models could not be listed: ${error.message}`]);
  });
}

test('while the service cannot be reached, the built-in list is listed, and its outcome says so', async () => {
  const { made } = catalog({ models: failure('network'), builtIn: modelList([contractModel({ id: 'built-in' })]) });
  const result = await made.live(context());
  assert.ok(result && 'providers' in result);
  const { cometapi } = result.providers;
  assert.deepEqual([ids(cometapi?.models ?? []), cometapi?.apiKey], [['built-in'], 'COMETAPI_KEY']);
  assert.deepEqual(result.outcomes, [{ provider: 'cometapi', profileId: 'p', status: 'unavailable' }]);
});

test('a list that was live before is kept while the service cannot be reached, for its own key', async () => {
  const script: Script = { models: LIST, builtIn: modelList([contractModel({ id: 'built-in' })]) };
  const { made } = catalog(script);
  const other = context({ resolveProviderApiKey: () => ({ apiKey: 'sk-other-0123456789' }) });
  const listed = async (of: CatalogContext) => {
    const result = await made.live(of);
    assert.ok(result && 'providers' in result);
    return ids(result.providers.cometapi?.models ?? []);
  };
  await made.live(context());
  script.models = failure('timeout');
  assert.deepEqual(await listed(context()), ['m-1']);
  assert.deepEqual(await listed(other), ['built-in']);
  script.models = failure('authentication');
  assert.deepEqual(await listed(context()), []);
});

test('an aborted query has no outcome', async () => {
  const { made } = catalog({ models: failure('network') });
  await assert.rejects(made.live(context({ signal: AbortSignal.abort(new Error('over')) })), /over/);
});

test('a failed load is tried again', async () => {
  let tries = 0;
  const made = new Catalog({
    load: async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return new FakeComponent({ models: LIST });
    },
    baseUrl: undefined,
    cached: ({ load }) => load(),
    warn: () => undefined,
  });
  await assert.rejects(made.listed({ config: {} }), /not yet/);
  assert.ok(await made.listed({ config: {} }));
});

const CONFIGURED: Config = { models: { providers: { cometapi: { baseUrl: ' http://127.0.0.1:1/v1 ' } } } };

test('the base URL is the configured one, then that of the environment, then the own', () => {
  const of = (config: Config | undefined, environment?: string) =>
    catalog({}, environment).made.resolve({ modelId: 'm', ...(config ? { config } : {}) })?.baseUrl;
  assert.equal(of(CONFIGURED, 'http://127.0.0.1:2/v1'), 'http://127.0.0.1:1/v1');
  assert.equal(of({ models: { providers: { cometapi: {} } } }, 'http://127.0.0.1:2/v1'), 'http://127.0.0.1:2/v1');
  assert.equal(of(undefined), 'https://api.cometapi.com/v1');
});

test('an id that is in no list is used as it is, without invented facts', () => {
  const { made } = catalog({});
  assert.deepEqual(made.resolve({ modelId: ' new-model ' }), {
    id: 'new-model',
    name: 'new-model',
    input: ['text'],
    api: 'openai-completions',
    provider: 'cometapi',
    baseUrl: 'https://api.cometapi.com/v1',
  });
  assert.equal(made.resolve({ modelId: ' ' }), undefined);
});

test('an id that is built in brings its facts, whatever its kind', async () => {
  const known = contractModel({ id: 'known', input: ['text', 'image', 'audio'], contextWindow: 10n, kind: 'unknown' });
  const { made } = catalog({ models: { ...LIST, models: [known] } });
  const model = await made.prepare({ modelId: 'known' });
  assert.deepEqual([model?.input, model?.contextWindow, model?.maxTokens], [['text', 'image'], 10, undefined]);
  assert.equal(await made.prepare({ modelId: 'other' }), undefined);
});
