// What every component needs: its memory, its resources and its traps. The generated functions follow below.
//
// All that a component hands over is checked: it may be damaged, or may have been made to attack its host. An address
// outside of its memory, a text that is not UTF-8, a case or a handle that does not exist is a trap.

import { isUtf8 } from 'node:buffer';

/** The bytes that may still be copied out of a component: texts, and the elements of lists. */
export const copies = { left: Infinity };

/** Resources of one type that a component may hold. A completion holds ten; the limit bounds the host's own memory. */
const MAX_RESOURCES = 65_536;

export function trap(fault) {
  throw new WebAssembly.RuntimeError(`the component ${fault}`);
}

export function badCase(name) {
  trap(`returned a case of '${name}' that does not exist`);
}

/** The error that an import throws for its `result`. Other errors, which have no payload, end the call. */
export function payloadOf(error) {
  if (error instanceof Error) {
    if (Object.hasOwn(error, 'payload')) return error.payload;
    throw error;
  }
  return error;
}

/** The resources of one type, by handle. A component's own are numbers, its representation of them. */
export class Table {
  #slots = [undefined];
  #free = [];

  add(resource) {
    const handle = this.#free.pop() ?? this.#slots.length;
    if (handle > MAX_RESOURCES) trap('holds too many resources');
    this.#slots[handle] = resource;
    return handle;
  }

  get(handle) {
    return this.#slots[handle >>> 0] ?? trap('used a handle that does not exist');
  }

  take(handle) {
    const resource = this.get(handle);
    this.#slots[handle] = undefined;
    this.#free.push(handle);
    return resource;
  }
}

/** A resource of a component: the component's number for it, and the instance, until it is disposed. */
export class Resource {
  constructor(context, rep) {
    this.context = context;
    this.rep = rep;
  }

  /** The instance that runs the resource's methods. */
  get live() {
    return this.context ?? noResource(this.constructor);
  }

  [Symbol.dispose]() {
    const { context } = this;
    this.context = undefined;
    if (context) this.constructor.drop(context, this.rep);
  }
}

export function noResource(type) {
  throw new TypeError(`the value is not a ${type.name} of this component, or was disposed`);
}

/** The component's number for a resource, for a call of the component that it belongs to. */
export function repOf(type, context, value) {
  return value instanceof type && value.context === context ? value.rep : noResource(type);
}

/** A resource of the host. */
export function ofHost(type, value) {
  if (!(value instanceof type)) throw new TypeError(`the host returned a value that is not a ${type.name}`);
  return value;
}

export function noCase(name, tag) {
  throw new TypeError(`"${String(tag)}" is not one of the cases of ${name}`);
}

export function bool(byte) {
  return byte === 1 || (byte !== 0 && trap('returned a boolean that is neither true nor false'));
}

/** One instance: its memory and its functions. */
export class Context {
  exports = {};
  /** A component may call no import while the host reads or writes its memory. */
  mayLeave = true;
  /** Where the text or list lies that was written last. */
  at = 0;
  length = 0;
  u8 = Buffer.alloc(0);

  start(instance) {
    this.exports = instance.exports;
    this.view();
    return this;
  }

  /** Follows a memory that has grown: its views are detached, and have no length. */
  view() {
    if (this.u8.length > 0) return;
    const { buffer } = this.exports.memory;
    this.u8 = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.s64 = new BigInt64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** At the beginning of an import. */
  leave() {
    if (!this.mayLeave) trap('called an import while its memory was read or written');
    this.view();
  }

  /** The address of `size` bytes, all of them in the memory. */
  region(address, size, align) {
    if (address + size > this.u8.length || address % align !== 0) trap('passed an address that is not valid');
    return address;
  }

  allocate(size, align) {
    this.mayLeave = false;
    const address = this.exports.cabi_realloc(0, 0, align, size) >>> 0;
    this.mayLeave = true;
    this.view();
    return this.region(address, size, align);
  }

  /** Lets the component free what it returned. */
  free(post, address) {
    this.mayLeave = false;
    post(address);
    this.mayLeave = true;
  }

  text(address, length) {
    this.copied(address, length, 1);
    const text = this.u8.toString('utf8', address, address + length);
    // Node replaces what is not UTF-8 with U+FFFD. The component may also have written that character itself.
    if (text.includes('\ufffd') && !isUtf8(this.u8.subarray(address, address + length))) {
      trap('passed a text that is not UTF-8');
    }
    return text;
  }

  /** A list of numbers. */
  array(type, address, length) {
    const bytes = length * type.BYTES_PER_ELEMENT;
    this.copied(address, bytes, type.BYTES_PER_ELEMENT);
    return new type(this.u8.buffer.slice(address, address + bytes));
  }

  /** The region of a copy, which counts: all elements of a list could be the same memory. */
  copied(address, size, align) {
    this.region(address, size, align);
    copies.left -= size;
    if (!(copies.left >= 0)) trap('returns more bytes than the host copies');
  }

  putText(value) {
    if (typeof value !== 'string') throw new TypeError(`expected a string, received [${typeof value}]`);
    const length = Buffer.byteLength(value);
    // Of a lone surrogate, both make U+FFFD.
    const address = length > 0 ? this.allocate(length, 1) : 1;
    if (length > 0) this.u8.write(value, address, length, 'utf8');
    this.at = address;
    this.length = length;
  }

  putBytes(value) {
    const bytes = value instanceof Uint8Array ? value : Uint8Array.from(this.list(value));
    const address = bytes.length > 0 ? this.allocate(bytes.length, 1) : 1;
    this.u8.set(bytes, address);
    this.at = address;
    this.length = bytes.length;
  }

  list(value) {
    if (!Array.isArray(value) && !(value instanceof Uint32Array)) throw new TypeError('expected a list');
    return value;
  }
}
