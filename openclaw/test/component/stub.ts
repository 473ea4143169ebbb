/** An instance whose component does what a test scripts, so that wake-up times can be tested without waiting. */

import type { Account, Batch, Pending } from '../../src/component/contract.js';
import type { Instance, Provider } from '../../src/component/instance.js';
import { Instances } from '../../src/component/instances.js';
import type { PendingCall } from '../../src/component/pending_call.js';
import { ComponentSession } from '../../src/component/session.js';
import { Connections } from '../../src/host/connections.js';
import type { Grant } from '../../src/host/grant.js';
import { KEY } from '../server.js';

type AccountPoll = { tag: 'ready'; val: Account } | { tag: 'pending'; val: Pending };

/** What a call of the component returns; `call` counts from 1 for each completion and each query. */
export interface StubScript {
  next?: (call: number, grant: Grant) => Batch;
  account?: (call: number, grant: Grant) => AccountPoll;
}

export interface Stub {
  session: ComponentSession;
  /** Calls of `next` and `poll` so far, over all completions and queries. */
  calls: () => number;
}

/** An empty batch with this wake-up time. */
export function idle(wakeAfterMs?: number): Batch {
  return { events: [], done: false, ...(wakeAfterMs === undefined ? {} : { wakeAfterMs }) };
}

export const DONE: Batch = { events: [], done: true };

export function stub(script: StubScript): Stub {
  let calls = 0;
  let running: Grant | undefined;
  const disposable = { [Symbol.dispose]: () => undefined };
  /** Numbers the calls of one completion or query. */
  const scripted = <T>(step: ((call: number, grant: Grant) => T) | undefined): (() => T) => {
    let own = 0;
    return () => {
      if (!step || !running) throw new Error('the script has no step for this call');
      calls += 1;
      own += 1;
      return step(own, running);
    };
  };
  const client = {
    ...disposable,
    complete: () => ({ ...disposable, next: scripted(script.next) }),
    account: () => ({ ...disposable, poll: scripted(script.account) }),
  };
  const instance = {
    provider: { Client: { open: () => client } } as unknown as Provider,
    broken: false,
    memoryBytes: 0,
    run<T>(grant: Grant | undefined, call: () => T): T {
      running = grant;
      return call();
    },
    sleep: (call: PendingCall, due: number | undefined) => call.sleep(due),
    leave: () => undefined,
  } as unknown as Instance;
  const description = { defaultBaseUrl: 'https://api.example.com/v1' } as never;
  const options = { apiKey: KEY, maxRetries: 0 };
  const session = new ComponentSession(new Instances(() => instance), description, options, new Connections());
  return { session, calls: () => calls };
}
