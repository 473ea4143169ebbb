import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../src/provider/tool_arguments.js';

test('integers keep their digits, whatever their size and place', () => {
  const table: [json: string, value: unknown][] = [
    ['1481220477346119781', '1481220477346119781'],
    ['-1481220477346119781', '-1481220477346119781'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    [`1${'0'.repeat(40)}`, `1${'0'.repeat(40)}`],
    ['[1, 1481220477346119781 ,[1481220477346119782]]', [1, '1481220477346119781', ['1481220477346119782']]],
    ['{"to":1481220477346119781}', { to: '1481220477346119781' }],
    ['"1481220477346119781"', '1481220477346119781'],
    ['"a \\" 1481220477346119781, \\\\"', 'a " 1481220477346119781, \\'],
    ['"\\u00221481220477346119781"', '"1481220477346119781'],
    ['2.50000000000000000001', 2.5],
    ['12345678901234567890e3', 1.2345678901234568e22],
    ['0.1234567890123456', 0.1234567890123456],
  ];
  for (const [json, value] of table) {
    assert.deepEqual(parseArguments(`{"x":${json}}`), { x: value }, json);
    assert.deepEqual(parseArguments(`{"1481220477346119781":"\\\\", "x":\n${json} }`), {
      '1481220477346119781': '\\',
      x: value,
    });
  }
});

test('long arguments are parsed in one pass', () => {
  const text = '\\"1'.repeat(1 << 20);
  const { text: parsed, id } = parseArguments(`{"text":"${text}","id":1481220477346119781}`);
  assert.equal((parsed as string).length, 2 << 20);
  assert.equal(id, '1481220477346119781');
});
