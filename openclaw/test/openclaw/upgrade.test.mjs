/**
 * OpenClaw upgraded under an installed plugin: the oldest version installs and uses it, the newest goes on in the same home.
 * Other plugins crash then, since they stay as they are.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

const PROMPT = ['infer', 'model', 'run', '--model', 'cometapi/at-once', '--prompt', 'Hello.'];

/** An upgrade of the state may lose its lease on a busy machine; the next command goes on with it. */
const ATTEMPTS = 3;

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;

before(async () => {
  [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
});

after(() => Promise.all([home?.remove(), standIn?.stop()]));

/** @param {string[]} args @returns {Promise<any>} */
async function afterUpgrade(args) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await home.json(args);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

test('a key and a plugin from the oldest version work in the newest', async () => {
  const paste = ['models', 'auth', 'paste-api-key', '--provider', 'cometapi'];
  await home.run(paste, { stdin: `${standIn.key}\n` });
  await home.configure({
    plugins: { entries: { cometapi: { enabled: true, config: { baseUrl: standIn.baseUrl } } } },
  });
  const old = await home.json(PROMPT);
  assert.equal(old.outputs[0].text, 'Hello, world.');

  home.command = settings.newest;
  const { plugin, diagnostics } = await afterUpgrade(['plugins', 'inspect', 'cometapi', '--runtime']);
  assert.equal(plugin.status, 'loaded');
  assert.deepEqual(diagnostics, []);
  const { auth } = await home.json(['models', 'status']);
  assert.equal(
    auth.providers.find((/** @type {any} */ each) => each.provider === 'cometapi').effective.kind,
    'profiles',
  );
  const upgraded = await home.json(PROMPT);
  assert.equal(upgraded.outputs[0].text, 'Hello, world.');
});
