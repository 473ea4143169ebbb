/** A session over the instances: each question gets a client of its own, and is driven by what its socket brings. */

import type { Connections } from '../host/connections.js';
import { Credential } from '../host/credential.js';
import { Redaction } from '../host/redaction.js';
import {
  type Account,
  type CallOptions,
  type Client,
  type Config,
  type Description,
  type Discovery,
  type Event,
  Failure,
  type ModelList,
  type Request,
  type Session,
  type SessionOptions,
} from './contract.js';
import { Instance } from './instance.js';
import type { Instances } from './instances.js';
import { Question, type Rights } from './question.js';
import { requireTexts } from './wellformed.js';

/** Events taken at once. Each takes its turn with what else the event loop has to do. */
const MOST_EVENTS = 64;

/** What is asked again and again until it has an answer. */
interface Poll<T> {
  poll(waitMs: number): T | undefined;
}

export class ComponentSession implements Session {
  readonly #instances: Instances;
  readonly #config: Config;
  readonly #rights: Rights;
  /** The client that remembers the models, and the instance that it lives in. */
  #listing: { instance: Instance; client: Client } | undefined;

  /** Throws a failure when the options cannot be used. */
  constructor(instances: Instances, description: Description, options: SessionOptions, connections: Connections) {
    this.#instances = instances;
    this.#config = configOf(options);
    this.#rights = {
      credential: credentialOf(options.apiKey, options.baseUrl ?? description.defaultBaseUrl),
      redaction: new Redaction(options.apiKey),
      connections,
    };
    const instance = instances.take();
    try {
      this.#dispose(instance, this.#open(instance));
    } finally {
      instances.giveBack(instance);
    }
  }

  async *complete(request: Request, options: CallOptions = {}): AsyncGenerator<Event[], void, undefined> {
    options.signal?.throwIfAborted();
    requireTexts(request);
    const instance = this.#instances.take();
    const question = new Question(this.#rights, options);
    let client: Client | undefined;
    let completion: ReturnType<Client['complete']> | undefined;
    let done = false;
    try {
      const opened = (client = this.#open(instance));
      const running = (completion = instance.run(question, () => opened.complete(request)));
      while (!done) {
        question.throwIfAborted();
        const batch = instance.run(question, () => running.next(MOST_EVENTS, 0));
        done = batch.done;
        if (batch.events.length > 0) yield batch.events;
        else if (!done) await question.sleep();
      }
    } finally {
      question.cancelled = !done;
      try {
        this.#dispose(instance, completion);
        this.#dispose(instance, client);
      } finally {
        // Even when the component traps here: its connection would stay open, and its place taken.
        question.end();
        this.#instances.giveBack(instance);
      }
    }
  }

  async models(how: Discovery, maxAgeMs: number, options: CallOptions = {}): Promise<ModelList> {
    // The client remembers a list; it lives as long as its instance does.
    if (!this.#listing || this.#listing.instance.broken) {
      const instance = new Instance(this.#instances.modules);
      this.#listing = { instance, client: this.#open(instance) };
    }
    const { instance, client } = this.#listing;
    return this.#answer(instance, options, () => client.models(how, BigInt(maxAgeMs)));
  }

  async account(options: CallOptions = {}): Promise<Account> {
    const instance = this.#instances.take();
    try {
      const client = this.#open(instance);
      try {
        return await this.#answer(instance, options, () => client.account());
      } finally {
        this.#dispose(instance, client);
      }
    } finally {
      this.#instances.giveBack(instance);
    }
  }

  async #answer<T>(instance: Instance, options: CallOptions, ask: () => Poll<T>): Promise<T> {
    options.signal?.throwIfAborted();
    const question = new Question(this.#rights, options);
    let query: Poll<T> | undefined;
    let answer: T | undefined;
    try {
      const asked = (query = instance.run(question, ask));
      for (;;) {
        question.throwIfAborted();
        answer = instance.run(question, () => asked.poll(0));
        if (answer !== undefined) return answer;
        await question.sleep();
      }
    } finally {
      question.cancelled = answer === undefined;
      try {
        this.#dispose(instance, query);
      } finally {
        question.end();
      }
    }
  }

  #open(instance: Instance): Client {
    return instance.run(undefined, () => instance.provider.Client.open(this.#config));
  }

  /** Drops a resource of the component; in an instance that trapped there is none left to drop. */
  #dispose(instance: Instance, resource: unknown): void {
    if (!resource || instance.broken) return;
    instance.run(undefined, () => (resource as Disposable)[Symbol.dispose]());
  }
}

function configOf(options: SessionOptions): Config {
  const { connectMs, firstByteMs, idleMs, totalMs } = options.timeouts ?? {};
  return {
    baseUrl: options.baseUrl,
    credential: { tag: 'host-injected' },
    timeouts: { connectMs, firstByteMs, idleMs, totalMs },
    maxRetries: options.maxRetries,
    headers: Object.entries(options.headers ?? {}),
  };
}

/** The component tells what is wrong with a base URL; of the key it knows nothing. */
function credentialOf(key: string, baseUrl: string): Credential {
  try {
    return new Credential(key, baseUrl);
  } catch (error) {
    throw Failure.ofHost('configuration', `${(error as TypeError).message}; check what was pasted`);
  }
}
