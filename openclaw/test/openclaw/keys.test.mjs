/** The key: missing, in the environment, stored by OpenClaw; and written nowhere else. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder } from './rig/recorder.mjs';
import { startStandIn } from './rig/stand_in.mjs';

/** Where OpenClaw keeps keys that it was given to keep. */
const STORE = ['state/state/openclaw.sqlite'];

/** As OpenClaw shows it. */
const MASKED = /^sk-stand\.\.\.\w+$/;

/** The flags without which `onboard` prompts. */
const UNATTENDED = ['--non-interactive', '--accept-risk', '--mode', 'local', '--auth-choice', 'cometapi-api-key'];
const NO_MORE = ['--skip-channels', '--skip-skills', '--skip-health', '--skip-ui'];

/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;
/** @type {import('./rig/recorder.mjs').Recorder} */
let recorder;
/** A home for a key in the environment, one for a key that is pasted, one for onboarding. @type {Home[]} */
let homes;
/** @type {Record<string, string>} */
let env;

before(async () => {
  standIn = await startStandIn();
  recorder = await startRecorder(standIn);
  env = { COMETAPI_BASE_URL: recorder.baseUrl };
  homes = await Promise.all([Home.withPlugin(), Home.withPlugin(), Home.withPlugin()]);
});

after(async () => {
  await Promise.all((homes ?? []).map((home) => home.remove()));
  await recorder?.close();
  await standIn?.stop();
});

/** What OpenClaw knows of our key. @param {Home} home @param {Record<string, string>} environment */
async function authStatus(home, environment) {
  const { auth } = await home.json(['models', 'status'], { env: environment });
  return auth.providers.find((/** @type {any} */ provider) => provider.provider === 'cometapi');
}

const PROMPT = ['infer', 'model', 'run', '--model', 'cometapi/at-once', '--prompt', 'Hello.'];

describe('without a key', () => {
  test('OpenClaw finds none, and the message says how to set one', async () => {
    const [home] = homes;
    assert.equal(await authStatus(home, env), undefined);
    const output = await home.json(PROMPT, { env, code: 1 });
    assert.equal(output.ok, false);
    const { message } = output.error;
    assert.match(message, /no API key for CometAPI; set COMETAPI_KEY, or store a key with "openclaw models auth/);
    assert.equal(recorder.chats().length, 0);
  });
});

describe('a key in the environment', () => {
  for (const name of ['COMETAPI_KEY', 'COMET_API_KEY']) {
    test(`is found as ${name}, and shown masked`, async () => {
      const status = await authStatus(homes[0], { ...env, [name]: standIn.key });
      assert.equal(status.effective.kind, 'env');
      assert.match(status.effective.detail, MASKED);
      assert.equal(status.env.source, `env: ${name}`);
    });
  }

  test('shows its balance, for two small requests', async () => {
    const before = recorder.requests.length;
    const status = await homes[0].json(['status', '--usage'], { env: { ...env, COMETAPI_KEY: standIn.key } });
    const account = status.usage.providers.find((/** @type {any} */ each) => each.provider === 'cometapi');
    assert.equal(account.displayName, 'CometAPI');
    assert.equal(account.error, undefined);
    // The stand-in's key has a limit of $20, of which $5.125 are spent.
    assert.deepEqual(account.billing, [
      { type: 'balance', amount: 14.875, unit: 'USD' },
      { type: 'budget', used: 5.125, limit: 20, unit: 'USD' },
    ]);
    const made = recorder.requests.slice(before);
    assert.deepEqual(
      made.map(({ path }) => path),
      ['/v1/dashboard/billing/subscription', '/v1/dashboard/billing/usage'],
    );
    assert.ok(made.every(({ received }) => received.length < 300));
  });
});

describe('a key that OpenClaw stores', () => {
  test('is pasted, shown masked, and used', async () => {
    const home = homes[1];
    const paste = ['models', 'auth', 'paste-api-key', '--provider', 'cometapi'];
    const { stdout } = await home.run(paste, { env, stdin: `${standIn.key}\n` });
    assert.match(stdout, /^Auth profile: cometapi:manual \(cometapi\/api_key\)$/m);
    const status = await authStatus(home, env);
    assert.equal(status.effective.kind, 'profiles');
    assert.equal(status.profiles.apiKey, 1);
    const [profile, masked] = status.profiles.labels[0].split('=');
    assert.equal(profile, 'cometapi:manual');
    assert.match(masked, MASKED);
    const output = await home.json(PROMPT, { env });
    assert.equal(output.outputs[0].text, 'Hello, world.');
  });

  test('is refused at onboarding where the provider refuses it', async () => {
    const home = homes[2];
    const wrong = 'sk-wrong-0123456789';
    const args = ['onboard', ...UNATTENDED, '--cometapi-api-key', wrong, ...NO_MORE];
    const { stderr, stdout } = await home.run([...args, '--json'], { env, code: 1 });
    assert.match(stderr + stdout, /the provider refused the API key; check that it is complete and active/);
    assert.equal(await authStatus(home, env), undefined);
    assert.deepEqual(await home.placesOf(wrong), []);
  });

  test('is checked and stored at onboarding, and our model becomes the usual one', async () => {
    const home = homes[2];
    const before = recorder.requests.length;
    const output = await home.json(['onboard', ...UNATTENDED, '--cometapi-api-key', standIn.key, ...NO_MORE], { env });
    assert.equal(output.ok, true);
    assert.ok(recorder.requests.length > before, 'the key was not checked with the provider');
    const status = await home.json(['models', 'status'], { env });
    assert.equal(status.resolvedDefault, 'cometapi/claude-sonnet-5-5');
    const [ours] = status.auth.providers;
    assert.equal(ours.provider, 'cometapi');
    assert.equal(ours.effective.kind, 'profiles');
  });

  test('stays with the base URL that it was checked at, also for a gateway that is started without the variable', async () => {
    const home = homes[2];
    const { plugins } = JSON.parse(await readFile(join(home.path, 'openclaw.json'), 'utf8'));
    assert.equal(plugins.entries.cometapi.config.baseUrl, recorder.baseUrl);
    const output = await home.json(PROMPT);
    assert.equal(output.outputs[0].text, 'Hello, world.');
  });
});

test('the key is in no file and in no output, except where OpenClaw was configured to store it', async () => {
  const [environment, pasted, onboarded] = await Promise.all(homes.map((home) => home.placesOf(standIn.key)));
  assert.deepEqual(environment, []);
  assert.deepEqual(pasted, STORE);
  assert.deepEqual(onboarded, STORE);
});
