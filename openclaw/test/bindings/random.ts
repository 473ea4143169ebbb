/** Random values of the component's types, the same for the same seed, and values that are not of a type. */

import { type Ty, shapeOf } from './abi_types.js';

const TEXTS = ['', 'a', 'text', 'é', '日本', '😀', '\u0000', '"\\', 'x\ufeff', '\ufffd', 'long '.repeat(60)];

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** A value of a type. `handle` makes the resources in it. */
  value(type: Ty, handle: (resource: number, owned: boolean) => unknown): unknown {
    const shape = shapeOf(type);
    switch (shape.is) {
      case 'scalar':
        return this.#scalar(shape.name);
      case 'string':
        return Array.from({ length: this.below(4) }, () => this.pick(TEXTS)).join('');
      case 'list': {
        const list = Array.from({ length: this.pick([0, 1, 2, 5]) }, () => this.value(shape.of, handle));
        if (shape.of === 'u8') return Uint8Array.from(list as number[]);
        if (shape.of === 'u32') return Uint32Array.from(list as number[]);
        return shape.of === 'f32' ? Float32Array.from(list as number[]) : list;
      }
      case 'fields': {
        const values = shape.types.map((each) => this.value(each, handle));
        const { names } = shape;
        return names ? Object.fromEntries(values.map((value, at) => [names[at] as string, value])) : values;
      }
      case 'cases': {
        const [tag, payload] = this.pick(shape.cases);
        if (shape.style === 'enum') return tag;
        if (shape.style === 'option') return tag === 'none' ? undefined : this.value(payload, handle);
        if (payload !== null && payload !== undefined) return { tag, val: this.value(payload, handle) };
        return shape.style === 'result' ? { tag, val: undefined } : { tag };
      }
      case 'handle':
        return handle(shape.resource, shape.owned);
    }
  }

  #scalar(name: string): unknown {
    switch (name) {
      case 'bool':
        return this.below(2) === 1;
      case 'f32':
        return Math.fround(this.#float());
      case 'f64':
        return this.#float();
      case 'u64':
      case 's64': {
        const bits = (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32));
        const value = this.pick([0n, 1n, (1n << 64n) - 1n, bits]);
        return name === 'u64' ? value : BigInt.asIntN(64, value);
      }
      default: {
        const limit = 2 ** Number(name.slice(1));
        return this.pick([0, 1, limit - 1, this.below(limit)]);
      }
    }
  }

  #float(): number {
    return this.pick([0, -0, 1.5, -1e300, 2 ** -1074, Infinity, -Infinity, NaN, this.below(2 ** 32) / 7]);
  }

  /**
   * A value with one wrong place: a lone surrogate, a number out of range, a name that is no case, a missing field, a value
   * of another kind.
   */
  damaged(value: unknown): unknown {
    const isLeaf = typeof value !== 'object' || value === null || ArrayBuffer.isView(value);
    const keys = isLeaf ? [] : Object.keys(value);
    if (keys.length === 0 || this.below(8) === 0) return this.#wrong(value);
    const key = this.pick(keys);
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
    if (this.below(6) === 0 && !Array.isArray(value)) delete copy[key];
    else copy[key] = this.damaged(copy[key]);
    return copy;
  }

  #wrong(value: unknown): unknown {
    const others = [undefined, null, 7, -1, 2 ** 32, 1.5, NaN, -1n, 1n << 64n, 'no case', {}, true, { tag: 'none' }];
    if (typeof value === 'string') return this.pick([...others, '\ud800', 'a\udc00b', '\udc00\ud800']);
    return this.pick(others);
  }
}
