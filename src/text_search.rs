//! Searching and comparing text, with one small implementation for the whole component.
//!
//! The standard library searches with an algorithm for long patterns, and adds 5 KB of code and tables to the
//! component where one string is searched in another. All patterns here are short and known, so that comparing at
//! each occurrence of the first byte is as fast.

use crate::scanned::scanned;

/// The position of the first occurrence of a short piece. It is compared wherever its first byte occurs, so that the
/// cost is at worst the length of the text times that of the piece: use it for pieces of our own only, never for
/// one that a server chooses.
pub fn find_bytes(text: &[u8], piece: &[u8]) -> Option<usize> {
    let Some(first) = piece.first() else { return Some(0) };
    let mut at = 0;
    loop {
        let found = memchr::memchr(*first, text.get(at..)?);
        scanned(found.map_or(text.len().saturating_sub(at), |found| found.saturating_add(1)));
        // A position within the text cannot wrap; a check would cost more than the comparison.
        at = at.wrapping_add(found?);
        if text.get(at..)?.starts_with(piece) {
            return Some(at);
        }
        at = at.wrapping_add(1);
    }
}

/// A byte in each of the eight bytes of a word.
pub const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Marks the bytes of a word that are less than another one, at most 0x80, by their highest bit.
///
/// A byte is less where the subtraction borrows into its highest bit, and equal to another where the exclusive or of both is
/// less than 1. Only the lowest mark is certain, since a borrow may continue into the bytes above it.
#[inline]
pub const fn less(word: u64, than: u8) -> u64 {
    word.wrapping_sub(eight(than)) & !word & eight(0x80)
}

/// The position of the first of two bytes, found eight bytes at a time. `memchr` takes four at a time on this target, and
/// this search goes over every byte of a response.
pub fn find_either(text: &[u8], one: u8, other: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    let (ones, others) = (eight(one), eight(other));
    let mut at = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let found = less(word ^ ones, 1) | less(word ^ others, 1);
        if found != 0 {
            return Some(at.wrapping_add((found.trailing_zeros() / 8) as usize));
        }
        // Within the slice, which is never longer than half of the address space: nothing here wraps.
        at = at.wrapping_add(8);
    }
    let found = rest.iter().position(|byte| *byte == one || *byte == other)?;
    Some(at.wrapping_add(found))
}

/// Whether two runs of bytes are the same, eight bytes at a time. `==` calls `memcmp`, which goes byte by byte on this
/// target, and chunks of a stream are compared with the one before on the hot path.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let equal = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    scanned(one.len());
    if one.len() != other.len() || !words.iter().zip(others).all(equal) {
        return false;
    }
    // The last eight bytes cost less than each byte of the rest, although some of them were compared.
    match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(one), Some(other)) => equal((one, other)),
        _ => rest.iter().zip(other_rest).all(|(one, other)| one == other),
    }
}

/// The length of the common beginning of two runs of bytes, found eight bytes at a time.
pub fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let (words, others) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    let mut at = 0_usize;
    for (word, other) in words.iter().zip(others) {
        let different = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other);
        if different != 0 {
            at = at.wrapping_add((different.trailing_zeros() / 8) as usize);
            scanned(at);
            return at;
        }
        // Within both slices, so that nothing wraps.
        at = at.wrapping_add(8);
    }
    let rest = one.get(at..).unwrap_or_default().iter().zip(other.get(at..).unwrap_or_default());
    at = at.wrapping_add(rest.take_while(|(byte, other)| byte == other).count());
    scanned(at);
    at
}

/// The value of `digits` hexadecimal digits, at most seven, at a position.
pub fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    let digits = text.get(at..at.checked_add(digits)?)?;
    digits.iter().try_fold(0, |value: u32, &byte| Some(value << 4 | hex_digit(byte)?))
}

/// The value of a hexadecimal digit. Without `char::to_digit`, whose radix may be any, and which costs a third more.
#[inline]
pub fn hex_digit(byte: u8) -> Option<u32> {
    let value = match byte {
        // The low half of an ASCII digit is its value, and that of a letter is its place in the alphabet.
        b'0'..=b'9' => byte & 0xF,
        b'a'..=b'f' | b'A'..=b'F' => (byte & 0xF).wrapping_add(9),
        _ => return None,
    };
    Some(u32::from(value))
}

/// The text without a byte-order mark before it and white space around it.
pub fn trim(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii()
}

/// The position of the first occurrence of a short piece.
pub fn find(text: &str, piece: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), piece.as_bytes())
}

/// Whether a short piece occurs anywhere.
pub fn contains(text: &str, piece: &str) -> bool {
    find(text, piece).is_some()
}

/// The text before and after the first occurrence of a short piece.
pub fn split_once<'t>(text: &'t str, piece: &str) -> Option<(&'t str, &'t str)> {
    let (before, rest) = text.split_at_checked(find(text, piece)?)?;
    Some((before, rest.get(piece.len()..)?))
}

/// The text after the last of these ASCII characters; all of it where there is none.
pub fn after_last(text: &str, separator: u8) -> &str {
    let length = text.bytes().rev().take_while(|byte| *byte != separator).count();
    // An ASCII character is one byte, so that the position after it is between two characters.
    text.get(text.len().saturating_sub(length)..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hexadecimal_digit_has_the_value_that_the_standard_library_gives_it() {
        for byte in 0..=u8::MAX {
            assert_eq!(hex_digit(byte), char::from(byte).to_digit(16), "{byte}");
        }
    }

    #[test]
    fn the_first_of_two_bytes_is_found_at_every_position() {
        for length in 0..40_usize {
            let mut text: std::vec::Vec<u8> = (0..length).map(|at| (at * 29 + 0x0B) as u8).collect();
            text.iter_mut().filter(|byte| matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = 0x8D);
            assert_eq!(find_either(&text, b'\n', b'\r'), None);
            for at in 0..length {
                for (byte, later) in [(b'\n', b'\r'), (b'\r', b'\n'), (b'\r', 0x0C), (b'\n', 0x8A)] {
                    let mut text = text.clone();
                    text[at] = byte;
                    text.push(later);
                    if let Some(next) = text.get_mut(at + 1) {
                        *next = later;
                    }
                    assert_eq!(find_either(&text, b'\n', b'\r'), Some(at), "{text:x?}");
                }
            }
        }
    }

    #[test]
    fn runs_of_bytes_are_the_same_up_to_the_first_difference() {
        let text = b"0123456789abcdefghijklmnopqrstuvwxyz";
        for length in 0..=text.len() {
            for other_length in 0..=text.len() {
                let (one, mut other) = (&text[..length], text[..other_length].to_vec());
                let shorter = length.min(other_length);
                assert_eq!(common_prefix(one, &other), shorter);
                assert_eq!(same(one, &other), length == other_length);
                for at in 0..shorter {
                    other[at] ^= 1;
                    assert_eq!(common_prefix(one, &other), at, "{length}, {other_length}");
                    assert!(!same(one, &other), "{length}, {other_length}");
                    other[at] ^= 1;
                }
            }
        }
    }

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
