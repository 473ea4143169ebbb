/** One instance of the component. It does one thing at a time, and never waits. */

import { type ImportObject, instantiate } from '../../generated/cometapi.js';
import type { Grant } from '../host/grant.js';
import { importsFor } from '../host/imports.js';
import { type ErrorRecord, Failure } from './contract.js';

/** The component's exports. */
export type Provider = ReturnType<typeof instantiate>['provider'];

/** Core modules of the component by the names that the bindings have for them. */
export type Modules = ReadonlyMap<string, WebAssembly.Module>;

export class Instance {
  readonly provider: Provider;
  /** It trapped: whatever it held is lost, and nothing more can be asked of it. */
  broken = false;
  #grant: Grant | undefined;
  readonly #memories: WebAssembly.Memory[] = [];

  constructor(modules: Modules) {
    const module = (path: string): WebAssembly.Module => {
      const found = modules.get(path);
      if (!found) throw new Error(`the bindings ask for ${path}, which the component does not have`);
      return found;
    };
    const imports: ImportObject = importsFor(() => this.#grant);
    this.provider = instantiate(module, imports, (core, coreImports) => this.#instantiate(core, coreImports)).provider;
  }

  /** Bytes of linear memory, which grows and never shrinks. */
  get memoryBytes(): number {
    return this.#memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  }

  /** The linear memories as they are now. */
  memories(): Uint8Array[] {
    return this.#memories.map((memory) => new Uint8Array(memory.buffer));
  }

  /** Runs a call of the component with the rights of a question. Its errors are thrown as failures. */
  run<T>(grant: Grant | undefined, call: () => T): T {
    if (this.broken) throw stopped();
    this.#grant = grant;
    try {
      return call();
    } catch (error) {
      const record = recordOf(error);
      if (record) throw new Failure(record);
      this.broken = true;
      throw stopped(error);
    } finally {
      this.#grant = undefined;
    }
  }

  #instantiate(core: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    const instance = new WebAssembly.Instance(core, imports);
    for (const exported of Object.values(instance.exports)) {
      if (exported instanceof WebAssembly.Memory) this.#memories.push(exported);
    }
    return instance;
  }
}

/** The contract's error in what the bindings threw, which is the record itself or an error around it. */
function recordOf(thrown: unknown): ErrorRecord | undefined {
  const record = thrown instanceof Error ? (thrown as { payload?: unknown }).payload : thrown;
  return typeof record === 'object' && record !== null && 'kind' in record ? (record as ErrorRecord) : undefined;
}

/** A trap as a failure: nobody can tell what became of the request. */
function stopped(cause?: unknown): Failure {
  const message = 'The CometAPI component stopped in the middle of its work. Ask again; it is started anew.';
  return Failure.ofHost('trap', message, cause);
}
