/** The package as npm and ClawHub receive it: their own checks, run without their servers, and the artwork. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { draw, SIZE } from '../../scripts/icon.mjs';
import { settings } from './rig/settings.mjs';

const run = promisify(execFile);

/** Where nothing listens: a check that asks a server fails. */
const NOWHERE = 'http://127.0.0.1:9/';

/** A folder for what the tools write. */
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-test-'));
});

after(() => rm(folder, { recursive: true, force: true }));

/** Runs a tool with nothing of the user's. @param {string} command @param {string[]} args */
async function runTool(command, args) {
  const PATH = [dirname(settings.node), process.env.PATH].join(delimiter);
  const env = { PATH, HOME: folder, npm_config_registry: NOWHERE, CLAWHUB_REGISTRY: NOWHERE, CLAWHUB_SITE: NOWHERE };
  const { stdout } = await run(command, args, { cwd: folder, env, maxBuffer: 1 << 26 });
  return stdout;
}

/** @param {string[]} args */
const clawhub = (...args) => runTool(settings.node, [settings.clawhub, ...args]);

/** What ClawHub's inspector reports about a package. @param {string} root */
async function inspected(root) {
  const target = ['--openclaw', dirname(settings.command), '--out', join(folder, 'reports')];
  return JSON.parse(await clawhub('package', 'validate', root, ...target, '--json'));
}

test("ClawHub's inspector finds nothing wrong, and finds what is missing in a damaged copy", async () => {
  const report = await inspected(settings.staged);
  assert.equal(report.targetOpenClaw.status, 'ok');
  assert.deepEqual(report.issues, []);
  const [found] = report.fixtures;
  assert.ok(found.registrations.includes('registerProvider'), 'it did not look at the entry');

  const damaged = join(folder, 'damaged');
  await cp(settings.staged, damaged, { recursive: true });
  const path = join(damaged, 'package.json');
  const described = JSON.parse(await readFile(path, 'utf8'));
  delete described.openclaw.compat;
  await writeFile(path, JSON.stringify(described));
  const codes = (await inspected(damaged)).issues.map((/** @type {any} */ issue) => issue.code);
  assert.deepEqual(codes, ['package-plugin-api-compat-missing']);
});

test('ClawHub would publish it as it is, with what the package says of itself', async () => {
  const { name, version, openclaw } = JSON.parse(await readFile(join(settings.staged, 'package.json'), 'utf8'));
  const source = ['--source-repo', 'cometapi/cometapi-provider', '--source-commit', '0'.repeat(40)];
  const args = ['package', 'publish', settings.tarball, '--dry-run', ...source, '--source-path', 'openclaw'];
  const shown = await clawhub(...args);
  assert.match(shown, /^Dry run/);
  for (const [what, value] of [
    ['Family', 'code-plugin'],
    ['Name', name],
    ['Display', 'CometAPI'],
    ['Version', version],
    ['Compat', `pluginApi=${openclaw.compat.pluginApi}`],
  ]) {
    const line = shown.split('\n').find((each) => each.startsWith(`${what}:`)) ?? '';
    assert.equal(line.replace(/^\w+: +/, '').slice(0, value.length), value, what);
  }
});

test('npm would publish it to everybody, with all of its files', async () => {
  const args = ['publish', settings.tarball, '--dry-run', '--offline', '--json'];
  const published = JSON.parse(await runTool('npm', args));
  const [[name, { version, files }]] = Object.entries(published);
  const own = JSON.parse(await readFile(join(settings.staged, 'package.json'), 'utf8'));
  assert.deepEqual([name, version], [own.name, own.version]);
  assert.equal(own.publishConfig.access, 'public');
  const paths = files.map((/** @type {any} */ file) => file.path);
  for (const path of ['README.md', 'cometapi.wasm', 'openclaw.plugin.json', 'assets/icon.png', 'lib/index.js']) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
});

/** The tables of a TOML file that has one value a line. @param {string} text */
function tablesOf(text) {
  /** @type {Record<string, any>} */
  const tables = { '': {} };
  let name = '';
  for (const line of text.split('\n').filter(Boolean)) {
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading) tables[(name = heading)] = {};
    const [, key, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (!heading && !(key && value)) throw new Error(`no TOML as models.dev has it: ${line}`);
    if (key && value) tables[name][key] = JSON.parse(value);
  }
  return tables;
}

test('the entry for models.dev has the prices and the limits of the built-in list, and no field that its schema lacks', async () => {
  const script = fileURLToPath(new URL('../../scripts/models-dev.mjs', import.meta.url));
  await run(process.execPath, [script, folder]);
  const entry = join(folder, 'providers', 'cometapi');
  const { '': provider, ...more } = tablesOf(await readFile(join(entry, 'provider.toml'), 'utf8'));
  assert.deepEqual(Object.keys(provider), ['name', 'npm', 'env', 'api', 'doc']);
  assert.deepEqual([provider.npm, provider.env, more], ['@ai-sdk/openai-compatible', ['COMETAPI_KEY'], {}]);

  const manifest = JSON.parse(await readFile(join(settings.staged, 'openclaw.plugin.json'), 'utf8'));
  /** @type {[string, any][]} */
  const rows = manifest.modelCatalog.providers.cometapi.models.map((/** @type {any} */ row) => [row.id, row]);
  const known = new Map(rows);
  const files = await readdir(join(entry, 'models'));
  assert.ok(files.length > 30, `${files.length} models`);
  for (const file of files) {
    const id = file.replace(/\.toml$/, '');
    const row = known.get(id);
    const { '': own, cost, limit = {}, ...rest } = tablesOf(await readFile(join(entry, 'models', file), 'utf8'));
    assert.deepEqual([Object.keys(own), rest], [['base_model'], {}], id);
    assert.ok(id.startsWith(own.base_model.split('/')[1]), `${id} is described as ${own.base_model}`);
    const { cache_read: cacheRead = cost.input, cache_write: cacheWrite = cost.input, ...rates } = cost;
    const { tieredPricing: _, ...expected } = row.cost;
    assert.deepEqual({ ...rates, cacheRead, cacheWrite }, expected, id);
    if (limit.context) assert.deepEqual([limit.context, limit.output], [row.contextWindow, row.maxTokens], id);
  }
});

/** The pixels of a PNG whose rows are all stored as differences from the pixel to the left. @param {Buffer} png */
function pixelsOf(png) {
  assert.equal(png.toString('latin1', 12, 16), 'IHDR');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [SIZE, SIZE]);
  assert.equal(png.toString('latin1', 37, 41), 'IDAT');
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const stride = SIZE * 4;
  const pixels = Buffer.alloc(SIZE * stride);
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < stride; column += 1) {
      const index = row * stride + column;
      pixels[index] = rows[index + row + 1] + (column < 4 ? 0 : pixels[index - 4]);
    }
  }
  return pixels;
}

test('the icon is the one that scripts/icon.mjs draws', async () => {
  assert.equal(SIZE, 512);
  const pixels = pixelsOf(await readFile(join(settings.staged, 'assets', 'icon.png')));
  assert.ok(pixels.equals(draw()), "assets/icon.png is another picture; run 'node scripts/icon.mjs' in openclaw/");
});

test("the shape beside tool calls keeps to OpenClaw's rules", async () => {
  const svg = await readFile(join(settings.staged, 'assets', 'activity.svg'), 'utf8');
  const elements = [...svg.matchAll(/<([a-z]+)/g)].map(([, name]) => name);
  assert.deepEqual(elements, ['svg', 'circle', 'path']);
  assert.match(svg, /^<svg [^>]*viewBox="0 0 24 24"/);
});
