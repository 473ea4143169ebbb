/** The key: asked for and stored by OpenClaw, and checked with the service before it is stored. */

import { type Component, Failure } from '../component/contract.js';
import type { ApiKeyMethodOptions, AuthContext, AuthMethod, AuthResult, BatchAuthContext, Config } from '../sdk.js';
import { LABEL, modelRef, PROVIDER_ID } from './identity.js';
import { baseUrlOf } from './settings.js';
import { CONSOLE_URL, DEFAULT_MODEL, ENV_VARS } from './texts.js';

const OPTION = 'cometapiApiKey';
const FLAG = '--cometapi-api-key';
const [ENV_VAR = ''] = ENV_VARS;

/** A check is worth no longer wait than this, in milliseconds. */
const PATIENCE_MS = 15_000;

/** What the method is made with. */
export interface AuthParts {
  load: () => Promise<Component>;
  baseUrl: string | undefined;
  /** OpenClaw's own method: it asks, reads flags and variables, and stores. */
  createMethod: (options: ApiKeyMethodOptions) => AuthMethod;
}

/** OpenClaw's method with a check between asking and storing. A key that is refused is not stored. */
export function apiKeyMethod(parts: AuthParts): AuthMethod {
  const method = parts.createMethod(METHOD);
  return {
    ...method,
    run: (context) => run(parts, context),
    runNonInteractive: (context) => runNonInteractive(parts, method, context),
  };
}

/** What OpenClaw is told of the method; the manifest says the same. */
export const METHOD: ApiKeyMethodOptions = {
  providerId: PROVIDER_ID,
  methodId: 'api-key',
  label: `${LABEL} API key`,
  hint: '500+ models behind one key',
  optionKey: OPTION,
  flagName: FLAG,
  envVar: ENV_VAR,
  promptMessage: `Enter your ${LABEL} API key`,
  noteMessage: `Keys are made at ${CONSOLE_URL}. One begins with sk-.`,
  noteTitle: LABEL,
  defaultModel: modelRef(DEFAULT_MODEL),
};

async function run(parts: AuthParts, context: AuthContext): Promise<AuthResult> {
  // The one moment at which OpenClaw's method shows the key itself: it may hand back a reference to a secret.
  let key = '';
  const resolveDefaultModel = ({ apiKey }: { apiKey: string }): string => {
    key = apiKey;
    return METHOD.defaultModel;
  };
  const result = await parts.createMethod({ ...METHOD, resolveDefaultModel }).run(context);
  const doubt = await check(parts, context.config, key, context.signal);
  if (doubt !== undefined) await context.prompter.note(`The key could not be checked: ${doubt}`, LABEL);
  return result;
}

async function runNonInteractive<C extends Config>(
  parts: AuthParts,
  method: AuthMethod,
  context: BatchAuthContext<C>,
): Promise<C | null> {
  const given = (context.opts as Record<string, unknown>)[OPTION];
  const resolved = await context.resolveApiKey({
    provider: PROVIDER_ID,
    ...(typeof given === 'string' && given.trim() !== '' ? { flagValue: given.trim() } : {}),
    flagName: FLAG,
    envVar: ENV_VAR,
  });
  // Why there is none was said by whoever looked for it.
  if (!resolved) return null;
  try {
    const doubt = await check(parts, context.config, resolved.key);
    if (doubt !== undefined) context.runtime.error(`The ${LABEL} key could not be checked: ${doubt}`);
  } catch (error) {
    context.runtime.error(error instanceof Error ? error.message : String(error));
    // Without it OpenClaw would end as if all were set up.
    context.runtime.exit(1);
    return null;
  }
  return method.runNonInteractive(context);
}

/** Asks the service for the account. Throws when the key is refused; says why when nobody could be asked. */
async function check(
  parts: AuthParts,
  config: Config,
  apiKey: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const component = await parts.load();
    const baseUrl = baseUrlOf(config, parts.baseUrl);
    await component.open({ apiKey, baseUrl, maxRetries: 1, timeouts: { totalMs: PATIENCE_MS } }).account({ signal });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    const kind = error instanceof Failure ? error.record.kind.tag : undefined;
    if (kind === 'authentication' || kind === 'configuration') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
