//! Finds a key in a text in one pass, also where it is escaped or cut off by the end.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use crate::text_search::hex;

/// A text that ends in this many bytes of the key, or more, ends in a key that somebody cut.
const CUT_KEY_MIN: usize = 4;

/// Adds a range, joined to the last one where they touch: a key of one letter must not cost a range a byte.
pub(super) fn add(found: &mut Vec<Range<usize>>, range: Range<usize>) {
    match found.last_mut() {
        Some(last) if last.start <= range.start && range.start <= last.end => {
            last.end = last.end.max(range.end)
        }
        _ => found.push(range),
    }
}

/// The key, prepared for a search in one pass (Knuth, Morris and Pratt).
#[derive(Clone)]
pub(super) struct Needle {
    bytes: Vec<u8>,
    /// For each prefix, the length of its longest proper prefix that is also its end.
    fallback: Vec<usize>,
    escapes: Escapes,
}

impl Needle {
    pub(super) fn new(key: &[u8], escapes: Escapes) -> Option<Self> {
        // The key passes through the same decoder as the text: a key with `%` or `\` in it matches too.
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
            matched = self.fallback.get(matched - 1).copied().unwrap_or(0);
        }
        matched + usize::from(self.bytes.get(matched) == Some(&byte))
    }

    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let len = self.bytes.len();
        // Where each of the last `len` units began; `len` is not 0 (see `new`).
        let mut starts = vec![0; len];
        let (mut matched, mut seen) = (0, 0_usize);
        for (range, byte) in (Units { bytes: text, at: 0, escapes: self.escapes }) {
            matched = self.step(matched, byte);
            if let Some(slot) = starts.get_mut(seen % len) {
                *slot = range.start;
            }
            seen += 1;
            if matched == len {
                let start = starts.get(seen % len).copied().unwrap_or(0);
                add(found, start..range.end);
                matched = self.fallback.get(len - 1).copied().unwrap_or(0);
            }
        }
        if matched >= CUT_KEY_MIN {
            let start = starts.get((seen - matched) % len).copied().unwrap_or(0);
            add(found, start..text.len());
        }
    }
}

/// Which escapes of a text are undone for the search, however often it was escaped.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Escapes {
    None,
    /// Those of JSON. Backslashes themselves are passed over.
    Json,
    Percent,
}

/// The bytes that a text stands for, and where each is written.
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
            while self.escapes == Escapes::Json && self.bytes.get(self.at) == Some(&b'\\') {
                self.at += 1;
            }
            let byte = *self.bytes.get(self.at)?;
            let escape = match byte {
                b'u' if self.at > start => hex(self.bytes, self.at + 1, 4).map(|value| (value, self.at + 5)),
                b'%' if self.escapes == Escapes::Percent => percent(self.bytes, self.at),
                _ => None,
            };
            let (value, end) = escape.unwrap_or((u32::from(byte), self.at + 1));
            self.at = end;
            if self.escapes != Escapes::Json || value != u32::from(b'\\') {
                return Some((start..end, u8::try_from(value).unwrap_or(u8::MAX)));
            }
        }
    }
}

/// The value of a percent escape at `at` and where it ends, also of one that was itself escaped (`%2541`).
fn percent(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut digits = at + 1;
    while bytes.get(digits..digits + 2) == Some(b"25") && hex(bytes, digits + 2, 2).is_some() {
        digits += 2;
    }
    hex(bytes, digits, 2).map(|value| (value, digits + 2))
}
