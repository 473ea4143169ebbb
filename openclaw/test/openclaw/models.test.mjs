/** The list of models in OpenClaw, compared with the list of the same component in the test host. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { isSince, settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** What OpenClaw shows for a model with an unknown context window. */
const UNKNOWN_CONTEXT = 128_000;

const run = promisify(execFile);
const plugin = fileURLToPath(new URL('../../../dist/plugins/cometapi', import.meta.url));

/** @type {{ providers: { cometapi: { models: { id: string }[] } }, suppressions: { model: string }[] }} */
const catalog = JSON.parse(await readFile(join(settings.staged, 'openclaw.plugin.json'), 'utf8')).modelCatalog;
const { suppressions } = catalog;

const LIST = ['models', 'list', '--provider', 'cometapi'];

/**
 * Before, OpenClaw queried the service whenever it listed models, and added the built-in list to its list, with the
 * built-in limits.
 */
const REFRESHES = isSince('2026.9.4');
const REFRESH = REFRESHES ? ['--refresh'] : [];
const builtIn = REFRESHES ? [] : catalog.providers.cometapi.models.map(({ id }) => `cometapi/${id}`);

/** A model of the component's that the key may call, by the route that there is. @param {any} model */
function isForChat(model) {
  return model.kind === 'chat' && model.status === 'callable' && model.routes.length > 0;
}

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** @type {Record<string, string>} */
let env;

before(async () => {
  [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
  recorder = await startRecorder(standIn);
  env = { COMETAPI_BASE_URL: recorder.baseUrl, COMETAPI_KEY: standIn.key };
});

after(async () => {
  await Promise.all([home?.remove(), recorder?.close()]);
  await standIn?.stop();
});

describe('the list of models', () => {
  test('is not queried before it is needed', { skip: !REFRESHES && 'this OpenClaw has no --refresh' }, async () => {
    const { stderr } = await home.run([...LIST, '--json'], { env });
    assert.match(stderr, /Use --refresh to discover provider models/);
    assert.equal(recorder.requests.length, 0);
  });

  test('is, refreshed, what the component finds: the same models, and no limit that it does not know', async () => {
    const args = ['models', '--json', '--plugin', plugin, '--base-url', standIn.baseUrl];
    const found = await run(settings.hostTest, args, { env: { COMETAPI_KEY: standIn.key }, maxBuffer: 1 << 26 });
    // CometAPI announced that these had ended, and OpenClaw refuses them.
    const ended = new Set(suppressions.map(({ model }) => model));
    const models = JSON.parse(found.stdout).models.filter(
      (/** @type {any} */ each) => isForChat(each) && !ended.has(each.id),
    );
    const expected = new Map(models.map((/** @type {any} */ model) => [`cometapi/${model.id}`, model]));
    assert.ok(expected.size > 200, `the component finds ${expected.size} models`);

    const list = await home.json([...LIST, ...REFRESH], { env });
    const shown = new Map(list.models.map((/** @type {any} */ row) => [row.key, row]));
    assert.equal(list.count, shown.size, 'a model is shown twice');
    assert.deepEqual(
      [...expected.keys()].filter((key) => !shown.has(key)),
      [],
      'models that are missing',
    );
    assert.deepEqual(
      [...shown.keys()].filter((key) => !expected.has(key) && !builtIn.includes(key)),
      [],
      'models that do not exist',
    );
    for (const [key, model] of expected) {
      const row = shown.get(key);
      assert.equal(row.available, true, key);
      if (builtIn.includes(key)) continue;
      assert.equal(row.contextWindow, model['context-window'] ?? UNKNOWN_CONTEXT, key);
      assert.equal(row.input, model.input.includes('image') ? 'text+image' : 'text', key);
    }
    // Both kinds were there to be checked.
    const known = [...expected.values()].filter((model) => model['context-window']).length;
    assert.ok(known > 40 && known < expected.size, `${known} of ${expected.size} models have a known context`);
  });

  test('goes with the key to the list of the key, and without it to the public catalogue', () => {
    const requested = recorder.requests.map(({ path, headers }) => [path, headers.authorization !== undefined]);
    assert.deepEqual(requested.sort(), [
      ['/api/models', false],
      ['/v1/models', true],
    ]);
  });
});

test('while the service cannot be reached, the built-in list is listed', async () => {
  const unreachable = { COMETAPI_BASE_URL: 'http://127.0.0.1:9/v1', COMETAPI_KEY: standIn.key };
  const { stdout, stderr } = await home.run([...LIST, ...REFRESH, '--json'], { env: unreachable });
  assert.match(stderr, /the models could not be listed: the connection to http:\/\/127\.0\.0\.1:9 failed/);
  if (REFRESHES) assert.match(stderr, /could not refresh all providers/);
  const keys = JSON.parse(stdout).models.map((/** @type {{ key: string }} */ model) => model.key);
  assert.ok(keys.includes('cometapi/claude-sonnet-5-5') && keys.length > 50, `${keys.length} models`);
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
