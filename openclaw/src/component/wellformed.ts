/**
 * Whether a request holds the texts that it has to.
 *
 * The types say so, and a transcript of another origin may not know. The bindings stop at such a value in the midst of
 * a call, which costs the instance and every other answer that it is busy with; so it is found before.
 */

import { Failure, type Media, type Part, type Request } from './contract.js';

/** The members of each part that are texts and must be there. */
const TEXTS: Readonly<Record<Part['tag'], readonly string[]>> = {
  text: ['text'],
  reasoning: ['text'],
  'tool-call': ['id', 'name', 'argumentsJson'],
  'tool-result': ['callId', 'text'],
  image: ['mediaType'],
  audio: ['mediaType'],
  file: ['mediaType'],
};

/** Throws a {@link Failure} that names the first value which is no text. */
export function requireTexts(request: Request): void {
  requireOf('tool', request.tools, ['name', 'parametersJson']);
  for (const { content } of request.messages) {
    for (const part of content) {
      requireOf(part.tag, [part.val], TEXTS[part.tag]);
      if (part.tag === 'tool-result') requireOf<Media>('image', part.val.media, TEXTS.image);
    }
  }
}

function requireOf<T extends object>(what: string, values: readonly T[], names: readonly string[]): void {
  for (const value of values) {
    const missing = names.find((name) => typeof (value as Record<string, unknown>)[name] !== 'string');
    if (missing === undefined) continue;
    const next = 'nothing was sent; correct the tool that it comes from, or start a new conversation';
    throw Failure.ofHost('invalid-request', `${what}.${missing} of the request is no text: ${next}`);
  }
}
