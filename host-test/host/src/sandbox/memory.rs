//! Linear memories that the host can search, to prove that a key never entered one.
//!
//! The component model gives a host no access to a component's memory, so the host allocates it itself. Only a host with
//! [`HostOptions::readable_memory`](super::HostOptions) does: without guard pages every access is checked, which makes
//! components slower. It is meant for tests.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// The capacity of a memory without a maximum of its own, in bytes. It cannot grow beyond that, because a memory that moves
/// would invalidate the engine's pointer. The system provides only the pages that are used.
const CAPACITY: usize = 1 << 30;

/// Creates memories, and keeps those that were created since the last [`take`](Self::take).
#[derive(Default)]
pub(super) struct Memories {
    made: Mutex<Vec<Arc<Region>>>,
}

/// One linear memory. It never moves.
pub(super) struct Region {
    bytes: *mut [u8],
    size: AtomicUsize,
}

// SAFETY: the pointer is to memory that this region alone owns until it is dropped. The only reader
// besides the running component is `count`, whose callers see to it that the component does not run.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Memories {
    /// The memories that were created since the last call.
    pub(super) fn take(&self) -> Vec<Arc<Region>> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Region>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Region {
    fn new(size: usize, capacity: usize) -> Region {
        let bytes = Box::into_raw(vec![0; capacity.max(size)].into_boxed_slice());
        Region { bytes, size: AtomicUsize::new(size) }
    }

    /// The number of places where `needle` is in the memory. Its component must not be running, which the caller ensures by
    /// holding the store exclusively.
    pub(super) fn count(&self, needle: &[u8]) -> usize {
        let size = self.size.load(Ordering::Acquire);
        // SAFETY: `size` bytes are allocated and initialised with zeros. Nothing writes to them now, since the component
        // does not run.
        let bytes = unsafe { std::slice::from_raw_parts(self.bytes.cast::<u8>(), size) };
        // An empty needle is everywhere. Counting it would make a test fail, or pass, for no reason.
        if needle.is_empty() { 0 } else { memchr::memmem::find_iter(bytes, needle).count() }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the pointer was returned by `Box::into_raw`, and only this drop turns it back into a box.
        drop(unsafe { Box::from_raw(self.bytes) });
    }
}

/// The engine's handle of a region.
struct Handle(Arc<Region>);

// SAFETY: the region has `byte_capacity` bytes, zeroed, at an address that never changes, and lives as
// long as this handle.
unsafe impl LinearMemory for Handle {
    fn byte_size(&self) -> usize {
        self.0.size.load(Ordering::Acquire)
    }

    fn byte_capacity(&self) -> usize {
        self.0.bytes.len()
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        if new_size > self.byte_capacity() {
            wasmtime::bail!("a memory that the host can read ends at {} bytes", self.byte_capacity());
        }
        self.0.size.store(new_size, Ordering::Release);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.bytes.cast::<u8>()
    }
}

// SAFETY: each memory keeps the promises of `LinearMemory`. It has no reserved space and no guard pages, and is refused if
// the engine relies on either.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if reserved.unwrap_or(0) > 0 || guard > 0 {
            return Err("a memory that the host can read has no guard pages".to_owned());
        }
        let region = Arc::new(Region::new(minimum, maximum.unwrap_or(CAPACITY).min(CAPACITY)));
        self.lock().push(Arc::clone(&region));
        Ok(Box::new(Handle(region)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_region_is_found_up_to_its_end_and_not_beyond() {
        let region = Region::new(16, 32);
        let write = |at: usize, text: &[u8]| {
            assert!(at + text.len() <= 32);
            // SAFETY: within the 32 bytes of the region.
            unsafe {
                std::ptr::copy_nonoverlapping(text.as_ptr(), region.bytes.cast::<u8>().add(at), text.len())
            };
        };
        write(0, b"key");
        write(13, b"key");
        write(20, b"key");
        assert_eq!(region.count(b"key"), 2);
        assert_eq!(region.count(b"kez"), 0);
        assert_eq!(region.count(b""), 0);
        region.size.store(32, Ordering::Release);
        assert_eq!(region.count(b"key"), 3);
    }
}
