/** The differences between a result and what a case expects. */

import { Failure, type Usage } from '../../src/component/contract.js';
import type { Expect } from './cases.js';

/** A text of each request. No message may repeat it. */
export const PROMPT = 'a bunch of forget-me-nots, number 73190';

/** Collects what is not as it should be. */
export class Differences {
  readonly all: string[] = [];

  hold(what: string, is: unknown, should: unknown): void {
    if (should === undefined) return;
    const [left, right] = [JSON.stringify(is), JSON.stringify(should)];
    if (left !== right) this.all.push(`${what} is ${left} and should be ${right}`);
  }

  note(wrong: string | undefined): void {
    if (wrong) this.all.push(wrong);
  }
}

/** A failure of the provider; anything else ends the case. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

export function kindsOf({ error = [] }: Expect): string[] {
  return typeof error === 'string' ? [error] : error;
}

function kindOf({ record: { kind } }: Failure): string {
  return kind.tag === 'other' ? kind.val : kind.tag;
}

export function failed(failure: Failure | undefined, expect: Expect, differences: Differences, events?: number): void {
  const kinds = kindsOf(expect);
  if (!failure) {
    if (kinds.length > 0) differences.note(`there is no error, and there should be ${kinds.join(' or ')}`);
    return;
  }
  const { record, message } = failure;
  if (!kinds.includes(kindOf(failure))) {
    differences.note(`the error is ${kindOf(failure)} (${message}) and should be ${kinds.join(' or ') || 'none'}`);
  }
  differences.hold('retryable', record.retryable, expect.retryable);
  differences.hold('request-sent', record.requestSent, expect['request-sent']);
  if (expect.says && !message.includes(expect.says))
    differences.note(`${JSON.stringify(message)} lacks ${expect.says}`);
  if (message.includes(PROMPT)) differences.note('the message holds a part of the prompt');
  if (events !== undefined && record.partial !== events > 0) {
    differences.note(`partial is ${record.partial} after ${events} events`);
  }
}

/** Compares the expected counts of tokens. */
export function counted(usage: Usage | undefined, expect: Expect, differences: Differences): void {
  for (const [name, count] of Object.entries(expect.usage ?? {})) {
    const field = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const is = (usage as Record<string, unknown> | undefined)?.[field];
    differences.hold(name, is === undefined ? undefined : Number(is), count);
  }
}
