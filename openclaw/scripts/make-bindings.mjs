// Generates `generated/` from the packed component: bindings in JavaScript and their declarations.
//
//   node scripts/make-bindings.mjs COMPONENT TYPES REDACTION
//
// TYPES is what `component-types` of host-test/tools prints for the component. REDACTION is the core module that
// scripts/build-redaction makes. It is not a part of the component, since a component that removed the key would have to
// know it.
//
// The bindings are those of scripts/bindings/. The declarations are jco's, and jco's bindings are written to
// `build/reference/`, for the tests that compare the two. Nothing of jco is in the package.
//
// The core module that the bindings instantiate is a byte range of the component. It is not written out again: the table
// `cores.js` has its offset, so that the signed and hashed file itself is what runs.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { generate } from './bindings/generate.mjs';

const NAME = 'cometapi';
const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');

const [componentPath, typesPath, redactionPath] = process.argv.slice(2);
if (!redactionPath) throw new Error('usage: make-bindings.mjs COMPONENT TYPES REDACTION');
const component = await readFile(componentPath);
const types = JSON.parse(await readFile(typesPath, 'utf8'));
const redaction = await readFile(redactionPath);

const { files } = await transpileBytes(component, { name: NAME, instantiation: 'sync', noWasiShim: true });
const written = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]);
const declarations = written.filter(([path]) => path.endsWith('.d.ts'));
const reference = written.filter(([path]) => !path.endsWith('.d.ts'));

/** The core module with the component's code. The others only connect it to its imports, which the bindings do. */
function mainModule() {
  const cores = reference.filter(([path]) => path.endsWith('.wasm')).map(([, bytes]) => bytes);
  const mains = cores.filter((bytes) => {
    return WebAssembly.Module.exports(new WebAssembly.Module(bytes)).some(({ name }) => name === 'cabi_realloc');
  });
  const [main] = mains;
  if (mains.length !== 1) throw new Error(`${mains.length} core modules of the component have code, and not one`);
  const at = component.indexOf(main);
  if (at < 0) throw new Error('the core module is not a byte range of the component; check whether jco changed it');
  return { main, at };
}

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
const sha256 = digestOf(component);
const { main, at } = mainModule();
const generated = [
  ...declarations.filter(([path]) => path !== `${NAME}.d.ts`),
  [`${NAME}.js`, generate({ types, core: main, coreName: `${NAME}.core.wasm`, sha256 })],
  [
    `${NAME}.d.ts`,
    `${declarations.find(([path]) => path === `${NAME}.d.ts`)?.[1]}
/** The bytes that the bindings may still copy out of a component. The copy that exceeds them throws. */
export declare const copies: { left: number };
/** SHA-256 of the component that the bindings were generated from, in hexadecimal. */
export declare const sha256: string;
`,
  ],
  [
    'cores.js',
    `export const sha256 = '${sha256}';
export const redactionSha256 = '${digestOf(redaction)}';
export const cores = {
  '${NAME}.core.wasm': [${at}, ${main.length}],
};
`,
  ],
  [
    'cores.d.ts',
    `/** SHA-256 of the component that the bindings were made from, in hexadecimal. */
export declare const sha256: string;
/** SHA-256 of the core module that removes the key from texts. */
export declare const redactionSha256: string;
/** Where each core module lies in the component: offset and length in bytes. */
export declare const cores: Readonly<Record<string, readonly [offset: number, length: number]>>;
`,
  ],
];

// The package's own check of its files, src/component/integrity.ts.
const checked = generated.filter(([path]) => path === `${NAME}.js` || path === 'cores.js');
const digests = Object.fromEntries([
  ...checked.map(([path, content]) => [`generated/${path}`, digestOf(content)]),
  [`${NAME}.wasm`, sha256],
  ['redaction.wasm', digestOf(redaction)],
]);
generated.push(['digests.json', `${JSON.stringify(digests, null, 2)}\n`]);

for (const [folder, contents] of [
  [join(openclaw, 'generated'), generated],
  [join(openclaw, 'build', 'reference'), [...reference, ['types.json', JSON.stringify(types)]]],
]) {
  await rm(folder, { recursive: true, force: true });
  for (const [path, bytes] of contents) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}
