// Writes the entry of CometAPI for models.dev, from the component's built-in list.
//
//   node scripts/models-dev.mjs FOLDER
//
// Runs after the build of the package. FOLDER receives `providers/cometapi`, as models.dev's repository has it:
// `provider.toml`, `logo.svg`, and a file for each model. A file has the facts that depend on the provider: prices and
// limits. All others, such as the day of a model's release, come from models.dev's own page on the model (`base_model`): the
// built-in list does not have them, and they must not be guessed. A model without such a page is left out.

import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Models that models.dev has a page on, as of November 2026: its vendor, then the ids there that are also ids here. */
const PAGES = {
  anthropic:
    'claude-fable-5 claude-haiku-5-5 claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-opus-5 claude-opus-5-5 claude-sonnet-4-6 claude-sonnet-5',
  deepseek: 'deepseek-v3.2 deepseek-v4-flash deepseek-v4-pro deepseek-v4-pro-0813',
  google: 'gemini-3.1-pro-preview gemini-3.8-flash',
  moonshotai: 'kimi-k2.6 kimi-k2.7-code kimi-k3',
  openai:
    'gpt-4.1 gpt-4o gpt-5 gpt-5.2 gpt-5.3-codex gpt-5.4 gpt-5.5 gpt-5.6 gpt-5.6-luna gpt-5.6-sol gpt-5.6-terra gpt-6-astra gpt-6-sol gpt-oss-120b',
  xai: 'grok-4.3 grok-4.5 grok-4.6 grok-4.7',
};

/** The id of the page on each model. */
const PAGE_OF = new Map([
  ...Object.entries(PAGES).flatMap(([vendor, ids]) => ids.split(' ').map((id) => [id, `${vendor}/${id}`])),
  ['claude-haiku-4-5-20251001', 'anthropic/claude-haiku-4-5'],
]);

const { DEFAULT_BASE_URL } = await import('../build/src/provider/texts.js');

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: models-dev.mjs FOLDER');

/** The file of a model; nothing without a page, without a price, or where the only route is one that clients there lack. */
function fileOf([id, , context, mostInput, mostOutput, , , , , , price, routes]) {
  const page = PAGE_OF.get(id);
  if (page === undefined || price?.input === undefined || price.output === undefined) return undefined;
  if (!routes?.split(' ').includes('chat-completions')) return undefined;
  const cost = {
    input: price.input,
    output: price.output,
    cache_read: price['cache-read'],
    cache_write: price['cache-write'],
  };
  // A table replaces the page's own one as a whole, so an incomplete one would remove facts.
  const limit = context && mostOutput ? { context, input: mostInput, output: mostOutput } : {};
  return `base_model = ${JSON.stringify(page)}\n${table('cost', cost)}${table('limit', limit)}`;
}

function table(name, values) {
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return known.length === 0 ? '' : `\n[${name}]\n${known.map(([key, value]) => `${key} = ${value}\n`).join('')}`;
}

const manifest = JSON.parse(await readFile(join(openclaw, 'openclaw.plugin.json'), 'utf8'));
const [{ envVars }] = manifest.setup.providers;
const built = JSON.parse(await readFile(join(openclaw, '..', 'src', 'catalogue', 'built_in.json'), 'utf8'));

const provider = join(folder, 'providers', 'cometapi');
await rm(provider, { recursive: true, force: true });
await mkdir(join(provider, 'models'), { recursive: true });
const fields = {
  name: manifest.name,
  npm: '@ai-sdk/openai-compatible',
  env: envVars.slice(0, 1),
  api: DEFAULT_BASE_URL,
  doc: 'https://apidoc.cometapi.com',
};
const lines = Object.entries(fields).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
await writeFile(join(provider, 'provider.toml'), lines.join(''));
await copyFile(join(openclaw, 'assets', 'activity.svg'), join(provider, 'logo.svg'));
for (const model of built.models) {
  const text = fileOf(model);
  if (text !== undefined) await writeFile(join(provider, 'models', `${model[0]}.toml`), text);
}
