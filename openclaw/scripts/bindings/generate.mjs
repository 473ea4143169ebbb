// Generates the bindings of a component: one module that instantiates its core module and passes values to and from it.
//
// Everything that is not in the component is left out, and what the bindings do not support is an error here. The names
// of a core module's imports and exports are those that wit-component gives them.

import { readFileSync } from 'node:fs';
import { Resources } from './resources.mjs';
import { camel, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, Types } from './types.mjs';
import { Values } from './values.mjs';

const runtime = readFileSync(new URL('runtime.js', import.meta.url), 'utf8');
const quoted = JSON.stringify;

/**
 * @param {object} component
 * @param {object} component.types - what `component-types` prints
 * @param {Uint8Array} component.core - the core module with the component's code
 * @param {string} component.coreName - the name by which the bindings request it
 * @param {string} component.sha256 - of the component
 * @returns {string} the source of the module
 */
export function generate({ types, core, coreName, sha256 }) {
  return new Generator(types, new WebAssembly.Module(core)).module(coreName, sha256);
}

class Generator {
  #types;
  #module;
  #interfaces;
  #exports;
  #resources = new Resources();
  #values = new Values(this.#resources);

  constructor(types, module) {
    this.#types = new Types(types);
    this.#module = module;
    this.#interfaces = this.#types.interfaces();
    this.#exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    for (const name of ['memory', 'cabi_realloc']) {
      if (!this.#exports.has(name)) throw new Error(`the component's core module does not export '${name}'`);
    }
    if (this.#exports.has('_initialize')) throw new Error('the bindings cannot run the initializer of a component');
  }

  module(coreName, sha256) {
    // Exports first: they name the component's own resources, which its imports of the core module refer to.
    const exported = this.#interfaces.filter((each) => each.exported).map((each) => this.#exported(each));
    const imports = this.#imports();
    const classes = this.#resources.all.filter((each) => each.exported).map((each) => this.#class(each));
    const context = this.#resources.all.flatMap(({ index, exported: own, className, owner }) => {
      const host = own ? [] : [`c.h${index} = ${this.#host(owner)}.${className};`];
      return [`c.t${index} = new Table();`, ...host];
    });
    return `${runtime}
/** SHA-256 of the component that these bindings were generated from. */
export const sha256 = ${quoted(sha256)};

${[...this.#values.functions.values(), ...exported.flatMap((each) => each.functions), ...classes].join('\n\n')}

export function instantiate(coreModule, imports, start = (module, given) => new WebAssembly.Instance(module, given)) {
const c = new Context();
${[...this.#hosts.values()].map(({ variable, name }) => `const ${variable} = imports[${quoted(name)}];`).join('\n')}
${context.join('\n')}
c.start(start(coreModule(${quoted(coreName)}), {
${imports}
}));
${exported.map((each) => each.instance).join('\n')}
return { ${exported.map(({ short, name }) => `${short}, ${quoted(name)}: ${short}`).join(', ')} };
}
`;
  }

  /** Interfaces of the host: by name, the variables that hold them. */
  #hosts = new Map();

  /** The variable that holds an interface of the host. */
  #host(index) {
    const name = typeof index === 'string' ? index : this.#types.interfaceName(index);
    let host = this.#hosts.get(name);
    if (!host) this.#hosts.set(name, (host = { variable: `host${this.#hosts.size}`, name }));
    return host.variable;
  }

  // What the component exports.

  #exported({ name, short, functions }) {
    const made = Object.values(functions).map((each) => this.#export(name, short, each));
    const statics = new Map();
    for (const { className, member, call, parameters } of made.filter((each) => each.isStatic)) {
      statics.set(className, [...(statics.get(className) ?? []), `${member}: (${parameters}) => ${call('c')}`]);
    }
    const members = [
      ...made
        .filter((each) => !each.className)
        .map((each) => `${each.member}: (${each.parameters}) => ${each.call('c')}`),
      ...[...statics].map(([className, all]) => `${className}: { ${all.join(', ')} }`),
    ];
    return {
      name,
      short,
      functions: made.map((each) => each.source),
      instance: `const ${short} = { ${members.join(', ')} };`,
    };
  }

  /** Methods by the type of their resource. */
  #methods = new Map();

  #export(interfaceName, short, { name, kind, params, result }) {
    const coreName = `${interfaceName}#${name}`;
    if (!this.#exports.has(coreName)) throw new Error(`the component's core module does not export '${coreName}'`);
    const [how, own] = kindOf(kind);
    if (how === 'constructor') throw new Error(`the bindings cannot export '${name}'`);
    const function_ = camel(`${short}-${name.replaceAll(/\[.*\]/g, '').replaceAll('.', '-')}`);
    const values = params.map((_, index) => `v${index}`);
    const source = `// ${coreName}
function ${function_}(${['c', ...values].join(', ')}) {
${this.#exportBody(coreName, this.#types.params(params), values, result)}
}`;
    const member = camel(name.split('.').at(-1));
    const call = (context, first = values) => `${function_}(${[context, ...first].join(', ')})`;
    if (own === undefined) return { source, member, call, parameters: values.join(', ') };
    const { className } = this.#resources.indexed(this.#types.resource(own));
    const isStatic = how === 'static';
    if (!isStatic) {
      const rest = values.slice(1);
      const method = `${member}(${rest.join(', ')}) { return ${call('this.live', ['this', ...rest])}; }`;
      this.#methods.set(className, [...(this.#methods.get(className) ?? []), method]);
    }
    return { source, member, call, className, isStatic, parameters: values.join(', ') };
  }

  #exportBody(coreName, params, values, result) {
    const lines = [];
    const core = `c.exports[${quoted(coreName)}]`;
    let cores = params.flat.map((_, index) => `p${index}`);
    if (cores.length > MAX_FLAT_PARAMS) {
      lines.push(`const p = c.allocate(${params.size}, ${params.align});`);
      params.fields.forEach(({ type, offset }, index) => {
        lines.push(this.#values.store(type, values[index], `p + ${offset}`));
      });
      cores = ['p'];
    } else {
      if (cores.length > 0)
        lines.push(`let ${cores.map((name, index) => `${name} = ${zero(params.flat[index])}`).join(', ')};`);
      let next = 0;
      params.fields.forEach(({ type }, index) => {
        lines.push(this.#values.lower(type, values[index], cores.slice(next, (next += type.flat.length))));
      });
    }
    const call = `${core}(${cores.join(', ')})`;
    if (result === undefined || result === null) return [...lines, `${call};`].join('\n');
    const type = this.#types.of(result);
    lines.push(`const r = ${call};`, 'c.view();');
    const inMemory = type.flat.length > MAX_FLAT_RESULTS;
    const value = inMemory
      ? this.#values.load(type, `c.region(r >>> 0, ${type.size}, ${type.align})`)
      : this.#values.lift(type, ['r']);
    lines.push(`const value = ${value};`);
    const post = `cabi_post_${coreName}`;
    if (this.#exports.has(post)) lines.push(`c.free(c.exports[${quoted(post)}], r);`);
    if (type.kind === 'result') {
      lines.push("if (value.tag === 'err') throw value.val;", 'return value.val;');
    } else lines.push('return value;');
    return lines.join('\n');
  }

  #class({ className, owner, name }) {
    const destructor = `${this.#types.interfaceName(owner)}#[dtor]${name}`;
    const drop = this.#exports.has(destructor) ? `c.exports[${quoted(destructor)}](rep);` : '';
    return `class ${className} extends Resource {
static drop(c, rep) { ${drop} }
${(this.#methods.get(className) ?? []).join('\n')}
}`;
  }

  // What the component imports.

  #imports() {
    const modules = new Map();
    for (const { module, name, kind } of WebAssembly.Module.imports(this.#module)) {
      if (kind !== 'function') throw new Error(`the bindings cannot give the component the ${kind} '${name}'`);
      const members = modules.get(module) ?? [];
      modules.set(module, [...members, `${quoted(name)}: ${this.#import(module, name)},`]);
    }
    return [...modules].map(([name, members]) => `${quoted(name)}: {\n${members.join('\n')}\n},`).join('\n');
  }

  #import(module, name) {
    const own = module.startsWith('[export]');
    const found = this.#interfaces.find(
      (each) => each.exported === own && each.name === module.replace('[export]', ''),
    );
    if (!found) throw new Error(`the component's core module imports from '${module}', which its types do not have`);
    const [, intrinsic, resource] = /^\[resource-(\w+)\](.*)$/.exec(name) ?? [];
    if (intrinsic) return this.#intrinsic(found, intrinsic, resource);
    const function_ = own ? undefined : found.functions[name];
    if (!function_) throw new Error(`the component's core module imports '${name}' from '${module}', which is unknown`);
    return this.#importBody(found, function_);
  }

  #intrinsic(from, intrinsic, name) {
    const resource = this.#types.resourceOf(from, name);
    const table = this.#resources.table(resource);
    if (intrinsic === 'drop') {
      const drop = resource.exported
        ? `${this.#resources.indexed(resource).className}.drop(c, ${table}.take(handle));`
        : `${table}.take(handle)[Symbol.dispose]?.();`;
      return `(handle) => { c.leave(); ${drop} }`;
    }
    if (resource.exported && intrinsic === 'new') return `(rep) => { c.leave(); return ${table}.add(rep); }`;
    if (resource.exported && intrinsic === 'rep') return `(handle) => ${table}.get(handle)`;
    throw new Error(`the bindings cannot give the component the intrinsic '${intrinsic}' of ${name}`);
  }

  #importBody({ name: interfaceName }, { name, kind, params, result }) {
    const { fields, flat } = this.#types.params(params);
    if (flat.length > MAX_FLAT_PARAMS) throw new Error(`the bindings cannot pass the parameters of '${name}'`);
    const cores = flat.map((_, index) => `p${index}`);
    let next = 0;
    const lifted = fields.map(({ type }) => this.#values.lift(type, cores.slice(next, (next += type.flat.length))));
    const call = this.#hostCall(interfaceName, name, kind, lifted);
    const lines = ['c.leave();'];
    if (result === undefined || result === null) return arrow(cores, [...lines, `${call};`]);

    const type = this.#types.of(result);
    const inMemory = type.flat.length > MAX_FLAT_RESULTS;
    if (inMemory) {
      cores.push('to');
      lines.push(`const p = c.region(to >>> 0, ${type.size}, ${type.align});`);
    }
    if (type.kind === 'result') lines.push(...this.#hostResult(type, call, inMemory));
    else if (inMemory) lines.push(`const v = ${call};`, this.#values.store(type, 'v', 'p'));
    else
      lines.push(
        `const v = ${call};`,
        `let r = ${zero(type.flat[0])};`,
        this.#values.lower(type, 'v', ['r']),
        'return r;',
      );
    return arrow(cores, lines);
  }

  #hostCall(interfaceName, name, kind, values) {
    const member = camel(name.split('.').at(-1));
    const [how, own] = kindOf(kind);
    if (how === 'freestanding') return `${this.#host(interfaceName)}.${member}(${values.join(', ')})`;
    if (how === 'method') return `${values[0]}.${member}(${values.slice(1).join(', ')})`;
    const host = `c.h${this.#resources.indexed(this.#types.resource(own)).index}`;
    return how === 'static' ? `${host}.${member}(${values.join(', ')})` : `new ${host}(${values.join(', ')})`;
  }

  /** The lines for a host's function that throws its error. */
  #hostResult({ cases: [ok, err], payload }, call, inMemory) {
    const lines = ['let ok = true;', 'let v;', 'try {', `v = ${call};`, '} catch (error) {'];
    lines.push('v = payloadOf(error);', 'ok = false;', '}');
    if (!inMemory) return [...lines, 'return ok ? 0 : 1;'];
    const store = ({ type }) => (type ? this.#values.store(type, 'v', `p + ${payload}`) : '');
    return [...lines, `c.u8[p] = ok ? 0 : 1;`, `if (ok) { ${store(ok)} } else { ${store(err)} }`];
  }
}

/** What a function is, and the resource that it belongs to. */
function kindOf(kind) {
  const [how, own] = typeof kind === 'string' ? [kind] : Object.entries(kind)[0];
  if (!['freestanding', 'method', 'static', 'constructor'].includes(how)) {
    throw new Error(`the bindings cannot pass a function of the kind '${how}'`);
  }
  return [how, own];
}

function arrow(cores, lines) {
  return `(${cores.join(', ')}) => {\n${lines.join('\n')}\n}`;
}

function zero(core) {
  return core === 'i64' ? '0n' : '0';
}
