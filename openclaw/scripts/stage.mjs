// Assembles and checks the folder from which `npm pack` makes the package.
//
//   node scripts/stage.mjs FOLDER
//
// It contains `package.json` without the keys for developers, OpenClaw's manifest, README and licences, the artwork, the
// modules that the entry imports, the bindings, and the component and the core module for redaction that they belong to.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');
const repository = join(openclaw, '..');
const plugin = join(repository, 'dist', 'plugins', 'cometapi');

/** Keys of package.json that an installed package does not need. */
const FOR_DEVELOPERS = ['devDependencies', 'scripts'];

/** What a module may import besides the package's own files: modules of Node and OpenClaw. */
const FROM_THE_HOST = /^(node:|openclaw\/plugin-sdk\/)/;

/** Modules that OpenClaw loads without the plugin's entry: the hooks of `openclaw doctor`, and the built-in list. */
const FURTHER_ENTRIES = ['doctor-contract-api.js', 'lib/catalog_entry.js'];

/** The fixed paths at which OpenClaw looks for a plugin's icon, and for the shape beside its tool calls. */
const ARTWORK = ['assets/icon.png', 'assets/activity.svg'];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: stage.mjs FOLDER');

function fail(what, next) {
  console.error(`stage: ${what}; ${next}`);
  process.exit(1);
}

async function read(path, next) {
  if (!existsSync(path)) fail(`${path} does not exist`, next);
  return readFile(path);
}

/** Specifiers of all imports and re-exports, as the compiler writes them. */
function importsOf(source) {
  const from = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'/gm;
  const bare = /^\s*import\s*'([^']+)'/gm;
  const lazy = /\bimport\(\s*'([^']+)'\s*\)/g;
  return [from, bare, lazy].flatMap((kind) => [...source.matchAll(kind)].map((found) => found[1]));
}

/** The built file for a staged one: `lib` is the compiled `src`. */
function builtAt(path) {
  return path.startsWith('lib/') ? join(openclaw, 'build', 'src', path.slice('lib/'.length)) : join(openclaw, path);
}

/** The entries and everything that they import, directly or not: path → bytes. */
async function modules(entries) {
  const reached = new Map();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    const bytes = await read(builtAt(path), "run 'make openclaw', which builds it");
    reached.set(path, bytes);
    // The bindings are one minified file without imports: the host passes in the functions that they call.
    if (path.startsWith('generated/')) continue;
    for (const specifier of importsOf(bytes.toString())) {
      if (specifier.startsWith('.')) waiting.push(posix.join(posix.dirname(path), specifier));
      else if (!FROM_THE_HOST.test(specifier))
        fail(`${path} imports ${specifier}`, 'the package may have no dependencies: remove the import');
    }
  }
  return reached;
}

function published(source) {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !FOR_DEVELOPERS.includes(key)));
}

/** The value of a key of plugin.toml's first part. */
function tomlValue(text, key) {
  return new RegExp(`^${key} = "(.*)"$`, 'm').exec(text)?.[1];
}

function check(files, source, toml) {
  const component = createHash('sha256').update(files.get('cometapi.wasm')).digest('hex');
  const bindings = /sha256 = '([0-9a-f]{64})'/.exec(files.get('generated/cores.js')?.toString() ?? '')?.[1];
  if (bindings !== component || tomlValue(toml, 'sha256') !== component) {
    fail(`the bindings belong to component ${bindings}, and the component is ${component}`, "run 'make openclaw'");
  }
  const redaction = createHash('sha256').update(files.get('redaction.wasm')).digest('hex');
  if (!files.get('generated/cores.js').includes(`redactionSha256 = '${redaction}'`))
    fail(`redaction.wasm (${redaction}) is not the one that the bindings name`, "run 'make openclaw'");
  for (const [path, digest] of Object.entries(JSON.parse(files.get('generated/digests.json')))) {
    const actual = files.has(path) && createHash('sha256').update(files.get(path)).digest('hex');
    if (actual !== digest) fail(`${path} is not the file that generated/digests.json lists`, "run 'make openclaw'");
  }
  const version = tomlValue(toml, 'version');
  if (source.version !== version) {
    fail(
      `openclaw/package.json has version ${source.version}, the component ${version}`,
      'set both to the same version',
    );
  }
  if (Object.keys(source.dependencies ?? {}).length + Object.keys(source.peerDependencies ?? {}).length > 0) {
    fail('openclaw/package.json has dependencies', 'remove them: the package uses only what OpenClaw provides');
  }
}

const source = JSON.parse((await read(join(openclaw, 'package.json'))).toString());
const toml = (await read(join(plugin, 'plugin.toml'), "run 'make dist'")).toString();
const entry = posix.normalize(source.openclaw.extensions[0]);

const files = await modules([entry, ...FURTHER_ENTRIES]);
files.set('package.json', Buffer.from(`${JSON.stringify(published(source), null, 2)}\n`));
files.set('openclaw.plugin.json', await read(join(openclaw, 'openclaw.plugin.json'), "run 'make openclaw'"));
files.set('README.md', await read(join(openclaw, 'README.md'), 'the package needs one'));
for (const path of ARTWORK) files.set(path, await read(join(openclaw, path), 'the package needs its artwork'));
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) files.set(licence, await read(join(repository, licence)));
files.set('cometapi.wasm', await read(join(plugin, 'cometapi.wasm'), "run 'make dist'"));
files.set('generated/digests.json', await read(join(openclaw, 'generated', 'digests.json'), "run 'make openclaw'"));
files.set('redaction.wasm', await read(join(openclaw, 'build', 'redaction.wasm'), "run 'make openclaw'"));
check(files, source, toml);

await rm(folder, { recursive: true, force: true });
for (const [path, bytes] of files) {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
  // npm keeps the modes, so they must not depend on the builder's umask: the package has to be reproducible.
  await chmod(target, 0o644);
}
