/**
 * The two bindings with a component and a host that are scripted, so that every type can have any value, in both
 * directions. The component's core module is replaced by functions; the rest of jco's is as it is.
 */

import { readFileSync } from 'node:fs';
import type { instantiate } from '../../generated/cometapi.js';
import { Abi, type Core } from './abi.js';
import { camel, type Func, flatTypes, type Interface, interfaces, pascal, resolve, resourceOf } from './abi_types.js';

export interface Bindings {
  instantiate: typeof instantiate;
  module: (path: string) => WebAssembly.Module;
}

type Any = Record<string, unknown>;
type CoreFunction = (...cores: Core[]) => Core | undefined;

const file = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const compiled = new Map<string, WebAssembly.Module>();

function moduleOf(path: string): WebAssembly.Module {
  let module = compiled.get(path);
  if (!module) compiled.set(path, (module = new WebAssembly.Module(readFileSync(file(`reference/${path}`)))));
  return module;
}

export const ours: Bindings = { ...(await import(file('generated/cometapi.js').href)), module: moduleOf };
export const jcos: Bindings = { ...(await import(file('reference/cometapi.js').href)), module: moduleOf };

/** A function of an interface, with what its name says. */
export interface Named {
  from: Interface;
  function: Func;
  /** The name in JavaScript. */
  member: string;
  how: 'freestanding' | 'method' | 'static' | 'constructor';
  /** The resource that it belongs to. */
  own: number | undefined;
}

export function functionsOf(side: 'imports' | 'exports'): Named[] {
  return interfaces(side).flatMap((from) =>
    from.functions.map((each) => {
      const [how, own] = typeof each.kind === 'string' ? [each.kind, undefined] : (Object.entries(each.kind)[0] ?? []);
      const type = typeof own === 'number' ? resourceOf(own).type : undefined;
      return { from, function: each, member: camel(each.name.split('.').at(-1) ?? ''), how, own: type } as Named;
    }),
  );
}

/** The component's core module, and the host's imports. */
export class Fake {
  /** What the core module's functions do, by name. The default is to return 0. */
  readonly core = new Map<string, CoreFunction>();
  /** What the host's functions return or throw. */
  host: (called: Named, self: unknown, values: unknown[]) => unknown = () => undefined;
  /** The calls of destructors and of `cabi_post_…`, with their parameter. */
  readonly freed: [string, Core | undefined][] = [];
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 100 });
  readonly abi = new Abi(this.memory, (size, align) => this.allocate(size, align));
  readonly root: Any;
  /** The host's classes, by type. */
  readonly classes = new Map<number, { prototype: object }>();
  imports: Record<string, Record<string, CoreFunction>> = {};
  reallocate: (size: number, align: number) => number = (size, align) => this.allocate(size, align);
  #next = 1024;

  constructor(bindings: Bindings) {
    const start = (module: WebAssembly.Module, given: Record<string, unknown>): WebAssembly.Instance => {
      const names = WebAssembly.Module.exports(module).map(({ name }) => name);
      if (!names.includes('cabi_realloc')) return new WebAssembly.Instance(module, given as WebAssembly.Imports);
      this.imports = given as Fake['imports'];
      return { exports: Object.fromEntries(names.map((name) => [name, this.#export(name)])) } as WebAssembly.Instance;
    };
    this.root = bindings.instantiate(bindings.module, this.#host() as never, start) as unknown as Any;
  }

  /** Memory for a value of the component. What was allocated before the last {@link reset} is overwritten. */
  allocate(size: number, align: number): number {
    const at = Math.ceil(this.#next / align) * align;
    this.#next = at + size;
    const missing = this.#next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65_536));
    return at;
  }

  reset(): void {
    this.#next = 1024;
    this.freed.length = 0;
  }

  /** Returns a value from a function of the core module: in memory, unless it is one core value. */
  returned(type: Func['result'], value: unknown): Core | undefined {
    if (type === null || type === undefined) return undefined;
    if (flatTypes(type).length <= 1) return this.abi.lower(type, value)[0];
    const at = this.#room(type);
    this.abi.store(type, value, at);
    return at;
  }

  #room(type: Func['result']): number {
    // As large as any result, and aligned as any.
    return type === undefined ? 0 : this.allocate(1024, 8);
  }

  #export(name: string): unknown {
    if (name === 'memory') return this.memory;
    if (name === 'cabi_realloc') {
      return (_old: number, _oldSize: number, align: number, size: number) => this.reallocate(size, align);
    }
    return (...cores: Core[]): Core | undefined => {
      if (name.startsWith('cabi_post_') || name.includes('[dtor]')) this.freed.push([name, cores[0]]);
      return this.core.get(name)?.(...cores) ?? 0;
    };
  }

  #host(): Any {
    const host: Any = {};
    for (const { id, name, functions } of interfaces('imports')) {
      const items: Any = (host[name] = {});
      // jco's bindings leave the version out.
      host[name.replace(/@.*/, '')] = items;
      for (const type of Object.values(resolve.interfaces[id]?.types ?? {})) {
        if (resolve.types[type]?.kind !== 'resource') continue;
        const called = functions.find((each) => (each.kind as { constructor?: unknown }).constructor === type);
        const made = functionsOf('imports').find((each) => each.function === called);
        const class_ = this.#class(made);
        this.classes.set(type, class_);
        items[pascal(resourceOf(type).name)] = class_;
      }
    }
    for (const called of functionsOf('imports')) {
      const run = this.#run(called);
      const items = host[called.from.name] as Any;
      const type = called.own === undefined ? undefined : (this.classes.get(called.own) as unknown as Any);
      if (called.how === 'freestanding') items[called.member] = (...values: unknown[]) => run(undefined, values);
      if (called.how === 'static' && type) type[called.member] = (...values: unknown[]) => run(undefined, values);
      if (called.how === 'method' && type) {
        (type.prototype as Any)[called.member] = function (this: unknown, ...values: unknown[]) {
          return run(this, values);
        };
      }
    }
    return host;
  }

  #run(called: Named): (self: unknown, values: unknown[]) => unknown {
    return (self, values) => this.host(called, self, values);
  }

  #class(made: Named | undefined): { prototype: object } {
    const run = made && this.#run(made);
    return class {
      constructor(...values: unknown[]) {
        run?.(this, values);
      }
    };
  }
}
