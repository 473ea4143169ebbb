//! Searching in text, once for the whole component.
//!
//! The standard library searches with an algorithm for long patterns, and brings its 5 KB of code and tables
//! along wherever a string is looked for in another. All that is looked for here is short and known.

use crate::scanned::scanned;

/// Where a short piece stands first. Each place where its first byte stands is compared, so the cost is that of
/// the text times, at worst, the length of the piece.
pub fn find_bytes(text: &[u8], piece: &[u8]) -> Option<usize> {
    let Some(first) = piece.first() else { return Some(0) };
    let mut at = 0;
    loop {
        let found = memchr::memchr(*first, text.get(at..)?);
        scanned(found.map_or(text.len() - at, |found| found + 1));
        at += found?;
        if text.get(at..)?.starts_with(piece) {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether two runs of bytes are the same. Eight at a time, where `==` would call a function that goes byte by byte.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let equal = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    let equal_bytes = |(one, other): (&u8, &u8)| one == other;
    scanned(one.len());
    one.len() == other.len()
        && words.iter().zip(others).all(equal)
        && rest.iter().zip(other_rest).all(equal_bytes)
}

/// The value of so many hexadecimal digits, at most seven, at a place.
pub fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    text.get(at..at.checked_add(digits)?)?.iter().try_fold(0, |value: u32, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        Some(value << 4 | u32::from(digit))
    })
}

/// The text without a byte-order mark and white space around it.
pub fn trim(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii()
}

/// Where a short piece stands first.
pub fn find(text: &str, piece: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), piece.as_bytes())
}

/// Whether a short piece stands anywhere.
pub fn contains(text: &str, piece: &str) -> bool {
    find(text, piece).is_some()
}

/// What stands before and behind the first place of a short piece.
pub fn split_once<'t>(text: &'t str, piece: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, piece)?;
    Some((text.get(..at)?, text.get(at + piece.len()..)?))
}

/// What stands behind the last of these ASCII characters; all of it where there is none.
pub fn after_last(text: &str, separator: u8) -> &str {
    let behind = text.bytes().rev().take_while(|byte| *byte != separator).count();
    // An ASCII character is one byte, so the place behind it is between two characters.
    text.get(text.len() - behind..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_where_the_standard_library_finds_it() {
        let texts = ["", "a", "aa", "aab", "ababac", "好a好", "aaaaaaaab", "b"];
        let pieces = ["", "a", "b", "ab", "aab", "abac", "好", "a好", "c"];
        for text in texts {
            for piece in pieces {
                assert_eq!(find(text, piece), text.find(piece), "{piece:?} in {text:?}");
                assert_eq!(split_once(text, piece), text.split_once(piece), "{piece:?} in {text:?}");
            }
        }
    }
}
