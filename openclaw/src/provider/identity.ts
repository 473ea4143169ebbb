/** What the provider is called in OpenClaw. */

/** The provider's id, and the plugin's. */
export const PROVIDER_ID = 'cometapi';
export const LABEL = 'CometAPI';

/**
 * The adapter that OpenClaw files the models under. It says which wire they speak. The stream is our own all the same;
 * what OpenClaw derives from it is how a transcript is kept, and that `extra_body` and the like are honoured.
 */
export const API = 'openai-completions';

/** How a model of this provider is written in OpenClaw's configuration. */
export function modelRef(id: string): string {
  return `${PROVIDER_ID}/${id}`;
}
