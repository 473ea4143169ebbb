/**
 * What is read from the environment, and nothing else: reading it lies apart from sending, so that who audits the
 * plugin sees at a glance what of it can leave the machine. The key is not among it; OpenClaw hands it in.
 */

/** Names of the proxy settings that Node's own client knows; OpenClaw sets them for its plugins. */
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** The base URL of the environment, for another server that speaks the same. */
export function environmentBaseUrl(): string | undefined {
  return process.env.COMETAPI_BASE_URL?.trim() || undefined;
}

/** The proxy settings that are there. */
export function environmentProxy(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of PROXY_NAMES) {
    const value = process.env[name];
    if (value) found[name] = value;
  }
  return found;
}
