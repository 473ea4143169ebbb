/**
 * The generated bindings beside jco's: the same values, the same errors. Both are also compared with the interpreter of
 * `abi.ts`, so that an error that both make is found.
 *
 * BINDINGS_SEED and BINDINGS_ROUNDS choose other values and more of them.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { Core } from './abi.js';
import { flatTypes, pascal, resourceOf, shapeOf, type Ty } from './abi_types.js';
import { type Bindings, Fake, functionsOf, jcos, type Named, ours } from './fake.js';
import { Random } from './random.js';

const SEED = Number(process.env.BINDINGS_SEED ?? 1);
const ROUNDS = Number(process.env.BINDINGS_ROUNDS ?? 60);

/** How many of the parameters are passed without memory. */
const MAX_FLAT = 16;

interface Outcome {
  /** What the other side got. */
  received?: unknown;
  returned?: unknown;
  /** The error's class, and its payload or message. */
  thrown?: unknown;
  freed?: unknown;
}

/** Ours, where jco takes the length of anything. */
const NO_LIST = 'expected a list';

function thrownBy(error: unknown): unknown {
  if (!(error instanceof Error)) return { payload: error };
  return error.message === NO_LIST ? NO_LIST : error.constructor.name;
}

/** The exported resources that one fake component has made, by type. Their representation is their number. */
class Exported {
  readonly fake: Fake;
  readonly made = new Map<number, unknown>();
  #reps = 0;

  /** With the resources that a call of this function needs. */
  constructor(bindings: Bindings, called: Named) {
    this.fake = new Fake(bindings);
    const needed = handlesOf(called);
    // Those that are made by a method need the resource of that method, too.
    const sources = functionsOf('exports').filter((each) => needed.includes(ownIn(each.function.result)));
    const all = [...needed, ...sources.flatMap(handlesOf)];
    for (const each of functionsOf('exports')) {
      const type = each.function.result;
      if (ownIn(type) === undefined || !all.includes(ownIn(type))) continue;
      const { params } = each.function;
      const random = new Random(7);
      this.call(
        each,
        params.map((param) => random.value(param.type, () => 0)),
        this.withHandles(type, { tag: 'ok', val: 0 }),
      );
    }
  }

  /** A resource of the component, returned. */
  handle(type: number): number {
    const { name, owner } = resourceOf(type);
    const from = functionsOf('exports').find((each) => each.from.id === owner)?.from.name;
    return this.fake.imports[`[export]${from}`]?.[`[resource-new]${name}`]?.(++this.#reps) as number;
  }

  /** A result with the handle of a new resource, if its type has one. */
  withHandles(type: Ty, value: unknown): unknown {
    const own = ownIn(type);
    const { tag, val } = (value ?? {}) as { tag?: string; val?: unknown };
    return own === undefined || tag !== 'ok' ? value : { tag, val: typeof val === 'number' ? this.handle(own) : val };
  }

  /** Calls an exported function, whose core function returns this value. */
  call(called: Named, values: unknown[], result: unknown): Outcome {
    const { function: function_, from, member, how, own } = called;
    const types = function_.params.map((param) => param.type);
    const outcome: Outcome = {};
    this.fake.core.set(`${from.name}#${function_.name}`, (...cores) => {
      outcome.received = this.#received(types, cores);
      return this.fake.returned(function_.result, result);
    });
    const given = types.map((type, index) => {
      const shape = shapeOf(type);
      return shape.is === 'handle' ? this.made.get(shape.resource) : values[index];
    });
    try {
      const items = this.fake.root[from.short] as Record<string, unknown>;
      const type = own === undefined ? undefined : (items[pascal(resourceOf(own).name)] as Record<string, unknown>);
      const [first, ...rest] = given;
      const target = (how === 'method' ? first : (type ?? items)) as Record<string, (...values: unknown[]) => unknown>;
      const returned = target[member]?.(...(how === 'method' ? rest : given));
      const of = ownIn(function_.result);
      if (of !== undefined) this.made.set(of, returned);
      outcome.returned = of === undefined ? returned : (returned as object).constructor.name;
    } catch (error) {
      outcome.thrown = thrownBy(error);
    }
    // Only the number: jco calls the same function by another name where several are the same code.
    outcome.freed = this.fake.freed.length;
    this.fake.reset();
    return outcome;
  }

  #received(types: Ty[], cores: Core[]): unknown[] {
    const flat = types.flatMap(flatTypes);
    let at = Number(cores[0]);
    let next = 0;
    return types.map((type) => {
      if (flat.length <= MAX_FLAT) return this.fake.abi.lift(type, cores.slice(next, (next += flatTypes(type).length)));
      const [place, size] = this.fake.abi.placed(type, at);
      at = place + size;
      return this.fake.abi.load(type, place);
    });
  }
}

/** The resources among a function's parameters. */
function handlesOf({ function: { params } }: Named): (number | undefined)[] {
  return params.map(({ type }) => shapeOf(type)).flatMap((shape) => (shape.is === 'handle' ? [shape.resource] : []));
}

/** The resource of the component that a result hands over. */
function ownIn(type: Ty): number | undefined {
  if (type === null || type === undefined) return undefined;
  const shape = shapeOf(type);
  if (shape.is === 'handle') return shape.resource;
  return shape.is === 'cases' && shape.style === 'result' ? ownIn(shape.cases[0]?.[1]) : undefined;
}

const exported = functionsOf('exports');

test('both bindings export the same functions', () => {
  assert.ok(exported.length >= 9, `${exported.length} functions`);
});

for (const called of exported) {
  const { params, result, name } = called.function;

  test(`${name}: values go in and out as with jco, and as the types say`, () => {
    const random = new Random(SEED);
    let sides = [new Exported(ours, called), new Exported(jcos, called)] as const;
    for (let round = 0; round < ROUNDS; round++) {
      // A fresh memory grows during its first calls.
      if (round % 50 === 49) sides = [new Exported(ours, called), new Exported(jcos, called)];
      const values = params.map((param) => random.value(param.type, () => 0));
      const returned = result === undefined ? undefined : random.value(result, () => 0);
      const [our, their] = sides.map((side) => side.call(called, values, side.withHandles(result, returned)));
      assert.deepEqual(our, their, `seed ${SEED}, round ${round}`);
      const isValue = (_: unknown, at: number): boolean => shapeOf(params[at]?.type).is !== 'handle';
      const received = our?.received as unknown[] | undefined;
      assert.deepEqual(received?.filter(isValue), values.filter(isValue));
      const { tag, val } = (returned ?? {}) as { tag?: string; val?: unknown };
      if (tag === 'err') assert.deepEqual(our?.thrown, { payload: val });
      else if (ownIn(result) === undefined) {
        const isResult = shapeOf(result).is === 'cases' && (tag === 'ok' || tag === 'err');
        assert.deepEqual(our?.returned, isResult ? val : returned);
      }
    }
  });

  if (params.every(({ type }) => shapeOf(type).is === 'handle')) continue;
  test(`${name}: a wrong value is the same error as with jco`, () => {
    const random = new Random(SEED);
    let failed = 0;
    const sides = [new Exported(ours, called), new Exported(jcos, called)];
    for (let round = 0; round < ROUNDS; round++) {
      const values = params.map((param) => random.value(param.type, () => 0));
      const wrong = random.below(values.length);
      const damaged = values.map((value, at) => (at === wrong ? random.damaged(value) : value));
      const returned = result === undefined ? undefined : random.value(result, () => 0);
      const [our, their] = sides.map((side) => side.call(called, damaged, side.withHandles(result, returned)));
      if (!our?.thrown) assert.deepEqual(our, their, `seed ${SEED}, round ${round}: ${inspect(damaged)}`);
      else {
        failed += 1;
        const same = our.thrown === NO_LIST || isDeepStrictEqual(our.thrown, their?.thrown);
        assert.ok(same, `seed ${SEED}, round ${round}: ${our.thrown}, ${their?.thrown} for ${inspect(damaged)}`);
      }
    }
    assert.ok(failed > ROUNDS / 20, `${failed} failed`);
  });
}
