// The types of a component, with their layout in memory and as parameters: see "Canonical ABI" in the component model.
//
// The input is what `host-test/tools` prints: the types in the form of wit-parser. A type that no function of the
// component uses is never looked at, and one that the bindings cannot pass is refused here, when the package is built.

/** Scalars: bytes in memory, core type, and the typed array that a list of them becomes. A text or a list is two numbers. */
const SCALARS = {
  bool: [1, 'i32'],
  u8: [1, 'i32', 'Uint8Array'],
  u16: [2, 'i32', 'Uint16Array'],
  u32: [4, 'i32', 'Uint32Array'],
  u64: [8, 'i64', 'BigUint64Array'],
  s64: [8, 'i64', 'BigInt64Array'],
  f32: [4, 'f32', 'Float32Array'],
  f64: [8, 'f64', 'Float64Array'],
};

/** Parameters and results that do not fit into as many core values are passed in memory. */
export const MAX_FLAT_PARAMS = 16;
export const MAX_FLAT_RESULTS = 1;

/** `max-events` → `maxEvents` */
export function camel(name) {
  return name.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase());
}

/** `model-query` → `ModelQuery` */
export function pascal(name) {
  return camel(`-${name}`);
}

/** @param {number} at @param {number} align */
function aligned(at, align) {
  return Math.ceil(at / align) * align;
}

export class Types {
  #resolve;
  #types = new Map();

  /** @param {object} resolve - the parsed JSON */
  constructor(resolve) {
    this.#resolve = resolve;
  }

  /** The interfaces of the component's world: name with version, functions by name, and whether it is exported. */
  interfaces() {
    const [world] = this.#resolve.worlds;
    const of = (items, exported) =>
      Object.values(items).map((item) => {
        if (!item.interface) throw new Error('the world has an item outside of an interface');
        const { id } = item.interface;
        const { name, functions, types } = this.#resolve.interfaces[id];
        return { name: this.interfaceName(id), short: camel(name), functions, types, exported };
      });
    return [...of(world.imports, false), ...of(world.exports, true)];
  }

  /** `wasi:io/poll@0.2.12` */
  interfaceName(id) {
    const { name, package: owner } = this.#resolve.interfaces[id];
    const [path, version] = this.#resolve.packages[owner].name.split('@');
    return `${path}/${name}${version ? `@${version}` : ''}`;
  }

  /**
   * One type. `index` and `name` are for the names of functions that are generated for it.
   *
   * @param {string | number} type - a scalar's name, or an index of the input
   */
  of(type) {
    const alias = this.#resolve.types[type]?.kind.type;
    if (alias !== undefined) return this.of(alias);
    let known = this.#types.get(type);
    if (!known) {
      known = { ...this.#made(type), index: this.#types.size };
      this.#types.set(type, known);
    }
    return known;
  }

  /** The name of a resource's type, after aliases of other interfaces; `exported`: the component implements it. */
  resource(type) {
    const { kind, name, owner } = this.#resolve.types[type];
    if (kind.type !== undefined) return this.resource(kind.type);
    const exported = Object.values(this.#resolve.worlds[0].exports).some(
      (item) => item.interface?.id === owner.interface,
    );
    return { type, name, exported, owner: owner.interface };
  }

  /** A resource by its name in an interface. */
  resourceOf({ name: from, types }, name) {
    if (types[name] === undefined) throw new Error(`${from} has no resource '${name}'`);
    return this.resource(types[name]);
  }

  /** The record of a function's parameters. */
  params(params) {
    return this.#record(params.map(({ name, type }) => ({ key: camel(name), type: this.of(type) })));
  }

  #made(type) {
    if (type === 'string') return { kind: 'string', name: 'string', size: 8, align: 4, flat: ['i32', 'i32'] };
    const scalar = SCALARS[type];
    if (scalar)
      return { kind: type, name: type, size: scalar[0], align: scalar[0], flat: [scalar[1]], list: scalar[2] };
    const definition = this.#resolve.types[type];
    if (!definition) throw new Error(`the bindings cannot pass the type '${type}'; extend scripts/bindings`);
    const { kind } = definition;
    return { ...this.#compound(kind, definition.name), name: definition.name ?? Object.keys(kind)[0] };
  }

  #compound(kind, name) {
    const optional = (type) => (type === null || type === undefined ? undefined : this.of(type));
    if (kind.record) {
      return this.#record(kind.record.fields.map((field) => ({ key: camel(field.name), type: this.of(field.type) })));
    }
    if (kind.tuple) {
      const fields = kind.tuple.types.map((type, index) => ({ key: String(index), type: this.of(type) }));
      return { ...this.#record(fields), kind: 'tuple' };
    }
    if (kind.list !== undefined) {
      return { kind: 'list', element: this.of(kind.list), size: 8, align: 4, flat: ['i32', 'i32'] };
    }
    if (kind.enum) {
      return this.#variant(
        'enum',
        kind.enum.cases.map((each) => ({ tag: each.name })),
      );
    }
    if (kind.variant) {
      return this.#variant(
        'variant',
        kind.variant.cases.map((each) => ({ tag: each.name, type: optional(each.type) })),
      );
    }
    if (kind.option !== undefined) {
      const some = this.of(kind.option);
      // JavaScript has one `undefined`, which cannot stand for two kinds of absence.
      if (some.kind === 'option') throw new Error('the bindings cannot pass an option of an option');
      return this.#variant('option', [{ tag: 'none' }, { tag: 'some', type: some }]);
    }
    if (kind.result) {
      const { ok, err } = kind.result;
      return this.#variant('result', [
        { tag: 'ok', type: optional(ok) },
        { tag: 'err', type: optional(err) },
      ]);
    }
    if (kind.handle) {
      const [[mode, of]] = Object.entries(kind.handle);
      return { kind: mode, resource: this.resource(of), size: 4, align: 4, flat: ['i32'] };
    }
    throw new Error(`the bindings cannot pass '${name}', a type of the kind '${Object.keys(kind)[0]}'`);
  }

  #record(fields) {
    let size = 0;
    const placed = fields.map(({ key, type }) => {
      const offset = aligned(size, type.align);
      size = offset + type.size;
      return { key, type, offset };
    });
    const align = Math.max(1, ...fields.map(({ type }) => type.align));
    return {
      kind: 'record',
      fields: placed,
      size: aligned(size, align),
      align,
      flat: fields.flatMap(({ type }) => type.flat),
    };
  }

  #variant(kind, cases) {
    if (cases.length > 256) throw new Error(`the bindings cannot pass a variant with ${cases.length} cases`);
    const payloads = cases.flatMap(({ type }) => (type ? [type] : []));
    const payloadAlign = Math.max(1, ...payloads.map(({ align }) => align));
    const payload = aligned(1, payloadAlign);
    const flat = ['i32'];
    // `mixed` values would need a conversion between core types; they are refused where such a type is a parameter.
    let mixed = false;
    for (const type of payloads) {
      mixed ||= type.mixed === true;
      type.flat.forEach((core, index) => {
        mixed ||= (flat[index + 1] ?? core) !== core;
        flat[index + 1] ??= core;
      });
    }
    const size = aligned(payload + Math.max(0, ...payloads.map((type) => type.size)), payloadAlign);
    return { kind, cases, payload, size, align: payloadAlign, flat, mixed };
  }
}
