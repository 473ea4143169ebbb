/** Plays one case, and reports the differences from what it expects. */

import { type Account, type Event, Failure, type ModelList, type Session } from '../../src/component/contract.js';
import { Instance } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import { compile, loadComponent } from '../../src/component/load.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import { userRequest } from '../server.js';
import type { Seen, StandIn } from '../stand_in.js';
import type { Case, Expect, Route } from './cases.js';
import { asFailure, counted, Differences, failed, kindsOf, PROMPT } from './differences.js';
import { embed } from './embeddings.js';
import { Grammar } from './grammar.js';
import { Stopwatch } from './stopwatch.js';

/** No case may take longer, in milliseconds: long enough that only a hang is caught. */
const PATIENCE_MS = 600_000;

/** The deadlines of a case that expects one to pass, where it has none of its own. */
const SHORT = { connectMs: 5000, firstByteMs: 1500, idleMs: 1500, totalMs: 20_000 };

/** The deadlines of all other cases: none of them may pass, however slow the machine is. */
const GENEROUS = { connectMs: 120_000, firstByteMs: 120_000, idleMs: 120_000, totalMs: 300_000 };

/** The path of each query without a body, for which the path selects the scenario. */
const PATHS: Partial<Record<Route, string>> = {
  'key-list': '/v1/models',
  catalogue: '/api/models',
  billing: '/v1/dashboard/billing/subscription',
};

const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city',
  parametersJson: '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
};

/** Where a case is played; a {@link StandIn} also has a record of the requests. */
type Server = Pick<StandIn, 'baseUrl' | 'key'>;

interface Played {
  events: Event[];
  failure: Failure | undefined;
  took: number;
}

/** Opens a session with instances of its own, and returns the one that it will use. */
export async function open(
  stand: Server,
  playing: Pick<Case, 'setup' | 'expect'>,
): Promise<{ session: Session; instance: Instance }> {
  const { setup = {}, expect = {} } = playing;
  const deadlines = kindsOf(expect).includes('timeout') ? SHORT : GENEROUS;
  const modules = await compile();
  const instances = new Instances(() => new Instance(modules));
  const component = await loadComponent();
  const options = {
    apiKey: stand.key,
    baseUrl: stand.baseUrl,
    headers: setup.headers,
    maxRetries: setup['max-retries'] ?? 2,
    timeouts: {
      connectMs: setup['connect-ms'] ?? deadlines.connectMs,
      firstByteMs: setup['first-byte-ms'] ?? deadlines.firstByteMs,
      idleMs: setup['idle-ms'] ?? deadlines.idleMs,
      totalMs: setup['total-ms'] ?? deadlines.totalMs,
    },
  };
  const session = new ComponentSession(instances, component.describe(), options, new Connections());
  return { session, instance: instances.take() };
}

/** The differences of a case, played against a server without earlier requests; empty if there are none. */
export async function play(playing: Case, stand: Server | StandIn): Promise<string[]> {
  const { ask: route = 'chat', expect = {}, scenario } = playing;
  using stopwatch = new Stopwatch();
  const watched = 'seen' in stand ? stand : undefined;
  const path = PATHS[route];
  if (path && scenario) await watched?.script(path, scenario);
  const differences = new Differences();
  const opened = await open(stand, playing);
  const shown: unknown[] = [];
  if (route === 'chat') {
    const played = await complete(opened.session, playing, differences, stopwatch);
    shown.push(played.events, played.failure?.record);
    completion(played, expect, differences);
    failed(played.failure, expect, differences, played.events.length);
    if (watched) atTheServer(await watched.seen(), playing, differences, stopwatch);
  } else if (route === 'billing') {
    const account = await opened.session.account().catch(asFailure);
    shown.push(account instanceof Failure ? account.record : account);
    failed(account instanceof Failure ? account : undefined, expect, differences);
    if (!(account instanceof Failure)) differences.hold('the account', accountClass(account), expect.account);
  } else if (route === 'embeddings') {
    const embedded = await embed(opened.session, playing, differences).catch(asFailure);
    shown.push(embedded instanceof Failure ? embedded.record : { ...embedded, vectors: [] });
    failed(embedded instanceof Failure ? embedded : undefined, expect, differences);
    if (watched) atTheServer(await watched.seen(), playing, differences, stopwatch);
  } else shown.push(...(await lists(opened.session, stand, playing, differences)));
  const text = JSON.stringify(shown, (_name, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  if (text.includes(stand.key)) differences.note('the key is shown');
  if (opened.instance.memories().some((memory) => Buffer.from(memory.buffer).includes(stand.key))) {
    differences.note('the key stands in the component’s memory');
  }
  if (watched) await atTheEnd(watched, differences);
  return differences.all;
}

async function complete(
  session: Session,
  playing: Case,
  differences: Differences,
  stopwatch: Stopwatch,
): Promise<Played> {
  const { wire } = playing;
  const request = userRequest(PROMPT, playing.scenario ?? (wire ? `${wire}-at-once` : 'at-once'));
  if (wire) request.route = wire;
  if (playing.when === 'tools') request.tools = [WEATHER];
  if (playing.when === 'reasoning') request.reasoning = { effort: 'low' };
  const played: Played = { events: [], failure: undefined, took: 0 };
  const grammar = new Grammar();
  const begun = stopwatch.elapsed();
  try {
    for await (const batch of session.complete(request, { signal: AbortSignal.timeout(PATIENCE_MS) })) {
      for (const event of batch) differences.note(grammar.read(event));
      played.events.push(...batch);
    }
    if (!grammar.finished) differences.note('it ended without a finish and without an error');
  } catch (error) {
    played.failure = asFailure(error);
    if (grammar.finished) differences.note('an error follows the finish');
  }
  played.took = stopwatch.elapsed() - begun;
  return played;
}

function completion(played: Played, expect: Expect, differences: Differences): void {
  const texts: Record<string, string> = { text: '', reasoning: '', refusal: '' };
  const kinds = new Map<number, string>();
  const names = new Map<number, string>();
  const calls: [string, string][] = [];
  const malformed: [string, string][] = [];
  for (const event of played.events) {
    if (event.tag === 'block-start') {
      kinds.set(event.val.index, event.val.kind.tag);
      if (event.val.kind.tag === 'tool-call') names.set(event.val.index, event.val.kind.val.name);
    } else if (event.tag === 'block-delta') {
      const kind = kinds.get(event.val.index) ?? '';
      if (kind in texts) texts[kind] += event.val.text;
    } else if (event.tag === 'block-end' && event.val.arguments) {
      const name = names.get(event.val.index) ?? '';
      const args = event.val.arguments;
      if (args.tag === 'object') calls.push([name, args.val]);
      else malformed.push([name, args.val.raw]);
    }
  }
  differences.hold('text', texts.text, expect.text);
  differences.hold('reasoning', texts.reasoning, expect.reasoning);
  differences.hold('refusal', texts.refusal, expect.refusal);
  differences.hold('the kinds of blocks', [...kinds.values()], expect.blocks);
  if (kindsOf(expect).length === 0) {
    differences.hold('tool calls', calls, expect.tools ?? []);
    differences.hold('malformed calls', malformed, expect.malformed ? [expect.malformed] : []);
  }
  const last = played.events.at(-1);
  const finish = last?.tag === 'finish' ? last.val : undefined;
  const { reason } = finish ?? {};
  differences.hold('the finish reason', reason?.tag, expect.finish);
  counted(finish?.usage, expect, differences);
  if (expect['within-ms'] !== undefined && played.took > expect['within-ms']) {
    differences.note(`it took ${played.took} ms, more than ${expect['within-ms']}`);
  }
}

async function lists(session: Session, stand: Server, playing: Case, differences: Differences): Promise<unknown[]> {
  const { expect = {} } = playing;
  const live = await session.models('live', 0).catch(asFailure);
  const best = await (await open(stand, playing)).session.models('best-effort', 0);
  if (live instanceof Failure) {
    failed(live, expect, differences);
    differences.hold('the best effort’s origin', best.origin, 'built-in');
    const degraded = best.degraded?.kind.tag ?? 'nothing';
    if (!kindsOf(expect).includes(degraded)) differences.note(`the best effort is degraded by ${degraded}`);
    return [live.record, best];
  }
  failed(undefined, expect, differences);
  differences.hold('the origin', live.origin, 'live');
  differences.hold('the best effort’s origin', best.origin, 'live');
  differences.hold(
    'the callable models',
    live.models.filter(({ status }) => status === 'callable').length,
    expect.callable,
  );
  for (const list of [live, best]) differences.all.push(...unsound(list));
  return [live, best];
}

function unsound({ models }: ModelList): string[] {
  const wrongs: string[] = [];
  for (const [at, model] of models.entries()) {
    const next = models[at + 1];
    // By bytes, as the component sorts.
    if (next && Buffer.compare(Buffer.from(model.id), Buffer.from(next.id)) >= 0)
      wrongs.push(`${next.id} is not in its place`);
    if (model.contextWindow === 0n || model.maxOutputTokens === 0n)
      wrongs.push(`${model.id}: an unknown limit is reported as 0`);
  }
  return wrongs;
}

function accountClass({ unlimited, limit, remaining }: Account): string {
  if (unlimited) return 'unlimited';
  return (limit ?? remaining) === undefined ? 'unknown' : 'limited';
}

function atTheServer(
  { requests }: Seen,
  { expect = {}, setup }: Case,
  differences: Differences,
  stopwatch: Stopwatch,
): void {
  differences.hold('the number of requests', requests.length, expect.requests);
  const allowed = 1 + (setup?.['max-retries'] ?? 2);
  if (requests.length > allowed) differences.note(`${requests.length} requests were made where ${allowed} are allowed`);
  if (!expect['waits-ms']) return;
  const [least, most] = expect['waits-ms'];
  const [first, second] = requests;
  const waited = first && second ? second['at-ms'] - first['at-ms'] : undefined;
  if (waited === undefined) differences.note('it did not try again');
  else if (waited < least || stopwatch.without(waited) > most)
    differences.note(`it waited ${waited} ms, not ${least} to ${most}`);
}

/** The server’s record at the end: no key where it does not belong, and no open request. */
async function atTheEnd(stand: StandIn, differences: Differences): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  const open = ({ requests }: Seen): number => requests.filter(({ outcome }) => outcome === 'pending').length;
  let seen = await stand.seen();
  while (open(seen) > 0 && Date.now() < until) {
    await new Promise((soon) => setTimeout(soon, 5));
    seen = await stand.seen();
  }
  if (open(seen) > 0) differences.note(`${open(seen)} requests stay open after the call ended`);
  differences.hold('key leaks', seen['key-leaks'], 0);
  differences.hold('visits elsewhere', seen['went-elsewhere'], 0);
}
