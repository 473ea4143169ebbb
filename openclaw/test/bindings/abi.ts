/**
 * The canonical ABI a second time, for the tests of the bindings: it interprets the types instead of generating code for
 * them, and shares nothing with scripts/bindings. What one of the two gets wrong, the other does not.
 */

import { alignOf, flatTypes, type Shape, shapeOf, SIZES, sizeOf, type Ty, up } from './abi_types.js';

export type Core = number | bigint;

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, u64: BigUint64Array, f32: Float32Array } as const;

/** A memory with the values of a component. */
export class Abi {
  readonly memory: { buffer: ArrayBuffer };
  readonly allocate: (size: number, align: number) => number;

  constructor(memory: { buffer: ArrayBuffer }, allocate: (size: number, align: number) => number) {
    this.memory = memory;
    this.allocate = allocate;
  }

  get #view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** The place of a value that lies at `at` or after it, and its size. */
  placed(type: Ty, at: number): [place: number, size: number] {
    return [up(at, alignOf(type)), sizeOf(type)];
  }

  load(type: Ty, at: number): unknown {
    const shape = shapeOf(type);
    const view = this.#view;
    switch (shape.is) {
      case 'scalar':
        return this.#scalar(shape.name, at);
      case 'handle':
        return view.getUint32(at, true);
      case 'string':
      case 'list':
        return this.#elements(shape, view.getUint32(at, true), view.getUint32(at + 4, true));
      case 'fields': {
        let next = at;
        const values = shape.types.map((each) => {
          const place = up(next, alignOf(each));
          next = place + sizeOf(each);
          return this.load(each, place);
        });
        return members(shape.names, values);
      }
      case 'cases': {
        const [name, payload] = shape.cases[view.getUint8(at)] as [string, Ty];
        return ofCase(shape.style, name, payload, () => this.load(payload, at + up(1, alignOf(type))));
      }
    }
  }

  lift(type: Ty, cores: Core[]): unknown {
    const shape = shapeOf(type);
    const [first] = cores;
    switch (shape.is) {
      case 'scalar':
        if (shape.name === 'bool') return first === 1;
        if (shape.name === 'u32') return Number(first) >>> 0;
        return shape.name === 'u64' ? BigInt.asUintN(64, first as bigint) : first;
      case 'handle':
        return Number(first) >>> 0;
      case 'string':
      case 'list':
        return this.#elements(shape, Number(first) >>> 0, Number(cores[1]) >>> 0);
      case 'fields': {
        let next = 0;
        const values = shape.types.map((each) => {
          return this.lift(each, cores.slice(next, (next += flatTypes(each).length)));
        });
        return members(shape.names, values);
      }
      case 'cases': {
        const [name, payload] = shape.cases[Number(first)] as [string, Ty];
        return ofCase(shape.style, name, payload, () => this.lift(payload, cores.slice(1)));
      }
    }
  }

  store(type: Ty, value: unknown, at: number): void {
    const shape = shapeOf(type);
    switch (shape.is) {
      case 'scalar':
        this.#setScalar(shape.name, value as Core, at);
        return;
      case 'handle':
        this.#view.setUint32(at, value as number, true);
        return;
      case 'string':
      case 'list': {
        const [place, length] = this.#place(shape, value);
        this.#view.setUint32(at, place, true);
        this.#view.setUint32(at + 4, length, true);
        return;
      }
      case 'fields': {
        let next = at;
        shape.types.forEach((each, index) => {
          const place = up(next, alignOf(each));
          next = place + sizeOf(each);
          this.store(each, (value as Record<string, unknown>)[shape.names?.[index] ?? index], place);
        });
        return;
      }
      case 'cases': {
        const [index, payload, inner] = caseOf(shape, value);
        this.#view.setUint8(at, index);
        if (payload) this.store(payload, inner, at + up(1, alignOf(type)));
      }
    }
  }

  lower(type: Ty, value: unknown): Core[] {
    const shape = shapeOf(type);
    switch (shape.is) {
      case 'scalar':
        return [typeof value === 'boolean' ? Number(value) : (value as Core)];
      case 'handle':
        return [value as number];
      case 'string':
      case 'list':
        return this.#place(shape, value);
      case 'fields':
        return shape.types.flatMap((each, index) =>
          this.lower(each, (value as Record<string, unknown>)[shape.names?.[index] ?? index]),
        );
      case 'cases': {
        const [index, payload, inner] = caseOf(shape, value);
        const cores = [index, ...(payload ? this.lower(payload, inner) : [])];
        return flatTypes(type).map((core, at) => cores[at] ?? (core === 'i64' ? 0n : 0));
      }
    }
  }

  #scalar(name: string, at: number): unknown {
    const view = this.#view;
    if (name === 'bool') return view.getUint8(at) === 1;
    const arrays = { ...ARRAYS, s64: BigInt64Array, f64: Float64Array };
    return new arrays[name as keyof typeof arrays](this.memory.buffer.slice(at, at + (SIZES[name] as number)))[0];
  }

  #setScalar(name: string, value: Core | boolean, at: number): void {
    const arrays = { ...ARRAYS, s64: BigInt64Array, f64: Float64Array, bool: Uint8Array };
    const array = new arrays[name as keyof typeof arrays](1) as unknown as {
      [at: number]: unknown;
      buffer: ArrayBuffer;
    };
    array[0] = typeof value === 'boolean' ? Number(value) : value;
    new Uint8Array(this.memory.buffer).set(new Uint8Array(array.buffer), at);
  }

  #elements(shape: Shape & { is: 'string' | 'list' | 'scalar' }, at: number, length: number): unknown {
    if (shape.is !== 'list') return Buffer.from(this.memory.buffer, at, length).toString();
    const array = ARRAYS[shape.of as keyof typeof ARRAYS];
    if (array) return new array(this.memory.buffer.slice(at, at + length * array.BYTES_PER_ELEMENT));
    return Array.from({ length }, (_, index) => this.load(shape.of, at + index * sizeOf(shape.of)));
  }

  #place(shape: Shape & { is: 'string' | 'list' | 'scalar' }, value: unknown): [number, number] {
    if (shape.is !== 'list') {
      const bytes = Buffer.from(value as string);
      const at = this.allocate(bytes.length, 1);
      new Uint8Array(this.memory.buffer).set(bytes, at);
      return [at, bytes.length];
    }
    const values = [...(value as Iterable<unknown>)];
    const at = this.allocate(values.length * sizeOf(shape.of), alignOf(shape.of));
    for (const [index, each] of values.entries()) this.store(shape.of, each, at + index * sizeOf(shape.of));
    return [at, values.length];
  }
}

function members(names: string[] | undefined, values: unknown[]): unknown {
  return names ? Object.fromEntries(values.map((value, index) => [names[index] as string, value])) : values;
}

function ofCase(style: string, name: string, payload: Ty, value: () => unknown): unknown {
  if (style === 'enum') return name;
  if (style === 'option') return name === 'none' ? undefined : value();
  const has = payload !== null && payload !== undefined;
  return has ? { tag: name, val: value() } : style === 'result' ? { tag: name, val: undefined } : { tag: name };
}

function caseOf(shape: Shape & { is: 'cases' }, value: unknown): [number, Ty, unknown] {
  if (shape.style === 'option') return value === undefined ? [0, null, value] : [1, shape.cases[1]?.[1], value];
  const { tag, val } = shape.style === 'enum' ? { tag: value, val: value } : (value as { tag: string; val: unknown });
  const index = shape.cases.findIndex(([name]) => name === tag);
  return [index, shape.cases[index]?.[1], val];
}
