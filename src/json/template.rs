//! Reads a text that differs from the previous one in a few values alone, as nearly all events of a stream do.
//!
//! Such a text is not parsed. What surrounds the values is the same as before and would be read to the same effect, so it
//! is compared, eight bytes at a time, and only the values are read. Which values may differ the route says: its text,
//! numbers that count events, padding, counts of tokens.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Raw, RawValue, WireText, is_plain, parse, string_length, wire_text};
use crate::scanned::scanned;
use crate::text_search::same;

/// After so many texts in a row without a repetition no more are kept: this server writes something new into each one, and
/// each copy would be in vain.
const MAX_UNLIKE: u32 = 16;

/// Most values that may differ beside the text. A search of each costs time, also where the comparison fails in the end.
pub const MAX_OTHERS: usize = 24;

/// The previous text, and the places of the values that may differ.
#[derive(Debug, Default)]
pub struct Template {
    /// A copy, since the bytes of a read are gone by the next one. The buffer is reused.
    json: Vec<u8>,
    /// The places, in their order. None: there is nothing to compare with.
    places: Vec<Range<usize>>,
    /// Which of the places has the text.
    text: usize,
    /// The part that the decoder needs as a whole, such as an object of counts.
    part: Range<usize>,
    /// Texts kept in vain since the last repetition; see [`MAX_UNLIKE`].
    unlike: u32,
}

/// A text that repeats the previous one, apart from its values.
#[derive(Debug)]
pub struct Repetition<'a> {
    /// The value of the text, without its quotes. Never empty, since an empty one would count as progress.
    pub text: WireText<'a>,
    /// The part that was given to [`Template::note`].
    pub part: &'a [u8],
}

impl Template {
    /// The values of a text that repeats the previous one otherwise.
    pub fn read<'a>(&mut self, json: &'a [u8]) -> Option<Repetition<'a>> {
        // Most routes have nothing but a text that differs, and these lines are all that they run.
        let (text, plain, part) = match self.places.as_slice() {
            [] => return None,
            [text] if self.part.is_empty() => (self.only_text(json, text)?, false, &[][..]),
            _ => self.values(json)?,
        };
        let text = match text {
            [b'"', inner @ .., b'"'] if plain || is_plain(inner) => {
                scanned(inner.len());
                WireText::from(core::str::from_utf8(inner).ok()?)
            }
            // A single JSON value that begins with a quote is one string, so nothing can hide between the quotes.
            _ => {
                scanned(text.len());
                wire_text(parse(core::str::from_utf8(text).ok()?).ok())?
            }
        };
        self.unlike = 0;
        (!text.is_empty()).then_some(Repetition { text, part })
    }

    fn only_text<'a>(&self, json: &'a [u8], text: &Range<usize>) -> Option<&'a [u8]> {
        let (head, tail) = (self.json.get(..text.start)?, self.json.get(text.end..)?);
        let end = json.len().checked_sub(tail.len())?;
        let found = json.get(head.len()..end)?;
        (same(json.get(..head.len())?, head) && same(json.get(end..)?, tail)).then_some(found)
    }

    /// The text, whether it is known to have no escapes, and the part.
    fn values<'a>(&self, json: &'a [u8]) -> Option<(&'a [u8], bool, &'a [u8])> {
        // What is known of the previous text up to `known` is at `at` in this one.
        let (mut at, mut known) = (0_usize, 0_usize);
        let (mut part, mut text, mut plain) = (0..0, &[][..], false);
        let mut places = self.places.iter().enumerate();
        loop {
            // After the last value comes the rest, as before an empty value at the end.
            let next = places.next();
            let until = next.as_ref().map_or(self.json.len(), |(_, place)| place.start);
            let fixed = self.json.get(known..until)?;
            let begin = at.checked_add(fixed.len())?;
            if !same(json.get(at..begin)?, fixed) {
                return None;
            }
            // The part begins and ends between values, or where one begins or ends.
            if !self.part.is_empty() {
                for (found, wanted) in [(&mut part.start, self.part.start), (&mut part.end, self.part.end)] {
                    if (known..=until).contains(&wanted) {
                        *found = at.checked_add(wanted.checked_sub(known)?)?;
                    }
                }
            }
            let Some((index, place)) = next else {
                return (begin == json.len()).then_some((text, plain, json.get(part).unwrap_or_default()));
            };
            let (value, is_plain) = value(json.get(begin..)?)?;
            if index == self.text {
                (text, plain) = (value, is_plain);
            }
            (at, known) = (begin.checked_add(value.len())?, place.end);
        }
    }

    /// Whether a text is worth a call of [`note`](Self::note), which needs its places.
    pub fn is_useful(&self) -> bool {
        self.unlike < MAX_UNLIKE
    }

    /// The next text cannot be compared with the previous one.
    pub fn forget(&mut self) {
        self.places.clear();
    }

    /// Keeps a text that was read in full, in which `text` is a string, the `others` are strings or runs of digits that have
    /// no effect, and nothing else is worth reading again. All of them, and `part`, are slices of it.
    pub fn note<'a>(&mut self, json: &'a str, text: RawValue<'a>, others: &[&'a str], part: Raw<'a>) {
        self.forget();
        if !self.is_useful() || others.len() > MAX_OTHERS {
            return;
        }
        self.unlike = self.unlike.saturating_add(1);
        let Some(text) = place(json, text.get()) else { return };
        self.places.push(text.clone());
        for other in others {
            let Some(other) = place(json, other) else { return self.forget() };
            // A few values: sorting them by insertion takes less code than any other way.
            let index = self.places.partition_point(|known| known.start < other.start);
            self.places.insert(index, other);
        }
        // One value inside another cannot be searched for.
        let overlaps = |pair: &[Range<usize>]| matches!(pair, [one, next] if one.end > next.start);
        if self.places.windows(2).any(overlaps) {
            return self.forget();
        }
        self.text = self.places.iter().position(|known| *known == text).unwrap_or_default();
        self.part = part.and_then(|part| place(json, part.get())).unwrap_or_default();
        self.json.clear();
        self.json.extend_from_slice(json.as_bytes());
    }
}

/// Where a slice of a text stands in it. The distance of the two pointers costs no search.
fn place(json: &str, slice: &str) -> Option<Range<usize>> {
    let start = (slice.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
    let end = start.checked_add(slice.len())?;
    (end <= json.len()).then_some(start..end)
}

/// The string, or the run of digits, that a text begins with, and whether it is a string without escapes.
fn value(text: &[u8]) -> Option<(&[u8], bool)> {
    let (length, is_plain) = match text.first() {
        Some(b'"') => string_length(text)?,
        _ => {
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            scanned(digits);
            (Some(digits).filter(|digits| *digits > 0)?, false)
        }
    };
    Some((text.get(..length)?, is_plain))
}

/// The runs of digits in a value: those of an object of counts, which differ from event to event.
pub fn digits(value: RawValue<'_>) -> Vec<&str> {
    let text = value.get();
    let mut runs = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match (byte.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                runs.extend(text.get(begin..at));
                start = None;
            }
            _ => {}
        }
    }
    scanned(text.len());
    runs
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
