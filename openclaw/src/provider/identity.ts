/** The provider's names in OpenClaw. */

/** The id of the provider and of the plugin. */
export const PROVIDER_ID = 'cometapi';
export const LABEL = 'CometAPI';

/** CometAPI counts models of all kinds; OpenClaw lists those that it can talk with, which are about half of them. */
export const HINT = 'one key for 500+ models of all kinds; those for chat are listed';
export const DESCRIPTION = `${HINT}, from a sandboxed WebAssembly component`;

/** The reference to a model of this provider in OpenClaw's configuration. */
export function modelRef(id: string): string {
  return `${PROVIDER_ID}/${id}`;
}
