/** What a session of the component is opened with. */

import type { SessionOptions } from '../component/contract.js';
import type { Config, Model, StreamOptions } from '../sdk.js';
import { PROVIDER_ID } from './identity.js';

/** Headers that the component or the transport sets; it refuses a second one. */
const OURS = new Set([
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
const OUR_PREFIXES = ['content-', 'proxy-'];

/** The longest deadline that the contract has a number for, in milliseconds: 49 days. */
const LONGEST_MS = 0xffffffff;

/** The base URL: the configuration's, or the environment's; `undefined`: the component's own. */
export function baseUrlOf(config: Config | undefined, environment: string | undefined): string | undefined {
  const configured = config?.models?.providers?.[PROVIDER_ID]?.baseUrl?.trim();
  return configured || environment?.trim() || undefined;
}

/** How a completion is asked for. OpenClaw asks again by itself, so nothing is tried twice here. */
export function sessionOptions(
  model: Model,
  options: StreamOptions,
  apiKey: string,
  baseUrl: string | undefined,
): SessionOptions {
  const settings: SessionOptions = {
    apiKey,
    baseUrl,
    headers: headersOf({ ...model.headers, ...options.headers }),
    maxRetries: 0,
  };
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && timeoutMs > 0) {
    settings.timeouts = { firstByteMs: Math.min(Math.ceil(timeoutMs), LONGEST_MS) };
  }
  return settings;
}

/** In lower case, each once, without those that are not to be replaced: a configuration may hold leftovers of them. */
function headersOf(given: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const ours = OURS.has(lower) || OUR_PREFIXES.some((prefix) => lower.startsWith(prefix));
    if (!ours && typeof value === 'string') headers[lower] = value;
  }
  return headers;
}
