/**
 * The events of one completion, without the key.
 *
 * A model repeats a text in pieces, so a key can be spread over two deltas and be in no single place of the response. The
 * component joins such pieces and undoes escapes, so its events are searched as well: see `Outgoing` of the harness.
 */

import { KIND, type RedactedFlow, type Redaction } from '../host/redaction.js';
import type { BlockKind, Event } from './contract.js';

/**
 * Open blocks whose text is searched across deltas. No response has so many at once; in the others, each delta is
 * searched alone, so that a component that opens block after block does not fill the memory.
 */
const MAX_OPEN_BLOCKS = 256;

export class RedactedEvents {
  readonly #redaction: Redaction;
  readonly #blocks = new Map<number, RedactedFlow>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** The events to hand out. A block may end with one delta more than the component returned. */
  pass(events: Event[]): Event[] {
    if (this.#redaction.isIdle) return events;
    const clean: Event[] = [];
    for (const event of events) this.#clean(event, clean);
    return clean;
  }

  /** The bytes held back of all open blocks, before an error. */
  rest(): Event[] {
    const rest = [...this.#blocks].flatMap(([index, flow]) => restOf(index, flow));
    this.#blocks.clear();
    return rest;
  }

  /** Adds the event, or what is left of it. */
  #clean(event: Event, clean: Event[]): void {
    switch (event.tag) {
      case 'block-start':
        this.#texts(event.val.kind);
        if (this.#hasRoom(event.val.index)) this.#open(event.val.index, event.val.kind);
        break;
      case 'block-delta': {
        const { index, text } = event.val;
        const flow = this.#flow(index);
        event.val.text = flow ? flow.pushText(text) : this.#redaction.text(text);
        // A delta that is held back as a whole is no event; one that was empty before stays one.
        if (event.val.text === '' && text !== '') return;
        break;
      }
      case 'block-end': {
        const flow = this.#blocks.get(event.val.index);
        this.#blocks.delete(event.val.index);
        this.#texts(event.val);
        if (flow) clean.push(...restOf(event.val.index, flow));
        break;
      }
      case 'warning':
        event.val = this.#redaction.text(event.val);
        break;
      default:
        this.#texts(event.val);
    }
    clean.push(event);
  }

  #hasRoom(index: number): boolean {
    return this.#blocks.size < MAX_OPEN_BLOCKS || this.#blocks.has(index);
  }

  #flow(index: number): RedactedFlow | undefined {
    return this.#blocks.get(index) ?? (this.#hasRoom(index) ? this.#open(index, { tag: 'text' }) : undefined);
  }

  #open(index: number, kind: BlockKind): RedactedFlow {
    // The fragments of a call are joined by the consumer, and have to equal the whole arguments.
    const flow = this.#redaction.flow(kind.tag === 'tool-call' ? KIND.text : KIND.deltas);
    this.#blocks.set(index, flow);
    return flow;
  }

  /** Cleans every text in a value, also one that a later version of the contract adds. */
  #texts(value: object): void {
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'string') {
        if (name !== 'tag') Object.assign(value, { [name]: this.#redaction.text(member) });
      } else if (typeof member === 'object' && member !== null) this.#texts(member);
    }
  }
}

function restOf(index: number, flow: RedactedFlow): Event[] {
  const rest = flow.end();
  return rest.length === 0 ? [] : [{ tag: 'block-delta', val: { index, text: rest.toString() } }];
}
