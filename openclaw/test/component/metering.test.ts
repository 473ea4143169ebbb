/** Modules that would run or grow without end. They are written byte by byte: a component of ours does none of this. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Client, type Config, Failure } from '../../src/component/contract.js';
import { Instance } from '../../src/component/instance.js';
import { FUEL, metered } from '../../src/component/metering.js';
import { bytesOfName, unsignedLeb } from '../../src/component/wasm_bytes.js';
import { eventually, userRequest } from '../server.js';
import { component, failure, modules } from './loaded.js';

const LIMITS = { pages: 16, elements: 100 };
const [END, LOOP, BLOCK, VOID, I32] = [0x0b, 0x03, 0x02, 0x40, 0x7f];

interface Exports {
  run: (argument: number) => number;
  memory: WebAssembly.Memory;
  [FUEL]: { value: bigint };
}

function section(id: number, ...entries: number[][]): number[] {
  const body = [...unsignedLeb(entries.length), ...entries.flat()];
  return [id, ...unsignedLeb(body.length), ...body];
}

/** A module whose function `run` takes an `i32` and returns one. It has a memory of one page and a table of one element. */
function moduleOf(
  code: number[],
  more: { imports?: number[][]; memory?: number[]; table?: number[] } = {},
): Uint8Array {
  const imported = more.imports?.length ?? 0;
  const body = [0, ...code, END];
  const exported = (name: string, kind: number, index: number): number[] => [...bytesOfName(name), kind, index];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 1, I32, 1, I32]),
    ...(more.imports ? section(2, ...more.imports) : []),
    ...section(3, [0]),
    ...section(4, [0x70, ...(more.table ?? [0, 1])]),
    ...section(5, more.memory ?? [0, 1]),
    ...section(7, exported('run', 0, imported), exported('memory', 2, 0)),
    ...section(10, [...unsignedLeb(body.length), ...body]),
  ]);
}

function start(module: Uint8Array, fuel: bigint, imports = {}): Exports {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered(module, LIMITS)), imports);
  const exports = instance.exports as unknown as Exports;
  exports[FUEL].value = fuel;
  return exports;
}

const argument = [0x20, 0];
const zero = [0x41, 0];

test('a loop without an end stops without fuel', () => {
  const endless = start(moduleOf([LOOP, VOID, 0x0c, 0, END, ...zero]), 1_000_000n);
  assert.throws(() => endless.run(0), WebAssembly.RuntimeError);
  assert.equal(endless[FUEL].value, -1n);
});

test('a loop inside of blocks, in the branches of another instruction, is found', () => {
  const inner = [
    BLOCK,
    VOID,
    ...argument,
    0x04,
    VOID,
    LOOP,
    VOID,
    0x0c,
    0,
    END,
    0x05,
    LOOP,
    VOID,
    0x0c,
    0,
    END,
    END,
    END,
  ];
  for (const branch of [0, 1]) {
    const endless = start(moduleOf([...inner, ...zero]), 1000n);
    assert.throws(() => endless.run(branch), WebAssembly.RuntimeError);
  }
});

test('calls that double at each level stop without fuel, and a recursion without an end on the stack', () => {
  // run(n) = n == 0 ? 0 : run(n - 1) + run(n - 1)
  const next = [...argument, 0x41, 1, 0x6b, 0x10, 0];
  const doubling = [...argument, 0x45, 0x04, I32, ...zero, 0x05, ...next, ...next, 0x6a, END];
  const exports = start(moduleOf(doubling), 1_000_000n);
  assert.equal(exports.run(10), 0);
  assert.equal(1_000_000n - exports[FUEL].value, 2n ** 11n - 1n, 'one for each call');
  assert.throws(() => exports.run(62), WebAssembly.RuntimeError);
  const endless = start(moduleOf([...argument, 0x10, 0]), 1n << 62n);
  assert.throws(() => endless.run(0), RangeError);
});

test('an instruction that moves many bytes takes as much fuel as they cost', () => {
  const fill = start(moduleOf([...zero, ...zero, ...argument, 0xfc, 11, 0, ...zero]), 1_000_000n);
  fill.run(65_536);
  assert.equal(1_000_000n - fill[FUEL].value, 1n + 4096n);
  const again = [LOOP, VOID, ...zero, ...zero, ...argument, 0xfc, 10, 0, 0, 0x0c, 0, END, ...zero];
  const endless = start(moduleOf(again), 1_000_000n);
  assert.throws(() => endless.run(65_536), WebAssembly.RuntimeError);
  assert.ok(endless[FUEL].value < 0n);
});

test('a call of the host takes more fuel than a step', () => {
  let calls = 0;
  const imports = { imports: [[...bytesOfName('host'), ...bytesOfName('f'), 0, 0]] };
  const code = [LOOP, VOID, ...argument, 0x10, 0, 0x1a, 0x0c, 0, END, ...zero];
  const endless = start(moduleOf(code, imports), 65_000n, { host: { f: () => ++calls } });
  assert.throws(() => endless.run(0), WebAssembly.RuntimeError);
  assert.equal(calls, 999);
});

test('memories and tables grow to the limit, and no further', () => {
  const grow = moduleOf([...argument, 0x40, 0]);
  for (const memory of [undefined, [1, 1, 16], [1, 1, ...unsignedLeb(65_536)]]) {
    const exports = start(moduleOf([...argument, 0x40, 0], { memory: memory ?? [0, 1] }), 1000n);
    assert.equal(exports.run(15), 1);
    assert.equal(exports.run(1), -1);
    assert.equal(exports.memory.buffer.byteLength, 16 << 16);
  }
  assert.equal(start(moduleOf([...argument, 0x40, 0], { memory: [1, 1, 2] }), 1000n).run(2), -1, 'its own is smaller');
  const table = start(moduleOf([0xd0, 0x70, ...argument, 0xfc, 15, 0]), 1000n);
  assert.equal(table.run(99), 1);
  assert.equal(table.run(1), -1);
  assert.throws(() => metered(moduleOf(zero, { memory: [0, 17] }), LIMITS), /needs 17/);
  assert.ok(new WebAssembly.Module(metered(grow, LIMITS)));
});

test('a module of a kind that cannot be limited is refused', () => {
  for (const [code, more] of [
    [[0xfd, 12, ...Array<number>(16).fill(0), 0x1a, ...zero], {}],
    [[0xfe, 3, 0, ...zero], {}],
    [[0x06, VOID, END, ...zero], {}],
    [zero, { memory: [3, 1, 2] }],
    [zero, { memory: [4, 1] }],
    [zero, { imports: [[...bytesOfName('a'), ...bytesOfName('b'), 4, 0, 0]] }],
  ] as const) {
    assert.throws(() => metered(moduleOf([...code], more as object), LIMITS), /this host cannot limit/);
  }
  const whole = moduleOf([LOOP, VOID, 0x0c, 0, END, ...zero]);
  for (let length = 9; length < whole.length - 1; length++) {
    // It may be a smaller module, or be refused by the engine; it is never an endless loop here.
    try {
      metered(whole.subarray(0, length), LIMITS);
    } catch (error) {
      assert.match(String(error), /cut off/);
    }
  }
});

/** The bytes of a value in the memory of the component, without those of its records: texts, and elements of lists of texts. */
function copiedBytes(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 8 + copiedBytes(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, field) => sum + copiedBytes(field), 0);
}

test('a call that returns more bytes than the host copies fails with a typed error', () => {
  const description = component.describe();
  const bytes = copiedBytes(description);
  const enough = new Instance(modules, undefined, bytes);
  // The limit is that of each call.
  for (let calls = 0; calls < 3; calls++)
    assert.deepEqual(
      enough.run(undefined, () => enough.provider.describe()),
      description,
    );
  for (const less of [bytes - 1, 8, 0]) {
    const short = new Instance(modules, undefined, less);
    const call = (): unknown => short.run(undefined, () => short.provider.describe());
    assert.throws(call, failure('other', { kind: { tag: 'other', val: 'trap' }, retryable: true }));
    assert.ok(short.broken);
  }
});

test('a call that does not end fails with a typed error, and the next one runs in a new instance', () => {
  const enough = new Instance(modules);
  const before = enough.run(undefined, () => enough.provider.describe());
  assert.deepEqual(before, component.describe());
  const short = new Instance(modules, 100n);
  const call = (): unknown => short.run(undefined, () => short.provider.describe());
  assert.throws(call, (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /one call of it did not end/);
    assert.deepEqual([error.record.kind, error.record.retryable], [{ tag: 'other', val: 'trap' }, true]);
    return true;
  });
  assert.ok(short.broken);
  assert.throws(call, /stopped unexpectedly/, 'a broken instance takes no call');
});

test('what a stopped instance leaves is collected without a call of it, which would end the process', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const config: Config = { credential: { tag: 'host-injected' }, timeouts: {}, headers: [] };
  const abandoned = (): WeakRef<object> => {
    // Enough to open a client, and not to write a long request.
    const instance = new Instance(modules, 200_000n);
    const open = (): Client => instance.run(undefined, () => instance.provider.Client.open(config));
    const clients = Array.from({ length: 10 }, open);
    const request = userRequest('long '.repeat(1 << 20));
    assert.throws(() => instance.run(undefined, () => clients[0]?.complete(request)), /one call of it did not end/);
    assert.ok(instance.broken);
    return new WeakRef(clients[1] as object);
  };
  const left = abandoned();
  let finalizers = 0;
  // A registry that is younger than those of the bindings runs after them.
  const last = new FinalizationRegistry<string>(() => finalizers++);
  last.register({}, 'collected with them');
  await eventually('the memory is collected, and its finalizers have run', () => {
    collect();
    return left.deref() === undefined && finalizers > 0;
  });
  // The test runner reports an error that is thrown outside of any test as the failure of this one.
  for (let turn = 0; turn < 100; turn++) await new Promise((next) => setImmediate(next));
});

test('each call has the same fuel, whatever the calls before it used', () => {
  const instance = new Instance(modules, 3_000_000n);
  for (let call = 0; call < 200; call++) instance.run(undefined, () => instance.provider.describe());
  assert.ok(!instance.broken);
});
