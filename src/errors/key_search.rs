//! Finds a key in a text in one pass, also where it is escaped or cut off by the end of the text.
//!
//! Knuth, Morris and Pratt's search, and not one that compares at every position: a key such as `aaaa…b` in a body
//! of `aaaa…` would cost the product of both lengths, and a hostile server chooses the body.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use crate::scanned::scanned;
use crate::text_search::hex;

/// Where a text ends in this many bytes of the key, or more, they count as a key that was cut. Fewer are found in
/// ordinary text too often.
const CUT_KEY_MIN: usize = 4;

/// Adds a range, joined to the last one where they touch: a key of one letter must not take a range for each byte.
pub(super) fn add(found: &mut Vec<Range<usize>>, range: Range<usize>) {
    match found.last_mut() {
        Some(last) if last.start <= range.start && range.start <= last.end => {
            last.end = last.end.max(range.end)
        }
        _ => found.push(range),
    }
}

/// The key, prepared for a search in one pass.
#[derive(Clone)]
pub(super) struct Needle {
    bytes: Vec<u8>,
    /// For each prefix, the length of its longest proper prefix that is also its end.
    fallback: Vec<usize>,
    /// How the text is read.
    escapes: Escapes,
}

impl Needle {
    pub(super) fn new(key: &[u8], escapes: Escapes) -> Option<Self> {
        // The key passes through the same decoder as the text, so that a key with `%` or `\` in it matches too.
        let bytes: Vec<u8> = Units { bytes: key, at: 0, escapes }.map(|(_, byte)| byte).collect();
        if bytes.is_empty() {
            return None;
        }
        let mut needle = Self { bytes, fallback: vec![0], escapes };
        let mut matched = 0;
        for byte in needle.bytes.clone().into_iter().skip(1) {
            matched = needle.step(matched, byte);
            needle.fallback.push(matched);
        }
        Some(needle)
    }

    /// How much of the key is matched after one byte more.
    fn step(&self, mut matched: usize, byte: u8) -> usize {
        while matched > 0 && self.bytes.get(matched) != Some(&byte) {
            scanned(1);
            matched = self.fallback_of(matched);
        }
        matched.saturating_add(usize::from(self.bytes.get(matched) == Some(&byte)))
    }

    /// How much of the key may still be matched where its next byte is another one.
    fn fallback_of(&self, matched: usize) -> usize {
        self.fallback.get(matched.saturating_sub(1)).copied().unwrap_or(0)
    }

    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let len = self.bytes.len();
        // Where each of the last `len` units began, in a ring: the oldest is overwritten next.
        let mut starts = vec![0; len];
        let (mut matched, mut next) = (0, 0_usize);
        for (range, byte) in (Units { bytes: text, at: 0, escapes: self.escapes }) {
            matched = self.step(matched, byte);
            if let Some(slot) = starts.get_mut(next) {
                *slot = range.start;
            }
            next = next.saturating_add(1);
            if next == len {
                next = 0;
            }
            if matched == len {
                let start = starts.get(next).copied().unwrap_or(0);
                add(found, start..range.end);
                // Keys may overlap where the key repeats itself, so the search goes on from its longest end.
                matched = self.fallback_of(len);
            }
        }
        // The text is often a window of a larger one, whose end cuts a key in half.
        if matched >= CUT_KEY_MIN {
            // As many units ago as are matched, which are fewer than the ring holds.
            let ago = next.checked_sub(matched).unwrap_or(len.saturating_sub(matched).saturating_add(next));
            let start = starts.get(ago).copied().unwrap_or(0);
            add(found, start..text.len());
        }
    }
}

/// The escapes that are undone for the search, however often the text was escaped: a proxy that puts the request
/// into a JSON text may itself be quoted in another one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Escapes {
    None,
    /// Those of JSON. Backslashes themselves are skipped, so that any number of levels reads the same.
    Json,
    Percent,
}

/// The bytes that a text stands for, and where each is written in it.
struct Units<'a> {
    bytes: &'a [u8],
    at: usize,
    escapes: Escapes,
}

impl Iterator for Units<'_> {
    type Item = (Range<usize>, u8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            // Any number of backslashes: each level of quoting doubles them.
            while self.escapes == Escapes::Json && self.bytes.get(self.at) == Some(&b'\\') {
                self.at = self.at.saturating_add(1);
            }
            let byte = *self.bytes.get(self.at)?;
            let escape = match byte {
                // Only after a backslash. Otherwise it is a letter.
                b'u' if self.at > start => {
                    let digits = self.at.saturating_add(1);
                    hex(self.bytes, digits, 4).map(|value| (value, digits.saturating_add(4)))
                }
                b'%' if self.escapes == Escapes::Percent => percent(self.bytes, self.at),
                _ => None,
            };
            let (value, end) = escape.unwrap_or((u32::from(byte), self.at.saturating_add(1)));
            self.at = end;
            scanned(end.saturating_sub(start));
            if self.escapes != Escapes::Json || value != u32::from(b'\\') {
                // A character beyond one byte is in no key, so any byte that is in none will do.
                return Some((start..end, u8::try_from(value).unwrap_or(u8::MAX)));
            }
        }
    }
}

/// The value of a percent escape at `at` and where it ends, also of one that was itself escaped (`%2541`).
fn percent(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut digits = at.saturating_add(1);
    loop {
        let end = digits.saturating_add(2);
        if bytes.get(digits..end) != Some(b"25") || hex(bytes, end, 2).is_none() {
            return hex(bytes, digits, 2).map(|value| (value, end));
        }
        digits = end;
    }
}
