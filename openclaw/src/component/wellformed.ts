/**
 * Checks that a request has a text wherever the contract requires one.
 *
 * The types guarantee it, but a stored transcript or another plugin may not respect them. The bindings throw at such a
 * value in the middle of a call, which breaks the instance and ends every other call in it. So it is found before.
 */

import { type EmbeddingRequest, Failure, type Media, type Part, type Request } from './contract.js';

/** The members of each part that must be texts. */
const TEXTS: Readonly<Record<Part['tag'], readonly string[]>> = {
  text: ['text'],
  reasoning: ['text'],
  'tool-call': ['id', 'name', 'argumentsJson'],
  'tool-result': ['callId', 'text'],
  image: ['mediaType'],
  audio: ['mediaType'],
  file: ['mediaType'],
};

/** Throws a {@link Failure} that names the first value that is not a text. */
export function requireTexts(request: Request): void {
  requireOf('tool', request.tools, ['name', 'parametersJson']);
  for (const { content } of request.messages) {
    for (const part of content) {
      requireOf(part.tag, [part.val], TEXTS[part.tag]);
      if (part.tag === 'tool-result') requireOf<Media>('image', part.val.media, TEXTS.image);
    }
  }
}

/** The same for the texts of a batch. */
export function requireInput({ input }: EmbeddingRequest): void {
  const index = input.findIndex((text: unknown) => typeof text !== 'string');
  if (index < 0) return;
  throw Failure.ofHost('invalid-request', `input[${index}] is not a text; nothing was sent; remove it`);
}

function requireOf<T extends object>(what: string, values: readonly T[], names: readonly string[]): void {
  for (const value of values) {
    const missing = names.find((name) => typeof (value as Record<string, unknown>)[name] !== 'string');
    if (missing === undefined) continue;
    const next = 'nothing was sent; fix the tool that produced it, or start a new conversation';
    throw Failure.ofHost('invalid-request', `${what}.${missing} of the request is not a text: ${next}`);
  }
}
