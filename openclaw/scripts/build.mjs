// Builds the package from the packed component in `dist/plugins/cometapi`, step by step.
//
//   node scripts/build.mjs DESTINATION TYPES REDACTION
//
// DESTINATION receives the folder `openclaw` and the package that is made from it. TYPES is what `component-types` prints
// for the component. REDACTION is the core module that scripts/build-redaction makes.

import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');
const component = join(openclaw, '..', 'dist', 'plugins', 'cometapi', 'cometapi.wasm');

const [, , destinationPath, types, redaction] = process.argv;
if (!redaction) throw new Error('usage: build.mjs DESTINATION TYPES REDACTION');
const destination = resolve(destinationPath);
const staged = join(destination, 'openclaw');

/** Runs a script with Node and shows its output. The build ends if it fails. */
function run(...step) {
  try {
    execFileSync(process.execPath, step, { cwd: openclaw, stdio: 'inherit' });
  } catch {
    console.error(`build: 'node ${step.join(' ')}' failed in openclaw/`);
    process.exit(1);
  }
}

run('scripts/make-bindings.mjs', component, resolve(types), resolve(redaction));
// The compiled modules expect the bindings and the component beside them, as in the package.
rmSync(join(openclaw, 'build', 'generated'), { recursive: true, force: true });
cpSync(join(openclaw, 'generated'), join(openclaw, 'build', 'generated'), { recursive: true });
cpSync(component, join(openclaw, 'build', 'cometapi.wasm'));
cpSync(redaction, join(openclaw, 'build', 'redaction.wasm'));
run('node_modules/typescript/bin/tsc', '-p', '.');
run('scripts/manifest.mjs', component);
run('scripts/stage.mjs', staged);
run('scripts/pack.mjs', staged, destination);
