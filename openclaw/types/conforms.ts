/**
 * Proof by the compiler that what the plugin hands to OpenClaw is what OpenClaw declares, and that what OpenClaw hands
 * over is what the plugin expects. `scripts/conforms.mjs` compiles it against the real package; nothing of it runs.
 * A line that does not compile names the hook or the type that came apart.
 */

import type { OpenClawPluginApi, ProviderPlugin } from 'openclaw/plugin-sdk/plugin-entry';
import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import type { embeddingAdapter } from '../src/provider/embeddings.js';
import type { createProvider } from '../src/provider/provider.js';
import type { ResolveApiKey } from '../src/sdk_embeddings.js';
import type {
  AssistantMessage,
  AssistantMessageEvent,
  AssistantMessageStream,
  Context,
  FailoverReason,
  Message,
  Model,
  ModelDefinition,
  StreamOptions,
  ThinkingLevel,
  Usage,
} from '../src/sdk.js';

type Ours = ReturnType<typeof createProvider>;

/** Compiles only where `From` can be used as `To`. */
export type Fits<From extends To, To> = From;

/** Everything fits a type that could not be found. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export type Found = [
  Fits<IsAny<ProviderPlugin>, false>,
  Fits<IsAny<StreamFn>, false>,
  Fits<IsAny<Their['event']>, false>,
];

/** OpenClaw's stream function, its parameters and its result. */
type StreamFn = NonNullable<ReturnType<NonNullable<ProviderPlugin['createStreamFn']>>>;
type Parameter<N extends 0 | 1 | 2> = NonNullable<Parameters<StreamFn>[N]>;
type Stream = Awaited<ReturnType<StreamFn>>;
type Their = {
  stream: Stream;
  message: Awaited<ReturnType<Stream['result']>>;
  event: Stream extends AsyncIterable<infer Event> ? Event : never;
};

/**
 * The two places where our types say more than OpenClaw's. A price that is unknown has no cost, which OpenClaw's
 * runtime accepts and then calculates itself; the same holds for what is unknown of a model in a list.
 */
type WithCost<T extends { usage: Usage }> = Omit<T, 'usage'> & { usage: Usage & { cost: NonNullable<Usage['cost']> } };
type Priced<Event> = {
  [K in keyof Event]: Event[K] extends AssistantMessage ? WithCost<AssistantMessage> : Event[K];
};
type EachPriced<Event> = Event extends unknown ? Priced<Event> : never;
type Whole<T extends { models: ModelDefinition[] }> = Omit<T, 'models'> & { models: Required<ModelDefinition>[] };
type WholeResult<T> = T extends { provider: infer P extends { models: ModelDefinition[] } }
  ? Omit<T, 'provider'> & { provider: Whole<P> }
  : T extends { providers: Record<string, infer P extends { models: ModelDefinition[] }> }
    ? Omit<T, 'providers'> & { providers: Record<string, Whole<P>> }
    : T;

// What OpenClaw hands over.
export type Handed = [
  Fits<Parameter<0>, Model>,
  Fits<Parameter<1>, Context>,
  Fits<Parameter<2>, StreamOptions>,
  Fits<Parameter<1>['messages'][number], Message>,
  Fits<NonNullable<Parameter<2>['reasoning']>, ThinkingLevel>,
  Fits<ThinkingLevel, NonNullable<Parameter<2>['reasoning']>>,
];

// What it gets.
export type Given = [
  Fits<WithCost<AssistantMessage>, Their['message']>,
  Fits<EachPriced<AssistantMessageEvent>, Their['event']>,
  Fits<Promise<WithCost<AssistantMessage>>, ReturnType<Their['stream']['result']>>,
  Fits<FailoverReason, NonNullable<ReturnType<NonNullable<ProviderPlugin['classifyFailoverReason']>>>>,
  Fits<NonNullable<ReturnType<NonNullable<ProviderPlugin['classifyFailoverReason']>>>, FailoverReason>,
];

// Our stream is theirs but for the cost, which is looked at above.
export type Streamed = Fits<keyof Their['stream'], keyof AssistantMessageStream>;

/** Hooks whose values are the looked-at types; all others have to fit as they are. */
type LookedAt =
  | 'createStreamFn'
  | 'wrapStreamFn'
  | 'catalog'
  | 'staticCatalog'
  | 'resolveDynamicModel'
  | 'prepareDynamicModel';

export const asItIs = (ours: Omit<Ours, LookedAt>): Omit<ProviderPlugin, LookedAt> => ours;

/** Hooks that older versions neither have nor call. `newest.ts` proves that the newest has them. */
export type NewHook = 'supportsSystemPromptCacheBoundary';

// No hook that OpenClaw does not know.
export type Known = Fits<Exclude<keyof Ours, NewHook>, keyof ProviderPlugin>;

type CatalogRun = NonNullable<ProviderPlugin['catalog']>['run'];
type Dynamic = NonNullable<Awaited<ReturnType<NonNullable<ProviderPlugin['resolveDynamicModel']>>>>;
type OurDynamic = Required<NonNullable<ReturnType<Ours['resolveDynamicModel']>>>;

export type Catalogues = [
  Fits<Parameters<CatalogRun>[0], Parameters<Ours['catalog']['run']>[0]>,
  Fits<Parameters<CatalogRun>[0], Parameters<Ours['staticCatalog']['run']>[0]>,
  Fits<WholeResult<Awaited<ReturnType<Ours['catalog']['run']>>>, Awaited<ReturnType<CatalogRun>>>,
  Fits<Ours['catalog']['order'], NonNullable<NonNullable<ProviderPlugin['catalog']>['order']>>,
  Fits<OurDynamic, Dynamic>,
  Fits<Parameters<NonNullable<ProviderPlugin['resolveDynamicModel']>>[0], Parameters<Ours['resolveDynamicModel']>[0]>,
  Fits<Parameters<NonNullable<ProviderPlugin['prepareDynamicModel']>>[0], Parameters<Ours['prepareDynamicModel']>[0]>,
  Fits<Parameters<NonNullable<ProviderPlugin['createStreamFn']>>[0], Parameters<Ours['createStreamFn']>[0]>,
];

type EmbeddingAdapter = Parameters<OpenClawPluginApi['registerEmbeddingProvider']>[0];

export const embeddings = (ours: ReturnType<typeof embeddingAdapter>): EmbeddingAdapter => ours;
export type EmbeddingHooks = Fits<keyof ReturnType<typeof embeddingAdapter>, keyof EmbeddingAdapter>;

// The configuration that is handed back is OpenClaw's own; `Config` is the part of it that is read.
type ResolveTheirKey = OpenClawPluginApi['runtime']['modelAuth']['resolveApiKeyForProvider'];
export type Key = [
  Fits<Awaited<ReturnType<ResolveTheirKey>>, Awaited<ReturnType<ResolveApiKey>>>,
  Fits<Exclude<keyof Parameters<ResolveApiKey>[0], 'agentDir'>, keyof Parameters<ResolveTheirKey>[0]>,
];

type Registered = 'logger' | 'runtime' | 'pluginConfig' | 'registerProvider' | 'registerEmbeddingProvider';
export const entry = (register: (api: Pick<OpenClawPluginApi, Registered>) => void) =>
  definePluginEntry({ id: 'cometapi', name: 'CometAPI', description: '', register });
