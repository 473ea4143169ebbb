/** What the contract says of the order of events. */

import type { BlockEnd, Event } from '../../src/component/contract.js';

interface Block {
  call: boolean;
  text: string;
  ended: boolean;
  /** The warnings before it. */
  warnings: number;
}

/** Reads the events of one completion; says what is wrong with one, or nothing. */
export class Grammar {
  finished = false;
  #responded = false;
  #warnings = 0;
  readonly #blocks = new Map<number, Block>();

  read(event: Event): string | undefined {
    if (this.finished) return `${event.tag} follows the finish`;
    if (event.tag === 'warning') {
      this.#warnings += 1;
      return undefined;
    }
    if (event.tag === 'response') {
      const second = this.#responded;
      this.#responded = true;
      return second ? 'a second response' : undefined;
    }
    if (!this.#responded) return `${event.tag} comes before the response`;
    switch (event.tag) {
      case 'block-start': {
        const { index, kind } = event.val;
        if (this.#blocks.has(index)) return `block ${index} is started twice`;
        this.#blocks.set(index, { call: kind.tag === 'tool-call', text: '', ended: false, warnings: this.#warnings });
        return undefined;
      }
      case 'block-delta': {
        const block = this.#blocks.get(event.val.index);
        if (!block || block.ended) return `block ${event.val.index} is not open`;
        block.text += event.val.text;
        return undefined;
      }
      case 'block-end':
        return this.#end(event.val);
      case 'finish': {
        this.finished = true;
        const open = [...this.#blocks].find(([, block]) => !block.ended);
        return open && `block ${open[0]} is open at the finish`;
      }
    }
  }

  #end({ index, arguments: args }: BlockEnd): string | undefined {
    const block = this.#blocks.get(index);
    if (!block || block.ended) return `block ${index} is not open`;
    block.ended = true;
    if (block.call !== (args !== undefined)) return `block ${index} ends ${args ? 'with' : 'without'} arguments`;
    // Some vendors repeat the whole arguments at the end. If they differ those count, and a warning says so.
    const replaced = block.warnings < this.#warnings;
    if (args?.tag === 'malformed' && args.val.raw !== block.text && !replaced)
      return `block ${index} lost a part of its arguments`;
    if (args?.tag === 'object' && typeof JSON.parse(args.val) !== 'object') return `block ${index} ends with no object`;
    return undefined;
  }
}
