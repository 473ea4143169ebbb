/** OpenClaw's memory search with embeddings of the plugin: the index, a search, a failure, and where the key ends up. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { isSince } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** No word: only its vector finds it. The stand-in's vectors of different texts have nothing in common. */
const SYMBOLS = '‡ ¶ § ‡ ¶';

/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** @type {Home} */
let home;
/** @type {string | undefined} */
let scenario;
/** @type {Record<string, string>} */
let env;

before(async () => {
  standIn = await startStandIn();
  recorder = await startRecorder(standIn, () => (scenario ? { scenario } : undefined));
  env = { COMETAPI_KEY: standIn.key, COMETAPI_BASE_URL: recorder.baseUrl };
  home = await Home.withPlugin();
  const workspace = join(home.path, 'memories');
  await mkdir(join(workspace, 'memory'), { recursive: true });
  await writeFile(join(workspace, 'MEMORY.md'), '# Facts\n\nThe boat is called Marigold.\n');
  // Without a line end, which would be a part of the text that is indexed.
  await writeFile(join(workspace, 'memory', 'symbols.md'), SYMBOLS);
  const search = { provider: 'cometapi', model: 'cometapi/text-embedding-3-small', outputDimensionality: 256 };
  await home.configure({ agents: { defaults: { workspace } }, memory: { search } });
});

after(async () => {
  await home?.remove();
  await recorder?.close();
  await standIn?.stop();
});

test('the memory is indexed and searched through the plugin', async () => {
  await home.run(['memory', 'index', '--force'], { env });
  const indexed = recorder.requests.length;
  assert.ok(indexed > 0);
  const { results } = await home.json(['memory', 'search', SYMBOLS], { env });
  const [{ path: found, vectorScore }] = results;
  assert.match(found, /symbols\.md$/);
  assert.ok(vectorScore > 0.99, `${vectorScore}`);
  assert.ok(recorder.requests.length > indexed, 'the query has a vector of its own');
  for (const { path, headers, json, status } of recorder.requests) {
    assert.deepEqual([path, status, headers.authorization], ['/v1/embeddings', 200, `Bearer ${standIn.key}`]);
    assert.deepEqual([json.model, json.dimensions], ['text-embedding-3-small', 256]);
  }
});

test('a search that fails says why, after the attempts of OpenClaw alone', async () => {
  scenario = 'embeddings-error';
  try {
    const before = recorder.requests.length;
    const { stdout, stderr } = await home.run(['memory', 'search', SYMBOLS, '--json'], { env, code: 1 });
    // 2026.8.1 writes it to stderr.
    const message = isSince('2026.9.6') ? JSON.parse(stdout).error.message : stderr;
    assert.match(message, /CometAPI embeddings: /);
    assert.equal(recorder.requests.length - before, 3);
  } finally {
    scenario = undefined;
  }
});

test('the key is in no file and no output', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
