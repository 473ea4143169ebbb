/** The catalogue: the built-in list, the service's list, and models that are in neither. */

import { createHash } from 'node:crypto';
import { type Component, Failure, type ModelList } from '../component/contract.js';
import type {
  CatalogContext,
  CatalogOutcome,
  CatalogResult,
  DynamicModel,
  DynamicModelContext,
  ModelDefinition,
  ProviderCatalog,
} from '../sdk.js';
import { PROVIDER_ID } from './identity.js';
import { definitionOf, definitionsOf } from './models.js';
import { DEFAULT_ROUTE } from './routes/table.js';
import { baseUrlOf } from './settings.js';
import { DEFAULT_BASE_URL } from './texts.js';

/**
 * How long a live list is reused, in milliseconds, also if a user refreshes it. A gateway that lists models afterwards
 * queries the service again, with two requests. OpenClaw keeps the lists of its own providers as long.
 */
const TTL_MS = 60_000;

/** A placeholder: the built-in list needs no key and sends nothing, but a session needs one. */
const NO_KEY = 'none';

/** The dependencies of the catalogue. */
export interface CatalogParts {
  load: () => Promise<Component>;
  /** The base URL of the environment. */
  baseUrl: string | undefined;
  /** OpenClaw's cache of live lists. OpenClaw also refreshes it. */
  cached: <T>(params: { keyParts: readonly unknown[]; ttlMs: number; load: () => Promise<T> }) => Promise<T>;
  warn: (message: string) => void;
}

/** OpenClaw's hooks for the catalogue. */
export class Catalog {
  readonly #parts: CatalogParts;
  #builtIn: Promise<ModelList> | undefined;
  /** The last live list, and the key and the base URL that it belongs to. */
  #last: { of: string; list: ModelList } | undefined;

  constructor(parts: CatalogParts) {
    this.#parts = parts;
  }

  /** The built-in list. */
  async listed(context: Pick<CatalogContext, 'config'>): Promise<CatalogResult> {
    return { provider: this.#provider(context, definitionsOf(await this.#fromComponent())) };
  }

  /** The service's list for this key; `null` without a key. A failure is reported as an outcome. */
  async live(context: CatalogContext): Promise<CatalogResult> {
    // OpenClaw also runs this hook when it refreshes the catalogue of another provider only.
    if (context.providerIds && !context.providerIds.includes(PROVIDER_ID)) return null;
    const { apiKey, discoveryApiKey, profileId } = context.resolveProviderApiKey(PROVIDER_ID);
    if (!apiKey) return null;
    const identity = { provider: PROVIDER_ID, ...(profileId === undefined ? {} : { profileId }) };
    try {
      const list = await this.#fromService(context, discoveryApiKey ?? apiKey);
      for (const warning of list.warnings) this.#parts.warn(`list of models: ${warning}`);
      const provider = { ...this.#provider(context, definitionsOf(list)), apiKey };
      return { provider, outcomes: [{ ...identity, status: 'ready' }] };
    } catch (error) {
      // An aborted query says nothing about the account, so it must not mark it as unavailable.
      context.signal?.throwIfAborted();
      this.#parts.warn(`the models could not be listed: ${error instanceof Error ? error.message : String(error)}`);
      const outcome = outcomeOf(error);
      const list =
        outcome.status === 'unavailable' ? await this.#withoutService(context, discoveryApiKey ?? apiKey) : undefined;
      const providers: Record<string, ProviderCatalog> = {};
      if (list) providers[PROVIDER_ID] = { ...this.#provider(context, definitionsOf(list)), apiKey };
      return { providers, outcomes: [{ ...identity, ...outcome }] };
    }
  }

  /**
   * What is listed while the service cannot be reached, so that a user can still choose a model: the last list of this
   * key, or else the built-in one. Nothing if the component itself cannot be loaded.
   */
  async #withoutService(context: CatalogContext, apiKey: string): Promise<ModelList | undefined> {
    if (this.#last?.of === JSON.stringify(this.#identity(context, apiKey))) return this.#last.list;
    return this.#fromComponent().catch(() => undefined);
  }

  /** A model outside the listed ones. The built-in list also knows models that are not listed for chat. */
  async prepare(context: DynamicModelContext): Promise<DynamicModel | undefined> {
    const { models, sourceSets } = await this.#fromComponent();
    const known = models.find((model) => model.id === context.modelId);
    return known && this.#dynamic(context, definitionOf(known, sourceSets));
  }

  /** A model of which nothing is known. The id is used as it is, because new models appear before any list has them. */
  resolve(context: DynamicModelContext): DynamicModel | undefined {
    const id = context.modelId.trim();
    return id === '' ? undefined : this.#dynamic(context, { id, name: id });
  }

  #dynamic(context: DynamicModelContext, definition: ModelDefinition): DynamicModel {
    const { input, ...rest } = definition;
    // OpenClaw's runner knows only these two kinds of input.
    const taken = (input ?? ['text']).filter((kind) => kind === 'text' || kind === 'image');
    const { api = DEFAULT_ROUTE.api } = definition;
    return { ...rest, input: taken, api, provider: PROVIDER_ID, baseUrl: this.#baseUrl(context) };
  }

  /** The default route's adapter is for models without one of their own. */
  #provider(context: Pick<CatalogContext, 'config'>, models: ModelDefinition[]): ProviderCatalog {
    return { baseUrl: this.#baseUrl(context), api: DEFAULT_ROUTE.api, models };
  }

  #baseUrl(context: DynamicModelContext | Pick<CatalogContext, 'config'>): string {
    return baseUrlOf(context.config, this.#parts.baseUrl) ?? DEFAULT_BASE_URL;
  }

  /** Loaded once: the built-in list cannot change while the process runs, and hooks request it often. */
  #fromComponent(): Promise<ModelList> {
    this.#builtIn ??= this.#parts
      .load()
      .then((component) => component.open({ apiKey: NO_KEY, maxRetries: 0 }).models('built-in', 0));
    // A load that failed is not kept, so the next hook tries again.
    this.#builtIn.catch(() => (this.#builtIn = undefined));
    return this.#builtIn;
  }

  async #fromService(context: CatalogContext, apiKey: string): Promise<ModelList> {
    const baseUrl = baseUrlOf(context.config, this.#parts.baseUrl);
    const keyParts = this.#identity(context, apiKey);
    const list = await this.#parts.cached({
      keyParts,
      ttlMs: TTL_MS,
      load: async () => {
        const component = await this.#parts.load();
        return component.open({ apiKey, baseUrl, maxRetries: 1 }).models('live', 0, { signal: context.signal });
      },
    });
    this.#last = { of: JSON.stringify(keyParts), list };
    return list;
  }

  /** A list belongs to a key and a base URL. The key is hashed, because OpenClaw may store what names a cached list. */
  #identity(context: CatalogContext, apiKey: string): readonly string[] {
    const baseUrl = baseUrlOf(context.config, this.#parts.baseUrl);
    return [PROVIDER_ID, baseUrl ?? '', createHash('sha256').update(apiKey).digest('hex')];
  }
}

/** A rejected key has an outcome of its own: OpenClaw marks the account as not working. */
function outcomeOf(error: unknown): Pick<CatalogOutcome, 'status' | 'rejectionScope'> {
  const kind = error instanceof Failure ? error.record.kind.tag : undefined;
  if (kind === 'authentication') return { status: 'auth-rejected' };
  if (kind === 'permission') return { status: 'auth-rejected', rejectionScope: 'catalog' };
  return { status: 'unavailable' };
}
