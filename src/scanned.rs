//! Counts the bytes that are read of a response, in tests and fuzz targets: each pass over a part of the body counts the
//! part again.
//!
//! A decoder that rescans what it has kept is quadratic, and a test of time would show that on large inputs and quiet
//! machines only. Counted bytes are exact. Every search, comparison, check and parse whose cost grows with the body
//! counts; copies do not, nor does reading a byte or two, such as at the end of a chunk.

/// A pass over this many bytes. Compiled to nothing in the component.
#[cfg(not(any(test, feature = "fuzzing")))]
#[inline(always)]
pub(crate) fn scanned(_bytes: usize) {}

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use counter::{count, scanned};

#[cfg(any(test, feature = "fuzzing"))]
mod counter {
    use std::cell::Cell;

    std::thread_local! {
        static SCANNED: Cell<u64> = const { Cell::new(0) };
    }

    /// A pass over this many bytes.
    pub(crate) fn scanned(bytes: usize) {
        SCANNED.set(SCANNED.get() + bytes as u64);
    }

    /// The bytes that this thread read while this ran.
    pub(crate) fn count(what: impl FnOnce()) -> u64 {
        let before = SCANNED.get();
        what();
        SCANNED.get() - before
    }
}

#[cfg(test)]
#[path = "scanned_tests.rs"]
mod tests;
