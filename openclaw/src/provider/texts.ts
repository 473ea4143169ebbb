/** What people are told. The component's description says the same; a test compares them. */

import { LABEL, PROVIDER_ID } from './identity.js';

/** Environment variables that the key is read from, the preferred one first. */
export const ENV_VARS = ['COMETAPI_KEY', 'COMETAPI_API_KEY', 'COMET_API_KEY'];

export const CONSOLE_URL = 'https://www.cometapi.com/console/token';
export const DEFAULT_BASE_URL = 'https://api.cometapi.com/v1';
export const DEFAULT_MODEL = 'claude-sonnet-5-5';

/** OpenClaw's hook, shown word for word; a stream without a key says it too. */
export function buildMissingAuthMessage(): string {
  return (
    `No API key for ${LABEL}. Set ${ENV_VARS[0]}, or store a key with ` +
    `"openclaw models auth paste-api-key --provider ${PROVIDER_ID}". Keys are made at ${CONSOLE_URL}.`
  );
}

/** OpenClaw's hook, shown behind its own "Unknown model". */
export function buildUnknownModelHint(): string {
  return `See what there is with "openclaw models list --provider ${PROVIDER_ID} --refresh".`;
}
