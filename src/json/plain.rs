//! Runs of plain text in a string: bytes that need no escape.

use crate::scanned::scanned;
use crate::text_search::{eight, less};

/// The number of bytes before the first that ends a run of plain text in a string: a quote, a backslash or a control
/// character.
///
/// Eight bytes at a time, since most of a response passes here.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut at = 0_usize;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quote = less(word ^ eight(b'"'), 1);
        let backslash = less(word ^ eight(b'\\'), 1);
        let ends = quote | backslash | less(word, 0x20);
        if ends != 0 {
            return at.wrapping_add((ends.trailing_zeros() / 8) as usize);
        }
        // Within the slice, which is never longer than half of the address space: nothing here wraps.
        at = at.wrapping_add(8);
    }
    at.wrapping_add(rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count())
}

/// Whether bytes need no escape in a string.
pub fn is_plain(bytes: &[u8]) -> bool {
    let run = plain(bytes);
    scanned(run);
    run == bytes.len()
}

/// The length of the string that a text begins with, its quotes included, and whether it is free of escapes; `None` where
/// the text begins with no string, or the string has no end. Escapes are passed over and not checked.
pub fn string_length(text: &[u8]) -> Option<(usize, bool)> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut is_plain = true;
    // Nearly every string ends with its first run.
    loop {
        let run = plain(rest);
        scanned(run);
        let (byte, after) = rest.get(run..)?.split_first()?;
        rest = match byte {
            b'"' => return Some((text.len().saturating_sub(after.len()), is_plain)),
            // The character after a backslash belongs to it.
            b'\\' => after.get(1..)?,
            _ => after,
        };
        is_plain = false;
    }
}
