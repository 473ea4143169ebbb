import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyMethod } from '../../src/provider/auth.js';
import type { ApiKeyMethodOptions, AuthContext, AuthMethod, BatchAuthContext, Config } from '../../src/sdk.js';
import { failure, FakeComponent, type Script } from './fake.js';

const KEY = 'sk-test-0123456789';
const FINE: Script = { account: { unlimited: false } };

/** OpenClaw's own method as far as it matters here: it knows the key, and notes what it stored. */
function setUp(script: Script, baseUrl?: string) {
  const component = new FakeComponent(script);
  const stored: string[] = [];
  const methods: ApiKeyMethodOptions[] = [];
  const createMethod = (options: ApiKeyMethodOptions): AuthMethod => {
    methods.push(options);
    return {
      id: options.methodId,
      label: options.label,
      kind: 'api_key',
      async run() {
        const defaultModel = options.resolveDefaultModel?.({ apiKey: KEY }) ?? options.defaultModel;
        const credential = { type: 'api_key' as const, provider: options.providerId };
        return { profiles: [{ profileId: 'cometapi:default', credential }], defaultModel };
      },
      async runNonInteractive(context) {
        stored.push('stored');
        return context.config;
      },
    };
  };
  const method = apiKeyMethod({ load: async () => component, baseUrl, createMethod });
  const notes: string[] = [];
  const context: AuthContext = { config: {}, prompter: { note: async (message) => void notes.push(message) } };
  return { method, component, stored, methods, notes, context };
}

function batch(resolved: { key: string } | null, opts: object = {}, configured: Config = {}) {
  const errors: string[] = [];
  const requested: unknown[] = [];
  const exits: number[] = [];
  const context: BatchAuthContext<Config & { mine: boolean }> = {
    config: { ...configured, mine: true },
    opts,
    runtime: { error: (...words) => void errors.push(words.join(' ')), exit: (code) => void exits.push(code) },
    resolveApiKey: async (params) => {
      requested.push(params);
      return resolved;
    },
  };
  return { context, errors, requested, exits };
}

test('a key that the service takes is handed on, with the model to start with', async () => {
  const { method, component, context, notes } = setUp(FINE);
  const result = await method.run(context);
  assert.equal(result.profiles[0]?.profileId, 'cometapi:default');
  assert.equal(result.defaultModel, 'cometapi/claude-sonnet-5-5');
  assert.equal(component.opened[0]?.apiKey, KEY);
  assert.equal(component.opened[0]?.baseUrl, undefined);
  assert.equal(result.configPatch, undefined);
  assert.deepEqual(notes, []);
});

test('a key that is refused, or is none, is not handed on', async () => {
  for (const script of [{ account: failure('authentication') }, { refusal: failure('configuration') }]) {
    const { method, context } = setUp(script);
    await assert.rejects(method.run(context), /it went wrong/);
  }
});

test('a key that could not be checked is kept, with a note', async () => {
  for (const kind of ['network', 'timeout', 'server', 'permission', 'rate-limited'] as const) {
    const { method, context, notes } = setUp({ account: failure(kind) });
    assert.equal((await method.run(context)).profiles.length, 1);
    assert.deepEqual(notes, ['the CometAPI key could not be checked: it went wrong']);
  }
});

test('a key on which nothing is left is kept, with a note that turns will fail', async () => {
  const notice = /^the CometAPI key is accepted, but nothing is left on it; add credit/;
  for (const remaining of [0, -0.25]) {
    const { method, context, notes, stored } = setUp({ account: { currency: 'USD', remaining, unlimited: false } });
    assert.equal((await method.run(context)).profiles.length, 1);
    assert.match(notes.join(), notice);
    const { context: unattended, errors } = batch({ key: KEY });
    assert.ok(await method.runNonInteractive(unattended));
    assert.match(errors.join(), notice);
    assert.deepEqual(stored, ['stored']);
  }
  const { method, context, notes } = setUp({ account: { currency: 'USD', remaining: 0.01, unlimited: false } });
  await method.run(context);
  assert.deepEqual(notes, []);
});

test('without a person a key is checked before it is stored', async () => {
  const fine = setUp(FINE);
  const { context, errors, requested } = batch({ key: KEY }, { cometapiApiKey: ` ${KEY} ` });
  assert.deepEqual(await fine.method.runNonInteractive(context), { mine: true });
  assert.deepEqual([fine.stored, errors], [['stored'], []]);
  const flag = { provider: 'cometapi', flagValue: KEY, flagName: '--cometapi-api-key', envVar: 'COMETAPI_KEY' };
  assert.deepEqual(requested, [flag]);

  const refused = setUp({ account: failure('authentication') });
  const again = batch({ key: KEY });
  assert.equal(await refused.method.runNonInteractive(again.context), null);
  assert.deepEqual([refused.stored, again.errors, again.exits], [[], ['it went wrong'], [1]]);

  const offline = setUp({ account: failure('network') });
  const third = batch({ key: KEY });
  assert.ok(await offline.method.runNonInteractive(third.context));
  assert.deepEqual(third.errors, ['the CometAPI key could not be checked: it went wrong']);
  assert.deepEqual(third.exits, []);
});

test('without a key there is nothing to check or to store', async () => {
  const { method, component, stored } = setUp(FINE);
  assert.equal(await method.runNonInteractive(batch(null).context), null);
  assert.deepEqual([component.opened, stored], [[], []]);
});

const URL_OF_ENVIRONMENT = 'http://127.0.0.1:1/v1';
const configured = (baseUrl: string): Config => ({
  models: { providers: { cometapi: { baseUrl, models: [{ id: 'm' }] }, other: { baseUrl: 'https://other.test' } } },
});

test('the base URL of the environment is stored with the key, for a gateway that is started without it', async () => {
  const stored = { plugins: { entries: { cometapi: { config: { baseUrl: URL_OF_ENVIRONMENT } } } } };
  const { method, component, context, notes } = setUp(FINE, ` ${URL_OF_ENVIRONMENT} `);
  assert.deepEqual((await method.run(context)).configPatch, stored);
  assert.equal(component.opened[0]?.baseUrl, URL_OF_ENVIRONMENT);
  assert.deepEqual(notes, [
    `requests go to ${URL_OF_ENVIRONMENT}, which is stored as plugins.entries.cometapi.config.baseUrl`,
  ]);

  const unattended = batch({ key: KEY });
  const result = await setUp(FINE, URL_OF_ENVIRONMENT).method.runNonInteractive(unattended.context);
  assert.deepEqual(result, { mine: true, ...stored });
  assert.deepEqual(unattended.errors, notes);
});

test('the base URL is stored also with a key that could not be checked, and not with a rejected one', async () => {
  const offline = setUp({ account: failure('network') }, URL_OF_ENVIRONMENT);
  assert.ok((await offline.method.run(offline.context)).configPatch);
  const rejected = setUp({ account: failure('authentication') }, URL_OF_ENVIRONMENT);
  assert.equal(await rejected.method.runNonInteractive(batch({ key: KEY }).context), null);
});

test('a configured base URL is used and kept, and a different one of the environment is reported', async () => {
  const config = configured('http://127.0.0.1:2/v1');
  const other = setUp(FINE, URL_OF_ENVIRONMENT);
  assert.equal((await other.method.run({ ...other.context, config })).configPatch, undefined);
  assert.equal(other.component.opened[0]?.baseUrl, 'http://127.0.0.1:2/v1');
  assert.match(other.notes.join(), /go to http:\/\/127.0.0.1:2\/v1: models.providers.cometapi.baseUrl overrides http/);

  const same = batch({ key: KEY }, {}, configured(URL_OF_ENVIRONMENT));
  const result = await setUp(FINE, URL_OF_ENVIRONMENT).method.runNonInteractive(same.context);
  assert.deepEqual([result, same.errors], [{ ...configured(URL_OF_ENVIRONMENT), mine: true }, []]);
});

test('storing the base URL keeps everything else of the configuration', async () => {
  const entries = { cometapi: { enabled: true, config: { other: 1 } }, another: { enabled: false } };
  const there = { ...configured(' '), plugins: { entries, allow: ['cometapi'] } };
  const { context } = batch({ key: KEY }, {}, there);
  const result = await setUp(FINE, URL_OF_ENVIRONMENT).method.runNonInteractive(context);
  const ours = { enabled: true, config: { other: 1, baseUrl: URL_OF_ENVIRONMENT } };
  const plugins = { entries: { ...entries, cometapi: ours }, allow: ['cometapi'] };
  assert.deepEqual(result, { ...there, plugins, mine: true });
});

test('a base URL that the plugin has stored is not stored again', async () => {
  const there = { plugins: { entries: { cometapi: { config: { baseUrl: URL_OF_ENVIRONMENT } } } } };
  const { method, context, notes } = setUp(FINE, URL_OF_ENVIRONMENT);
  assert.equal((await method.run({ ...context, config: there })).configPatch, undefined);
  assert.deepEqual(notes, []);
});
