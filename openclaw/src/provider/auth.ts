/** The key: OpenClaw prompts for it and stores it; the service checks it before it is stored. */

import { type Component, Failure } from '../component/contract.js';
import type { ApiKeyMethodOptions, AuthContext, AuthMethod, AuthResult, BatchAuthContext, Config } from '../sdk.js';
import { HINT, LABEL, modelRef, PROVIDER_ID } from './identity.js';
import { baseUrlOf, configuredBaseUrl, storedBaseUrl, withBaseUrl } from './settings.js';
import { CONSOLE_URL, DEFAULT_MODEL, ENV_VARS } from './texts.js';

const OPTION = 'cometapiApiKey';
const FLAG = '--cometapi-api-key';
const [ENV_VAR = ''] = ENV_VARS;

/** Where the configuration can have a base URL: OpenClaw's own setting, and the plugin's, which OpenClaw does not use. */
const OPENCLAW_PATH = `models.providers.${PROVIDER_ID}.baseUrl`;
const PLUGIN_PATH = `plugins.entries.${PROVIDER_ID}.config.baseUrl`;

/** The total deadline of the check, in milliseconds: a person waits for it. */
const PATIENCE_MS = 15_000;

/** The dependencies of the method. */
export interface AuthParts {
  load: () => Promise<Component>;
  baseUrl: string | undefined;
  /** OpenClaw's own method: it prompts, reads flags and variables, and stores. */
  createMethod: (options: ApiKeyMethodOptions) => AuthMethod;
}

/** OpenClaw's method with a check between the prompt and the storage. A rejected key is not stored. */
export function apiKeyMethod(parts: AuthParts): AuthMethod {
  const method = parts.createMethod(METHOD);
  return {
    ...method,
    run: (context) => run(parts, context),
    runNonInteractive: (context) => runNonInteractive(parts, method, context),
  };
}

/** The method's description for OpenClaw. The manifest repeats it. */
export const METHOD: ApiKeyMethodOptions = {
  providerId: PROVIDER_ID,
  methodId: 'api-key',
  label: `${LABEL} API key`,
  hint: HINT,
  optionKey: OPTION,
  flagName: FLAG,
  envVar: ENV_VAR,
  promptMessage: `Enter your ${LABEL} API key`,
  noteMessage: `Create a key at ${CONSOLE_URL}. Keys begin with sk-.`,
  noteTitle: LABEL,
  defaultModel: modelRef(DEFAULT_MODEL),
  wizard: {
    choiceId: `${PROVIDER_ID}-api-key`,
    choiceLabel: `${LABEL} API key`,
    choiceHint: HINT,
    groupId: PROVIDER_ID,
    groupLabel: LABEL,
    groupHint: HINT,
  },
};

/** The set-up in a dialog. A rejected key throws, which ends the dialog before anything is stored. */
async function run(parts: AuthParts, context: AuthContext): Promise<AuthResult> {
  // The only place where OpenClaw's method passes on the key itself: its result may hold a reference to a secret.
  let key = '';
  const resolveDefaultModel = ({ apiKey }: { apiKey: string }): string => {
    key = apiKey;
    return METHOD.defaultModel;
  };
  const result = await parts.createMethod({ ...METHOD, resolveDefaultModel }).run(context);
  const problem = await check(parts, context.config, key, context.signal);
  if (problem !== undefined) await context.prompter.note(problem, LABEL);
  const base = baseUrlToStore(parts, context.config);
  if (base.note !== undefined) await context.prompter.note(base.note, LABEL);
  if (base.store === undefined) return result;
  // Only what is added: the rest of the configuration may contain resolved secrets.
  const { plugins } = withBaseUrl<Config>({}, base.store);
  return { ...result, configPatch: { ...result.configPatch, ...(plugins && { plugins }) } };
}

/** The environment's base URL, if the configuration has none yet, and what the user has to know about it. */
function baseUrlToStore(parts: AuthParts, config: Config): { store?: string; note?: string } {
  const known = parts.baseUrl?.trim();
  if (!known) return {};
  const configured = configuredBaseUrl(config);
  if (configured !== undefined && configured !== known) {
    // The configuration takes precedence at every later start as well, so the check used it, too.
    return { note: `requests go to ${configured}: ${OPENCLAW_PATH} overrides ${known}` };
  }
  if (configured !== undefined || storedBaseUrl(config) !== undefined) return {};
  return { store: known, note: `requests go to ${known}, which is stored as ${PLUGIN_PATH}` };
}

/** The set-up by flags, for scripts: a rejected key ends the command with exit code 1. */
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
  // `resolveApiKey` has already reported why there is none.
  if (!resolved) return null;
  try {
    const problem = await check(parts, context.config, resolved.key);
    if (problem !== undefined) context.runtime.error(problem);
  } catch (error) {
    context.runtime.error(error instanceof Error ? error.message : String(error));
    // Without the exit code, a script would take the set-up for complete.
    context.runtime.exit(1);
    return null;
  }
  const base = baseUrlToStore(parts, context.config);
  if (base.note !== undefined) context.runtime.error(base.note);
  if (base.store === undefined) return method.runNonInteractive(context);
  return method.runNonInteractive({ ...context, config: withBaseUrl(context.config, base.store) });
}

/**
 * Queries the account, which needs a valid key and costs nothing. Throws if the service rejects the key; returns what the
 * user has to know if the check itself failed, or if the key is accepted and the first turn will fail all the same.
 */
async function check(
  parts: AuthParts,
  config: Config,
  apiKey: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const component = await parts.load();
    const baseUrl = baseUrlOf(config, parts.baseUrl);
    const session = component.open({ apiKey, baseUrl, maxRetries: 1, timeouts: { totalMs: PATIENCE_MS } });
    const { remaining } = await session.account({ signal });
    if (remaining === undefined || remaining > 0) return undefined;
    return `the ${LABEL} key is accepted, but nothing is left on it; add credit, or turns will fail`;
  } catch (error) {
    // The user cancelled the dialog: that is neither a valid key nor a problem to report.
    signal?.throwIfAborted();
    const kind = error instanceof Failure ? error.record.kind.tag : undefined;
    // Only these two mean that the key or the base URL is wrong. A network that is down must not prevent the set-up.
    if (kind === 'authentication' || kind === 'configuration') throw error;
    return `the ${LABEL} key could not be checked: ${error instanceof Error ? error.message : String(error)}`;
  }
}
