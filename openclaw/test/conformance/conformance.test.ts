/** The component in Node, against the same server and the same cases as in the test host. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hostTest, StandIn } from '../stand_in.js';
import { type Case, cases } from './cases.js';
import { Agent, SCRIPT } from './conversing.js';
import { open, play } from './play.js';

/** Cases played at once: most of them wait for a server that takes its time. */
const AT_ONCE = 8;

const skip = !hostTest() && 'the test host is not built';

/** How much slower the component's clock runs for the cases that are lists of models. */
const LIST_CLOCK_FACTOR = 8;

const plain = cases().filter(({ tls }) => !tls);
const isList = ({ ask }: Case): boolean => ask === 'key-list' || ask === 'catalogue';
const isTimed = ({ expect = {} }: Case): boolean => JSON.stringify(expect).includes('timeout');

test('there are as many cases as the test host has', { skip }, () => {
  assert.ok(plain.length > 250, `only ${plain.length} cases were found`);
  for (const route of ['key-list', 'catalogue', 'billing', 'embeddings']) {
    assert.ok(
      plain.some(({ ask }) => ask === route),
      `there is no case of ${route}`,
    );
  }
});

test('an agent converses on each route', { skip, concurrency: AT_ONCE }, async (t) => {
  const played = SCRIPT.routes.map(({ route, model }) =>
    t.test(route, async () => {
      await using stand = await StandIn.start();
      const agent = await agentOn(stand);
      const wrongs: string[] = [];
      while (agent.responses < SCRIPT.responses) wrongs.push(...(await agent.turn(route, model)));
      assert.deepEqual(wrongs, []);
      assert.ok(agent.reasoned > 0, 'no response had reasoning');
      // A refused request that was sent again in another form would hide that the first one was wrong.
      assert.equal((await stand.seen()).requests.length, agent.responses);
    }),
  );
  await Promise.all(played);
});

test('an agent changes the route after each turn', { skip }, async () => {
  await using stand = await StandIn.start();
  const agent = await agentOn(stand);
  const wrongs: string[] = [];
  while (agent.responses < SCRIPT.responses) {
    for (const { route, model } of SCRIPT.routes) wrongs.push(...(await agent.turn(route, model)));
  }
  assert.deepEqual(wrongs, []);
});

async function agentOn(stand: StandIn): Promise<Agent> {
  // The scenarios stream for people who watch; here nobody does.
  const { session } = await open(stand, { setup: { headers: { 'x-fault-delay-chunk': '1' } } });
  return new Agent(session);
}

test('every case over plain HTTP', { skip, concurrency: AT_ONCE }, async (t) => {
  await playAll(
    t,
    plain.filter((each) => !isList(each) || isTimed(each)),
  );
});

// The component gives a list a few seconds before it falls back to an older one, and no option changes that. A list of
// megabytes from a stand-in without optimisation can take longer on a busy machine, which is not what the cases test.
test('every list of models over plain HTTP', { skip, concurrency: AT_ONCE }, async (t) => {
  const { bigint } = process.hrtime;
  const clock = mock.method(process.hrtime, 'bigint', () => bigint() / BigInt(LIST_CLOCK_FACTOR));
  try {
    await playAll(
      t,
      plain.filter((each) => isList(each) && !isTimed(each)),
    );
  } finally {
    clock.mock.restore();
  }
});

async function playAll(t: TestContext, all: Case[]): Promise<void> {
  assert.ok(all.length > 0);
  // A server of its own for each, so that no case sees the requests of another.
  const played = all.map((playing) =>
    t.test(playing.name, async () => {
      await using stand = await StandIn.start();
      assert.deepEqual(await play(playing, stand), []);
    }),
  );
  await Promise.all(played);
}

test('every case over TLS', { skip, concurrency: AT_ONCE }, async (t) => {
  const secured = cases().filter(({ tls }) => tls);
  assert.ok(secured.length >= 10, `only ${secured.length} cases were found`);
  await Promise.all(secured.map((playing) => t.test(playing.name, () => apart(playing))));
});

/** Plays a case in a process of its own: whom Node trusts is settled when it starts. */
async function apart(playing: Case): Promise<void> {
  await using stand = await StandIn.start(playing.tls);
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const authority = join(folder, 'authority.pem');
    await writeFile(authority, stand.authority ?? '');
    const player = spawn(process.execPath, [fileURLToPath(new URL('./apart.js', import.meta.url))], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    player.stdin.end(JSON.stringify({ playing, baseUrl: stand.baseUrl, key: stand.key }));
    let output = '';
    for await (const piece of player.stdout) output += String(piece);
    assert.deepEqual(JSON.parse(output), []);
  } finally {
    await rm(folder, { recursive: true });
  }
}
