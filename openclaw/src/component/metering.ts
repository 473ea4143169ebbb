/**
 * Rewrites a core module so that it cannot grow or run without end.
 *
 * Node has no way to interrupt WebAssembly on the thread that runs it, short of a second thread for each call (see
 * SECURITY.md). So the code counts its own work, as the fuel of other engines does: each loop and each function takes
 * fuel, and without fuel the module traps. The count is the same on every machine, however busy it is.
 */

import { bytesOfName, Reader, signedLeb, unsignedLeb } from './wasm_bytes.js';
import { skipInstruction } from './wasm_instructions.js';

/** The name under which a rewritten module exports its fuel, a global of 64 bits. */
export const FUEL = 'fuel of the host';

/** Limits that a rewritten module has, whatever its own. */
export interface Limits {
  /** Pages of 64 KiB of each memory. */
  pages: number;
  /** Elements of each table. */
  elements: number;
}

const SECTION = { import: 2, table: 4, memory: 5, global: 6, export: 7, code: 10 } as const;

/** Where a section has to be when the module lacks it: before the first section with a larger number. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** Fuel for a call of an import: the host's work costs about as much as that many steps. */
const CALL_OF_HOST = 64;

/** `log2` of the bytes that a bulk instruction moves for one unit of fuel. */
const BYTES_PER_UNIT = 4;

/** The two globals of the host: fuel for code that runs while the module is instantiated, and a length of 0. */
const START_FUEL = [0x7e, 1, 0x42, ...signedLeb(2 ** 30), 0x0b];
const NO_LENGTH = [0x7f, 1, 0x41, 0, 0x0b];

const OP = { loop: 0x03, call: 0x10, callIndirect: 0x11, bulk: 0xfc } as const;

/** Indexes in the rewritten module. */
interface Indexes {
  imports: { functions: number; globals: number };
  fuel: number;
  /** A global of 32 bits that keeps the length of a bulk instruction while it is paid for. */
  length: number;
}

/** The module with limits. Throws for a module that this host cannot limit, such as one with threads. */
export function metered(module: Uint8Array, limits: Limits): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(module);
  const bodyOf = (id: number): Uint8Array | undefined => sections.find((section) => section.id === id)?.body;
  const imports = countImports(bodyOf(SECTION.import));
  const globals = imports.globals + countOf(bodyOf(SECTION.global));
  const indexes: Indexes = { imports, fuel: globals, length: globals + 1 };

  const replaced = new Map<number, Uint8Array[]>();
  replaced.set(SECTION.global, added(bodyOf(SECTION.global), 2, [...START_FUEL, ...NO_LENGTH]));
  const name = bytesOfName(FUEL);
  replaced.set(SECTION.export, added(bodyOf(SECTION.export), 1, [...name, 3, ...unsignedLeb(indexes.fuel)]));
  const [memories, tables, code] = [bodyOf(SECTION.memory), bodyOf(SECTION.table), bodyOf(SECTION.code)];
  if (memories) replaced.set(SECTION.memory, limited(memories, limits.pages, 0));
  if (tables) replaced.set(SECTION.table, limited(tables, limits.elements, 1));
  if (code) replaced.set(SECTION.code, meteredCode(code, indexes));

  const pieces: Uint8Array[] = [module.subarray(0, 8)];
  const put = (id: number, body: Uint8Array[]): void => {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(Uint8Array.from([id, ...unsignedLeb(length)]), ...body);
    replaced.delete(id);
  };
  for (const { id, body } of sections) {
    for (const missing of [...replaced.keys()]) {
      // Custom sections, whose number is 0, may be anywhere.
      if (id !== 0 && ORDER.indexOf(missing) < ORDER.indexOf(id)) put(missing, replaced.get(missing) ?? []);
    }
    put(id, replaced.get(id) ?? [body]);
  }
  for (const [id, body] of replaced) put(id, body);
  return Uint8Array.from(Buffer.concat(pieces));
}

function sectionsOf(module: Uint8Array): { id: number; body: Uint8Array }[] {
  const reader = new Reader(module, 8);
  const sections: { id: number; body: Uint8Array }[] = [];
  while (!reader.atEnd) {
    const id = reader.byte();
    sections.push({ id, body: reader.bytes(reader.unsigned()) });
  }
  return sections;
}

function countOf(section: Uint8Array | undefined): number {
  return section ? new Reader(section).unsigned() : 0;
}

function countImports(section: Uint8Array | undefined): Indexes['imports'] {
  const counts = { functions: 0, globals: 0 };
  if (!section) return counts;
  const reader = new Reader(section);
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.bytes(reader.unsigned());
    reader.bytes(reader.unsigned());
    const kind = reader.byte();
    if (kind === 0) {
      reader.unsigned();
      counts.functions++;
    } else if (kind === 1) {
      reader.byte();
      skipLimits(reader);
    } else if (kind === 2) skipLimits(reader);
    else if (kind === 3) {
      reader.bytes(2);
      counts.globals++;
    } else throw new Error(`the module imports an item of kind ${kind}, which this host cannot limit`);
  }
  return counts;
}

function skipLimits(reader: Reader): { flags: number; least: number } {
  const flags = reader.byte();
  // Memories of 64 bits and shared ones have other flags; neither is a part of the component model.
  if (flags > 1) throw new Error('the module has a memory or table of a kind that this host cannot limit');
  const least = reader.unsigned();
  if (flags === 1) reader.unsigned();
  return { flags, least };
}

/** A section with more entries at its end. */
function added(section: Uint8Array | undefined, count: number, entries: number[]): Uint8Array[] {
  const reader = new Reader(section ?? Uint8Array.of(0));
  return [Uint8Array.from(unsignedLeb(reader.unsigned() + count)), reader.rest(), Uint8Array.from(entries)];
}

/** Memories or tables with a largest size. `prefix` bytes come before the limits of each. */
function limited(section: Uint8Array, most: number, prefix: number): Uint8Array[] {
  const reader = new Reader(section);
  const count = reader.unsigned();
  const bytes = unsignedLeb(count);
  for (let left = count; left > 0; left--) {
    bytes.push(...reader.bytes(prefix));
    const start = reader.at;
    const { flags, least } = skipLimits(reader);
    const own = flags === 1 ? lastOf(section, start) : most;
    if (least > most) throw new Error(`the module needs ${least} pages or elements at its start, more than ${most}`);
    bytes.push(1, ...unsignedLeb(least), ...unsignedLeb(Math.min(own, most)));
  }
  return [Uint8Array.from(bytes)];
}

function lastOf(section: Uint8Array, limits: number): number {
  const reader = new Reader(section, limits + 1);
  reader.unsigned();
  return reader.unsigned();
}

function meteredCode(section: Uint8Array, indexes: Indexes): Uint8Array[] {
  const reader = new Reader(section);
  const count = reader.unsigned();
  const pieces: Uint8Array[] = [Uint8Array.from(unsignedLeb(count))];
  for (let left = count; left > 0; left--) {
    const body = meteredBody(reader.bytes(reader.unsigned()), indexes);
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(Uint8Array.from(unsignedLeb(length)), ...body);
  }
  return pieces;
}

function meteredBody(body: Uint8Array, indexes: Indexes): Uint8Array[] {
  const reader = new Reader(body);
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.unsigned();
    reader.byte();
  }
  const step = charge(indexes.fuel, 1);
  const hostCall = charge(indexes.fuel, CALL_OF_HOST);
  const bulk = chargeLength(indexes);
  const pieces: Uint8Array[] = [body.subarray(0, reader.at), step];
  let copied = reader.at;
  const insert = (at: number, code: Uint8Array): void => {
    pieces.push(body.subarray(copied, at), code);
    copied = at;
  };
  while (!reader.atEnd) {
    const start = reader.at;
    const opcode = skipInstruction(reader);
    if (opcode === OP.loop) insert(reader.at, step);
    else if (opcode === OP.callIndirect) insert(start, hostCall);
    else if (opcode === OP.call && new Reader(body, start + 1).unsigned() < indexes.imports.functions)
      insert(start, hostCall);
    else if (opcode === OP.bulk && movesBytes(new Reader(body, start + 1).unsigned())) insert(start, bulk);
  }
  pieces.push(body.subarray(copied));
  return pieces;
}

/** Whether a bulk instruction takes a length from the top of the stack: those that fill, copy or initialise. */
function movesBytes(instruction: number): boolean {
  return [8, 10, 11, 12, 14, 17].includes(instruction);
}

/** Takes fuel, and traps without it. */
function charge(fuel: number, amount: number): Uint8Array {
  const index = unsignedLeb(fuel);
  return Uint8Array.from([
    ...[0x23, ...index], // global.get fuel
    ...[0x42, ...signedLeb(amount), 0x7d], // i64.const amount, i64.sub
    ...[0x24, ...index], // global.set fuel
    ...[0x23, ...index, 0x42, 0, 0x53], // global.get fuel, i64.const 0, i64.lt_s
    ...[0x04, 0x40, 0x00, 0x0b], // if, unreachable, end
  ]);
}

/** Takes fuel for the length on the top of the stack, and leaves it there. The next step finds out if it was too much. */
function chargeLength({ fuel, length }: Indexes): Uint8Array {
  const [fuelIndex, lengthIndex] = [unsignedLeb(fuel), unsignedLeb(length)];
  return Uint8Array.from([
    ...[0x24, ...lengthIndex], // global.set length
    ...[0x23, ...fuelIndex], // global.get fuel
    ...[0x23, ...lengthIndex, 0xad], // global.get length, i64.extend_i32_u
    ...[0x42, BYTES_PER_UNIT, 0x88, 0x7d], // i64.const, i64.shr_u, i64.sub
    ...[0x24, ...fuelIndex], // global.set fuel
    ...[0x23, ...lengthIndex], // global.get length
  ]);
}
