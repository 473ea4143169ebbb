/** OpenClaw without the plugin: whether it serves the provider itself, with the key that it has. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { startStandIn } from './rig/stand_in.mjs';

const PROMPT = ['infer', 'model', 'run', '--model', 'cometapi/at-once', '--prompt', 'Hello.'];

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
  env = { COMETAPI_KEY: standIn.key };
});

after(async () => {
  await Promise.all([home?.remove(), recorder?.close()]);
  await standIn?.stop();
});

/** Changes OpenClaw's configuration. @param {(config: any) => void} change */
async function reconfigure(change) {
  const path = join(home.path, 'openclaw.json');
  const config = JSON.parse(await readFile(path, 'utf8'));
  change(config);
  await writeFile(path, JSON.stringify(config));
}

test("the plugin's own setting leads to its server, and without the plugin nowhere", async () => {
  await reconfigure((config) => {
    config.plugins.entries.cometapi = { ...config.plugins.entries.cometapi, config: { baseUrl: recorder.baseUrl } };
  });
  const output = await home.json(PROMPT, { env });
  assert.equal(output.outputs[0].text, 'Hello, world.');
  assert.match(recorder.chats()[0].headers['user-agent'] ?? '', /^cometapi-provider\//);

  await reconfigure((config) => (config.plugins.entries.cometapi.enabled = false));
  await home.run(PROMPT, { env, code: 1 });
  assert.equal(recorder.chats().length, 1);
});

// SECURITY.md warns of it. If this fails, OpenClaw has changed, and the warning can go.
test("with OpenClaw's own setting, OpenClaw itself goes on with the key", async () => {
  await reconfigure((config) => {
    delete config.plugins.entries.cometapi.config;
    config.models = { providers: { cometapi: { baseUrl: recorder.baseUrl, api: 'openai-completions', models: [] } } };
  });
  const before = recorder.chats().length;
  await home.json(PROMPT, { env });
  const [request] = recorder.chats().slice(before);
  assert.equal(request.headers.authorization, `Bearer ${standIn.key}`);
  assert.doesNotMatch(request.headers['user-agent'] ?? '', /^cometapi-provider\//);
});
