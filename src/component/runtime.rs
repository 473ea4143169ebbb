//! What a component without the standard library has to bring along: an allocator, an answer to a panic,
//! and the reallocation function that the canonical ABI calls to hand lists and strings in.
//!
//! Besides the generated bindings this is the only file with unsafe code in it.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, handle_alloc_error, realloc};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic traps at once: there is nobody to print to, and unwinding would be dead weight.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The allocation function of the canonical ABI, which on this target would come from wasi-libc.
///
/// # Safety
/// Called by the host only, with `old`, `old_size` and `align` of an allocation made here, or with
/// `old_size` 0 for a new one.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        // No memory is wanted, but the pointer has to be aligned and not null.
        return align as *mut u8;
    }
    // The canonical ABI hands powers of two; anything else is a broken host.
    let Ok(layout) = Layout::from_size_align(if old_size == 0 { size } else { old_size }, align) else {
        core::arch::wasm32::unreachable()
    };
    let new = if old_size == 0 { unsafe { alloc(layout) } } else { unsafe { realloc(old, layout, size) } };
    if new.is_null() {
        handle_alloc_error(layout)
    }
    new
}
