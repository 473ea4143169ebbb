/** What the tests of hostile components share: a component with a script, and the check for a trap. */

import assert from 'node:assert/strict';
import type { Core } from './abi.js';
import type { Ty } from './abi_types.js';
import { type Fake, functionsOf } from './fake.js';
import { Random } from './random.js';

export const PROVIDER = 'agent:model-provider/provider@0.2.0';
export const TYPES = 'wasi:http/types@0.2.12';

export interface Provider {
  describe: () => Record<string, unknown>;
  Client: { open: (config: unknown) => Record<string, unknown> & Disposable };
}

export const config = { credential: { tag: 'host-injected' }, timeouts: {}, headers: [] };

export function provider(fake: Fake): Provider {
  return fake.root.provider as Provider;
}

export function resultOf(name: string): Ty {
  return functionsOf('exports').find((each) => each.function.name === name)?.function.result;
}

export const trapped = (pattern?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof WebAssembly.RuntimeError, String(error));
  if (pattern) assert.match(error.message, pattern);
  return true;
};

/** The description of a component, as it lies in memory. */
export function describing(fake: Fake, change: (at: number, view: DataView) => Core | undefined): void {
  fake.core.set(`${PROVIDER}#describe`, () => {
    const value = new Random(1).value(resultOf('describe'), () => 0);
    const at = fake.returned(resultOf('describe'), value) as number;
    return change(at, new DataView(fake.memory.buffer)) ?? at;
  });
}

/** A handle of headers without an entry. */
export function noFields(fake: Fake): number {
  const { host } = fake;
  fake.host = ({ own }) => Object.create((fake.classes.get(own as number) as { prototype: object }).prototype);
  const at = fake.allocate(8, 4);
  fake.imports[TYPES]?.['[static]fields.from-list']?.(0, 0, at);
  fake.host = host;
  return new DataView(fake.memory.buffer).getUint32(at + 4, true);
}

/** Calls an import from within a call of the component. */
export function calling(fake: Fake, call: (imports: Fake['imports']) => unknown): unknown {
  let result: unknown;
  fake.core.set(`${PROVIDER}#describe`, () => {
    result = call(fake.imports);
    throw new Error('the call is over');
  });
  assert.throws(
    () => provider(fake).describe(),
    (error: Error) => {
      if (error.message !== 'the call is over') throw error;
      return true;
    },
  );
  return result;
}
