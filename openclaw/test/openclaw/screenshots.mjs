/**
 * Makes the pictures in docs/images from OpenClaw's real control UI: the model picker, the list of providers and the
 * usage page. The gateway runs in a home of its own, against the stand-in.
 *
 * `make screenshots` runs it. Nothing compares the pictures; look at them before they are committed.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGateway } from './rig/gateway.mjs';
import { Home } from './rig/home.mjs';
import { settings } from './rig/settings.mjs';
import { startStandIn } from './rig/stand_in.mjs';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

const SIZE = { width: 1280, height: 800 };

/** For a page that waits for the gateway, in milliseconds. */
const PATIENCE_MS = 120_000;

/** What the conversations are about, so that the usage page has something to show. */
const TURNS = [
  ['claude-sonnet-5-5', 'Summarise the notes of this week.'],
  ['gpt-5.4', 'Which of them are about prices?'],
  ['deepseek-v4-flash', 'Write a title for each.'],
];

/** @param {any} page @param {string} name */
async function save(page, name) {
  // Playwright itself writes no webp.
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  await writeFile(`${IMAGES}${name}.webp`, Buffer.from(data, 'base64'));
  console.log(`docs/images/${name}.webp`);
}

const { chromium } = await import(settings.playwright);
await mkdir(IMAGES, { recursive: true });
const [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
const env = { COMETAPI_KEY: standIn.key, COMETAPI_BASE_URL: standIn.baseUrl };
const key = ['--auth-choice', 'cometapi-api-key', '--cometapi-api-key', standIn.key];
const skipped = ['--skip-channels', '--skip-skills', '--skip-health', '--skip-ui'];
await home.run(['onboard', '--non-interactive', '--accept-risk', '--mode', 'local', ...key, ...skipped], { env });
await home.configure({ tools: { allow: ['session_status'] } });
const gateway = await startGateway(home, { env });
const browser = await chromium.launch({
  executablePath: settings.chromium,
  // Chromium refuses to run as root otherwise. It loads the gateway's pages only.
  args: ['--no-sandbox'],
  timeout: PATIENCE_MS,
});
/** @type {any} */
let page;
try {
  await gateway.models({ refresh: true });
  for (const [model = '', message = ''] of TURNS) {
    await gateway.turn(message, { model, sessionKey: `agent:main:${model}` });
  }
  page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${gateway.url}/#token=${gateway.token}`);
  // An advertisement, which covers a quarter of the sidebar.
  await page.getByRole('button', { name: "Dismiss and don't show again" }).click();
  await page.getByText('Claude Sonnet 5.5').first().click();
  await page.getByPlaceholder('Search models').waitFor();
  await page.getByText('Cometapi', { exact: true }).first().click();
  await page.getByText('GPT-5.4', { exact: true }).first().scrollIntoViewIfNeeded();
  await save(page, 'openclaw-model-picker');

  await page.goto(`${gateway.url}/settings/model-providers`);
  await page.getByText('Test connection').first().scrollIntoViewIfNeeded();
  await page.getByText('$14.88').first().waitFor();
  await save(page, 'openclaw-providers');

  await page.goto(`${gateway.url}/usage`);
  await page.getByText('Daily Token Usage').first().waitFor();
  await page.getByText('3 sessions in range').waitFor();
  await save(page, 'openclaw-usage');
} catch (error) {
  // The page as it was instead is the quickest explanation.
  const failed = join(tmpdir(), 'openclaw-screenshot-failed.png');
  await page?.screenshot({ path: failed });
  if (page) console.error(`the page when it failed: ${failed}`);
  throw error;
} finally {
  await browser.close();
  await gateway.stop();
  await Promise.all([home.remove(), standIn.stop()]);
}
