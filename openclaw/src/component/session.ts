/**
 * A session over the instances. Each completion has a client of its own. A call runs when its socket has data, or when
 * the component's next deadline or back-off is due.
 */

import { reachOf } from '../host/addresses.js';
import { now } from '../host/alarm.js';
import type { Connections } from '../host/connections.js';
import { Credential, INVALID_KEY } from '../host/credential.js';
import { Redaction } from '../host/redaction.js';
import {
  type Account,
  type CallOptions,
  type Client,
  type Config,
  type Description,
  type Discovery,
  type Embedding,
  type EmbeddingRequest,
  type Event,
  Failure,
  type ModelList,
  type Pending,
  type Request,
  type Session,
  type SessionOptions,
} from './contract.js';
import type { Instance } from './instance.js';
import { type Instances, MAX_KEPT_BYTES } from './instances.js';
import { KeptClient } from './kept_client.js';
import { PendingCall, type Rights } from './pending_call.js';
import { redactedEmbedding } from './redacted_embedding.js';
import { RedactedEvents } from './redacted_events.js';
import { requireInput, requireTexts } from './wellformed.js';

/** Events taken in one call. The bound keeps a fast stream from holding up everything else on the event loop. */
const MAX_EVENTS = 64;

/** Accepted options that are remembered. They hold headers, which may differ with each session. */
const MAX_ACCEPTED = 64;

/** A query of the component: it is polled until its result is ready. */
interface Query<T> {
  poll(waitMs: number): { tag: 'ready'; val: T } | { tag: 'pending'; val: Pending };
}

export class ComponentSession implements Session {
  readonly #instances: Instances;
  readonly #config: Config;
  readonly #rights: Rights;
  /** The client that caches the models. */
  readonly #listing: KeptClient;
  /** The client that remembers how a server writes vectors. A large batch can trap or grow its instance. */
  readonly #embedding: KeptClient;

  /** Throws a failure if the options are invalid. */
  constructor(instances: Instances, description: Description, options: SessionOptions, connections: Connections) {
    this.#instances = instances;
    this.#config = configOf(options);
    const baseUrl = options.baseUrl ?? description.defaultBaseUrl;
    // A variable that a file was read into ends in a line break, on Windows in two characters.
    const apiKey = options.apiKey.trim();
    this.#rights = {
      credential: credentialOf(apiKey, baseUrl),
      redaction: new Redaction(apiKey),
      connections,
      reach: reachOf(baseUrl, description.defaultBaseUrl),
    };
    const open = (instance: Instance): Client => this.#open(instance);
    this.#listing = new KeptClient(instances.create, open);
    this.#embedding = new KeptClient(instances.create, open, MAX_KEPT_BYTES);
    this.#validate();
  }

  /**
   * Opens a client and drops it, so that invalid options fail here and not at the first call. Options that were accepted
   * before are accepted again: each turn of an agent has a session of its own.
   */
  #validate(): void {
    const instances = this.#instances;
    // The key is not among them.
    const options = JSON.stringify(this.#config);
    if (instances.accepted.has(options)) return;
    const instance = instances.take();
    try {
      this.#dispose(instance, this.#open(instance));
    } finally {
      instances.giveBack(instance);
    }
    if (instances.accepted.size >= MAX_ACCEPTED) instances.accepted.clear();
    instances.accepted.add(options);
  }

  async *complete(request: Request, options: CallOptions = {}): AsyncGenerator<Event[], void, undefined> {
    options.signal?.throwIfAborted();
    requireTexts(request);
    const instance = this.#instances.take();
    const call = new PendingCall(this.#rights, options);
    let client: Client | undefined;
    let completion: ReturnType<Client['complete']> | undefined;
    const clean = new RedactedEvents(this.#rights.redaction);
    let done = false;
    try {
      const opened = (client = this.#open(instance));
      const running = (completion = instance.run(call, () => opened.complete(request)));
      while (!done) {
        // Also after a `yield`, where the consumer may have spent any time.
        call.throwIfAborted();
        const batch = instance.run(call, () => running.next(MAX_EVENTS, 0));
        done = batch.done;
        const events = clean.pass(batch.events);
        const due = dueAfter(batch.wakeAfterMs);
        if (events.length > 0) yield events;
        // With events as well, the component reports whether it has more to do at once. If not, the next call is that of
        // the next chunk. Events that were held back are no reason to sleep, either.
        const isIdle = batch.events.length === 0 || (due !== undefined && due > 0);
        if (!done && isIdle) await instance.sleep(call, due);
      }
    } catch (error) {
      // After an abort, nobody waits for them.
      const rest = error instanceof Failure ? clean.rest() : [];
      if (rest.length > 0) yield rest;
      throw this.#failed(error, call);
    } finally {
      // A cancelled exchange is closed at once. One that is done may end, so that its connection can be reused.
      call.cancelled = !done;
      try {
        // The completion first: a resource must be dropped before its parent.
        this.#dispose(instance, completion);
        this.#dispose(instance, client);
      } finally {
        // Also when the component traps in the drop: otherwise the connection and its slot in the instance would leak.
        call.end();
        instance.leave(call);
        this.#instances.giveBack(instance);
      }
    }
  }

  /** A failed list is not cached. A broken instance is replaced at the next call. */
  async models(how: Discovery, maxAgeMs: number, options: CallOptions = {}): Promise<ModelList> {
    const list = await this.#listing.use((instance, client) =>
      this.#result(instance, options, () => client.models(how, BigInt(maxAgeMs))),
    );
    const { redaction } = this.#rights;
    // The models have lost the key with the response; an error may join texts of several responses.
    list.warnings = list.warnings.map((text) => redaction.text(text));
    if (list.degraded) list.degraded = redaction.error(list.degraded);
    return list;
  }

  async account(options: CallOptions = {}): Promise<Account> {
    const instance = this.#instances.take();
    try {
      const client = this.#open(instance);
      try {
        return await this.#result(instance, options, () => client.account());
      } finally {
        this.#dispose(instance, client);
      }
    } finally {
      this.#instances.giveBack(instance);
    }
  }

  async embed(request: EmbeddingRequest, options: CallOptions = {}): Promise<Embedding> {
    requireInput(request);
    const embedding = await this.#embedding.use((instance, client) =>
      this.#result(instance, options, () => instance.embeddings.embed(client, request)),
    );
    return redactedEmbedding(embedding, this.#rights.redaction);
  }

  /** Polls a query until its result is ready. The result is handed out once, so the query is dropped afterwards. */
  async #result<T>(instance: Instance, options: CallOptions, start: () => Query<T>): Promise<T> {
    options.signal?.throwIfAborted();
    const call = new PendingCall(this.#rights, options);
    let query: Query<T> | undefined;
    let finished = false;
    try {
      const running = (query = instance.run(call, start));
      for (;;) {
        call.throwIfAborted();
        const poll = instance.run(call, () => running.poll(0));
        if (poll.tag === 'ready') {
          finished = true;
          return poll.val;
        }
        await instance.sleep(call, dueAfter(poll.val.wakeAfterMs));
      }
    } catch (error) {
      throw this.#failed(error, call);
    } finally {
      call.cancelled = !finished;
      try {
        this.#dispose(instance, query);
      } finally {
        call.end();
        instance.leave(call);
      }
    }
  }

  /** An error of a call without the key. Other errors, such as the reason of an abort, contain none. */
  #failed(error: unknown, call: PendingCall): unknown {
    if (!(error instanceof Failure)) return error;
    const failure = new Failure(this.#rights.redaction.error(error.record));
    failure.cause = error.cause;
    // The last reason may be that of an earlier attempt, if the component gave the last one up itself.
    if (error.record.kind.tag === 'network') failure.reason = call.reason;
    return failure;
  }

  /** Opens a client. It has no grant: a client that sent a request here would be refused. */
  #open(instance: Instance): Client {
    return instance.run(undefined, () => instance.provider.Client.open(this.#config));
  }

  /** Drops a resource of the component. A trap has already dropped all resources of its instance. */
  #dispose(instance: Instance, resource: unknown): void {
    if (!resource || instance.broken) return;
    instance.run(undefined, () => (resource as Disposable)[Symbol.dispose]());
  }
}

/** When the component wants to be called again: see {@link PendingCall.sleep}. */
function dueAfter(wakeAfterMs: number | undefined): number | undefined {
  return wakeAfterMs ? now() + wakeAfterMs : wakeAfterMs;
}

function configOf(options: SessionOptions): Config {
  const { connectMs, firstByteMs, idleMs, totalMs } = options.timeouts ?? {};
  return {
    baseUrl: options.baseUrl,
    // The key never enters the component; the exchange adds it to the request.
    credential: { tag: 'host-injected' },
    timeouts: { connectMs, firstByteMs, idleMs, totalMs },
    maxRetries: options.maxRetries,
    headers: Object.entries(options.headers ?? {}),
  };
}

/** The component checks the base URL; the key is checked here, because the component never sees it. */
function credentialOf(key: string, baseUrl: string): Credential {
  try {
    return new Credential(key, baseUrl);
  } catch (error) {
    const failure = Failure.ofHost('configuration', `${(error as TypeError).message}; check what was pasted`);
    failure.reason = INVALID_KEY;
    throw failure;
  }
}
