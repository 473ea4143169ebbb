/** What OpenClaw repairs with the plugin's help, and what it shows of a package that is damaged. */

import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { isSince } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** What has to be read wherever a user looks. */
const REASON =
  /the CometAPI plugin is damaged: cometapi\.wasm was changed; install it again: "openclaw plugins install /;

/** The doctor of 2026.8.1 replaces no models, and its report on plugins leaves a damaged package out. */
const NEWEST = { skip: !isSince('2026.9.6') && 'older versions report and repair less' };

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

/** @param {string} model */
const infer = (model) => ['infer', 'model', 'run', '--model', `cometapi/${model}`, '--prompt', 'Hello.'];

test('another spelling of an id is translated before the request', async () => {
  await home.json(infer('anthropic/claude-sonnet-5.5'), { env });
  assert.deepEqual(
    recorder.chats().map(({ json }) => json.model),
    ['claude-sonnet-5-5'],
  );
});

test('doctor --fix replaces models that ended, and moves custom providers with our address', NEWEST, async () => {
  await home.configure({
    models: {
      providers: {
        mine: {
          baseUrl: 'https://api.cometapi.com/v1',
          api: 'openai-completions',
          apiKey: standIn.key,
          models: [{ id: 'gpt-6-sol', name: 'Sol' }],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: 'mine/gpt-6-sol', fallbacks: ['cometapi/claude-opus-4-20250514', 'cometapi/claude-opus-5'] },
      },
    },
  });
  const { stdout } = await home.run(['doctor', '--fix', '--non-interactive'], { env });
  assert.match(stdout, /Moved models\.providers\.mine to the CometAPI plugin/);
  const { models, agents } = JSON.parse(await readFile(join(home.path, 'openclaw.json'), 'utf8'));
  const { apiKey, baseUrl } = models.providers.cometapi;
  assert.deepEqual([Object.keys(models.providers), baseUrl], [['cometapi'], 'https://api.cometapi.com/v1']);
  assert.equal(apiKey, standIn.key);
  const { primary, fallbacks } = agents.defaults.model;
  assert.equal(primary, 'cometapi/gpt-6-sol');
  assert.deepEqual(fallbacks, ['cometapi/claude-opus-5-5', 'cometapi/claude-opus-5']);
});

describe('a damaged package', () => {
  before(() => appendFile(join(home.path, 'state', 'extensions', 'cometapi', 'cometapi.wasm'), 'x'));

  test('fails in the report on plugins, with the reason and the repair', NEWEST, async () => {
    const report = await home.json(['plugins', 'doctor'], { env, code: 1 });
    const [failed] = report.pluginErrors;
    assert.deepEqual([failed.id, failed.failurePhase], ['cometapi', 'register']);
    assert.match(failed.error, REASON);
  });

  for (const args of [
    ['plugins', 'inspect', 'cometapi', '--runtime'],
    ['models', 'status'],
  ]) {
    test(`is reported by '${args.join(' ')}'`, async () => {
      const { stdout, stderr } = await home.run(args, { env });
      assert.match(stdout + stderr, REASON);
    });
  }

  test('fails a turn with the reason, and sends nothing', async () => {
    const before = recorder.requests.length;
    const output = await home.json(infer('at-once'), { env, code: 1 });
    assert.match(output.error.message, REASON);
    assert.equal(recorder.requests.length, before);
  });
});
