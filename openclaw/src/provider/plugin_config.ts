/**
 * The plugin's own settings, `plugins.entries.cometapi.config`.
 *
 * OpenClaw's own setting, `models.providers.cometapi.baseUrl`, describes a provider that OpenClaw can serve itself: once the
 * plugin is disabled or removed, OpenClaw sends the key there over its own transport. It does not read this one.
 */

/** The settings as JSON Schema, for the manifest. OpenClaw rejects a configuration that does not fit it. */
export const CONFIG_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    baseUrl: {
      type: 'string',
      description: 'The base URL of another server with the same API, such as https://host/v1',
    },
    attribution: {
      type: 'boolean',
      description: 'Whether requests have headers with the identifiers of the agent, the session and the call [true]',
    },
  },
} as const;

/** Whether requests have headers that identify the agent, the session and the call. */
export function sendsAttribution(settings: Record<string, unknown> | undefined): boolean {
  return settings?.attribution !== false;
}

/** The base URL of the settings. */
export function ownBaseUrl(settings: Record<string, unknown> | undefined): string | undefined {
  const { baseUrl } = settings ?? {};
  // A blank value counts as none, as in OpenClaw's own setting.
  return (typeof baseUrl === 'string' && baseUrl.trim()) || undefined;
}
