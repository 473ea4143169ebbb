// Checks the plugin against an installed OpenClaw: it compiles `types/conforms.ts` against OpenClaw's declarations, and
// looks for each function that the plugin imports, since OpenClaw does not ship all of their declarations.
//
//   node scripts/conforms.mjs [--older] FOLDER-OF-OPENCLAW
//
// `--older` accepts an OpenClaw without the newest hooks.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');

const given = process.argv.slice(2);
const older = given[0] === '--older';
if (older) given.shift();
if (given.length !== 1) throw new Error('usage: conforms.mjs [--older] FOLDER-OF-OPENCLAW');
const installed = resolve(given[0]);
const declarations = join(installed, 'dist', 'plugin-sdk', 'plugin-entry.d.ts');
if (!existsSync(declarations)) {
  throw new Error(`${declarations} does not exist; pass the folder in which OpenClaw is installed`);
}

/** Module → names, of the functions that the plugin imports from OpenClaw at its start. */
async function imported() {
  const sources = (await readdir(join(openclaw, 'src'), { recursive: true })).filter((path) => path.endsWith('.ts'));
  const modules = new Map();
  for (const path of sources) {
    const text = await readFile(join(openclaw, 'src', path), 'utf8');
    for (const [, names, module] of text.matchAll(/^import \{([^}]+)\} from 'openclaw\/([^']+)';$/gm)) {
      modules.set(module, [...(modules.get(module) ?? []), ...names.split(',').map((name) => name.trim())]);
    }
  }
  return modules;
}

const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
const modules = await imported();
if (modules.size === 0)
  throw new Error('the plugin imports nothing from OpenClaw; this check looks in the wrong place');
for (const [module, names] of modules) {
  const entry = exports[`./${module}`];
  const path = typeof entry === 'string' ? entry : entry?.default;
  if (!path) throw new Error(`OpenClaw in ${installed} has no module openclaw/${module}`);
  const text = await readFile(join(installed, path), 'utf8');
  const [list = ''] = text.match(/(?<=^export \{)[^}]+(?=\})/m) ?? [];
  const there = list.split(',').map((each) => each.trim().split(' as ').at(-1));
  const missing = names.filter((name) => !there.includes(name));
  if (missing.length > 0) throw new Error(`openclaw/${module} of ${installed} does not export ${missing.join(', ')}`);
}

// The real package replaces the declarations with which the plugin is compiled otherwise.
const project = join(openclaw, 'build', 'tsconfig.conforms.json');
await mkdir(dirname(project), { recursive: true });
await writeFile(
  project,
  JSON.stringify({
    extends: '../tsconfig.json',
    compilerOptions: { noEmit: true, rootDir: '/', paths: { 'openclaw/*': [`${installed}/dist/*.d.ts`] } },
    include: ['../types/conforms.ts', ...(older ? [] : ['../types/newest.ts'])],
  }),
);
const compiler = join(openclaw, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
process.exit(status ?? 1);
