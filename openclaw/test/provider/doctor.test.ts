import assert from 'node:assert/strict';
import { test } from 'node:test';
import { legacyConfigRules, normalizeCompatibilityConfig } from '../../src/doctor.js';

type Json = Record<string, unknown>;

const BASE_URL = 'https://api.cometapi.com/v1';
const custom = (more: Json = {}): Json => ({
  baseUrl: BASE_URL,
  apiKey: 'sk-1',
  api: 'openai-completions',
  models: [{ id: 'gpt-6-sol', name: 'x' }],
  ...more,
});
const config = (providers: Json, more: Json = {}): Json => ({ models: { mode: 'merge', providers }, ...more });

/** The configuration after `doctor --fix`; `undefined` if nothing changed. `doctor` has to list what it repairs. */
function fixed(cfg: Json): Json | undefined {
  const before = JSON.stringify(cfg);
  const { config: result, changes } = normalizeCompatibilityConfig({ cfg });
  assert.equal(JSON.stringify(cfg), before, 'the given configuration was changed');
  const providers = (cfg.models as Json | undefined)?.providers;
  const issues = legacyConfigRules.filter(({ match }) => match(providers, cfg));
  assert.equal(issues.length > 0, changes.length > 0);
  if (changes.length === 0) return undefined;
  assert.deepEqual(normalizeCompatibilityConfig({ cfg: result }).changes, [], 'a second run changes something again');
  return result;
}

/** The providers after `doctor --fix`. */
function providersOf(cfg: Json | undefined): Json {
  const models = cfg?.models as Json | undefined;
  assert.ok(models, 'nothing changed');
  return models.providers as Json;
}

test('custom providers with our address become ours, with their key and the references to their models', () => {
  const claude = custom({ baseUrl: 'https://api.cometapi.com', models: [{ id: 'claude-opus-5' }] });
  const result = fixed(
    config(
      { 'my-comet': custom(), other: { baseUrl: 'https://other.test/v1', models: [] }, 'comet-claude': claude },
      {
        agents: {
          defaults: {
            model: { primary: 'my-comet/gpt-6-sol', fallbacks: ['other/gpt-6-sol', 'comet-claude/claude-opus-5'] },
            models: { 'my-comet/gpt-6-sol': { alias: 'sol' }, 'other/x': {} },
          },
          list: [{ id: 'main', model: 'comet-claude/claude-opus-5', workspace: '/my-comet/gpt-6-sol' }],
        },
        plugins: { entries: { cometapi: { enabled: true } } },
      },
    ),
  );
  assert.deepEqual(result, {
    models: {
      mode: 'merge',
      providers: {
        other: { baseUrl: 'https://other.test/v1', models: [] },
        cometapi: { models: [], baseUrl: BASE_URL, apiKey: 'sk-1' },
      },
    },
    agents: {
      defaults: {
        model: { primary: 'cometapi/gpt-6-sol', fallbacks: ['other/gpt-6-sol', 'cometapi/claude-opus-5'] },
        models: { 'cometapi/gpt-6-sol': { alias: 'sol' }, 'other/x': {} },
      },
      list: [{ id: 'main', model: 'cometapi/claude-opus-5', workspace: '/my-comet/gpt-6-sol' }],
    },
    plugins: { entries: { cometapi: { enabled: true } } },
  });
});

test('a secret reference is moved as it is, and an own key is kept', () => {
  const apiKey = { source: 'env', provider: 'default', id: 'COMETAPI_KEY' };
  const moved = fixed(config({ a: custom({ apiKey }), b: custom({ apiKey: { ...apiKey } }) }));
  assert.deepEqual(providersOf(moved), { cometapi: { models: [], baseUrl: BASE_URL, apiKey } });
  const own = { models: [{ id: 'mine' }], headers: { 'x-a': 'b' }, apiKey: 'sk-1' };
  const kept = fixed(config({ cometapi: own, a: custom() }));
  assert.deepEqual(providersOf(kept), { cometapi: { ...own, baseUrl: BASE_URL } });
});

/** Providers that stay as they are. */
const LEFT: [name: string, providers: Json][] = [
  ['another address', { a: custom({ baseUrl: 'https://api.cometapi.com.example.org/v1' }) }],
  ['an address that only ends alike', { a: custom({ baseUrl: 'https://proxy.api.cometapi.com/v1' }) }],
  ['plain http', { a: custom({ baseUrl: 'http://api.cometapi.com/v1' }) }],
  ['another port', { a: custom({ baseUrl: 'https://api.cometapi.com:8443/v1' }) }],
  ['no address', { a: custom({ baseUrl: 7 }) }],
  ['a key that is elsewhere', { a: custom({ apiKey: undefined }) }],
  ['headers of its own', { a: custom({ headers: { 'x-team': '1' } }) }],
  ['another key than ours', { cometapi: { models: [], apiKey: 'sk-2' }, a: custom() }],
  ['ours at another server', { cometapi: { baseUrl: 'http://127.0.0.1:1/v1', models: [] }, a: custom() }],
  ['none', {}],
];

for (const [name, providers] of LEFT) {
  test(`a custom provider is left as it is: ${name}`, () => {
    assert.equal(fixed(config(providers)), undefined);
  });
}

test('nothing is moved to a plugin that may not run', () => {
  const off: Json[] = [
    { enabled: false },
    { entries: { cometapi: { enabled: false } } },
    { allow: ['other'] },
    { deny: ['cometapi'] },
  ];
  for (const plugins of off) assert.equal(fixed(config({ a: custom() }, { plugins })), undefined);
  assert.ok(fixed(config({ a: custom() }, { plugins: { allow: ['cometapi'], deny: ['other'] } })));
});

test('of two custom providers with different keys, the first is moved', () => {
  const result = fixed(config({ a: custom(), b: custom({ apiKey: 'sk-2' }) }));
  assert.deepEqual(Object.keys(providersOf(result)), ['b', 'cometapi']);
});

test('two custom providers with the same model keep the settings of the first', () => {
  const models = { 'a/gpt-6-sol': { alias: 'one' }, 'b/gpt-6-sol': { alias: 'two' } };
  const result = fixed(config({ a: custom(), b: custom() }, { agents: { defaults: { models } } }));
  assert.deepEqual(result?.agents, { defaults: { models: { 'cometapi/gpt-6-sol': { alias: 'one' } } } });
});

test("a configuration that is none of OpenClaw's is returned as it is", () => {
  for (const cfg of [{}, { models: 1 }, { models: { providers: [] } }, { models: { providers: { a: null } } }]) {
    assert.equal(fixed(cfg), undefined);
  }
});
