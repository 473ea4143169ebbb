/** The settings of a session of the component. */

import type { SessionOptions } from '../component/contract.js';
import type { Config, Model, StreamOptions } from '../sdk.js';
import { attributionOf } from './attribution.js';
import { PROVIDER_ID } from './identity.js';
import { ownBaseUrl } from './plugin_config.js';

/** Headers that the component or the transport sets itself. The component rejects a second one. */
const RESERVED = new Set([
  'accept',
  'accept-encoding',
  'anthropic-version',
  'api-key',
  'authorization',
  'connection',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-goog-api-key',
]);
/** `content-length` and the like describe the body, which the component makes; `proxy-` headers are for proxies. */
const RESERVED_PREFIXES = ['content-', 'proxy-'];

/** The longest deadline that the contract's 32 bits can express, in milliseconds: 49 days. */
const MAX_DEADLINE_MS = 0xffffffff;

/** The base URL of the configuration, or else of the environment. `undefined` selects the component's default. */
export function baseUrlOf(config: Config | undefined, environment: string | undefined): string | undefined {
  // A blank value counts as none: a form in which the field was cleared must not lead to an invalid URL.
  return configuredBaseUrl(config) ?? (environment?.trim() || undefined);
}

/** The base URL that OpenClaw's own setting contains. */
export function configuredBaseUrl(config: Config | undefined): string | undefined {
  return config?.models?.providers?.[PROVIDER_ID]?.baseUrl?.trim() || undefined;
}

/** The base URL that the plugin's setting contains. */
export function storedBaseUrl(config: Config): string | undefined {
  return ownBaseUrl(config.plugins?.entries?.[PROVIDER_ID]?.config);
}

/**
 * A configuration that contains the base URL as the plugin's setting. A key belongs to the server that accepted it: a
 * gateway that is started without `COMETAPI_BASE_URL` would otherwise send the key to the default origin.
 */
export function withBaseUrl<C extends Config>(config: C, baseUrl: string): C {
  const { plugins } = config;
  const entry = plugins?.entries?.[PROVIDER_ID];
  const changed = { ...entry, config: { ...entry?.config, baseUrl } };
  return { ...config, plugins: { ...plugins, entries: { ...plugins?.entries, [PROVIDER_ID]: changed } } };
}

/** The settings for a completion. OpenClaw retries failed turns itself, so the component must not retry. */
export function sessionOptions(
  model: Model,
  options: StreamOptions,
  apiKey: string,
  baseUrl: string | undefined,
  attribution = true,
): SessionOptions {
  const settings: SessionOptions = {
    apiKey,
    baseUrl,
    // A configured header overrides the one of the same name, in any case.
    headers: { ...(attribution ? attributionOf(options) : {}), ...headersOf({ ...model.headers, ...options.headers }) },
    maxRetries: 0,
  };
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && timeoutMs > 0) {
    // OpenClaw's time-out is the time until the response begins; the length of a response is not limited.
    settings.timeouts = { firstByteMs: Math.min(Math.ceil(timeoutMs), MAX_DEADLINE_MS) };
  }
  return settings;
}

/** Names in lower case, each once, without the reserved ones: a configuration for another provider may contain those. */
export function headersOf(given: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const reserved = RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
    if (!reserved && typeof value === 'string') headers[lower] = value;
  }
  return headers;
}
