// Generates `generated/` from the packed component: bindings in JavaScript and their declarations.
//
//   node scripts/transpile.mjs ../dist/plugins/cometapi/cometapi.wasm REDACTION
//
// REDACTION is the core module that scripts/build-redaction makes. It is not a part of the component, since a component
// that removed the key would have to know it.
//
// The core modules that the bindings instantiate are byte ranges of the component. They are not written out again: the
// table `cores.js` has their offsets, so that the signed and hashed file itself is what runs.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';

const NAME = 'cometapi';
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'generated');

const [componentPath, redactionPath] = process.argv.slice(2);
if (!componentPath || !redactionPath) throw new Error('usage: transpile.mjs COMPONENT REDACTION');
const component = await readFile(componentPath);
const redaction = await readFile(redactionPath);

const { files } = await transpileBytes(component, {
  name: NAME,
  instantiation: 'sync',
  minify: true,
  // The imports are implemented in `src/host/`. Without this, the bindings would import jco's shim package.
  noWasiShim: true,
});

/** The offset and length of a core module in the component. */
function placeOf(path, bytes) {
  const at = component.indexOf(bytes);
  if (at < 0)
    throw new Error(
      `${path} is not a byte range of the component; check whether jco changed how it extracts core modules`,
    );
  return [at, bytes.length];
}

/**
 * Removes the bindings' check of the environment for a debug log. They make it hundreds of times in each call, which costs
 * a fifth of a streamed chunk's time, and OpenClaw's audit objects to code that reads the environment.
 */
function withoutDebugLog(source) {
  const logs = '_debugLog=(...e)=>{globalThis?.process?.env?.JCO_DEBUG&&console.debug(...e)}';
  const quiet = source.replace(logs, () => '_debugLog=()=>{}');
  if (/process\b.{0,3}\benv\b/.test(quiet))
    throw new Error('the bindings still read the environment; adapt withoutDebugLog to this version of jco');
  return quiet;
}

/**
 * Makes the bindings keep U+FEFF at the start of a string. A `TextDecoder` takes it for a byte order mark and drops it,
 * so a text would differ from what the server sent, and the fragments of a call from the whole.
 */
function withByteOrderMarks(source) {
  const kept = source
    .replaceAll(/new TextDecoder(?=[,;])/g, "new TextDecoder('utf-8',{ignoreBOM:true})")
    .replaceAll(/new TextDecoder\((`[^`]*`|'[^']*'|"[^"]*")\)/g, 'new TextDecoder($1,{ignoreBOM:true})');
  const made = kept.match(/\bTextDecoder\b/g)?.length ?? 0;
  const keeping = kept.match(/new TextDecoder\([^()]*\{ignoreBOM:true\}\)/g)?.length ?? 0;
  if (made === 0 || made !== keeping)
    throw new Error(`${keeping} of ${made} text decoders keep U+FEFF; adapt withByteOrderMarks to this version of jco`);
  return kept;
}

/**
 * Makes the bindings call no destructor when JavaScript's memory is collected. The component is called only by the host,
 * which limits each call and disposes of every resource itself: in an instance that has trapped, a destructor would trap
 * as well, in no call that could catch it, and end the process of OpenClaw.
 */
function withoutFinalizers(source) {
  const quiet = source.replace(/new FinalizationRegistry\(\w+\)/g, '{register(){},unregister(){}}');
  if (quiet === source || /new FinalizationRegistry/.test(quiet))
    throw new Error('the bindings make a finalizer in another way; adapt withoutFinalizers to this version of jco');
  return quiet;
}

/**
 * Makes the bindings count the bytes that they copy out of the component: texts, and the elements of lists. A component
 * could return a list whose elements are all the same memory, and the copy would be larger than any memory of it.
 */
function withCountedCopies(source) {
  const name = String.raw`[\w$]+`;
  const loop = String.raw`for\((?:var|let) (${name})=0;\2<(${name});\2\+\+\)\{let ${name}=${name}\+\2\*(${name})`;
  const elements = new RegExp(String.raw`((?:var|let) ${name}=\[\];)(?=${loop})`, 'g');
  // Bytes, and the numbers of a vector.
  const array = String.raw`new (?:Uint8|Float32)Array`;
  const bytes = new RegExp(String.raw`${array}\(${name}\.buffer\.slice\((${name}),\1\+(${name})\*(\d)\)\)`, 'g');
  const view = String.raw`new (?:Uint8Array|Uint16Array|DataView)\([\w$.]+\.buffer,${name},(${name})\)`;
  const text = new RegExp(String.raw`(\.decode\()(${view})\)`, 'g');
  const counted = source
    .replaceAll(elements, '$1_copied($3*$4);')
    .replaceAll(bytes, '(_copied($2*$3),$&)')
    .replaceAll(text, '$1(_copied($3),$2))');
  const [made, expected] = [counted.match(/_copied\(/g), source.match(/list pointer \[|\.decode\(/g)];
  if (!made || made.length !== expected?.length)
    throw new Error(
      `${made?.length ?? 0} of ${expected?.length ?? 0} copies are counted; adapt withCountedCopies to this version of jco`,
    );
  return `${counted}
export const copies={left:Infinity};
function _copied(bytes){if(!((copies.left-=bytes)>=0))throw new WebAssembly.RuntimeError('the component returns more bytes than the host copies')}
`;
}

const cores = {};
const written = new Map();
for (const [path, content] of Object.entries(files)) {
  const bytes = Buffer.from(content);
  if (path.endsWith('.core.wasm') || /\.core\d*\.wasm$/.test(path))
    cores[path.split('/').at(-1)] = placeOf(path, bytes);
  else written.set(path, bytes);
}
written.set(
  `${NAME}.js`,
  Buffer.from(
    [withoutDebugLog, withByteOrderMarks, withoutFinalizers, withCountedCopies].reduce(
      (source, change) => change(source),
      written.get(`${NAME}.js`).toString(),
    ),
  ),
);
const declarations = written.get(`${NAME}.d.ts`);
if (!declarations) throw new Error('jco wrote no declarations for the bindings; check whether it changed their name');
written.set(
  `${NAME}.d.ts`,
  `${declarations}
/** The bytes that the bindings may still copy out of a component. The copy that exceeds them throws. */
export declare const copies: { left: number };
`,
);
if (Object.keys(cores).length === 0)
  throw new Error('the bindings name no core module; check whether jco changed the names of its files');

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
const entries = Object.entries(cores).map(([name, [at, length]]) => `  '${name}': [${at}, ${length}],\n`);
written.set(
  'cores.js',
  `export const sha256 = '${digestOf(component)}';\n` +
    `export const redactionSha256 = '${digestOf(redaction)}';\n` +
    `export const cores = {\n${entries.join('')}};\n`,
);
written.set(
  'cores.d.ts',
  '/** SHA-256 of the component that the bindings were made from, in hexadecimal. */\n' +
    'export declare const sha256: string;\n' +
    '/** SHA-256 of the core module that removes the key from texts. */\n' +
    'export declare const redactionSha256: string;\n' +
    '/** Where each core module lies in the component: offset and length in bytes. */\n' +
    'export declare const cores: Readonly<Record<string, readonly [offset: number, length: number]>>;\n',
);

await rm(out, { recursive: true, force: true });
for (const [path, bytes] of written) {
  const target = join(out, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}
