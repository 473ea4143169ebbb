/** Texts and facts for people. The component's description repeats the facts; a test compares the two. */

import { LABEL, PROVIDER_ID } from './identity.js';

/** Environment variables for the key, in order of preference. */
export const ENV_VARS = ['COMETAPI_KEY', 'COMETAPI_API_KEY', 'COMET_API_KEY'];

export const CONSOLE_URL = 'https://www.cometapi.com/console/token';
export const DEFAULT_BASE_URL = 'https://api.cometapi.com/v1';
export const DEFAULT_MODEL = 'claude-sonnet-5-5';

/** OpenClaw's hook. OpenClaw shows the text as it is; a stream without a key fails with it, too. */
export function buildMissingAuthMessage(): string {
  return (
    `no API key for ${LABEL}; set ${ENV_VARS[0]}, or store a key with ` +
    `"openclaw models auth login --provider ${PROVIDER_ID}"; create a key at ${CONSOLE_URL}`
  );
}

/** OpenClaw's hook. OpenClaw shows the text after its own "Unknown model". */
export function buildUnknownModelHint(): string {
  return `List the models with "openclaw models list --provider ${PROVIDER_ID} --refresh".`;
}
