import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seal, unseal } from '../../src/provider/replay.js';

const VALUES = ['', '{"field":"reasoning_content"}', 'ünï 🦀 \u0000', 'sk-abcdefghijkl', 'x'.repeat(100_000)];

test('what was sealed for a model comes out for it, unchanged', () => {
  for (const value of VALUES) assert.equal(unseal('m-1', seal('m-1', value)), value);
});

test('a signature holds nothing that looks like a credential to OpenClaw', () => {
  // Its masks look for upper case, separators and vendors' prefixes.
  for (const value of VALUES) assert.match(seal('Vendor/Model_1:x', value), /^cometapi1[0-9a-f]+$/);
});

test('a signature of another model or another provider is none of ours', () => {
  const sealed = seal('m-1', 'value');
  assert.equal(unseal('m-2', sealed), undefined);
  const foreign = [undefined, '', 'msg_01abc', 'cometapi', 'EqoBCkgIARABGAIiQL', '{"v":1,"id":"msg_1"}'];
  for (const signature of foreign) assert.equal(unseal('m-1', signature), undefined);
});

test('a signature that was cut, masked or made up is none', () => {
  const sealed = seal('m-1', 'some value that is long enough');
  const odd = [
    sealed.slice(0, -2),
    sealed.slice(0, -1),
    sealed.replace(/.{4}$/, '…123'),
    `${sealed}zz`,
    `cometapi1${Buffer.from('["m-1"]').toString('hex')}`,
    `cometapi1${Buffer.from('["m-1",7]').toString('hex')}`,
    `cometapi1${Buffer.from('{"m":1}').toString('hex')}`,
    'cometapi1',
  ];
  for (const signature of odd) assert.equal(unseal('m-1', signature), undefined, signature.slice(0, 40));
});
