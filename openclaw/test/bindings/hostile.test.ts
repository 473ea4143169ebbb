/**
 * A component that is damaged, or made to attack its host: whatever it hands over, the bindings return a value or trap.
 * They never read outside of its memory, and never throw an error of JavaScript that would look like one of the host.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Core, shapeOf, type Ty } from './abi.js';
import { Fake, functionsOf, jcos, ours } from './fake.js';
import { Random } from './random.js';

/** One component for each of the two bindings: what is refused in a result leaves nothing in the bindings. */
const damagedSides = [new Fake(ours), new Fake(jcos)];

const SEED = Number(process.env.BINDINGS_SEED ?? 1);
const ROUNDS = Number(process.env.BINDINGS_ROUNDS ?? 300);

const PROVIDER = 'agent:model-provider/provider@0.2.0';
const TYPES = 'wasi:http/types@0.2.12';

interface Provider {
  describe: () => Record<string, unknown>;
  Client: { open: (config: unknown) => Record<string, unknown> & Disposable };
}

const config = { credential: { tag: 'host-injected' }, timeouts: {}, headers: [] };

function provider(fake: Fake): Provider {
  return fake.root.provider as Provider;
}

function resultOf(name: string): Ty {
  return functionsOf('exports').find((each) => each.function.name === name)?.function.result;
}

const trapped = (pattern?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof WebAssembly.RuntimeError, String(error));
  if (pattern) assert.match(error.message, pattern);
  return true;
};

/** The description of a component, as it lies in memory. */
function describing(fake: Fake, change: (at: number, view: DataView) => Core | undefined): void {
  fake.core.set(`${PROVIDER}#describe`, () => {
    const value = new Random(1).value(resultOf('describe'), () => 0);
    const at = fake.returned(resultOf('describe'), value) as number;
    return change(at, new DataView(fake.memory.buffer)) ?? at;
  });
}

/** A handle of headers without an entry. */
function noFields(fake: Fake): number {
  const { host } = fake;
  fake.host = ({ own }) => Object.create((fake.classes.get(own as number) as { prototype: object }).prototype);
  const at = fake.allocate(8, 4);
  fake.imports[TYPES]?.['[static]fields.from-list']?.(0, 0, at);
  fake.host = host;
  return new DataView(fake.memory.buffer).getUint32(at + 4, true);
}

/** Calls an import from within a call of the component. */
function calling(fake: Fake, call: (imports: Fake['imports']) => unknown): unknown {
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

for (const called of functionsOf('exports')) {
  const { name, result } = called.function;
  if (called.member !== 'describe' && called.member !== 'open') continue;

  test(`${name}: damaged memory is a value or a trap, as with jco`, () => {
    const open = called.how === 'static';
    let traps = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = damagedSides.map((fake) => {
        const random = new Random(SEED * 10_000 + round);
        fake.reset();
        fake.core.set(`${called.from.name}#${name}`, () => {
          // An error, for `open`: its handle would be refused.
          const value = open
            ? { tag: 'err', val: random.value(errorType(result), () => 0) }
            : random.value(result, () => 0);
          const at = fake.returned(result, value) as number;
          const bytes = new Uint8Array(fake.memory.buffer);
          for (let left = random.below(3); left >= 0; left--) {
            const place = random.pick([at + random.below(120), 1024 + random.below(2000)]);
            bytes[place] = random.pick([0, 1, 2, 7, 64, 127, 128, 255, random.below(256)]);
          }
          return at;
        });
        try {
          const returned = open ? provider(fake).Client.open(config) : provider(fake).describe();
          return { returned };
        } catch (error) {
          return { thrown: error };
        }
      });
      const [our, their] = outcomes as [
        { returned?: unknown; thrown?: unknown },
        { returned?: unknown; thrown?: unknown },
      ];
      const where = `seed ${SEED}, round ${round}`;
      if (!(our.thrown instanceof Error)) assert.deepEqual(withoutMarks(our), withoutMarks(their), where);
      else {
        traps += 1;
        assert.ok(trapped()(our.thrown), where);
        // jco replaces what is not UTF-8, takes an empty list at any address, and does not look a handle up.
        if (!/UTF-8|address|handle/.test(our.thrown.message))
          assert.ok(their.thrown instanceof Error, `${where}: ${our.thrown.message}`);
      }
    }
    assert.ok(traps > 10, `${traps} traps`);
  });
}

/** A value without U+FEFF at the start of its texts, where jco drops it. */
function withoutMarks(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '');
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMarks(member)]));
}

/** The type of the error in a result. */
function errorType(result: Ty): Ty {
  const shape = shapeOf(result);
  return shape.is === 'cases' ? shape.cases[1]?.[1] : undefined;
}

test('addresses outside of the memory, and ones that are not aligned, are traps', () => {
  const size = 65_536;
  /** Writes numbers of 32 bits into the result. */
  const words = (...pairs: [offset: number, value: number][]) => {
    return (at: number, view: DataView): undefined => {
      for (const [offset, value] of pairs) view.setUint32(at + offset, value, true);
    };
  };
  const places: [string, (at: number, view: DataView) => Core | undefined][] = [
    ['a result after the end', () => size],
    ['a result that ends after the end', () => size - 4],
    ['a result at -4', () => -4],
    ['a result that is not aligned', (at) => at + 1],
    ['a text after the end', words([0, size])],
    ['an empty text after the end', words([0, size + 1], [4, 0])],
    ['a text of 4 GB', words([4, 0xffff_ffff])],
    ['a text whose end overflows', words([0, 0xffff_fff0], [4, 32])],
    ['a list that is not aligned', words([48, 1026])],
    ['a list of 4 G elements', words([52, 0xffff_ffff])],
  ];
  for (const [what, change] of places) {
    const fake = new Fake(ours);
    describing(fake, change);
    assert.throws(() => provider(fake).describe(), trapped(/address that is not valid/), what);
  }
});

test('texts that are not UTF-8 are traps, and U+FFFD is a character like any other', () => {
  const text = (bytes: number[]): (() => unknown) => {
    const fake = new Fake(ours);
    describing(fake, (at, view) => {
      new Uint8Array(fake.memory.buffer).set(bytes, 60_000);
      view.setUint32(at, 60_000, true);
      view.setUint32(at + 4, bytes.length, true);
      return undefined;
    });
    return () => provider(fake).describe().id;
  };
  const invalid = [
    [0xff],
    [0xc3],
    [0x80],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0x61, 0xe2, 0x82],
  ];
  for (const bytes of invalid) {
    assert.throws(text(bytes), trapped(/not UTF-8/), String(bytes));
    assert.throws(text([...Buffer.from('\ufffd'), ...bytes]), trapped(/not UTF-8/));
  }
  for (const valid of ['\ufffd', '\ufeff', '\ufeffa\ufeff', '\u0000', '😀', '\ufffd\ufeff', '']) {
    assert.equal(text([...Buffer.from(valid)])(), valid);
  }
});

test('U+FEFF at the start of a text that goes in is kept', () => {
  const fake = new Fake(ours);
  let received: Buffer | undefined;
  fake.core.set(`${PROVIDER}#[static]client.open`, (at) => {
    const view = new DataView(fake.memory.buffer);
    received = Buffer.from(
      fake.memory.buffer,
      view.getUint32(Number(at) + 4, true),
      view.getUint32(Number(at) + 8, true),
    );
    throw new Error('the call is over');
  });
  assert.throws(() => provider(fake).Client.open({ ...config, baseUrl: '\ufeffa' }), /over/);
  assert.deepEqual(received?.toString(), '\ufeffa');
});

test('cases and booleans that do not exist are traps', () => {
  const fake = new Fake(ours);
  describing(fake, (at, view) => {
    view.setUint8(at + 96, 2);
    return undefined;
  });
  const option = () => provider(fake).describe();
  assert.throws(option, trapped(/a case of 'option' that does not exist/));
  for (const [bytes, message] of [
    [[[0, 2]], /a case of 'result'/],
    [
      [
        [0, 1],
        [8, 18],
      ],
      /a case of 'error-kind'/,
    ],
    [
      [
        [0, 1],
        [8 + 64, 2],
      ],
      /neither true nor false/,
    ],
  ] as const) {
    const error = new Fake(ours);
    error.core.set(`${PROVIDER}#[static]client.open`, () => {
      const at = error.allocate(256, 8);
      for (const [offset, byte] of bytes) new DataView(error.memory.buffer).setUint8(at + offset, byte);
      return at;
    });
    assert.throws(() => provider(error).Client.open(config), trapped(message));
  }
});

test('handles that do not exist, were dropped, or are of another type are traps', () => {
  const unknown = /a handle that does not exist/;
  const fake = new Fake(ours);
  const own = fake.imports[`[export]${PROVIDER}`] ?? {};
  const types = fake.imports[TYPES] ?? {};
  fake.core.set(`${PROVIDER}#[static]client.open`, () =>
    fake.returned(resultOf('[static]client.open'), { tag: 'ok', val: 5 }),
  );
  assert.throws(() => provider(fake).Client.open(config), trapped(unknown));
  calling(fake, () => {
    const handle = own['[resource-new]client']?.(77) as number;
    assert.throws(() => own['[resource-drop]completion']?.(handle), trapped(unknown), 'of another type');
    own['[resource-drop]client']?.(handle);
    assert.deepEqual(fake.freed.at(-1), [`${PROVIDER}#[dtor]client`, 77]);
    assert.throws(() => own['[resource-drop]client']?.(handle), trapped(unknown), 'a second drop');
    const fields = noFields(fake);
    for (const wrong of [0, -1, fields + 1, 2 ** 31 - 1]) {
      assert.throws(() => types['[method]fields.entries']?.(wrong, 1024), trapped(unknown));
      assert.throws(() => types['[resource-drop]fields']?.(wrong), trapped(unknown));
    }
    types['[constructor]outgoing-request']?.(fields);
    assert.throws(() => types['[resource-drop]fields']?.(fields), trapped(unknown), 'one that was handed over');
    assert.throws(() => types['[constructor]outgoing-request']?.(fields), trapped(unknown));
  });
});

test('a component cannot hold any number of resources', () => {
  const fake = new Fake(ours);
  const make = fake.imports[TYPES]?.['[constructor]request-options'];
  calling(fake, () => {
    const many = (): void => {
      for (let count = 0; count < 100_000; count++) make?.();
    };
    assert.throws(many, trapped(/too many resources/));
  });
});

test('where an import should put its result is checked before the host does anything', () => {
  const fake = new Fake(ours);
  let calls = 0;
  const entries = fake.imports[TYPES]?.['[method]fields.entries'];
  calling(fake, () => {
    const fields = noFields(fake);
    fake.host = () => {
      calls += 1;
      return [['name', Buffer.from('value')]];
    };
    for (const wrong of [65_536, 65_532, -8, 1025]) {
      assert.throws(() => entries?.(fields, wrong), trapped(/address that is not valid/));
    }
    assert.equal(calls, 0);
    entries?.(fields, 1024);
    assert.equal(calls, 1);
  });
});

test('an allocator that returns memory that is not there is a trap', () => {
  for (const wrong of [65_536, -1, 65_535, 1025]) {
    const fake = new Fake(ours);
    fake.reallocate = () => wrong;
    assert.throws(() => provider(fake).Client.open(config), trapped(/address that is not valid/));
  }
});

test('an allocator that grows the memory detaches no view that is still used', () => {
  const fake = new Fake(ours);
  fake.reallocate = (size, align) => {
    fake.memory.grow(1);
    return fake.allocate(size, align);
  };
  let received: unknown;
  fake.core.set(`${PROVIDER}#[static]client.open`, (at) => {
    received = fake.abi.load(
      functionsOf('exports').find(({ member }) => member === 'open')?.function.params[0]?.type,
      Number(at),
    );
    throw new Error('the call is over');
  });
  const given = {
    ...config,
    baseUrl: 'https://a.example',
    headers: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  };
  assert.throws(() => provider(fake).Client.open(given), /over/);
  const { baseUrl, headers } = received as typeof given;
  assert.deepEqual([baseUrl, headers], [given.baseUrl, given.headers]);
});

test('a component that calls an import while its memory is read or written traps', () => {
  const fake = new Fake(ours);
  fake.reallocate = (size, align) => {
    fake.imports[TYPES]?.['[constructor]request-options']?.();
    return fake.allocate(size, align);
  };
  assert.throws(() => provider(fake).Client.open(config), trapped(/while its memory was read or written/));
  const freeing = new Fake(ours);
  describing(freeing, () => undefined);
  const make = freeing.imports[TYPES]?.['[constructor]request-options'];
  freeing.core.set(`cabi_post_${PROVIDER}#describe`, () => make?.());
  assert.throws(() => provider(freeing).describe(), trapped(/while its memory was read or written/));
});

test('a resource that was disposed, or is one of another instance, is refused', () => {
  const [fake, other] = [new Fake(ours), new Fake(ours)];
  const open = (from: Fake) => {
    from.core.set(`${PROVIDER}#[static]client.open`, () => {
      const handle = from.imports[`[export]${PROVIDER}`]?.['[resource-new]client']?.(9);
      return from.returned(resultOf('[static]client.open'), { tag: 'ok', val: handle });
    });
    return provider(from).Client.open(config);
  };
  const [client, foreign] = [open(fake), open(other)];
  const { embed } = fake.root.embeddings as { embed: (client: unknown, request: unknown) => unknown };
  const request = { model: 'm', input: [] };
  for (const wrong of [foreign, {}, undefined, 9]) assert.throws(() => embed(wrong, request), TypeError);
  client[Symbol.dispose]();
  client[Symbol.dispose]();
  assert.equal(fake.freed.filter(([name]) => name.includes('[dtor]client')).length, 1, 'dropped once');
  assert.throws(() => embed(client, request), TypeError);
  assert.throws(() => (client.account as () => unknown)(), TypeError);
});
