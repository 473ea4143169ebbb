// Generates the code that passes values of one type: `load` and `store` in memory, `lift` and `lower` as core values.
//
// Compound types have functions of their own, named after the type, that are generated where they are first used. `c` is
// the instance's `Context` of runtime.js.

/** The typed array of the memory that holds a scalar, and the index in it of an address. */
const PLACES = {
  bool: (at) => `c.u8[${at}]`,
  u8: (at) => `c.u8[${at}]`,
  u16: (at) => `c.u16[(${at}) >>> 1]`,
  u32: (at) => `c.u32[(${at}) >>> 2]`,
  u64: (at) => `c.u64[(${at}) >>> 3]`,
  s64: (at) => `c.s64[(${at}) >>> 3]`,
  f32: (at) => `c.f32[(${at}) >>> 2]`,
  f64: (at) => `c.f64[(${at}) >>> 3]`,
};

/** A scalar of JavaScript as a core value. Numbers that are too large lose their upper bits. */
const TO_CORE = {
  bool: (value) => `${value} ? 1 : 0`,
  u8: (value) => `(${value}) & 0xff`,
  u16: (value) => `(${value}) & 0xffff`,
  u32: (value) => `(${value}) >>> 0`,
  u64: (value) => `BigInt.asUintN(64, BigInt(${value}))`,
  s64: (value) => `BigInt.asIntN(64, BigInt(${value}))`,
  f32: (value) => `+(${value})`,
  f64: (value) => `+(${value})`,
};

const FROM_CORE = {
  bool: (core) => `bool(${core})`,
  u8: (core) => `${core} & 0xff`,
  u16: (core) => `${core} & 0xffff`,
  u32: (core) => `${core} >>> 0`,
  u64: (core) => `BigInt.asUintN(64, ${core})`,
  s64: (core) => core,
  f32: (core) => core,
  f64: (core) => core,
};

const quoted = JSON.stringify;

function key(name) {
  return /^\d+$/.test(name) ? `[${name}]` : `.${name}`;
}

function object(type, members) {
  return type.kind === 'tuple'
    ? `[${members.map(([, value]) => value).join(', ')}]`
    : `{ ${members.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

/** The value of a case in JavaScript. */
function caseValue(type, { tag, type: payload }, value) {
  if (type.kind === 'enum') return quoted(tag);
  if (type.kind === 'option') return value ?? 'undefined';
  if (payload) return `{ tag: ${quoted(tag)}, val: ${value} }`;
  return type.kind === 'result' ? `{ tag: ${quoted(tag)}, val: undefined }` : `{ tag: ${quoted(tag)} }`;
}

export class Values {
  /** The functions so far: name → source. */
  functions = new Map();
  #resources;

  /** @param resources - `Resources` of resources.mjs */
  constructor(resources) {
    this.#resources = resources;
  }

  /** An expression: the value in memory at an address, which is valid. */
  load(type, at) {
    if (type.kind === 'string') return `c.text(c.u32[(${at}) >>> 2], c.u32[(${at} + 4) >>> 2])`;
    if (type.kind === 'list') {
      return this.#list(type, `c.u32[(${at}) >>> 2]`, `c.u32[(${at} + 4) >>> 2]`);
    }
    if (type.resource) return this.#resources.lift(type, `c.u32[(${at}) >>> 2]`);
    const place = PLACES[type.kind];
    if (place) return type.kind === 'bool' ? `bool(${place(at)})` : place(at);
    return this.#call('load', type, 'p', `c, ${at}`, () => this.#loader(type));
  }

  /** An expression: the value of core values. */
  lift(type, cores) {
    if (type.kind === 'string') return `c.text(${cores[0]} >>> 0, ${cores[1]} >>> 0)`;
    if (type.kind === 'list') return this.#list(type, `${cores[0]} >>> 0`, `${cores[1]} >>> 0`);
    if (type.resource) return this.#resources.lift(type, cores[0]);
    const scalar = FROM_CORE[type.kind];
    if (scalar) return scalar(cores[0]);
    if (type.fields) {
      let next = 0;
      const members = type.fields.map((field) => {
        const own = cores.slice(next, (next += field.type.flat.length));
        return [field.key, this.lift(field.type, own)];
      });
      return object(type, members);
    }
    this.#requireUniform(type);
    return type.cases.reduceRight(
      (otherwise, each, index) => {
        const value = each.type && this.lift(each.type, cores.slice(1));
        return `${cores[0]} === ${index} ? ${caseValue(type, each, value)} : ${otherwise}`;
      },
      `badCase(${quoted(type.name)})`,
    );
  }

  /** A statement that writes a value into the memory at an address, which is valid. */
  store(type, value, at) {
    if (type.kind === 'string' || type.kind === 'list') {
      return `${this.#put(type, value)} c.u32[(${at}) >>> 2] = c.at; c.u32[(${at} + 4) >>> 2] = c.length;`;
    }
    if (type.resource) return `c.u32[(${at}) >>> 2] = ${this.#resources.lower(type, value)};`;
    const place = PLACES[type.kind];
    if (place) return `${place(at)} = ${TO_CORE[type.kind](value)};`;
    return `${this.#call('store', type, 'v, p', `c, ${value}, ${at}`, () => this.#storer(type))};`;
  }

  /** Statements that assign the core values of a value to variables. They are 0 before. */
  lower(type, value, cores) {
    if (type.kind === 'string' || type.kind === 'list') {
      return `${this.#put(type, value)} ${cores[0]} = c.at; ${cores[1]} = c.length;`;
    }
    if (type.resource) return `${cores[0]} = ${this.#resources.lower(type, value)};`;
    const scalar = TO_CORE[type.kind];
    if (scalar) return `${cores[0]} = ${scalar(value)};`;
    if (type.fields) {
      let next = 0;
      return type.fields
        .map((field) => {
          const own = cores.slice(next, (next += field.type.flat.length));
          return this.lower(field.type, `${value}${key(field.key)}`, own);
        })
        .join('\n');
    }
    this.#requireUniform(type);
    return this.#cases(type, value, (each, index, payload) => {
      const rest = each.type ? this.lower(each.type, payload, cores.slice(1)) : '';
      return `${cores[0]} = ${index}; ${rest}`;
    });
  }

  #requireUniform(type) {
    if (type.mixed)
      throw new Error(`the bindings cannot pass '${type.name}' as a parameter: its cases differ too much`);
  }

  /** A call of the function for a type. */
  #call(verb, type, parameters, passed, body) {
    const name = `${verb}_${type.name.replaceAll('-', '_')}_${type.index}`;
    if (!this.functions.has(name)) {
      // Its name is taken before its body is made.
      this.functions.set(name, '');
      this.functions.set(name, `function ${name}(c, ${parameters}) {\n${body()}\n}`);
    }
    return `${name}(${passed})`;
  }

  #loader(type) {
    if (type.fields) {
      const members = type.fields.map((field) => [field.key, this.load(field.type, `p + ${field.offset}`)]);
      return `return ${object(type, members)};`;
    }
    const cases = type.cases.map((each, index) => {
      const value = each.type && this.load(each.type, `p + ${type.payload}`);
      return `case ${index}: return ${caseValue(type, each, value)};`;
    });
    return `switch (c.u8[p]) {\n${cases.join('\n')}\ndefault: return badCase(${quoted(type.name)});\n}`;
  }

  #storer(type) {
    if (type.fields) {
      return type.fields.map((field) => this.store(field.type, `v${key(field.key)}`, `p + ${field.offset}`)).join('\n');
    }
    return this.#cases(type, 'v', (each, index, payload) => {
      // The number of the case comes first: what is allocated for the payload may move the views of the memory.
      return `c.u8[p] = ${index}; ${each.type ? this.store(each.type, payload, `p + ${type.payload}`) : ''}`;
    });
  }

  /** Statements for the case that a value is. `of(case, index, payload)` makes those of one case. */
  #cases(type, value, of) {
    if (type.kind === 'option') {
      const [none, some] = type.cases;
      return `if (${value} === undefined || ${value} === null) { ${of(none, 0)} } else { ${of(some, 1, value)} }`;
    }
    const tag = type.kind === 'enum' ? value : `${value}.tag`;
    const cases = type.cases.map((each, index) => {
      return `case ${quoted(each.tag)}: ${of(each, index, `${value}.val`)} break;`;
    });
    return `switch (${tag}) {\n${cases.join('\n')}\ndefault: noCase(${quoted(type.name)}, ${tag});\n}`;
  }

  #list(type, address, length) {
    const { element } = type;
    if (element.list) return `c.array(${element.list}, ${address}, ${length})`;
    return this.#call('list', type, 'p, length', `c, ${address}, ${length}`, () => {
      return `c.copied(p, length * ${element.size}, ${element.align});
const list = new Array(length);
for (let i = 0; i < length; i++) list[i] = ${this.load(element, `p + i * ${element.size}`)};
return list;`;
    });
  }

  /** A statement that writes a text or the elements of a list. */
  #put(type, value) {
    if (type.kind === 'string') return `c.putText(${value});`;
    if (type.element.kind === 'u8') return `c.putBytes(${value});`;
    const { element } = type;
    const body = () => `const { length } = c.list(v);
const p = c.allocate(length * ${element.size}, ${element.align});
for (let i = 0; i < length; i++) { ${this.store(element, 'v[i]', `p + i * ${element.size}`)} }
c.at = p; c.length = length;`;
    return `${this.#call('put', type, 'v', `c, ${value}`, body)};`;
  }
}
