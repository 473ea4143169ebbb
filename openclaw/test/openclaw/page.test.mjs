/** The documentation page: its unattended set-up and its live proof, run as they are written there. */

import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** @type {Record<string, string>} */
let env;

const page = await readFile(new URL('../../docs/cometapi.md', import.meta.url), 'utf8');
const manifest = JSON.parse(await readFile(join(settings.staged, 'openclaw.plugin.json'), 'utf8'));

before(async () => {
  [home, standIn] = await Promise.all([Home.create(), startStandIn()]);
  // Otherwise the stand-in would call the agent's first tool.
  recorder = await startRecorder(standIn, ({ path }) =>
    path.endsWith('/messages') ? { scenario: 'messages-at-once' } : undefined,
  );
  env = { COMETAPI_KEY: standIn.key, COMETAPI_BASE_URL: recorder.baseUrl };
  await copyFile(settings.tarball, join(home.workspace, basename(settings.tarball)));
});

after(async () => {
  await Promise.all([home?.remove(), recorder?.close()]);
  await standIn?.stop();
});

/** The commands of the first block below a heading, each as its words. @param {string} heading */
function commandsBelow(heading) {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const block = /^```bash\n(.*?)^```$/ms.exec(section)?.[1] ?? '';
  const lines = block.replaceAll('\\\n', ' ').split('\n');
  const commands = lines.filter((line) => line.startsWith('openclaw '));
  return commands.map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word));
}

test('the table repeats what the manifest says', () => {
  const [setup] = manifest.setup.providers;
  const { defaultModel, defaultUtilityModel } = manifest.modelCatalog.providers.cometapi;
  const [choice] = manifest.providerAuthChoices;
  const facts = [...setup.envVars, `cometapi/${defaultModel}`, `cometapi/${defaultUtilityModel}`, choice.cliOption];
  for (const fact of [...facts, `--auth-choice ${choice.choiceId}`, basename(settings.tarball)]) {
    assert.ok(page.includes(fact), `the page does not mention ${fact}`);
  }
});

test('the unattended set-up stores a reference to the key, and the key itself nowhere', async () => {
  const commands = commandsBelow('Unattended set-up');
  assert.deepEqual(
    commands.map(([openclaw, name]) => [openclaw, name]),
    [
      ['openclaw', 'plugins'],
      ['openclaw', 'onboard'],
    ],
  );
  for (const [, ...args] of commands) await home.run(args, { env });
  assert.deepEqual(await home.placesOf(standIn.key), []);
  const { agents, plugins } = JSON.parse(await readFile(join(home.path, 'openclaw.json'), 'utf8'));
  assert.equal(agents.defaults.model.primary, 'cometapi/claude-sonnet-5-5');
  assert.equal(plugins.entries.cometapi.config.baseUrl, recorder.baseUrl);
});

test('the live proof reaches the service, with the key of the reference', async () => {
  const [prompt, turn, ...others] = commandsBelow('Live proof');
  assert.deepEqual(others, []);
  const output = async (/** @type {string[]} */ [, ...args]) =>
    JSON.parse((await home.run(args, { env: { COMETAPI_KEY: standIn.key } })).stdout);

  const { outputs } = await output(prompt);
  assert.equal(outputs[0].text, 'Hello, world.');
  const { status, final } = await output(turn);
  assert.deepEqual([status, final], ['ok', 'Hello, world.']);
  assert.equal(recorder.chats().length, 2);
  for (const { json, headers } of recorder.chats()) {
    assert.equal(json.model, 'claude-sonnet-5-5');
    assert.match(JSON.stringify(json.messages), /COMETAPI_CANARY_OK/);
    assert.equal(headers.authorization, `Bearer ${standIn.key}`);
  }
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
