/**
 * A component that is damaged, or made to attack its host: whatever it hands over, the bindings return a value or trap.
 * They never read outside of its memory, and never throw an error of JavaScript that would look like one of the host.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Core } from './abi.js';
import { shapeOf, type Ty } from './abi_types.js';
import { Fake, functionsOf, jcos, ours } from './fake.js';
import { config, describing, PROVIDER, provider, trapped } from './hostile.js';
import { Random } from './random.js';

/** One component for each of the two bindings: what is refused in a result leaves nothing in the bindings. */
const damagedSides = [new Fake(ours), new Fake(jcos)];

const SEED = Number(process.env.BINDINGS_SEED ?? 1);
const ROUNDS = Number(process.env.BINDINGS_ROUNDS ?? 300);

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
