/** A component that is made to attack its host through handles, calls of imports and its allocator: see `hostile.test.ts`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fake, functionsOf, ours } from './fake.js';
import { calling, config, describing, noFields, PROVIDER, provider, resultOf, trapped, TYPES } from './hostile.js';

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
