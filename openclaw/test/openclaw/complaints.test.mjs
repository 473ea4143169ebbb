/**
 * What users of other plugins reported as broken, tried with this one: in one home, and mostly in one gateway that runs
 * without a person. docs/openclaw.md has the list; `upgrade.test.mjs` has what needs two versions of OpenClaw.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startGateway } from './rig/gateway.mjs';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** A model in the list of the service that is not in the built-in one. */
const LISTED = 'responses-whole';

/** A model that the service has from some time on. */
const NEW = 'claude-sonnet-9';

/** Milliseconds until a model must be listed: much more than the minute for which a list is reused. */
const PATIENCE_MS = 240_000;

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** @type {import('./rig/gateway.mjs').Gateway} */
let gateway;
/** The plugin's version. @type {string} */
let version;

/** Whether the service has it. */
let hasNew = false;

/** @param {import('./rig/recorder.mjs').Recorded} request */
function direct({ path }) {
  return hasNew && path.endsWith('/models') ? { edit: withNewModel } : undefined;
}

/** @param {string} body */
function withNewModel(body) {
  const list = JSON.parse(body);
  const models = list.data ?? [];
  const [like] = models.filter((/** @type {any} */ model) => model.id === 'claude-sonnet-5-5');
  if (like) models.push({ ...like, id: NEW });
  return JSON.stringify(list);
}

/** An older copy of the package, whose code must not run. @param {string} folder */
async function putStaleCopy(folder) {
  await cp(settings.staged, folder, { recursive: true });
  const path = join(folder, 'package.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), version: '0.0.1' }));
  await writeFile(join(folder, 'lib', 'index.js'), "throw new Error('the stale copy was loaded');\n");
}

const INSTALL = ['plugins', 'install', settings.tarball, '--force'];

before(async () => {
  [home, standIn] = await Promise.all([Home.create(), startStandIn()]);
  recorder = await startRecorder(standIn, direct);
  ({ version } = JSON.parse(await readFile(join(settings.staged, 'package.json'), 'utf8')));
});

after(async () => {
  await gateway?.stop();
  await Promise.all([home?.remove(), recorder?.close()]);
  await standIn?.stop();
});

describe('consent to capabilities', () => {
  test('is required before anything is installed, and the message names the flag that gives it', async () => {
    const { stdout, stderr } = await home.run(INSTALL, { code: 1 });
    assert.match(stdout + stderr, /Plugin "cometapi" requires capability consent.*--accept-capabilities/s);
    assert.equal(existsSync(join(home.path, 'state', 'extensions', 'cometapi')), false);
  });

  test('once given, lets a gateway start without a person', async () => {
    await home.run([...INSTALL, '--accept-capabilities']);
    await home.configure({
      agents: { defaults: { model: 'cometapi/claude-sonnet-5-5', workspace: home.workspace } },
    });
    await putStaleCopy(join(home.path, 'state', 'extensions', 'cometapi-old'));
    await putStaleCopy(join(home.workspace, '.openclaw', 'extensions', 'cometapi'));
    gateway = await startGateway(home, { env: { COMETAPI_BASE_URL: recorder.baseUrl, COMETAPI_KEY: standIn.key } });
    assert.doesNotMatch(gateway.output, /consent/);
  });
});

describe('stale copies of the plugin', () => {
  test('in the folder of extensions and in the workspace do not hide the installed one', async () => {
    const { plugins } = await gateway.call('plugins.list');
    const ours = plugins.filter((/** @type {any} */ plugin) => plugin.id === 'cometapi');
    assert.deepEqual(
      ours.map((/** @type {any} */ plugin) => [plugin.version, plugin.state, plugin.packageName]),
      [[version, 'enabled', '@openclaw-cometapi/cometapi']],
    );
    assert.doesNotMatch(gateway.output, /the stale copy was loaded/);
  });
});

describe('the list of models of a running gateway', () => {
  test('is the built-in one at the start, which prevents no turn with a model that is not in it', async () => {
    const models = await gateway.models();
    assert.ok(models.some(({ id }) => id === 'claude-sonnet-5-5'));
    assert.ok(!models.some(({ id }) => id === 'at-once'));
    const { result } = await gateway.turn('Hello.', { model: 'at-once' });
    assert.equal(result.payloads[0].text, 'Hello, world.');
  });

  test('is that of the service after a refresh, without a restart', async () => {
    await refreshedWith(LISTED);
    const models = await gateway.models();
    assert.ok(models.length > 200, `${models.length} models`);
  });

  test('contains a model that the service has since then, if it is refreshed a minute later', async () => {
    hasNew = true;
    await refreshedWith(NEW);
  });
});

describe('an id that is in no list', () => {
  test('is called as it is, and is not an unknown model', async () => {
    const id = 'released-today';
    assert.ok(!(await gateway.models()).some((model) => model.id === id));
    const { result } = await gateway.turn('Hello.', { model: id, sessionKey: 'agent:main:unknown' });
    assert.ok(result.payloads[0].text);
    const [request] = recorder.chats().filter(({ json }) => json.model === id);
    assert.equal(request.status, 200);
  });
});

/** Refreshes the list until it has a model. @param {string} id */
async function refreshedWith(id) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const models = await gateway.models({ provider: 'cometapi', refresh: true });
    if (models.some((model) => model.id === id)) return;
    assert.ok(!patience.aborted, `after ${PATIENCE_MS} ms, the list of ${models.length} models has no ${id}`);
    await new Promise((soon) => setTimeout(soon, 5000));
  }
}
