//! What may stand in a string as it is.

use crate::scanned::scanned;

/// How many bytes stand in front of the first that ends a run of plain text in a string: a quote, a backslash or
/// a control character.
///
/// Eight at a time, since most of an answer passes here: a byte of a word is less than another where the
/// subtraction borrows into its highest bit, and equal where the difference is less than 1. The lowest such
/// byte is told right; a borrow may only run on into those above it.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * EACH;
    let less = |word: u64, than: u64| word.wrapping_sub(than * EACH) & !word & HIGHEST;
    let mut at = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quote = less(word ^ (u64::from(b'"') * EACH), 1);
        let backslash = less(word ^ (u64::from(b'\\') * EACH), 1);
        let ends = quote | backslash | less(word, 0x20);
        if ends != 0 {
            return at + (ends.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

/// Whether bytes may stand in a string as they are.
pub fn is_plain(bytes: &[u8]) -> bool {
    let run = plain(bytes);
    scanned(run);
    run == bytes.len()
}
