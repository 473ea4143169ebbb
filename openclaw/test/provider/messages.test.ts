import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../src/component/contract.js';
import { conversationOf } from '../../src/provider/messages.js';
import { seal } from '../../src/provider/replay.js';
import type { AssistantMessage, Message } from '../../src/sdk.js';
import { model, user } from './fake.js';

const PIXEL = Buffer.from([1, 2, 3]);
const image = { type: 'image' as const, data: PIXEL.toString('base64'), mimeType: 'image/png' };

function assistant(content: AssistantMessage['content'], more: Partial<AssistantMessage> = {}): AssistantMessage {
  const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 };
  const base = { api: 'openai-completions', provider: 'cometapi', model: 'm-1', usage, timestamp: 1 };
  return { role: 'assistant', content, stopReason: 'stop', ...base, ...more };
}

function result(toolCallId: string, content: Extract<Message, { role: 'toolResult' }>['content'] = []): Message {
  return { role: 'toolResult', toolCallId, toolName: 'weather', content, isError: false, timestamp: 1 };
}

const call = (id: string, more: object = {}) =>
  ({ type: 'toolCall', id, name: 'weather', arguments: { city: 'Lisbon' }, ...more }) as const;

/** Roles and parts, which is all that a history is. */
function history(messages: Message[], target = model()): [role: string, parts: Part[]][] {
  return conversationOf(target, undefined, messages).messages.map((message) => [message.role, message.content]);
}

test('the system prompt comes first, and an empty one is none', () => {
  const first = conversationOf(model(), 'Be brief.', [user('hi')]).messages[0];
  assert.deepEqual([first?.role, first?.content], ['system', [{ tag: 'text', val: { text: 'Be brief.' } }]]);
  assert.equal(conversationOf(model(), '', [user('hi')]).messages.length, 1);
});

test('a user sends text and images, and images become bytes', () => {
  const expected = [
    { tag: 'text', val: { text: 'what is' } },
    { tag: 'image', val: { source: { tag: 'inline', val: PIXEL }, mediaType: 'image/png' } },
  ];
  assert.deepEqual(history([user([{ type: 'text', text: 'what is' }, image])]), [['user', expected]]);
  assert.deepEqual(history([user('hi')]), [['user', [{ tag: 'text', val: { text: 'hi' } }]]]);
});

test('a model without image input gets a note about the image', () => {
  const blind = model({ input: ['text'] });
  const [[, parts = []] = []] = history([user([image])], blind);
  assert.match((parts[0] as { val: { text: string } }).val.text, /image was omitted/);
  const [[, [shown] = []] = []] = history([result('c', [image, { type: 'text', text: 'seen' }])], blind);
  assert.ok(shown?.tag === 'tool-result');
  assert.match(shown.val.text, /^seen\n\[An image was omitted/);
  assert.deepEqual(shown.val.media, []);
});

test('replay values are sent with their own blocks', () => {
  const content: AssistantMessage['content'] = [
    { type: 'thinking', thinking: 'hm', thinkingSignature: seal('m-1', 'r1') },
    { type: 'text', text: 'so', textSignature: seal('m-1', 'r2') },
    call('c', { thoughtSignature: seal('m-1', 'r3') }),
  ];
  assert.deepEqual(history([assistant(content, { stopReason: 'toolUse' })]), [
    [
      'assistant',
      [
        { tag: 'reasoning', val: { text: 'hm', replay: 'r1' } },
        { tag: 'text', val: { text: 'so', replay: 'r2' } },
        { tag: 'tool-call', val: { id: 'c', name: 'weather', argumentsJson: '{"city":"Lisbon"}', replay: 'r3' } },
      ],
    ],
  ]);
});

test('reasoning without text goes back for its replay', () => {
  const thinkingSignature = seal('m-1', 'encrypted');
  const block = { type: 'thinking' as const, thinking: '', thinkingSignature, redacted: true };
  const [[, parts] = []] = history([assistant([block])]);
  assert.deepEqual(parts, [{ tag: 'reasoning', val: { text: '', replay: 'encrypted' } }]);
});

test('of another model and another provider only what can be read is sent', () => {
  for (const signature of [seal('m-2', 'r'), 'EqoBCkgIARABGAIiQL', undefined]) {
    const content: AssistantMessage['content'] = [
      { type: 'thinking', thinking: 'hm', thinkingSignature: signature },
      { type: 'text', text: 'so', textSignature: signature },
      call('c', { thoughtSignature: signature }),
    ] as AssistantMessage['content'];
    const [[, parts] = []] = history([assistant(content, { provider: 'other', model: 'm-2' })]);
    assert.deepEqual(parts, [
      { tag: 'text', val: { text: 'so' } },
      { tag: 'tool-call', val: { id: 'c', name: 'weather', argumentsJson: '{"city":"Lisbon"}' } },
    ]);
  }
});

test('a tool result carries its text, its images and whether it failed', () => {
  const given = result('c', [{ type: 'text', text: 'a' }, image, { type: 'text', text: 'b' }]);
  const media = [{ source: { tag: 'inline', val: PIXEL }, mediaType: 'image/png' }];
  const val = { callId: 'c', name: 'weather', text: 'a\nb', media, isError: true };
  assert.deepEqual(history([{ ...given, isError: true } as Message]), [['tool', [{ tag: 'tool-result', val }]]]);
});

for (const stopReason of ['error', 'aborted'] as const) {
  test(`of a response that ended in ${stopReason} the text is kept and marked, calls and their results are not`, () => {
    const broken = assistant(
      [
        { type: 'thinking', thinking: 'hm', thinkingSignature: seal('m-1', 'r') },
        { type: 'text', text: 'I will', textSignature: seal('m-1', 'r') },
        call('gone'),
      ],
      { stopReason },
    );
    const [first, ...rest] = history([user('do'), broken, result('gone'), result('other'), user('again')]).slice(1);
    assert.deepEqual(first, [
      'assistant',
      [
        { tag: 'text', val: { text: 'I will' } },
        { tag: 'text', val: { text: '[The response was interrupted here.]' } },
      ],
    ]);
    assert.deepEqual(
      rest.map(([role]) => role),
      ['tool', 'user'],
    );
    assert.deepEqual(history([assistant([call('x')], { stopReason }), user('again')]).length, 1);
    assert.deepEqual(history([assistant([{ type: 'text', text: ' \n' }], { stopReason })]), []);
  });
}

test('a result belongs to the last turn that has a call with its id', () => {
  const roles = (messages: Message[]): string[] => history(messages).map(([role]) => role as string);
  const good = assistant([call('call_0')], { stopReason: 'toolUse' });
  for (const stopReason of ['error', 'aborted'] as const) {
    const failed = assistant([call('call_0')], { stopReason });
    const both = assistant([call('call_0'), call('call_1')], { stopReason });
    const results = [result('call_0'), result('call_1')];
    assert.deepEqual(roles([failed, good, result('call_0')]), ['assistant', 'tool']);
    assert.deepEqual(roles([failed, result('call_0'), user('again'), good, result('call_0')]), [
      'user',
      'assistant',
      'tool',
    ]);
    assert.deepEqual(roles([good, result('call_0'), failed, result('call_0'), user('x')]), [
      'assistant',
      'tool',
      'user',
    ]);
    assert.deepEqual(roles([both, good, ...results]), ['assistant', 'tool'], 'the other call was never sent');
    assert.deepEqual(roles([failed, good, result('call_0'), both, ...results, good, result('call_0')]), [
      ...['assistant', 'tool'],
      ...['assistant', 'tool'],
    ]);
  }
});

test('reasoning that used up all tokens is not sent', () => {
  const thinking = { type: 'thinking' as const, thinking: 'and so on', thinkingSignature: seal('m-1', 'r') };
  assert.deepEqual(history([assistant([thinking], { stopReason: 'length' })]), []);
  assert.equal(history([assistant([thinking, { type: 'text', text: 'so' }], { stopReason: 'length' })]).length, 1);
});
