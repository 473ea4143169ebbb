//! Counts what a thread allocates, for the properties about memory.
//!
//! The allocator has to be installed by the program that measures: the tests of this crate do so below, and the fuzz
//! targets about cost in their own file.
// An allocator cannot be written without. It passes each call on to the system's and only counts.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

std::thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread.
#[derive(Debug)]
pub struct CountingAllocator;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What was allocated while something ran.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allocations {
    /// Bytes of all allocations together. Copies show here, so it stands for time as well.
    pub taken: usize,
    /// Most bytes at the same time.
    pub held: usize,
}

/// The allocations of this thread while this ran.
pub(super) fn count(what: impl FnOnce()) -> Allocations {
    let (held, taken) = (HELD.get(), TAKEN.get());
    MOST.set(held);
    what();
    Allocations { taken: TAKEN.get() - taken, held: MOST.get().saturating_sub(held) }
}

fn grow(bytes: usize) {
    HELD.set(HELD.get().wrapping_add(bytes));
    TAKEN.set(TAKEN.get().wrapping_add(bytes));
    MOST.set(MOST.get().max(HELD.get()));
}

fn shrink(bytes: usize) {
    // What another thread allocated may be freed here.
    HELD.set(HELD.get().saturating_sub(bytes));
}

// SAFETY: each call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: the pointer is from the system's allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // As if it were moved each time, which the component's allocator may have to do: both are held for a moment.
        grow(size);
        shrink(layout.size());
        // SAFETY: the pointer is from the system's allocator, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
