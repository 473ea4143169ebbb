/** Turns that succeed: text, thinking, a tool with its result, an image. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home } from './rig/home.mjs';
import { startRecorder, usageOf } from './rig/recorder.mjs';
import { startStandIn } from './rig/stand_in.mjs';
import { agentTurn, piecesOf } from './rig/turn.mjs';

/** The smallest PNG: one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** @type {Home} */
let home;
/** @type {import('./rig/stand_in.mjs').StandIn} */
let standIn;

before(async () => {
  [home, standIn] = await Promise.all([Home.withPlugin(), startStandIn()]);
  // The stand-in calls the first tool that it is given.
  await home.configure({ tools: { allow: ['read'] } });
});

after(() => Promise.all([home?.remove(), standIn?.stop()]));

/** @param {{ delta?: string }[]} pieces */
function joined(pieces) {
  return pieces.map((piece) => piece.delta).join('');
}

describe('a turn of the agent', () => {
  test('streams text piece by piece, while it arrives', async () => {
    const turn = await agentTurn(home, standIn, 'slow-chunks', { stepwise: true });
    assert.equal(turn.output.final, 'Hello, world.');
    assert.equal(turn.output.model, 'slow-chunks');
    const pieces = piecesOf(turn, 'assistant_text_stream');
    assert.deepEqual(
      pieces.map((piece) => piece.delta),
      ['Hello', ', ', 'world.'],
    );
    assert.equal(turn.requests.length, 1);
    assert.equal(turn.requests[0].headers.authorization, `Bearer ${standIn.key}`);
  });

  test('streams thinking before the text, and counts its tokens', async () => {
    const turn = await agentTurn(home, standIn, 'deepseek-v4-flash', {
      thinking: 'high',
      stepwise: true,
      direct: () => ({ scenario: 'generic-reasoning' }),
    });
    const thought = joined(piecesOf(turn, 'assistant_thinking_stream'));
    assert.match(thought, /^The user wrote \d+ characters\. There is no model here .* say who I am\.$/);
    const end = /** @type {any} */ (turn.streamed.find((line) => line.event === 'assistant_message_end'));
    assert.equal(end.rawThinking, thought);
    assert.equal(joined(piecesOf(turn, 'assistant_text_stream')), end.rawText);
    assert.equal(turn.requests[0].json.reasoning_effort, 'high');
    assert.equal(turn.output.usage.output, usageOf(turn.requests[0]).completion_tokens);
  });

  test('runs a tool and sends its result, with exact tokens and price', async () => {
    const turn = await agentTurn(home, standIn, 'gpt-4.1', {
      prompt: 'What is in the file?',
      files: { 'README.md': '# forget-me-nots 73190\n' },
    });
    const { output: outcome, requests } = turn;
    assert.equal(outcome.status, 'ok');
    assert.match(outcome.final, /^The tool answered: # forget-me-nots 73190/);
    assert.equal(outcome.assistantTurns, 2);
    assert.deepEqual(outcome.toolSummary.tools, ['read']);
    assert.equal(outcome.toolSummary.failures, 0);

    assert.equal(requests.length, 2);
    const [first, second] = requests.map(({ headers }) => /** @type {Record<string, string>} */ (headers));
    assert.equal(first['x-cometapi-client'], 'openclaw');
    assert.equal(first['x-cometapi-agent-id'], 'main');
    assert.match(first['x-cometapi-session-id'], /^[\w-]+$/);
    assert.equal(second['x-cometapi-session-id'], first['x-cometapi-session-id']);
    // OpenClaw's identifiers of the two calls of this run.
    assert.match(first['x-request-id'], /^[\w-]+:model:1$/);
    assert.equal(second['x-request-id'], first['x-request-id'].replace(/1$/, '2'));
    const { authorization: _, ...others } = first;
    assert.doesNotMatch(JSON.stringify(others), /What is in the file|forget-me-nots|sk-/);

    const { messages } = requests[1].json;
    const call = messages.find((/** @type {any} */ message) => message.tool_calls)?.tool_calls[0];
    const result = messages.find((/** @type {any} */ message) => message.role === 'tool');
    assert.equal(call.function.name, 'read');
    assert.equal(JSON.parse(call.function.arguments).path, 'README.md');
    assert.equal(result.tool_call_id, call.id);
    assert.match(JSON.stringify(result.content), /forget-me-nots 73190/);

    const usages = requests.map(usageOf);
    const input = usages.reduce((sum, usage) => sum + usage.prompt_tokens, 0);
    const output = usages.reduce((sum, usage) => sum + usage.completion_tokens, 0);
    assert.equal(outcome.usage.input, input);
    assert.equal(outcome.usage.output, output);
    assert.equal(outcome.usage.total, input + output);
    // The price of gpt-4.1 in dollars for a million tokens.
    const price = (input * 2 + output * 8) / 1e6;
    assert.ok(Math.abs(outcome.costUsd - price) < 1e-9, `${outcome.costUsd}, and not ${price}`);
  });

  test('sends thinking back with its own signature', async () => {
    const turn = await agentTurn(home, standIn, 'claude-sonnet-5', {
      thinking: 'high',
      prompt: 'What is in the file?',
      files: { 'README.md': '# forget-me-nots 73190\n' },
      direct: (_, before) => (before.length === 0 ? undefined : { scenario: 'messages-at-once' }),
    });
    assert.equal(turn.output.final, 'Hello, world.');
    assert.equal(turn.requests.length, 2);
    const { messages } = turn.requests[1].json;
    const { content } = messages.find((/** @type {any} */ message) => message.role === 'assistant');
    assert.deepEqual([content[0].type, content.at(-1).type], ['thinking', 'tool_use']);
    assert.ok(turn.requests[0].received.includes(content[0].signature), content[0].signature);
  });

  test('sends an image along that the user speaks of', async () => {
    const turn = await agentTurn(home, standIn, 'gpt-4.1', {
      prompt: 'What is in ./pixel.png?',
      files: { 'pixel.png': PIXEL },
      direct: () => ({ scenario: 'at-once' }),
    });
    assert.equal(turn.output.final, 'Hello, world.');
    const said = turn.requests[0].json.messages.flatMap((/** @type {any} */ message) => message.content);
    const images = said.filter((/** @type {any} */ part) => part?.type === 'image_url');
    assert.equal(images.length, 1);
    assert.match(images[0].image_url.url, /^data:image\/\w+;base64,/);
  });

  test('counts cached tokens apart from those that were read anew', async () => {
    const turn = await agentTurn(home, standIn, 'q12-cached-in-details');
    assert.deepEqual([turn.output.usage.input, turn.output.usage.cacheRead, turn.output.usage.output], [11 - 8, 8, 3]);
  });
});

describe('a single prompt', () => {
  test('gets a response, and the image is sent', async () => {
    const image = join(home.workspace, 'pixel.png');
    await writeFile(image, PIXEL);
    const recorder = await startRecorder(standIn);
    const env = { COMETAPI_KEY: standIn.key, COMETAPI_BASE_URL: recorder.baseUrl };
    const prompt = ['--prompt', 'What is this?', '--file', image];
    const output = await home.json(['infer', 'model', 'run', '--model', 'cometapi/gpt-4.1', ...prompt], { env });
    await recorder.close();
    assert.equal(output.ok, true);
    assert.match(output.outputs[0].text, /I saw 1 image \(image\/\w+, \d+ bytes\)/);
    assert.equal(recorder.chats().length, 1);
    const parts = recorder.chats()[0].json.messages.at(-1).content;
    const [sent] = parts.filter((/** @type {any} */ part) => part.type === 'image_url');
    assert.match(sent.image_url.url, /^data:image\/\w+;base64,/);
  });
});

test('the key was written nowhere', async () => {
  assert.deepEqual(await home.placesOf(standIn.key), []);
});
