/** The types of the component, and their layout, for {@link Abi}. */

import { readFileSync } from 'node:fs';

/** A type in the form of wit-parser: a scalar's name, or an index of `types`; nothing is a case without a value. */
export type Ty = string | number | null | undefined;

interface Kind {
  record?: { fields: { name: string; type: Ty }[] };
  tuple?: { types: Ty[] };
  list?: Ty;
  option?: Ty;
  enum?: { cases: { name: string }[] };
  variant?: { cases: { name: string; type: Ty }[] };
  result?: { ok: Ty; err: Ty };
  handle?: { own?: number; borrow?: number };
  type?: Ty;
}

export interface Func {
  name: string;
  kind: string | { method?: number; static?: number; constructor?: number };
  params: { name: string; type: Ty }[];
  result?: Ty;
}

interface Resolve {
  worlds: { imports: Record<string, Item>; exports: Record<string, Item> }[];
  interfaces: { name: string; types: Record<string, number>; functions: Record<string, Func>; package: number }[];
  types: { name: string | null; kind: Kind | string; owner: { interface: number } }[];
  packages: { name: string }[];
}
type Item = { interface: { id: number } };

export const camel = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
export const pascal = (name: string): string => camel(`-${name}`);

/** What a type is: its parts, in order. */
export type Shape =
  | { is: 'scalar' | 'string'; name: string }
  | { is: 'list'; of: Ty }
  | { is: 'fields'; names: string[] | undefined; types: Ty[] }
  | { is: 'cases'; style: 'variant' | 'enum' | 'option' | 'result'; cases: [string, Ty][] }
  | { is: 'handle'; owned: boolean; resource: number };

export const SIZES: Record<string, number> = { bool: 1, u8: 1, u16: 2, u32: 4, u64: 8, s64: 8, f32: 4, f64: 8 };

/** The next multiple of `align`. */
export const up = (at: number, align: number): number => Math.ceil(at / align) * align;

/** The types of the component, for which the bindings were generated. */
export const resolve = JSON.parse(
  readFileSync(new URL('../../reference/types.json', import.meta.url), 'utf8'),
) as Resolve;

export interface Interface {
  id: number;
  /** Such as `wasi:io/poll@0.2.12`. */
  name: string;
  short: string;
  functions: Func[];
}

export function interfaces(side: 'imports' | 'exports'): Interface[] {
  return Object.values(resolve.worlds[0]?.[side] ?? {}).map(({ interface: { id } }) => {
    const { name, functions, package: owner } = resolve.interfaces[id] as Resolve['interfaces'][number];
    const [path, version] = (resolve.packages[owner]?.name ?? '').split('@');
    return { id, name: `${path}/${name}@${version}`, short: camel(name), functions: Object.values(functions) };
  });
}

/** The name and the interface of a resource, after aliases. */
export function resourceOf(type: number): { type: number; name: string; owner: number } {
  const { kind, name, owner } = resolve.types[type] as Resolve['types'][number];
  const alias = typeof kind === 'object' ? kind.type : undefined;
  if (typeof alias === 'number') return resourceOf(alias);
  return { type, name: name ?? '', owner: owner.interface };
}

export function shapeOf(type: Ty): Shape {
  if (type === 'string') return { is: 'string', name: type };
  if (typeof type === 'string') return { is: 'scalar', name: type };
  const kind = resolve.types[type as number]?.kind;
  if (typeof kind !== 'object') throw new Error(`type ${type} is a ${kind}`);
  if (kind.type !== undefined) return shapeOf(kind.type);
  if (kind.list !== undefined) return { is: 'list', of: kind.list };
  if (kind.tuple) return { is: 'fields', names: undefined, types: kind.tuple.types };
  if (kind.record) {
    const { fields } = kind.record;
    return { is: 'fields', names: fields.map(({ name }) => camel(name)), types: fields.map((field) => field.type) };
  }
  const cases = (style: 'variant' | 'enum' | 'option' | 'result', all: [string, Ty][]): Shape => {
    return { is: 'cases', style, cases: all };
  };
  if (kind.enum)
    return cases(
      'enum',
      kind.enum.cases.map(({ name }) => [name, null]),
    );
  if (kind.variant)
    return cases(
      'variant',
      kind.variant.cases.map((each) => [each.name, each.type]),
    );
  if (kind.option !== undefined)
    return cases('option', [
      ['none', null],
      ['some', kind.option],
    ]);
  if (kind.result)
    return cases('result', [
      ['ok', kind.result.ok],
      ['err', kind.result.err],
    ]);
  const { own, borrow } = kind.handle ?? {};
  return { is: 'handle', owned: own !== undefined, resource: resourceOf((own ?? borrow) as number).type };
}

export function alignOf(type: Ty): number {
  if (type === null || type === undefined) return 1;
  const shape = shapeOf(type);
  if (shape.is === 'scalar') return SIZES[shape.name] as number;
  if (shape.is === 'fields') return Math.max(1, ...shape.types.map(alignOf));
  return shape.is === 'cases' ? Math.max(1, ...shape.cases.map(([, payload]) => alignOf(payload))) : 4;
}

export function sizeOf(type: Ty): number {
  if (type === null || type === undefined) return 0;
  const shape = shapeOf(type);
  switch (shape.is) {
    case 'scalar':
      return SIZES[shape.name] as number;
    case 'handle':
      return 4;
    case 'fields':
      return up(
        shape.types.reduce((at: number, each) => up(at, alignOf(each)) + sizeOf(each), 0),
        alignOf(type),
      );
    case 'cases': {
      const payload = Math.max(0, ...shape.cases.map(([, each]) => sizeOf(each)));
      return up(up(1, alignOf(type)) + payload, alignOf(type));
    }
    default:
      return 8;
  }
}

/** The core types of a value that is passed without memory. */
export function flatTypes(type: Ty): string[] {
  if (type === null || type === undefined) return [];
  const shape = shapeOf(type);
  if (shape.is === 'fields') return shape.types.flatMap(flatTypes);
  if (shape.is === 'cases') {
    const joined: string[] = [];
    for (const [, payload] of shape.cases) {
      for (const [at, core] of flatTypes(payload).entries()) joined[at] ??= core;
    }
    return ['i32', ...joined];
  }
  if (shape.is === 'scalar') {
    const floats: Record<string, string> = { u64: 'i64', s64: 'i64', f32: 'f32', f64: 'f64' };
    return [floats[shape.name] ?? 'i32'];
  }
  return shape.is === 'handle' ? ['i32'] : ['i32', 'i32'];
}
