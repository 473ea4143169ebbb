/**
 * The parts of OpenClaw's plugin SDK that this plugin uses, declared again.
 *
 * The types are structural, so the plugin compiles and its tests run without OpenClaw (850 MB). `types/conforms.ts`
 * compares them with the declarations that OpenClaw ships.
 */

/** Thinking levels, weakest first. */
export type ThinkingLevel = 'off' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** The model's name for each level. `null`: the model has no such level. Absent: unknown. */
export type ThinkingLevelMap = Partial<Record<ThinkingLevel, string | null>>;

/** Rates in USD per million tokens. */
export interface Rates {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** The rates for requests with at least as many input tokens as the first number, and fewer than the second. */
export interface PricingTier extends Rates {
  range: [number, number] | [number];
}

/** Rates, which are those of the tiers where there are any. */
export interface Cost extends Rates {
  tieredPricing?: PricingTier[];
}

// ---------------------------------------------------------------- messages

export interface TextContent {
  type: 'text';
  text: string;
  textSignature?: string;
}

export interface ThinkingContent {
  type: 'thinking';
  thinking: string;
  thinkingSignature?: string;
  redacted?: boolean;
}

export interface ImageContent {
  type: 'image';
  /** Base64. */
  data: string;
  mimeType: string;
}

export interface ToolCall {
  type: 'toolCall';
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  thoughtSignature?: string;
}

export interface UserMessage {
  role: 'user';
  content: string | (TextContent | ImageContent)[];
  /** A message with facts of the current turn, which OpenClaw adds itself and mostly removes when the turn is over. */
  runtimeContextCarrier?: boolean;
  /** Milliseconds since 1970, here and in the other messages. */
  timestamp: number;
}

export interface ToolResultMessage {
  role: 'toolResult';
  toolCallId: string;
  toolName: string;
  content: (TextContent | ImageContent)[];
  isError: boolean;
  timestamp: number;
}

/** Tokens, and what they cost in USD. */
export interface Usage {
  /** Input tokens that were not read from the cache. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  /** Of `cacheWrite`: tokens whose entries live for an hour, at a higher price. */
  cacheWrite1h?: number;
  totalTokens: number;
  /** Of the output. */
  reasoningTokens?: number;
  /** Whether the provider reports cache counts at all; otherwise the zeros above would read as facts. */
  cacheTelemetry?: { state: 'available' | 'unavailable' };
  /** `unavailable`: the provider reported no counts. The other state is set by OpenClaw's own transports only. */
  contextUsage?: { state: 'unavailable' } | { state: 'available'; promptTokens: number; totalTokens: number };
  /** Absent: OpenClaw calculates the cost. */
  cost?: Rates & { total: number; totalOrigin?: 'provider-billed' };
}

export type StopReason = 'stop' | 'length' | 'toolUse' | 'error' | 'aborted';

export interface Diagnostic {
  type: string;
  timestamp: number;
  details?: Record<string, unknown>;
}

export interface AssistantMessage {
  role: 'assistant';
  content: (TextContent | ThinkingContent | ToolCall)[];
  api: string;
  provider: string;
  model: string;
  responseModel?: string;
  responseId?: string;
  diagnostics?: Diagnostic[];
  usage: Usage;
  stopReason: StopReason;
  errorMessage?: string;
  errorCode?: string;
  errorType?: string;
  errorBody?: string;
  timestamp: number;
}

export type Message = UserMessage | AssistantMessage | ToolResultMessage;

export interface Tool {
  name: string;
  description: string;
  /** JSON Schema. */
  parameters: object;
}

export interface Context {
  systemPrompt?: string;
  messages: Message[];
  tools?: Tool[];
}

// ---------------------------------------------------------------- the stream

export type AssistantMessageEvent =
  | { type: 'start'; partial: AssistantMessage }
  | { type: 'text_start' | 'thinking_start' | 'toolcall_start'; contentIndex: number; partial: AssistantMessage }
  | {
      type: 'text_delta' | 'thinking_delta' | 'toolcall_delta';
      contentIndex: number;
      delta: string;
      partial: AssistantMessage;
    }
  | { type: 'text_end' | 'thinking_end'; contentIndex: number; content: string; partial: AssistantMessage }
  | { type: 'toolcall_end'; contentIndex: number; toolCall: ToolCall; partial: AssistantMessage }
  | { type: 'done'; reason: 'stop' | 'length' | 'toolUse'; message: AssistantMessage }
  | { type: 'error'; reason: 'error' | 'aborted'; error: AssistantMessage };

export interface AssistantMessageStream extends AsyncIterable<AssistantMessageEvent> {
  /** The final message, also of a failed or aborted response. It never rejects. */
  result(): Promise<AssistantMessage>;
}

/**
 * A model of a request. OpenClaw declares more of it as present, but a model that it takes from a list or a configuration
 * has only what is known there.
 */
export interface Model {
  id: string;
  name: string;
  api: string;
  provider: string;
  baseUrl: string;
  reasoning?: boolean;
  thinkingLevelMap?: ThinkingLevelMap;
  input?: ('text' | 'image')[];
  /** Zeros, or absent, where the price is unknown. */
  cost?: Cost;
  contextWindow?: number;
  maxTokens?: number;
  params?: Record<string, unknown>;
  /** Extra headers from the configuration of the provider or the model. */
  headers?: Record<string, string>;
}

export interface StreamOptions {
  temperature?: number;
  maxTokens?: number;
  /** A JSON Schema. */
  responseFormat?: Record<string, unknown>;
  stop?: string[];
  signal?: AbortSignal;
  apiKey?: string;
  cacheRetention?: 'none' | 'short' | 'long';
  sessionId?: string;
  /** OpenClaw's identifier of this call of a model, which its log and its hooks have as well. */
  requestId?: string;
  promptCacheKey?: string;
  onPayload?(payload: unknown, model: Model): unknown;
  onResponse?(response: { status: number; headers: Record<string, string> }, model: Model): void | Promise<void>;
  headers?: Record<string, string>;
  /** Milliseconds until the response has to begin. */
  timeoutMs?: number;
  metadata?: Record<string, unknown>;
  serviceTier?: 'default' | 'priority';
  reasoning?: ThinkingLevel;
  /** Tokens of thinking for each level. */
  thinkingBudgets?: Partial<Record<ThinkingLevel, number>>;
}

/** What OpenClaw adds to the options out of a model's `params`, beyond what its types declare. */
export interface ExtraOptions {
  topP?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  seed?: number;
  /** This plugin's own: the user chose the level `adaptive`, which OpenClaw passes on as `high`. */
  adaptiveThinking?: boolean;
  /** This plugin's own: the agent of the turn. */
  agentId?: string;
}

export type StreamFn = (model: Model, context: Context, options?: StreamOptions) => AssistantMessageStream;

// ---------------------------------------------------------------- the catalogue

/** Adapters of OpenClaw that models are filed under here. */
export type ModelApi = 'openai-completions' | 'openai-responses' | 'anthropic-messages' | 'google-generative-ai';

/** A model as a catalogue lists it. What is absent is unknown. */
export interface ModelDefinition {
  id: string;
  name: string;
  /** Absent: the provider's. */
  api?: ModelApi;
  reasoning?: boolean;
  input?: ('text' | 'image' | 'video' | 'audio')[];
  cost?: Cost;
  contextWindow?: number;
  maxTokens?: number;
  thinkingLevelMap?: ThinkingLevelMap;
  params?: Record<string, unknown>;
}

export interface ProviderCatalog {
  baseUrl: string;
  api: ModelApi;
  apiKey?: string;
  models: ModelDefinition[];
}

export interface CatalogOutcome {
  provider: string;
  profileId?: string;
  rejectionScope?: 'catalog';
  status: 'ready' | 'auth-rejected' | 'unavailable';
}

export type CatalogResult =
  | { provider: ProviderCatalog; outcomes?: readonly CatalogOutcome[] }
  | { providers: Record<string, ProviderCatalog>; outcomes?: readonly CatalogOutcome[] }
  | null;

/** The part of OpenClaw's configuration that is read here. */
export interface Config {
  models?: { providers?: Record<string, { baseUrl?: string; models?: unknown[] } | undefined> };
  plugins?: { entries?: Record<string, { enabled?: boolean; config?: Record<string, unknown> }> };
}

export interface CatalogContext {
  signal?: AbortSignal;
  config: Config;
  providerIds?: readonly string[];
  /** `apiKey` may be a marker that stands for the key; `discoveryApiKey` is the key itself. */
  resolveProviderApiKey(providerId?: string): {
    apiKey: string | undefined;
    discoveryApiKey?: string;
    profileId?: string;
  };
}

export interface DynamicModelContext {
  config?: Config;
  modelId: string;
}

/** A model that is in no list, as OpenClaw's runner takes it. What is absent is unknown. */
export type DynamicModel = Omit<ModelDefinition, 'input'> & {
  api: ModelApi;
  provider: string;
  baseUrl: string;
  input: ('text' | 'image')[];
};

// ---------------------------------------------------------------- errors, thinking, usage

export type FailoverReason =
  | 'auth'
  | 'auth_permanent'
  | 'format'
  | 'rate_limit'
  | 'overloaded'
  | 'billing'
  | 'server_error'
  | 'timeout'
  | 'tls_certificate'
  | 'context_overflow'
  | 'model_not_found'
  | 'session_expired'
  | 'empty_response'
  | 'no_error_details'
  | 'unclassified'
  | 'unknown';

export interface FailoverContext {
  errorMessage: string;
  errorType?: string;
}

export interface ThinkingProfile {
  levels: { id: ThinkingLevel | 'adaptive' }[];
}

/** The part of what OpenClaw hands to a wrapper of a stream function that is read here. */
export interface WrapContext {
  streamFn?: StreamFn | undefined;
  /** The parameters that a user configured for the model, the agent, or all models. */
  extraParams?: Record<string, unknown> | undefined;
  /** The level that the user chose. */
  thinkingLevel?: string | undefined;
  agentId?: string | undefined;
}

export interface UsageSnapshot {
  provider: string;
  displayName: string;
  windows: { label: string; usedPercent: number }[];
  billing?: (
    | { type: 'balance'; amount: number; unit: string }
    | { type: 'spend'; amount: number; unit: string }
    | { type: 'budget'; used: number; limit: number; unit: string }
  )[];
  summary?: string;
  error?: string;
}

// ---------------------------------------------------------------- keys

export interface AuthContext {
  config: Config;
  signal?: AbortSignal;
  prompter: { note(message: string, title?: string): Promise<void> };
}

export interface AuthResult {
  profiles: { profileId: string; credential: { type: 'api_key'; provider: string; key?: string } }[];
  defaultModel?: string;
  /** Merged into the configuration. */
  configPatch?: Pick<Config, 'plugins'>;
}

/** A set-up without a person. `C` is OpenClaw's own configuration, which is handed through. */
export interface BatchAuthContext<C extends Config> {
  config: C;
  opts: object;
  runtime: { error(...args: unknown[]): void; exit(code: number): void };
  resolveApiKey(params: {
    provider: string;
    flagValue?: string;
    flagName: `--${string}`;
    envVar: string;
  }): Promise<{ key: string } | null>;
}

/** A way to enter and store a key. */
export interface AuthMethod {
  id: string;
  label: string;
  hint?: string;
  kind: 'api_key';
  run(context: AuthContext): Promise<AuthResult>;
  runNonInteractive<C extends Config>(context: BatchAuthContext<C>): Promise<C | null>;
}

/** An entry in the list of set-up. */
export interface SetupChoice {
  choiceId: string;
  choiceLabel: string;
  choiceHint: string;
  groupId: string;
  groupLabel: string;
  groupHint: string;
}

/** The options of OpenClaw's `createProviderApiKeyAuthMethod`. */
export interface ApiKeyMethodOptions {
  providerId: string;
  methodId: string;
  label: string;
  hint: string;
  optionKey: string;
  flagName: `--${string}`;
  envVar: string;
  promptMessage: string;
  noteMessage: string;
  noteTitle: string;
  defaultModel: string;
  /** The entry in set-up. Until 2026.9.4, OpenClaw finds the method of a choice by this, later by the manifest. */
  wizard: SetupChoice;
  /** Called with the key once it is known; returns the default model. */
  resolveDefaultModel?: (context: { apiKey: string }) => string;
}
