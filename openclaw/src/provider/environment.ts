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

/** Commands of OpenClaw that report on plugins and send nothing. */
const REPORTING = new Set(['plugins', 'doctor']);

/** Whether this process is one of those commands. An option with a value, such as `--profile work`, may stand before it. */
export function isReportOnPlugins(args: readonly string[] = process.argv.slice(2)): boolean {
  const words = args.filter((arg) => !arg.startsWith('-'));
  return words.slice(0, 2).some((word) => REPORTING.has(word));
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
