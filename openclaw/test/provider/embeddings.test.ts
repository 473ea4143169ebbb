import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Embedding, EmbeddingRequest } from '../../src/component/contract.js';
import { EmbeddingError } from '../../src/provider/embedding_errors.js';
import { DEFAULT_EMBEDDING_MODEL, embeddingAdapter } from '../../src/provider/embeddings.js';
import type { EmbeddingCreateOptions } from '../../src/sdk_embeddings.js';
import { failure, FakeComponent } from './fake.js';

const KEY = 'sk-test-0123456789';

/** A vector for each text: its length, and the number of texts in the request. */
function vectorsOf({ input }: EmbeddingRequest): Embedding {
  return { vectors: input.map((text) => Float32Array.of(text.length, input.length)), warnings: [] };
}

interface Made {
  component: FakeComponent;
  adapter: ReturnType<typeof embeddingAdapter>;
  warnings: string[];
  /** The agents whose key was resolved. */
  agents: (string | undefined)[];
  create: (options?: Partial<EmbeddingCreateOptions>) => ReturnType<ReturnType<typeof embeddingAdapter>['create']>;
}

function made(embed: FakeComponent['script']['embed'] = vectorsOf, key: string | Error = KEY): Made {
  const component = new FakeComponent({ embed });
  const [warnings, agents]: [string[], (string | undefined)[]] = [[], []];
  const adapter = embeddingAdapter({
    load: async () => component,
    baseUrl: undefined,
    warn: (message) => warnings.push(message),
    resolveApiKey: async ({ provider, agentDir }) => {
      assert.equal(provider, 'cometapi');
      agents.push(agentDir);
      if (key instanceof Error) throw key;
      return { apiKey: key };
    },
  });
  return { component, adapter, warnings, agents, create: (more) => adapter.create({ config: {}, model: '', ...more }) };
}

test('a text becomes a vector of plain numbers, by the default model and the key of the agent', async () => {
  const { create, component, agents } = made();
  const { provider } = await create({ agentDir: '/agents/a' });
  assert.deepEqual(await provider.embed('four'), [4, 1]);
  assert.equal(provider.model, DEFAULT_EMBEDDING_MODEL);
  assert.deepEqual(component.embedded, [{ model: DEFAULT_EMBEDDING_MODEL, input: ['four'] }]);
  assert.deepEqual(agents, ['/agents/a']);
  // OpenClaw sends a failed request again itself.
  assert.deepEqual(component.opened, [{ apiKey: KEY, baseUrl: undefined, headers: {}, maxRetries: 0 }]);
});

test('a batch is sent in requests of 96 texts, and its vectors stay in order', async () => {
  const { create, component } = made();
  const { provider } = await create();
  const texts = Array.from({ length: 200 }, (_, index) => 'x'.repeat(index + 1));
  const vectors = await provider.embedBatch(texts.map((text, index) => (index % 2 ? text : { text })));
  assert.deepEqual(
    vectors.map(([length]) => length),
    texts.map((text) => text.length),
  );
  assert.deepEqual(
    component.embedded.map(({ input }) => input.length),
    [96, 96, 8],
  );
  assert.deepEqual(await provider.embedBatch([]), []);
  assert.equal(component.embedded.length, 3, 'nothing is sent for an empty batch');
});

test('a failed request ends the batch', async () => {
  let requests = 0;
  const { create } = made((request) =>
    ++requests === 2 ? failure('server', { retryable: true }) : vectorsOf(request),
  );
  const { provider } = await create();
  await assert.rejects(provider.embedBatch(Array(300).fill('text')), EmbeddingError);
  assert.equal(requests, 2);
});

test('the length and the labels that a user configured are sent, and belong to the index', async () => {
  const options = { dimensions: 256, inputType: 'any', queryInputType: ' query ' };
  const { create, component } = made();
  const { provider, runtime } = await create(options);
  await provider.embed('a', { inputType: 'query' });
  await provider.embedBatch(['b'], { inputType: 'document' });
  await provider.embed('c');
  assert.deepEqual(
    component.embedded.map(({ dimensions, extraJson }) => [dimensions, extraJson]),
    [
      [256, '{"input_type":"query"}'],
      [256, '{"input_type":"any"}'],
      [256, '{"input_type":"any"}'],
    ],
  );
  assert.equal(provider.dimensions, 256);
  assert.deepEqual(runtime.cacheKeyData, {
    provider: 'cometapi',
    baseUrl: 'https://api.cometapi.com',
    model: DEFAULT_EMBEDDING_MODEL,
    dimensions: 256,
    documentInputType: 'any',
  });
});

test('an index belongs to a model and an address, in any spelling, and never to a key', () => {
  const { adapter } = made();
  const identity = (baseUrl: string | undefined, model = ''): unknown => {
    const config = { models: { providers: { cometapi: { ...(baseUrl && { baseUrl }) } } } };
    return adapter.resolveIndexIdentity({ config, model, remote: { apiKey: KEY } });
  };
  const same = [
    undefined,
    'https://api.cometapi.com',
    'https://API.cometapi.com/v1/',
    ' https://api.cometapi.com:443/v1',
  ];
  for (const baseUrl of same) assert.deepEqual(identity(baseUrl), identity(undefined), baseUrl);
  for (const other of ['https://api.cometapi.com/eu/v1', 'http://127.0.0.1:8080/v1', 'not a URL']) {
    assert.notDeepEqual(identity(other), identity(undefined), other);
  }
  assert.notDeepEqual(identity(undefined, 'text-embedding-3-large'), identity(undefined));
  assert.ok(!JSON.stringify(identity(undefined)).includes(KEY));
});

test('the model may stand with the name of the provider', () => {
  const { adapter } = made();
  const models: [given: string, used: string][] = [
    ['', DEFAULT_EMBEDDING_MODEL],
    [' cometapi/ ', DEFAULT_EMBEDDING_MODEL],
    [' cometapi/text-embedding-3-large ', 'text-embedding-3-large'],
    ['BAAI/bge-m3', 'BAAI/bge-m3'],
  ];
  for (const [given, used] of models) {
    assert.equal(adapter.normalizeModel({ config: {}, model: given }), used);
    assert.equal(adapter.normalizeModel({ config: {}, model: used }), used, 'again');
  }
});

test('texts are cut to what the model takes, where that is known, or to what all take', async () => {
  const { create } = made();
  const limit = async (model: string): Promise<number | undefined> => (await create({ model })).provider.maxInputTokens;
  assert.equal(await limit('text-embedding-3-large'), 8191);
  assert.equal(await limit('gemini-embedding-001'), 2048);
});

test('an endpoint of its own gets its own key, and never that of the provider', async () => {
  const { create, component, agents } = made();
  const config = {
    models: { providers: { cometapi: { baseUrl: 'https://a.example/v1', headers: { 'x-team': 'a' } } } },
  };
  await create({ config });
  await create({ config, remote: { baseUrl: 'https://a.example', headers: { 'X-More': 'b' } } });
  await create({ config, remote: { apiKey: ' sk-other-0123456789 ' } });
  await create({ config, remote: { baseUrl: 'https://b.example/v1', apiKey: 'sk-other-0123456789' } });
  assert.deepEqual(
    component.opened.map(({ baseUrl, apiKey, headers }) => [baseUrl, apiKey, headers]),
    [
      ['https://a.example/v1', KEY, { 'x-team': 'a' }],
      ['https://a.example', KEY, { 'x-team': 'a', 'x-more': 'b' }],
      ['https://a.example/v1', 'sk-other-0123456789', { 'x-team': 'a' }],
      ['https://b.example/v1', 'sk-other-0123456789', {}],
    ],
  );
  assert.equal(agents.length, 2, 'the key of the provider is resolved only where it is used');
  await assert.rejects(
    create({ remote: { baseUrl: 'https://api.cometapi.com.example.com/v1' } }),
    /set memory\.search/,
  );
  const reference = { source: 'env', provider: 'default', id: 'NO_SUCH' };
  await assert.rejects(create({ remote: { apiKey: reference } }), /reference without a value/);
  assert.equal(component.opened.length, 4);
});

test('without a key the message says how to set one, and other errors stay as they are', async () => {
  for (const missing of [new Error('No API key found for provider "cometapi".'), '', '  ']) {
    await assert.rejects(made(vectorsOf, missing).create(), /no API key for CometAPI; set COMETAPI_KEY/);
  }
  await assert.rejects(made(vectorsOf, new Error('the vault is locked')).create(), /the vault is locked/);
});

test('a text with an image is refused, and nothing is sent', async () => {
  const { create, component } = made();
  const { provider } = await create();
  await assert.rejects(provider.embed({ text: 'a cat', parts: [{ type: 'inline-data' }] }), /embeddings of texts only/);
  assert.deepEqual(await provider.embed({ text: 'a cat', parts: [{ type: 'text' }] }), [5, 1]);
  assert.equal(component.embedded.length, 1);
});

test('an abort reaches the request, and its reason comes back', async () => {
  const reason = new Error('timed out');
  const { create, component } = made(() => Object.assign(reason));
  const { provider } = await create();
  const { signal } = new AbortController();
  await assert.rejects(provider.embed('a', { signal }), reason);
  assert.equal(component.options[0]?.signal, signal);
});

test('a warning is shown once', async () => {
  const message = 'the model ignored dimensions: its vectors have 1536 numbers';
  const { create, warnings } = made((request) => ({ ...vectorsOf(request), warnings: [message] }));
  const { provider } = await create();
  await provider.embed('a');
  await provider.embed('b');
  assert.deepEqual(warnings, [`embeddings of ${DEFAULT_EMBEDDING_MODEL}: ${message}`]);
});
