/** The imports of the component through the generated bindings and through jco's: the same values, the same errors. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Core } from './abi.js';
import { camel, flatTypes, resourceOf, shapeOf, type Ty } from './abi_types.js';
import { type Bindings, Fake, functionsOf, jcos, type Named, ours } from './fake.js';
import { Random } from './random.js';

const SEED = Number(process.env.BINDINGS_SEED ?? 1);
const ROUNDS = Number(process.env.BINDINGS_ROUNDS ?? 30);

/** The functions by which a component gets a resource of each type. */
const SOURCES: Record<string, string> = {
  error: '[method]input-stream.read',
  fields: '[static]fields.from-list',
  'future-incoming-response': 'handle',
  'incoming-body': '[method]incoming-response.consume',
  'incoming-response': '[method]future-incoming-response.get',
  'input-stream': '[method]incoming-body.stream',
  'outgoing-body': '[method]outgoing-request.body',
  'outgoing-request': '[constructor]outgoing-request',
  'output-stream': '[method]outgoing-body.write',
  pollable: 'subscribe-instant',
  'request-options': '[constructor]request-options',
};

const imported = functionsOf('imports');

/** A component that calls its imports, and a host that notes what it is called with. */
class Caller {
  readonly fake: Fake;
  /** Resources are compared by when they were made. */
  readonly #numbers = new Map<unknown, number>();

  constructor(bindings: Bindings) {
    this.fake = new Fake(bindings);
  }

  /** A handle of this type. */
  handle(type: number): number {
    const source = SOURCES[resourceOf(type).name];
    const called = imported.find((each) => each.function.name === source) as Named;
    const { function: function_ } = called;
    const values = function_.params.map((param) =>
      new Random(1).value(param.type, (resource) => this.handle(resource)),
    );
    const result = new Random(1).value(function_.result, (resource) => this.object(resource));
    const made = this.object(type);
    const outcome = this.call(called, values, () => this.#containing(function_.result, type, made) ?? result);
    return Number(handlesIn(function_.result, outcome.raw, type));
  }

  object(type: number): object {
    // Not with `new`: that would be a call of the host.
    const made = Object.create((this.fake.classes.get(type) as { prototype: object }).prototype) as object;
    this.number(made);
    return made;
  }

  number(made: unknown): number {
    let number = this.#numbers.get(made);
    if (number === undefined) this.#numbers.set(made, (number = this.#numbers.size));
    return number;
  }

  /** What the host returns or throws so that the component gets this resource. */
  #containing(result: Ty, type: number, made: object): unknown {
    const { name } = resourceOf(type);
    if (name === 'error') throw { tag: 'last-operation-failed', val: made };
    if (name === 'incoming-response') return { tag: 'ok', val: { tag: 'ok', val: made } };
    return shapeOf(result).is === 'cases' || shapeOf(result).is === 'handle' ? made : undefined;
  }

  /** Calls an import, for which the host does `run`. */
  call(called: Named, values: unknown[], run: () => unknown): { got?: unknown; raw?: unknown; thrown?: unknown } {
    const { function: function_, from, how } = called;
    const { abi } = this.fake;
    const outcome: { got?: unknown; raw?: unknown; thrown?: unknown } = {};
    const cores = function_.params.flatMap((param, at): Core[] => abi.lower(param.type, values[at]));
    const { result } = function_;
    const inMemory = result !== undefined && result !== null && flatTypes(result).length > 1;
    const place = inMemory ? this.fake.allocate(512, 8) : 0;
    this.fake.host = (by, self, given) => {
      assert.equal(by.function, called.function);
      const all = how === 'method' ? [self, ...given] : given;
      outcome.got = function_.params.map((param, at) => this.#shown(param.type, all[at]));
      // A constructor returns its object, whatever is returned here.
      return run();
    };
    // jco calls imports only during a call of the component.
    this.fake.core.set('agent:model-provider/provider@0.2.0#[static]client.open', () => {
      const core = this.fake.imports[from.name]?.[function_.name]?.(...cores, ...(inMemory ? [place] : []));
      if (inMemory) outcome.raw = abi.load(result, place);
      else if (result !== undefined && result !== null) outcome.raw = abi.lift(result, [core as Core]);
      throw new Error('the call is over');
    });
    const provider = this.fake.root.provider as { Client: { open: (config: unknown) => unknown } };
    try {
      provider.Client.open({ credential: { tag: 'host-injected' }, timeouts: {}, headers: [] });
    } catch (error) {
      if ((error as Error).message !== 'the call is over') {
        outcome.thrown = error instanceof Error ? error.constructor.name : error;
      }
    }
    return outcome;
  }

  /** A value with the numbers of its resources. */
  #shown(type: Ty, value: unknown): unknown {
    const shape = shapeOf(type);
    if (shape.is === 'handle') return value === undefined ? value : this.number(value);
    if (shape.is === 'list')
      return ArrayBuffer.isView(value) ? value : (value as unknown[]).map((each) => this.#shown(shape.of, each));
    if (shape.is === 'cases' && shape.style === 'option') {
      return value === undefined ? value : this.#shown(shape.cases[1]?.[1], value);
    }
    return value;
  }
}

/** The handle of this type in a value. */
function handlesIn(type: Ty, value: unknown, resource: number): unknown {
  const shape = shapeOf(type);
  if (shape.is === 'handle') return shape.resource === resource ? value : undefined;
  if (shape.is !== 'cases' || value === undefined) return undefined;
  if (shape.style === 'option') return handlesIn(shape.cases[1]?.[1], value, resource);
  const { tag, val } = value as { tag: string; val: unknown };
  const payload = shape.cases.find(([name]) => name === tag)?.[1];
  return payload === null || payload === undefined ? undefined : handlesIn(payload, val, resource);
}

/** A value without its handles, whose numbers are the bindings' own affair. */
function withoutHandles(type: Ty, value: unknown): unknown {
  if (type === null || type === undefined) return value;
  const shape = shapeOf(type);
  if (shape.is === 'handle') return 'a handle';
  if (shape.is !== 'cases' || value === undefined || shape.style === 'enum') return value;
  if (shape.style === 'option') return withoutHandles(shape.cases[1]?.[1], value);
  const { tag, val } = value as { tag: string; val: unknown };
  return { tag, val: withoutHandles(shape.cases.find(([name]) => name === tag)?.[1], val) };
}

for (const called of imported) {
  const { params, result, name } = called.function;

  test(`${name}: the host gets and returns what it does with jco`, () => {
    // jco instantiates in milliseconds; one pair serves all rounds, so handles are reused and freed.
    const sides = [new Caller(ours), new Caller(jcos)];
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = sides.map((side) => {
        const random = new Random(SEED * 1000 + round);
        const values = params.map((param) => random.value(param.type, (type) => side.handle(type)));
        const value = result === undefined ? undefined : random.value(result, (type) => side.object(type));
        const shape = result === undefined || result === null ? undefined : shapeOf(result);
        const isResult = shape?.is === 'cases' && shape.style === 'result';
        const outcome = side.call(called, values, () => {
          if (!isResult) return value;
          const { tag, val } = value as { tag: string; val: unknown };
          if (tag === 'ok') return val;
          throw val ?? { tag: 'err', val: undefined };
        });
        side.fake.reset();
        return { got: outcome.got, raw: withoutHandles(result, outcome.raw), thrown: outcome.thrown, value };
      });
      const [our, their] = outcomes.map(({ got, raw, thrown }) => ({ got, raw, thrown }));
      assert.deepEqual(our, their, `seed ${SEED}, round ${round}`);
      assert.equal(our?.thrown, undefined);
      if (called.how !== 'constructor') assert.deepEqual(our?.raw, withoutHandles(result, outcomes[0]?.value));
    }
  });
}

test('each function that a component imports is compared', () => {
  assert.ok(imported.length >= 30, `${imported.length} functions`);
  assert.deepEqual(
    imported
      .map(({ member }) => camel(member))
      .filter((name) => name === 'read' || name === 'now')
      .sort(),
    ['now', 'read'],
  );
});
