// Compiles `types/conforms.ts` against an installed OpenClaw, to check the plugin against OpenClaw's declarations.
//
//   node scripts/conforms.mjs FOLDER-OF-OPENCLAW

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');

const [given] = process.argv.slice(2);
if (!given) throw new Error('usage: conforms.mjs FOLDER-OF-OPENCLAW');
const installed = resolve(given);
const declarations = join(installed, 'dist', 'plugin-sdk', 'plugin-entry.d.ts');
if (!existsSync(declarations)) {
  throw new Error(`${declarations} does not exist; pass the folder in which OpenClaw is installed`);
}

// The real package replaces the declarations with which the plugin is compiled otherwise.
const project = join(openclaw, 'build', 'tsconfig.conforms.json');
await mkdir(dirname(project), { recursive: true });
await writeFile(
  project,
  JSON.stringify({
    extends: '../tsconfig.json',
    compilerOptions: { noEmit: true, rootDir: '/', paths: { 'openclaw/*': [`${installed}/dist/*.d.ts`] } },
    include: ['../types/conforms.ts'],
  }),
);
const compiler = join(openclaw, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
process.exit(status ?? 1);
