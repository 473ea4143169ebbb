/** The provider's names in OpenClaw. */

/** The id of the provider and of the plugin. */
export const PROVIDER_ID = 'cometapi';
export const LABEL = 'CometAPI';

/** The reference to a model of this provider in OpenClaw's configuration. */
export function modelRef(id: string): string {
  return `${PROVIDER_ID}/${id}`;
}
