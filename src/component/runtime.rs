//! The runtime of a component without the standard library: an allocator, a panic handler, and the reallocation
//! function through which the canonical ABI passes lists and strings.
//!
//! The standard library would import the file system, the environment and more, and each import makes the component
//! unusable in some hosts. Apart from the generated bindings, only this file contains unsafe code.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, handle_alloc_error, realloc};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic traps at once: there is no output to print to, and unwinding would only enlarge the component.
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
        // No memory is needed, but the pointer has to be aligned and not null.
        return align as *mut u8;
    }
    // The canonical ABI passes powers of two. Anything else is a broken host.
    let Ok(layout) = Layout::from_size_align(if old_size == 0 { size } else { old_size }, align) else {
        core::arch::wasm32::unreachable()
    };
    let new = if old_size == 0 { unsafe { alloc(layout) } } else { unsafe { realloc(old, layout, size) } };
    if new.is_null() {
        handle_alloc_error(layout)
    }
    new
}
