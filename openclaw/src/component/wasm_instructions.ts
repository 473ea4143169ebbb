/** The lengths of WebAssembly's instructions, as far as components use them. */

import type { Reader } from './wasm_bytes.js';

/** Skips one instruction, and returns its first byte. Throws for an instruction that this host does not know. */
export function skipInstruction(reader: Reader): number {
  const opcode = reader.byte();
  // Numeric instructions, conversions and sign extensions: no operands.
  if (opcode >= 0x45 && opcode <= 0xc4) return opcode;
  // Loads and stores: alignment and offset.
  if (opcode >= 0x28 && opcode <= 0x3e) {
    skipMemoryOperand(reader);
    return opcode;
  }
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      break;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
      reader.skipNumber();
      break;
    case 0x11: // call_indirect
    case 0x13: // return_call_indirect
      reader.skipNumber();
      reader.skipNumber();
      break;
    case 0x0e: // br_table
    case 0x1c: // select with types
      skipList(reader, opcode === 0x0e ? 1 : 0);
      break;
    case 0x43: // f32.const
      reader.bytes(4);
      break;
    case 0x44: // f64.const
      reader.bytes(8);
      break;
    case 0xfc:
      skipBulk(reader);
      break;
    default:
      throw unknown(opcode);
  }
  return opcode;
}

function skipMemoryOperand(reader: Reader): void {
  const alignment = reader.unsigned();
  // Bit 6: the number of a memory follows.
  if (alignment & 0x40) reader.skipNumber();
  reader.skipNumber();
}

function skipList(reader: Reader, more: number): void {
  for (let left = reader.unsigned() + more; left > 0; left--) reader.skipNumber();
}

/** Conversions that saturate, and instructions on whole ranges of memories and tables. */
function skipBulk(reader: Reader): void {
  const instruction = reader.unsigned();
  const operands = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][instruction];
  if (operands === undefined) throw unknown(0xfc, instruction);
  for (let left = operands; left > 0; left--) reader.skipNumber();
}

function unknown(...opcode: number[]): Error {
  const digits = opcode.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new Error(`the module has the instruction ${digits}, which this host cannot limit`);
}
