//! The functions of the core module, for hosts that are not written in Rust.
//!
//! The module imports nothing. A host writes bytes to `input`, calls a function, and reads the result. The state of a
//! text stays with the host: a stream that is abandoned leaves nothing here, and only keys have to be dropped.
//!
//! Apart from the needle search of its dependency, only this file contains unsafe code.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::UnsafeCell;

use crate::{Flow, Keys, Kind, Passed};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic traps at once: there is no output to print to.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The buffers that the host reads and writes between two calls.
struct Buffers {
    input: Vec<u8>,
    result: [u32; 6],
    output: Vec<u8>,
    pending: Vec<u8>,
}

struct Shared(UnsafeCell<Buffers>);

// SAFETY: the module has no threads, and no function of it calls another one.
unsafe impl Sync for Shared {}

static SHARED: Shared = Shared(UnsafeCell::new(Buffers {
    input: Vec::new(),
    result: [0; 6],
    output: Vec::new(),
    pending: Vec::new(),
}));

fn buffers() -> &'static mut Buffers {
    // SAFETY: see `Shared`. Each exported function calls this once.
    unsafe { &mut *SHARED.0.get() }
}

/// Makes room for `length` bytes of input, and returns its address. An earlier address is invalid.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    let input = &mut buffers().input;
    input.clear();
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// A handle for the key in the first `length` bytes of the input.
#[unsafe(no_mangle)]
extern "C" fn new_key(length: usize) -> *mut Keys {
    let input = &buffers().input;
    let key = input.get(..length).and_then(|key| core::str::from_utf8(key).ok()).unwrap_or_default();
    Box::into_raw(Box::new(Keys::default().with(key)))
}

/// Frees a key.
///
/// # Safety
/// `key` is from [`new_key`], and this is its last use.
#[unsafe(no_mangle)]
unsafe extern "C" fn drop_key(key: *mut Keys) {
    drop(unsafe { Box::from_raw(key) });
}

/// Whether there is nothing to search responses for: see [`Keys::is_idle`].
///
/// # Safety
/// `key` is from [`new_key`] and was not dropped.
#[unsafe(no_mangle)]
unsafe extern "C" fn is_idle(key: *const Keys) -> bool {
    unsafe { &*key }.is_idle()
}

/// Whether the first `length` bytes of the input are the name of a header that contains the key.
///
/// # Safety
/// As [`is_idle`].
#[unsafe(no_mangle)]
unsafe extern "C" fn is_in_name(key: *const Keys, length: usize) -> bool {
    let name = buffers().input.get(..length).and_then(|name| core::str::from_utf8(name).ok());
    name.is_some_and(|name| unsafe { &*key }.are_in_name(name))
}

/// Takes the next piece of a text. The input is the pending bytes of its state, followed by the piece.
///
/// Returns 0 if the piece is passed on as it is and nothing is pending. Otherwise it returns the address of six
/// integers: how many bytes of the piece are passed on as they are, or `u32::MAX` if the output replaces them; address
/// and length of the pending bytes; the other two numbers of the state (see [`Flow::state`]); and the output's
/// length. The output's address is [`output`].
///
/// # Safety
/// As [`is_idle`].
#[unsafe(no_mangle)]
unsafe extern "C" fn push(
    key: *const Keys,
    kind: u32,
    pending: usize,
    passed: usize,
    units: usize,
    length: usize,
) -> *const u32 {
    let buffers = buffers();
    let (before, piece) = buffers.input.get(..length).unwrap_or_default().split_at(pending.min(length));
    let mut flow = Flow::resumed(unsafe { &*key }, kind_of(kind), before.to_vec(), passed, units);
    let result = flow.push(piece);
    let (rest, passed, units) = flow.state();
    if rest.is_empty() && result == Passed::First(piece.len()) {
        return core::ptr::null();
    }
    buffers.pending = rest.to_vec();
    let first = match result {
        Passed::First(length) => {
            buffers.output.clear();
            length as u32
        }
        Passed::Rewritten(bytes) => {
            buffers.output = bytes;
            u32::MAX
        }
    };
    let (address, rest) = (buffers.pending.as_ptr() as u32, buffers.pending.len() as u32);
    buffers.result = [first, address, rest, passed as u32, units as u32, buffers.output.len() as u32];
    buffers.result.as_ptr()
}

/// Ends a text, whose pending bytes are the first `pending` of the input. Returns the length of the output.
///
/// # Safety
/// As [`is_idle`].
#[unsafe(no_mangle)]
unsafe extern "C" fn finish(
    key: *const Keys,
    kind: u32,
    pending: usize,
    passed: usize,
    units: usize,
) -> usize {
    let buffers = buffers();
    let rest = buffers.input.get(..pending).unwrap_or_default().to_vec();
    buffers.output = Flow::resumed(unsafe { &*key }, kind_of(kind), rest, passed, units).finish();
    buffers.output.len()
}

/// The address of the output of the last call.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    buffers().output.as_ptr()
}

fn kind_of(number: u32) -> Kind {
    match number {
        0 => Kind::Response,
        1 => Kind::Deltas,
        2 => Kind::Text,
        _ => Kind::Error,
    }
}
