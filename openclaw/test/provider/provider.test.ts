import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadComponent } from '../../src/component/load.js';
import { environmentBaseUrl, environmentProxy, isReportOnPlugins } from '../../src/provider/environment.js';
import { definitionsOf } from '../../src/provider/models.js';
import { ownBaseUrl } from '../../src/provider/plugin_config.js';
import { createProvider } from '../../src/provider/provider.js';
import {
  buildMissingAuthMessage,
  CONSOLE_URL,
  DEFAULT_BASE_URL,
  DEFAULT_MODEL,
  ENV_VARS,
} from '../../src/provider/texts.js';
import type { AuthMethod, StreamFn } from '../../src/sdk.js';
import { all, events, FakeComponent, model, user } from './fake.js';

function provider(component: FakeComponent, baseUrl?: string) {
  const method: AuthMethod = {
    id: 'api-key',
    label: 'key',
    kind: 'api_key',
    run: async () => ({ profiles: [] }),
    runNonInteractive: async ({ config }) => config,
  };
  return createProvider({
    load: async () => component,
    baseUrl,
    notifyActivity: () => undefined,
    cached: ({ load }) => load(),
    warn: () => undefined,
    createMethod: () => method,
  });
}

test('the base URL of the plugin’s own settings is a text that is not blank', () => {
  assert.equal(ownBaseUrl({ baseUrl: ' https://h/v1 ' }), 'https://h/v1');
  for (const settings of [undefined, {}, { baseUrl: '' }, { baseUrl: '  ' }, { baseUrl: 7 }]) {
    assert.equal(ownBaseUrl(settings), undefined);
  }
});

test('the texts for people match the description of the component', async () => {
  const component = await loadComponent();
  const { auth, defaultBaseUrl, defaultModel } = component.describe();
  assert.deepEqual(ENV_VARS, auth.envVars);
  assert.equal(CONSOLE_URL, auth.consoleUrl);
  assert.equal(DEFAULT_BASE_URL, defaultBaseUrl);
  assert.equal(DEFAULT_MODEL, defaultModel);
  assert.match(buildMissingAuthMessage(), /COMETAPI_KEY.*models auth login --provider cometapi.*https:/);
});

test("the component's built-in list has the default model, and each of its models is one for OpenClaw", async () => {
  const component = await loadComponent();
  const builtIn = await component.open({ apiKey: 'none', maxRetries: 0 }).models('built-in', 0);
  const definitions = definitionsOf(builtIn);
  assert.ok(definitions.some(({ id }) => id === DEFAULT_MODEL));
  assert.ok(definitions.length > 20);
  for (const { id, name, cost, contextWindow = 1, maxTokens = 1 } of definitions) {
    assert.ok(id && name && contextWindow > 0 && maxTokens > 0, id);
    for (const rates of cost ? [cost, ...(cost.tieredPricing ?? [])] : []) {
      for (const rate of [rates.input, rates.output, rates.cacheRead, rates.cacheWrite]) assert.ok(rate >= 0, id);
    }
  }
});

test('the manifest names the recommended models, and the end and the successor of a deprecated one', async () => {
  const component = await loadComponent();
  const { defaultModel, utilityModel } = component.describe();
  const builtIn = await component.open({ apiKey: 'none', maxRetries: 0 }).models('built-in', 0);
  const manifest = JSON.parse(await readFile(new URL('../../../openclaw.plugin.json', import.meta.url), 'utf8'));
  const catalog = manifest.modelCatalog.providers.cometapi;
  assert.equal(catalog.defaultModel, defaultModel);
  assert.equal(catalog.defaultUtilityModel, utilityModel);
  const rows = new Map<string, Record<string, unknown>>(catalog.models.map((row: { id: string }) => [row.id, row]));
  // OpenClaw hides the deprecated ones in its dialogs.
  for (const id of [defaultModel, utilityModel ?? '']) assert.equal(rows.get(id)?.status, undefined, id);
  const deprecated = builtIn.models.filter(({ id, status }) => status === 'deprecated' && rows.has(id));
  assert.ok(deprecated.some(({ replacedBy }) => replacedBy !== undefined));
  for (const { id, retirementDate, replacedBy } of deprecated) {
    const { status, statusReason, replacedBy: successor } = rows.get(id) ?? {};
    assert.deepEqual([status, statusReason, successor], ['deprecated', `ends on ${retirementDate}`, replacedBy], id);
  }
  const marked = [...rows.values()].filter(({ status }) => status !== undefined);
  assert.equal(marked.length, deprecated.length);
});

test('the manifest refuses what CometAPI ended, and translates other spellings of what it has', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../openclaw.plugin.json', import.meta.url), 'utf8'));
  const { providers, suppressions } = manifest.modelCatalog;
  const ids = new Set<string>(providers.cometapi.models.map((row: { id: string }) => row.id));
  const ended = new Set<string>(suppressions.map(({ model }: { model: string }) => model));
  assert.ok(ended.has('claude-opus-4-20250514') && ended.size > 50);
  for (const { provider, model, reason, retirement } of suppressions) {
    assert.equal(provider, 'cometapi');
    assert.ok(!ids.has(model), `${model} is offered and refused`);
    assert.match(reason, /^CometAPI ended this model on \d{4}-\d\d-\d\d\.$/);
    assert.ok(!ended.has(retirement.replacedBy), `${model} is replaced by one that ended, too`);
  }
  // Only other sources report its end, which are about the vendor.
  assert.ok(!ended.has('sora-2'));

  const { aliases } = manifest.modelIdNormalization.providers.cometapi;
  assert.equal(aliases['claude-sonnet-5.5'], 'claude-sonnet-5-5');
  assert.equal(aliases['anthropic/claude-sonnet-5-5'], 'claude-sonnet-5-5');
  assert.equal(aliases['gpt-5-4-mini'], 'gpt-5.4-mini');
  for (const [alias, id] of Object.entries<string>(aliases)) {
    assert.ok(ids.has(id) && !ids.has(alias) && !ended.has(alias), `${alias} means ${id}`);
    assert.equal(alias, alias.toLowerCase());
  }
});

test('a stream goes to the configured base URL', async () => {
  const component = new FakeComponent({ steps: [[events.response(), events.finish('stop')]] });
  const config = { models: { providers: { cometapi: { baseUrl: 'http://127.0.0.1:1/v1' } } } };
  const stream = provider(component, 'http://127.0.0.1:2/v1').createStreamFn({ config });
  await all(stream(model(), { messages: [user('hi')] }, { apiKey: 'k' }));
  assert.equal(component.opened[0]?.baseUrl, 'http://127.0.0.1:1/v1');
});

test('a wrapped stream is another function that does the same', async () => {
  const component = new FakeComponent({ steps: [[events.response(), events.finish('stop')]] });
  const made = provider(component);
  const inner: StreamFn = made.createStreamFn({});
  const wrapped = made.wrapStreamFn({ streamFn: inner });
  assert.ok(wrapped && wrapped !== inner);
  assert.equal((await all(wrapped(model(), { messages: [] }, { apiKey: 'k' }))).at(-1)?.type, 'done');
  assert.equal(made.wrapStreamFn({}), undefined);
});

test('a wrapped stream has what OpenClaw does not pass on: the retention of the cache, and the level adaptive', async () => {
  const component = new FakeComponent({ steps: [[events.response(), events.finish('stop')]] });
  const made = provider(component);
  const target = model({ api: 'anthropic-messages', id: 'claude-sonnet-5-5' });
  const streamed = async (extraParams: Record<string, unknown>, thinkingLevel: string, options = {}) => {
    const wrapped = made.wrapStreamFn({ streamFn: made.createStreamFn({}), extraParams, thinkingLevel });
    await all(
      wrapped?.(target, { messages: [user('hi')] }, { apiKey: 'k', reasoning: 'high', ...options }) ?? assert.fail(),
    );
    return component.requests.at(-1);
  };
  const long = await streamed({ cacheRetention: 'long' }, 'adaptive');
  assert.match(long?.extraJson ?? '', /"ttl":"1h"/);
  assert.deepEqual(long?.reasoning, { includeText: true });
  const own = await streamed({ cacheRetention: 'long' }, 'high', { cacheRetention: 'short' });
  assert.equal(own?.extraJson, undefined);
  assert.equal(own?.reasoning?.effort, 'high');
  assert.equal(
    (await streamed({ cacheRetention: 'forever' }, 'high', { cacheRetention: undefined }))?.extraJson,
    undefined,
  );
});

test('making the provider loads nothing', () => {
  const component = new FakeComponent();
  const made = provider(component);
  assert.deepEqual([made.id, made.label, made.envVars], ['cometapi', 'CometAPI', ENV_VARS]);
  assert.equal(component.opened.length, 0);
});

test('of the environment the base URL and the proxies are read, and nothing that is empty', () => {
  const { env } = process;
  const names = ['COMETAPI_BASE_URL', 'HTTPS_PROXY', 'no_proxy', 'HTTP_PROXY'];
  const before = names.map((name) => env[name]);
  try {
    Object.assign(env, { HTTPS_PROXY: 'http://p:1', no_proxy: 'a', HTTP_PROXY: '' });
    env.COMETAPI_BASE_URL = ' http://127.0.0.1:1/v1 ';
    assert.equal(environmentBaseUrl(), 'http://127.0.0.1:1/v1');
    const { HTTPS_PROXY, no_proxy, HTTP_PROXY } = environmentProxy();
    assert.deepEqual([HTTPS_PROXY, no_proxy, HTTP_PROXY], ['http://p:1', 'a', undefined]);
    env.COMETAPI_BASE_URL = '';
    assert.equal(environmentBaseUrl(), undefined);
  } finally {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) delete env[name];
      else env[name] = before[at];
    }
  }
});

test('the commands that report on plugins are recognised, and no others', () => {
  for (const command of [
    'plugins doctor',
    'plugins inspect cometapi --json',
    '--profile work plugins list',
    'doctor --fix',
  ]) {
    assert.equal(isReportOnPlugins(command.split(' ')), true, command);
  }
  for (const command of ['agent exec plugins', 'gateway run', 'models list', '--no-color', '']) {
    assert.equal(isReportOnPlugins(command.split(' ')), false, command);
  }
});
