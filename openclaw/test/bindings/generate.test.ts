/** What the generator of the bindings refuses: a type or a core module that the bindings would pass wrongly. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfName, unsignedLeb } from '../../src/component/wasm_bytes.js';

const { generate } = (await import(new URL('../../../scripts/bindings/generate.mjs', import.meta.url).href)) as {
  generate: (component: object) => string;
};

function section(id: number, ...entries: number[][]): number[] {
  const body = [...unsignedLeb(entries.length), ...entries.flat()];
  return [id, ...unsignedLeb(body.length), ...body];
}

/** A core module with a memory, and functions of no parameters under these names. */
function coreOf(names: string[], imports: [module: string, name: string][] = []): Uint8Array {
  const functions = names.filter((name) => name !== 'memory');
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 0, 0]),
    ...section(2, ...imports.map(([module, name]) => [...bytesOfName(module), ...bytesOfName(name), 0, 0])),
    ...section(3, ...functions.map(() => [0])),
    ...section(5, [0, 1]),
    ...section(
      7,
      ...(names.includes('memory') ? [[...bytesOfName('memory'), 2, 0]] : []),
      ...functions.map((name, at) => [...bytesOfName(name), 0, imports.length + at]),
    ),
    ...section(10, ...functions.map(() => [2, 0, 0x0b])),
  ]);
}

/** A component that exports one interface with the function `f`. */
function typesOf(parameter: unknown, types: unknown[] = []): object {
  return {
    worlds: [{ imports: {}, exports: { 'interface-0': { interface: { id: 0 } } } }],
    interfaces: [
      {
        name: 'one',
        types: {},
        functions: { f: { name: 'f', kind: 'freestanding', params: [{ name: 'value', type: parameter }] } },
        package: 0,
      },
    ],
    types,
    packages: [{ name: 'example:a@1.0.0' }],
  };
}

const EXPORTS = ['memory', 'cabi_realloc', 'example:a/one@1.0.0#f'];
const kind = (name: string | null, of: object): object => ({ name, kind: of, owner: { interface: 0 } });

function generated(types: object, core = coreOf(EXPORTS)): string {
  return generate({ types, core, coreName: 'a.core.wasm', sha256: 'ab12' });
}

test('a component of any world has bindings, which name its digest, and are the same each time', () => {
  const source = generated(typesOf('u32'));
  assert.match(source, /export const sha256 = "ab12";/);
  assert.match(source, /one: one|return \{ one, "example:a\/one@1\.0\.0": one \}/);
  assert.equal(generated(typesOf('u32')), source);
  assert.doesNotMatch(source, /embeddings|process\b.{0,3}\benv\b/);
});

test('types that the bindings cannot pass are refused', () => {
  for (const [types, message] of [
    [typesOf('char'), /cannot pass the type 'char'/],
    [typesOf(0, [kind('permissions', { flags: { flags: [{ name: 'read' }] } })]), /'permissions', a type of the kind/],
    [typesOf(0, [kind(null, { option: 1 }), kind(null, { option: 'u8' })]), /an option of an option/],
    [typesOf(0, [kind('mixed', { variant: { cases: cases('u32', 'f32') } })]), /its cases differ too much/],
    [typesOf(0, [kind('large', { enum: { cases: Array(257).fill({ name: 'a' }) } })]), /a variant with 257 cases/],
    [typesOf(0, [kind(null, { handle: { own: 1 } }), kind('thing', 'resource' as never)]), /cannot give a thing back/],
  ] as const) {
    assert.throws(() => generated(types), message);
  }
});

function cases(...types: string[]): object[] {
  return types.map((type) => ({ name: type, type }));
}

test('core modules that do not fit the types are refused', () => {
  const types = typesOf('u32');
  for (const missing of EXPORTS) {
    const core = coreOf(EXPORTS.filter((name) => name !== missing));
    assert.throws(() => generated(types, core), new RegExp(`does not export '${missing.replace('.', '\\.')}`));
  }
  assert.throws(() => generated(types, coreOf([...EXPORTS, '_initialize'])), /cannot run the initializer/);
  for (const [module, name, message] of [
    ['example:b/two', 'g', /imports from 'example:b\/two', which its types do not have/],
    ['[export]example:a/one@1.0.0', 'g', /imports 'g' .*, which is unknown/],
    ['[export]example:a/one@1.0.0', '[resource-new]thing', /has no resource 'thing'/],
  ] as const) {
    assert.throws(() => generated(types, coreOf(EXPORTS, [[module, name]])), message);
  }
});
