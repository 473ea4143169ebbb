/**
 * Everything that the plugin reads from the environment. It is separate from the code that sends requests, so that an
 * audit of the plugin sees at a glance what can leave the machine; OpenClaw's own audit calls a file critical that does
 * both. The key is not read here: OpenClaw passes it in.
 */

/** The proxy settings that Node's client supports. OpenClaw sets them for its plugins. */
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** The base URL of the environment, for another server with the same API. */
export function environmentBaseUrl(): string | undefined {
  return process.env.COMETAPI_BASE_URL?.trim() || undefined;
}

/** The proxy settings that are set. */
export function environmentProxy(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of PROXY_NAMES) {
    const value = process.env[name];
    if (value) found[name] = value;
  }
  return found;
}
