/**
 * Removes the key from responses before the component sees them, and from its events: some servers repeat the key.
 *
 * The rule is that of every other host, in Rust: `host-test/redaction`, compiled to a core module. It has a memory of its
 * own, so that the component cannot read the key there.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { redactionSha256 } from '../../generated/cores.js';
import type { ErrorRecord } from '../component/contract.js';

/** The module's place in the package. */
const FILE = new URL('../../redaction.wasm', import.meta.url);

/** What a text is: see `Kind` in `host-test/redaction/src/flow.rs`. */
export const KIND = { response: 0, deltas: 1, text: 2, error: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Bytes that enter the module at once: longer texts are cut, since linear memory never shrinks. */
const MAX_PIECE = 1 << 16;

/** In the result of `push`: the output replaces the piece. */
const REWRITTEN = 0xffff_ffff;

/** The functions of the module: see `host-test/redaction/src/core_module.rs`. */
interface Module {
  memory: WebAssembly.Memory;
  input(length: number): number;
  new_key(length: number): number;
  drop_key(key: number): void;
  is_idle(key: number): number;
  is_in_name(key: number, length: number): number;
  push(key: number, kind: Kind, pending: number, passed: number, units: number, length: number): number;
  finish(key: number, kind: Kind, pending: number, passed: number, units: number): number;
  output(): number;
}

const NOTHING = Buffer.alloc(0);
const encoder = new TextEncoder();

let loaded: Module | undefined;
let memory: Uint8Array = NOTHING;

/** The one instance of the module. Compiling it takes about a millisecond, so it can wait for the first key. */
function instance(): Module {
  return (loaded ??= load());
}

/** Throws when the module is missing, or is not the one that the package was made with. */
function load(): Module {
  const bytes = readFileSync(FILE);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== redactionSha256) {
    const expected = `SHA-256 ${digest}, expected ${redactionSha256}`;
    throw new Error(`${FILE.pathname} is not a file of this package (${expected}); install the package again`);
  }
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Module;
}

/** The module's memory. A view is detached when the memory grows. */
function bytesOf(module: Module): Uint8Array {
  if (memory.byteLength === 0 || memory.buffer !== module.memory.buffer) memory = new Uint8Array(module.memory.buffer);
  return memory;
}

/** Writes the input, and returns its length. */
function enter(module: Module, pending: Uint8Array, piece: Uint8Array | string): number {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  const room = pending.length + (typeof piece === 'string' ? piece.length * 3 : piece.length);
  const address = module.input(room);
  const bytes = bytesOf(module);
  if (pending.length > 0) bytes.set(pending, address);
  const at = address + pending.length;
  if (typeof piece !== 'string') {
    bytes.set(piece, at);
    return room;
  }
  return pending.length + encoder.encodeInto(piece, bytes.subarray(at, address + room)).written;
}

function copy(module: Module, address: number, length: number): Buffer {
  return length === 0 ? NOTHING : Buffer.from(bytesOf(module).subarray(address, address + length));
}

/** Frees the copy of a key in the module when nothing can use it any more: sessions have no end that is reported. */
const dropped = new FinalizationRegistry<number>((handle) => instance().drop_key(handle));

/** One key. Its flows and texts are searched for it. */
export class Redaction {
  /** Whether the key is too short to be removed from responses: such a text may be an ordinary word. */
  readonly isIdle: boolean;
  /**
   * Finds every text that contains the key or ends in its beginning, and some others. Most deltas are a few ordinary
   * characters: for them, this costs a tenth of a search in the module.
   */
  readonly suspect: RegExp;
  readonly #key: number;

  constructor(key: string) {
    const module = instance();
    this.#key = module.new_key(enter(module, NOTHING, key));
    this.isIdle = module.is_idle(this.#key) !== 0;
    const [first = '', second = ''] = [...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    // Both kinds of escapes have a character that the key need not have.
    this.suspect = new RegExp(`[\\\\%]|${first}(?:${second}|$)`);
    dropped.register(this, this.#key);
  }

  /** The beginning of a text that arrives in pieces. */
  flow(kind: Kind): RedactedFlow {
    return new RedactedFlow(this, this.#key, kind);
  }

  /** A complete text, without the key. */
  text(text: string, kind: Kind = KIND.text): string {
    if (this.isIdle && kind !== KIND.error) return text;
    const flow = this.flow(kind);
    const clean = flow.pushText(text);
    const rest = flow.end();
    return rest.length === 0 ? clean : clean + rest.toString();
  }

  /** The value of a header, without the key. */
  headerValue(value: Buffer): Buffer {
    if (this.isIdle) return value;
    const flow = this.flow(KIND.response);
    return Buffer.concat([flow.push(value), flow.end()]);
  }

  /** Whether the name of a header contains the key. Its value can be marked, its name cannot. */
  isInName(name: string): boolean {
    const module = instance();
    return module.is_in_name(this.#key, enter(module, NOTHING, name.toLowerCase())) !== 0;
  }

  /** An error of the component without the key, whatever the key's length. */
  error(error: ErrorRecord): ErrorRecord {
    const clean = (text: string): string => this.text(text, KIND.error);
    const maybe = (text: string | undefined): string | undefined => (text === undefined ? undefined : clean(text));
    return {
      ...error,
      kind: error.kind.tag === 'other' ? { tag: 'other', val: clean(error.kind.val) } : error.kind,
      message: clean(error.message),
      providerCode: maybe(error.providerCode),
      requestId: maybe(error.requestId),
      suggestedModel: maybe(error.suggestedModel),
      detailsJson: maybe(error.detailsJson),
    };
  }
}

/** One text that arrives in pieces. A possible beginning of the key is held back until the next piece. */
export class RedactedFlow {
  /** Keeps the key in the module alive while a flow uses it. */
  readonly #owner: Redaction;
  readonly #key: number;
  readonly #kind: Kind;
  #pending: Buffer = NOTHING;
  #passed = 0;
  #units = 0;

  constructor(owner: Redaction, key: number, kind: Kind) {
    this.#owner = owner;
    this.#key = key;
    this.#kind = kind;
  }

  /** Returns the part of this piece, and of the bytes held back before, that can be passed on. */
  push(piece: Buffer): Buffer {
    if (this.#isIdle) return piece;
    if (piece.length <= MAX_PIECE) return this.#push(piece) ?? piece;
    const clean: Buffer[] = [];
    for (let at = 0; at < piece.length; at += MAX_PIECE) {
      const part = piece.subarray(at, at + MAX_PIECE);
      clean.push(this.#push(part) ?? part);
    }
    return Buffer.concat(clean);
  }

  /** The same for a text. A key is ASCII, so no character is cut. */
  pushText(text: string): string {
    if (this.#isIdle || (this.#pending.length === 0 && !this.#owner.suspect.test(text))) return text;
    if (text.length * 3 > MAX_PIECE) return this.push(Buffer.from(text)).toString();
    const clean = this.#push(text);
    return clean === undefined ? text : clean.toString();
  }

  /** Returns the bytes held back, at the end of the text. A truncated key is still secret, so it is marked too. */
  end(): Buffer {
    if (this.#pending.length === 0) return NOTHING;
    const module = instance();
    enter(module, this.#pending, NOTHING);
    const length = module.finish(this.#key, this.#kind, this.#pending.length, this.#passed, this.#units);
    const rest = copy(module, module.output(), length);
    this.#pending = NOTHING;
    this.#passed = 0;
    this.#units = 0;
    return rest;
  }

  get #isIdle(): boolean {
    return this.#kind !== KIND.error && this.#owner.isIdle;
  }

  /** The bytes to pass on; `undefined` is the whole piece as it is. */
  #push(piece: Buffer | string): Buffer | undefined {
    const module = instance();
    const pending = this.#pending.length;
    const length = enter(module, this.#pending, piece);
    const result = module.push(this.#key, this.#kind, pending, this.#passed, this.#units, length);
    if (result === 0) return undefined;
    const bytes = bytesOf(module);
    const numbers = new Uint32Array(bytes.buffer, result, 6);
    const [first = 0, address = 0, held = 0, passed = 0, units = 0, output = 0] = numbers;
    this.#passed = passed;
    this.#units = units;
    this.#pending = copy(module, address, held);
    if (first === REWRITTEN) return copy(module, module.output(), output);
    const clean = typeof piece === 'string' ? Buffer.from(piece) : piece;
    return clean.subarray(0, first);
  }
}

/** Throws if the redaction cannot work, so that an incomplete package fails before a request. */
export function requireRedaction(): void {
  instance();
}
