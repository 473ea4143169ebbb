//! Bytes that the decoder looks at, counted in tests: each pass over a piece of the body counts the piece again.
//!
//! What is counted is every search, comparison, check and parse whose cost grows with the body. Copies are not, nor
//! are looks at a byte or two, such as at the end of a chunk.

/// A pass over so many bytes. Nothing at all but in tests.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn scanned(_bytes: usize) {}

#[cfg(test)]
pub(crate) use counter::scanned;

#[cfg(test)]
mod counter {
    use std::cell::Cell;

    std::thread_local! {
        static SCANNED: Cell<u64> = const { Cell::new(0) };
    }

    /// A pass over so many bytes.
    pub(crate) fn scanned(bytes: usize) {
        SCANNED.set(SCANNED.get() + bytes as u64);
    }

    /// What was looked at by this thread while this ran.
    pub(super) fn count(what: impl FnOnce()) -> u64 {
        let before = SCANNED.get();
        what();
        SCANNED.get() - before
    }
}

#[cfg(test)]
#[path = "scanned_tests.rs"]
mod tests;
