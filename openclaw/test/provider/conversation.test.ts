/**
 * Conversations of an agent through the real component, with a server that refuses reasoning which was altered, reordered
 * or lost: signatures survive calls of tools, a transcript that is stored and loaded again, compaction, and other models
 * in between.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadComponent } from '../../src/component/load.js';
import { streamFn } from '../../src/provider/stream.js';
import type { AssistantMessage, Message, Model, StreamFn } from '../../src/sdk.js';
import { hostTest, StandIn } from '../stand_in.js';
import { model, user } from './fake.js';

const TOOLS = ['look', 'listen'].map((name) => ({
  name,
  description: `To ${name}.`,
  parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
}));

/** A model of each wire, and how a body shows that it has reasoning of an earlier turn. */
const ROUTES: [id: string, api: string, proof: RegExp][] = [
  ['claude-sonnet-5', 'anthropic-messages', /"type":"thinking"/g],
  ['gpt-5.5', 'openai-responses', /"encrypted_content":"/g],
  ['gemini-3.5-flash', 'google-generative-ai', /"thoughtSignature":"/g],
  ['deepseek-v4-flash', 'openai-completions', /"reasoning_content":"/g],
];

/** A requested delay takes the place of the pauses that the stand-in's models make between words. */
const AT_ONCE = { 'x-fault-delay-chunk': '0' };

const skip = hostTest() ? false : "the test host is not built; run 'cargo build --workspace'";

describe('reasoning goes back to its model', { skip }, () => {
  let standIn: StandIn;
  let stream: StreamFn;
  before(async () => {
    standIn = await StandIn.start();
    const parts = { load: () => loadComponent(), notifyActivity: () => undefined };
    stream = streamFn(parts, standIn.baseUrl);
  });
  after(() => standIn?.[Symbol.asyncDispose]());

  const target = ([id, api]: (typeof ROUTES)[number]): Model => model({ id, api, reasoning: true });

  async function respond(to: Model, messages: Message[]): Promise<AssistantMessage> {
    const context = { systemPrompt: 'You help.', messages, tools: TOOLS };
    const options = { apiKey: standIn.key, reasoning: 'high', sessionId: 's', headers: AT_ONCE } as const;
    const message = await stream(to, context, options).result();
    assert.ok(['stop', 'toolUse'].includes(message.stopReason), `${to.id}: ${message.errorMessage}`);
    return message;
  }

  /** A turn of the agent, with all its calls. The transcript is stored after each message, as OpenClaw does. */
  async function turn(to: Model, transcript: Message[], prompt: string): Promise<Message[]> {
    const messages = [...transcript, user(prompt)];
    for (let round = 0; round < 5; round += 1) {
      const message = await respond(to, messages);
      messages.push(JSON.parse(JSON.stringify(message)));
      const calls = message.content.filter((block) => block.type === 'toolCall');
      for (const { id, name } of calls) {
        const content = [{ type: 'text' as const, text: `result of ${name}` }];
        messages.push({ role: 'toolResult', toolCallId: id, toolName: name, content, isError: false, timestamp: 1 });
      }
      if (calls.length === 0) return messages;
    }
    return assert.fail(`${to.id} calls tools without end`);
  }

  /** How much reasoning of earlier turns the last request had. */
  async function proofs(proof: RegExp): Promise<number> {
    const { requests } = await standIn.seen();
    return JSON.stringify(requests.at(-1)?.body).match(proof)?.length ?? 0;
  }

  for (const route of ROUTES) {
    const [id, , proof] = route;
    test(`${id}: after calls of tools and a reload, and after a compaction`, async () => {
      let transcript = await turn(target(route), [], 'Call look() and listen(), then look().');
      const first = await proofs(proof);
      assert.ok(first > 0, 'within a turn');
      transcript = await turn(target(route), transcript, 'Call look(), then listen().');
      assert.ok((await proofs(proof)) > 0, 'in the next turn');
      // A compaction replaces the older messages by a summary, and keeps the newest ones. OpenClaw 2026.9.6 also removes
      // their signatures; here they stay, since the plugin does not rely on it.
      const kept = transcript.slice(transcript.findLastIndex(({ role }) => role === 'user'));
      const summary = user('The conversation so far: the user had look() and listen() called.');
      await turn(target(route), [summary, ...kept], 'Call listen(), then look().');
      assert.ok((await proofs(proof)) > 0, 'after a compaction');
    });
  }

  test('after turns of other models, and nothing of theirs', async () => {
    let transcript: Message[] = [];
    for (const route of ROUTES) transcript = await turn(target(route), transcript, 'Call look(), then listen().');
    for (const [id, api, proof] of ROUTES) {
      await respond(target([id, api, proof]), [...transcript, user('And now?')]);
      assert.ok((await proofs(proof)) > 0, id);
      for (const [other, , theirs] of ROUTES)
        if (other !== id) assert.equal(await proofs(theirs), 0, `${id}: of ${other}`);
    }
  });
});
