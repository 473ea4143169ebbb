/** One instance of the component. It runs one call at a time, and no call waits. */

import { copies, type ImportObject, instantiate } from '../../generated/cometapi.js';
import type { Grant } from '../host/grant.js';
import { importsFor } from '../host/imports.js';
import { type ErrorRecord, Failure } from './contract.js';
import { FUEL } from './metering.js';
import type { PendingCall } from './pending_call.js';

/** The component's exports. */
type Exports = ReturnType<typeof instantiate>;
export type Provider = Exports['provider'];
export type Embeddings = Exports['embeddings'];

/** The component's core modules, by the bindings' names for them. */
export type Modules = ReadonlyMap<string, WebAssembly.Module>;

/**
 * Steps of one call: three to six seconds of work. To read a response of 10 MB takes less than a twentieth of them.
 */
const STEPS_PER_CALL = 2_000_000_000n;

/** Bytes that one call may return or pass to imports, as in the harness. A batch of events has at most a quarter of them. */
const BYTES_PER_CALL = 64 << 20;

/** The fuel of a module, which counts down. */
interface Fuel {
  value: bigint;
}

export class Instance {
  readonly provider: Provider;
  readonly embeddings: Embeddings;
  /** The instance trapped: its resources are lost, and it takes no further call. */
  broken = false;
  #grant: Grant | undefined;
  readonly #memories: WebAssembly.Memory[] = [];
  readonly #fuels: Fuel[] = [];
  /** The calls that have slept: those to wake when the instance traps. */
  readonly #calls = new Set<PendingCall>();
  readonly #steps: bigint;
  readonly #bytes: number;

  constructor(modules: Modules, steps = STEPS_PER_CALL, bytes = BYTES_PER_CALL) {
    this.#steps = steps;
    this.#bytes = bytes;
    const module = (path: string): WebAssembly.Module => {
      const found = modules.get(path);
      if (!found)
        throw new Error(`the bindings import ${path}, which the component does not contain; run 'make openclaw'`);
      return found;
    };
    const imports: ImportObject = importsFor(() => this.#grant);
    const exports = instantiate(module, imports, (core, coreImports) => this.#instantiate(core, coreImports));
    this.provider = exports.provider;
    this.embeddings = exports.embeddings;
  }

  /** Bytes of linear memory. It grows and never shrinks. */
  get memoryBytes(): number {
    return this.#memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  }

  /** The linear memories at this moment, for the test that searches them for the key. */
  memories(): Uint8Array[] {
    return this.#memories.map((memory) => new Uint8Array(memory.buffer));
  }

  /** Runs a call of the component with the rights of `grant`. The contract's errors are thrown as failures. */
  run<T>(grant: Grant | undefined, call: () => T): T {
    // After a trap, the memory of the instance may be inconsistent: a further call could return wrong data.
    if (this.broken) throw stopped();
    this.#grant = grant;
    for (const fuel of this.#fuels) fuel.value = this.#steps;
    // All instances share it. They run one call at a time, since no call waits.
    copies.left = this.#bytes;
    try {
      return call();
    } catch (error) {
      const record = recordOf(error);
      if (record) throw new Failure(record);
      this.broken = true;
      // The other calls of the instance fail now, and not at their own next deadline, which may be minutes away.
      for (const call of this.#calls) call.wake();
      throw this.#fuels.some((fuel) => fuel.value < 0n) ? exhausted(error) : stopped(error);
    } finally {
      // Outside a call, nothing may be sent.
      this.#grant = undefined;
    }
  }

  /** Waits until a call of this instance has something to do: see {@link PendingCall.sleep}. */
  sleep(call: PendingCall, due: number | undefined): Promise<void> | undefined {
    this.#calls.add(call);
    return call.sleep(due);
  }

  /** Ends a call's use of this instance. */
  leave(call: PendingCall): void {
    this.#calls.delete(call);
  }

  #instantiate(core: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    const instance = new WebAssembly.Instance(core, imports);
    for (const [name, exported] of Object.entries(instance.exports)) {
      if (exported instanceof WebAssembly.Memory) this.#memories.push(exported);
      if (name === FUEL) {
        const fuel = exported as Fuel;
        // A module may run while it is instantiated.
        fuel.value = this.#steps;
        this.#fuels.push(fuel);
      }
    }
    return instance;
  }
}

/** The contract's error in a value that the bindings threw: the record itself, or an error that wraps it. */
function recordOf(thrown: unknown): ErrorRecord | undefined {
  const record = thrown instanceof Error ? (thrown as { payload?: unknown }).payload : thrown;
  return typeof record === 'object' && record !== null && 'kind' in record ? (record as ErrorRecord) : undefined;
}

/** A trap as a failure. Whether the provider received the request is unknown. */
function stopped(cause?: unknown): Failure {
  const message = 'the CometAPI component stopped unexpectedly; send the request again, a new instance is used for it';
  return Failure.ofHost('trap', message, cause);
}

/** A call that did not end as a failure: without the limit, it would have stopped the whole process of the host. */
function exhausted(cause: unknown): Failure {
  const message =
    'the CometAPI component was stopped because one call of it did not end; send the request again, a new instance is used for it';
  return Failure.ofHost('trap', message, cause);
}
