/**
 * The address and the key for embeddings. The memory search can have an endpoint of its own: the provider's key and
 * headers are sent to the provider's own address only, as by OpenClaw's providers.
 */

import type { SessionOptions } from '../component/contract.js';
import type { EmbeddingCreateOptions, ResolveApiKey } from '../sdk_embeddings.js';
import { PROVIDER_ID } from './identity.js';
import { baseUrlOf, headersOf } from './settings.js';
import { buildMissingAuthMessage, DEFAULT_BASE_URL } from './texts.js';

export interface AccessParts {
  baseUrl: string | undefined;
  /** OpenClaw's own function for keys. */
  resolveApiKey: ResolveApiKey;
}

export type Access = Pick<SessionOptions, 'apiKey' | 'baseUrl' | 'headers'>;

export async function accessOf(parts: AccessParts, options: EmbeddingCreateOptions): Promise<Access> {
  const { config, remote } = options;
  const baseUrl = ownBaseUrl(options) ?? baseUrlOf(config, parts.baseUrl);
  const isOwn = normalized(baseUrl) === normalized(baseUrlOf(config, parts.baseUrl));
  const configured = isOwn ? config.models?.providers?.[PROVIDER_ID]?.headers : undefined;
  return {
    apiKey: secretOf(remote?.apiKey) ?? (await providerKey(parts, options, isOwn)),
    baseUrl,
    headers: headersOf({ ...configured, ...remote?.headers }),
  };
}

/** The address that an index belongs to: another server may have another model under the same name. */
export function destinationOf(parts: Pick<AccessParts, 'baseUrl'>, options: EmbeddingCreateOptions): string {
  return normalized(ownBaseUrl(options) ?? baseUrlOf(options.config, parts.baseUrl));
}

function ownBaseUrl({ remote }: EmbeddingCreateOptions): string | undefined {
  return remote?.baseUrl?.trim() || undefined;
}

/** One spelling for all that the component takes for the same address. */
function normalized(baseUrl = DEFAULT_BASE_URL): string {
  try {
    const { origin, pathname } = new URL(baseUrl);
    return origin + pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  } catch {
    // The component rejects it, with a message.
    return baseUrl;
  }
}

/** The key of `memory.search.remote`. OpenClaw replaces a reference by its text before it creates a provider. */
function secretOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.trim() || undefined;
  throw new Error('memory.search.remote.apiKey is a reference without a value; check the secret that it names');
}

async function providerKey(parts: AccessParts, options: EmbeddingCreateOptions, isOwn: boolean): Promise<string> {
  if (!isOwn) {
    throw new Error(
      'memory.search.remote.baseUrl is another address than that of the provider, whose key is not sent there; ' +
        'set memory.search.remote.apiKey',
    );
  }
  const { config: cfg, agentDir } = options;
  let missing: unknown;
  try {
    const { apiKey } = await parts.resolveApiKey({ provider: PROVIDER_ID, cfg, ...(agentDir && { agentDir }) });
    if (apiKey?.trim()) return apiKey.trim();
  } catch (error) {
    // Any other error, such as that of a secret that cannot be read, says what to do.
    if (!(error instanceof Error && error.message.includes('No API key found'))) throw error;
    missing = error;
  }
  throw new Error(buildMissingAuthMessage(), { cause: missing });
}
