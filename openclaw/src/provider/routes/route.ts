/** What this plugin has to know of a wire route, that the component cannot hide. */

import type { Request } from '../../component/contract.js';
import type { Context, ModelApi } from '../../sdk.js';

/** The body of a request, or the part of it that OpenClaw's hooks see. */
export type Payload = Record<string, unknown>;

/**
 * A wire route as OpenClaw sees it. The component makes the bodies and reads the responses; two things remain. OpenClaw
 * files each model under an adapter before anything is sent, and its payload hooks read and set fields of the body by
 * their names on the wire.
 */
export interface WireRoute {
  /** The route's name in the contract. */
  readonly name: string;
  /** The adapter of OpenClaw for the same wire. It decides how a transcript is kept, not how requests are sent. */
  readonly api: ModelApi;
  /** Body fields that hold a value of the contract's request, which a hook may replace or remove. */
  readonly fields: readonly (readonly [name: string, field: keyof Request])[];
  /** Body fields that limit the output. They are names of one limit: a hook that sets one replaces the other. */
  readonly limits: readonly string[];
  /** Body fields that the component makes from the conversation. Hooks see them and cannot change them. */
  readonly reserved: readonly string[];
  /** The body field that names OpenClaw's service tier. */
  readonly serviceTier: string;
  /** The body fields that a retention of the prompt cache requires, beside the marks of the contract. */
  readonly retention: Readonly<Partial<Record<'none' | 'short' | 'long', Payload>>>;
  /** Whether vendors keep prompts of this wire in a cache for some minutes and report what they read from it. */
  readonly cachesPrompts: boolean;
  /** The body fields of the conversation and of settings that are not copied as they are. */
  describe(request: Request, context: Context): Payload;
  /** Takes a body field out of the request, where `fields` does not list it. */
  remove(request: Request, name: string): void;
}
