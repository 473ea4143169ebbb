//! Runs of plain text in a string: bytes that need no escape.

use crate::scanned::scanned;

/// The number of bytes before the first that ends a run of plain text in a string: a quote, a backslash or a control
/// character.
///
/// Eight bytes at a time, since most of a response passes here. A byte of a word is less than another where the
/// subtraction borrows into its highest bit, and equal where the difference is less than 1. Only the lowest such
/// byte is certain, since a borrow may continue into those above it; only the lowest is used.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const fn eight(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let less = |word: u64, than: u8| word.wrapping_sub(eight(than)) & !word & eight(0x80);
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

/// The length of the string that a text begins with, its quotes included; `None` where it begins with none, or has no end.
/// Escapes are passed over and not checked.
pub fn string_length(text: &[u8]) -> Option<usize> {
    let mut at = usize::from(text.first() == Some(&b'"'));
    if at == 0 {
        return None;
    }
    loop {
        let rest = text.get(at..)?;
        let end = memchr::memchr2(b'"', b'\\', rest)?;
        scanned(end);
        at = at.saturating_add(end).saturating_add(1);
        if rest.get(end) == Some(&b'"') {
            return Some(at);
        }
        // The character after a backslash belongs to it.
        at = at.saturating_add(1);
    }
}
