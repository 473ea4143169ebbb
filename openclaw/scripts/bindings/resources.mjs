// Generates the code that passes resources. The instance's context has a table for each of their types: of the host's
// objects (`t1`, their class is `h1`), or of the numbers by which the component knows its own (`t2`).

import { pascal } from './types.mjs';

export class Resources {
  #indexes = new Map();

  /** The types of resources so far, each with its `index`. */
  get all() {
    return [...this.#indexes.values()];
  }

  indexed(resource) {
    const known = this.#indexes.get(resource.type);
    if (known) return known;
    const made = { ...resource, index: this.#indexes.size, className: pascal(resource.name) };
    if (this.all.some((other) => other.exported && made.exported && other.className === made.className)) {
      throw new Error(`the component has two resources named ${made.className}; extend scripts/bindings`);
    }
    this.#indexes.set(resource.type, made);
    return made;
  }

  table(resource) {
    return `c.t${this.indexed(resource).index}`;
  }

  /** An expression: the resource of a handle. */
  lift({ kind, resource }, handle) {
    const table = this.table(resource);
    const taken = kind === 'own' ? 'take' : 'get';
    if (!resource.exported) return `${table}.${taken}(${handle})`;
    if (kind === 'borrow') throw new Error(`the bindings cannot return a borrowed ${resource.name}`);
    return `new ${this.indexed(resource).className}(c, ${table}.take(${handle}))`;
  }

  /** An expression: the core value of a resource. */
  lower({ kind, resource }, value) {
    const { index, className } = this.indexed(resource);
    if (resource.exported) {
      // A component gets its own resources as the numbers that it gave them.
      if (kind === 'borrow') return `repOf(${className}, c, ${value})`;
      throw new Error(`the bindings cannot give a ${resource.name} back to the component`);
    }
    if (kind === 'borrow') throw new Error(`the bindings cannot pass a borrowed ${resource.name} of the host`);
    return `c.t${index}.add(ofHost(c.h${index}, ${value}))`;
  }
}
