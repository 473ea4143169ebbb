import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../src/component/contract.js';
import { Turn } from '../../src/provider/events.js';
import { seal } from '../../src/provider/replay.js';
import { rerouted } from '../../src/provider/reroute.js';
import type { AssistantMessage, AssistantMessageEvent } from '../../src/sdk.js';
import { events, failure, model } from './fake.js';

const { response, text, reasoning, refusal, call, delta, end, called, malformed, warning, finish } = events;

function play(list: Event[], target = model()): { received: AssistantMessageEvent[]; message: AssistantMessage } {
  const turn = new Turn(target, () => 7);
  return { received: list.flatMap((event) => turn.take(event)), message: turn.message };
}

/** Events without the message that each of them carries. */
function bare(received: AssistantMessageEvent[]): object[] {
  return received.map(({ ...event }) => {
    for (const key of ['partial', 'message', 'error'] as const) delete (event as Record<string, unknown>)[key];
    return event;
  });
}

test('a text response is mapped from start to done', () => {
  const stream = [response({ id: 'r' }), text(0), delta(0, 'Hel'), delta(0, 'lo'), end(0, 'x'), finish('stop')];
  const { received, message } = play(stream);
  assert.deepEqual(bare(received), [
    { type: 'start' },
    { type: 'text_start', contentIndex: 0 },
    { type: 'text_delta', contentIndex: 0, delta: 'Hel' },
    { type: 'text_delta', contentIndex: 0, delta: 'lo' },
    { type: 'text_end', contentIndex: 0, content: 'Hello' },
    { type: 'done', reason: 'stop' },
  ]);
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hello', textSignature: seal('m-1', 'x') }]);
  const { role, api, provider, model: id, responseId, stopReason, timestamp } = message;
  assert.deepEqual([role, api, provider, id], ['assistant', 'openai-completions', 'cometapi', 'm-1']);
  assert.deepEqual([responseId, stopReason, timestamp], ['r', 'stop', 7]);
});

test('reasoning, text and calls may interleave, and each keeps its place', () => {
  const { received, message } = play([
    response(),
    reasoning(4),
    delta(4, 'h'),
    text(9),
    delta(9, 'a'),
    delta(4, 'm'),
    call(2, 'c', 'weather'),
    delta(2, '{"city":'),
    end(4, 'sig'),
    delta(9, 'b'),
    delta(2, '"Lisbon"}'),
    called(2, '{"city":"Lisbon"}', 'thought'),
    end(9),
    finish('tool-calls'),
  ]);
  assert.deepEqual(message.content, [
    { type: 'thinking', thinking: 'hm', thinkingSignature: seal('m-1', 'sig') },
    { type: 'text', text: 'ab' },
    {
      type: 'toolCall',
      id: 'c',
      name: 'weather',
      arguments: { city: 'Lisbon' },
      thoughtSignature: seal('m-1', 'thought'),
    },
  ]);
  const places = bare(received).map((event) => (event as { contentIndex?: number }).contentIndex);
  assert.deepEqual(places, [undefined, 0, 0, 1, 1, 0, 2, 2, 0, 1, 2, 2, 1, undefined]);
  assert.deepEqual(bare(received).at(-1), { type: 'done', reason: 'toolUse' });
  const ended = received.find((event) => event.type === 'toolcall_end');
  assert.equal(ended?.type === 'toolcall_end' && ended.toolCall, message.content[2]);
});

test('a refusal is text, and noted', () => {
  const last = finish('refusal', { rawReason: 'raw' });
  const { received, message } = play([response(), refusal(0), delta(0, 'No.'), end(0), last]);
  assert.deepEqual(message.content, [{ type: 'text', text: 'No.' }]);
  assert.deepEqual(bare(received).at(-1), { type: 'done', reason: 'stop' });
  assert.deepEqual(message.diagnostics, [{ type: 'cometapi_refusal', timestamp: 7, details: { rawReason: 'raw' } }]);
});

test('a route other than the one that OpenClaw expects is noted', () => {
  const { message } = play([response({ route: 'messages' }), finish('stop')]);
  assert.equal(message.api, 'openai-completions');
  assert.deepEqual(message.diagnostics, [{ type: 'cometapi_route', timestamp: 7, details: { route: 'messages' } }]);
});

test('warnings are noted and yield no event', () => {
  const { received, message } = play([warning('early'), response(), warning('late'), finish('stop')]);
  assert.deepEqual(bare(received), [{ type: 'start' }, { type: 'done', reason: 'stop' }]);
  assert.deepEqual(
    message.diagnostics?.map(({ details }) => details),
    [{ text: 'early' }, { text: 'late' }],
  );
});

/** Finish reasons, and the end of the turn. */
const FINISHES: [tag: string, type: string, reason: string][] = [
  ['stop', 'done', 'stop'],
  ['length', 'done', 'length'],
  ['tool-calls', 'done', 'toolUse'],
  ['refusal', 'done', 'stop'],
  ['other:pause_turn', 'done', 'stop'],
  ['content-filter', 'error', 'error'],
];

for (const [tag, type, reason] of FINISHES) {
  test(`finish ${tag} ends in ${type}, ${reason}`, () => {
    const { received, message } = play([response(), text(0), delta(0, 'a'), end(0), finish(tag, { rawReason: 'raw' })]);
    assert.deepEqual(bare(received).at(-1), { type, reason });
    assert.equal(message.stopReason, reason);
    if (tag === 'other:pause_turn') {
      assert.deepEqual(message.diagnostics?.[0]?.details, { reason: 'pause_turn', rawReason: 'raw' });
    }
    if (type === 'error') assert.match(message.errorMessage ?? '', /content filter .* \("raw"\)/);
  });
}

/** Whether a turn with a complete call ends in its use, by the finish reason as the server sent it. */
const WITHOUT_REASON: [rawReason: string | undefined, reason: string][] = [
  [undefined, 'toolUse'],
  ['', 'toolUse'],
  [' ', 'toolUse'],
  ['pause_turn', 'stop'],
];

for (const [rawReason, reason] of WITHOUT_REASON) {
  test(`a complete tool call with the finish reason ${JSON.stringify(rawReason)} ends in ${reason}`, () => {
    const finished = finish(`other:${rawReason ?? 'unknown'}`, { rawReason });
    const { received } = play([response(), call(0, 'a', 'good'), called(0, '{"id":1481220477346119781}'), finished]);
    assert.deepEqual(bare(received).at(-1), { type: 'done', reason });
    const ended = received.find((event) => event.type === 'toolcall_end');
    assert.deepEqual(ended?.type === 'toolcall_end' && ended.toolCall.arguments, { id: '1481220477346119781' });
  });
}

test('a response without a finish reason and without a complete call stops', () => {
  const unknown = finish('other:unknown');
  assert.deepEqual(bare(play([response(), text(0), end(0), unknown]).received).at(-1), {
    type: 'done',
    reason: 'stop',
  });
  const broken = play([response(), call(0, 'a', 'bad'), malformed(0, '{"city":', 'cut'), unknown]);
  assert.equal(broken.received.at(-1)?.type, 'error');
});

test('no tool is run when one of the calls cannot be understood', () => {
  const { received, message } = play([
    response(),
    call(0, 'a', 'good'),
    called(0, '{}'),
    call(1, 'b', 'bad'),
    malformed(1, '{"city":', 'the text ends in an object'),
    finish('tool-calls', { usage: { input: 3n, output: 2n } }),
  ]);
  assert.deepEqual(bare(received).at(-1), { type: 'error', reason: 'error' });
  assert.equal(message.errorCode, 'malformed_tool_call_arguments');
  assert.match(message.errorMessage ?? '', /tool "bad" .*\(the text ends in an object\); no tool was run/);
  assert.equal(message.usage.input, 3);
});

test('at the token limit a truncated call is not an error, because it is not run anyway', () => {
  const { received, message } = play([response(), call(0, 'a', 'bad'), malformed(0, '{', 'cut'), finish('length')]);
  assert.deepEqual(bare(received).at(-1), { type: 'done', reason: 'length' });
  assert.deepEqual(message.content, [{ type: 'toolCall', id: 'a', name: 'bad', arguments: {} }]);
});

test('the content before a failure stays, with the facts of the failure', () => {
  const turn = new Turn(model(), () => 7);
  for (const event of [response({ id: 'r' }), text(0), delta(0, 'Half')]) turn.take(event);
  const more = { retryable: true, requestId: 'q', httpStatus: 200, detailsJson: '{"m":1}' };
  const last = turn.fail(failure('network', more));
  assert.equal(last.type === 'error' && last.reason, 'error');
  const { content, stopReason, errorType, errorBody, diagnostics } = turn.message;
  assert.deepEqual(content, [{ type: 'text', text: 'Half' }]);
  assert.deepEqual([stopReason, errorType, errorBody], ['error', 'cometapi:network', '{"m":1}']);
  assert.deepEqual(diagnostics?.[0]?.details, {
    kind: 'network',
    httpStatus: 200,
    requestId: 'q',
    requestSent: true,
    partial: false,
  });
});

test('an abort ends in aborted, with the content so far', () => {
  const turn = new Turn(model());
  for (const event of [response(), text(0), delta(0, 'Half')]) turn.take(event);
  const last = turn.abort();
  assert.equal(last.type === 'error' && last.reason, 'aborted');
  assert.equal(turn.message.stopReason, 'aborted');
  assert.deepEqual(turn.message.content, [{ type: 'text', text: 'Half' }]);
});

test('the work is linear in the response: one message, and each delta once', () => {
  const turn = new Turn(model());
  turn.take(response());
  turn.take(text(0));
  let bytes = 0;
  for (let n = 0; n < 20_000; n++) {
    const received = turn.take(delta(0, 'word '));
    assert.equal(received.length, 1);
    const [event] = received;
    assert.ok(event?.type === 'text_delta' && event.partial === turn.message);
    bytes += event.delta.length;
  }
  assert.equal(bytes, 100_000);
  assert.deepEqual(turn.message.content[0], { type: 'text', text: 'word '.repeat(20_000) });
});

/** The requested model, the one that responded, and whether they differ. */
const REROUTES: [requested: string, responded: string | undefined, other: boolean][] = [
  ['gpt-5.4', undefined, false],
  ['gpt-5.4', '', false],
  ['gpt-5.4', 'gpt-5.4', false],
  ['gpt-5.4', 'openai/gpt-5.4', false],
  ['gpt-5.4', 'GPT-5.4', false],
  ['gpt-5.4', 'gpt-5.4-2026-03-05', false],
  ['claude-haiku-4-5', 'claude-haiku-4-5-20251001', false],
  ['claude-haiku-4-5-20251001', 'claude-haiku-4-5', false],
  ['gemini-2.5-flash', 'gemini-2.5-flash-preview-05-20', false],
  ['gemini-2.5-flash', 'gemini-2.5-flash-001', false],
  ['qwen-max-latest', 'qwen-max-2025-01-25', false],
  ['qwen-max-latest', 'qwen-max', false],
  ['gpt-5.4', 'gpt-5.4-mini', true],
  ['gpt-5.4', 'gpt-5', true],
  ['claude-opus-4', 'claude-opus-4-1', true],
  ['claude-sonnet-4-6', 'deepseek-v4', true],
];

for (const [requested, responded, other] of REROUTES) {
  test(`${requested} with a response of ${responded || 'an unnamed model'} is ${other ? 'a' : 'no'} reroute`, () => {
    assert.equal(rerouted(requested, responded), other ? responded : undefined);
    const { message } = play([response(responded === undefined ? {} : { model: responded })], model({ id: requested }));
    assert.equal(message.responseModel, other ? responded : undefined);
  });
}
