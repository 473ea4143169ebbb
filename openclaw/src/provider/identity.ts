/** What the provider is called in OpenClaw. */

/** The provider's id, and the plugin's. */
export const PROVIDER_ID = 'cometapi';
export const LABEL = 'CometAPI';

/** How a model of this provider is written in OpenClaw's configuration. */
export function modelRef(id: string): string {
  return `${PROVIDER_ID}/${id}`;
}
