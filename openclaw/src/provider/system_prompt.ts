/**
 * OpenClaw's system prompt, and the comments in it that are meant for the transport.
 *
 * OpenClaw leaves them in only for a provider with `supportsSystemPromptCacheBoundary`. The helpers of its SDK for them are
 * in a module that loads OpenClaw's transports and their HTTP clients, so this plugin reads the comments itself.
 */

/** Follows the part that all turns share: instructions, skills, files of the workspace. */
const BOUNDARY = '<!-- OPENCLAW_CACHE_BOUNDARY -->';

/** Stand around the facts of the run, which OpenClaw's own transports move to another place on some wires. */
const RELOCATABLE = /\n?<!-- \/?OPENCLAW-RELOCATABLE-BOUNDARY -->/g;

/**
 * The texts of a prompt without the comments: the part that all turns share, then the part that may change between two
 * turns, such as the date. A prompt without the boundary is one text, and an empty one is none.
 */
export function textsOf(systemPrompt: string | undefined): string[] {
  const prompt = (systemPrompt ?? '').replace(RELOCATABLE, '');
  const [stable = '', ...rest] = prompt.split(BOUNDARY);
  // Only the first boundary counts: OpenClaw reads it so, and another one may be a quotation in a hook's text.
  const texts = rest.length === 0 ? [stable] : [stable.trimEnd(), rest.join('').trimStart()];
  return texts.filter((text) => text.trim() !== '');
}

/** The prompt as one text without the comments. */
export function withoutComments(systemPrompt: string): string {
  return textsOf(systemPrompt).join('\n');
}
