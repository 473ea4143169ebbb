//! What was handed out of a text that the server repeats as a whole.
//!
//! The route sends each text in deltas and then up to four times whole: `….done`, `content_part.done`, `output_item.done`
//! and `response.completed`. A relay that drops deltas, or all of them, still sends the whole, so the rest of it has to
//! be handed out. Keeping the text for the comparison would double the memory of a response, so only its length and a
//! fingerprint are kept.

use crate::json::WireText;
use crate::scanned::scanned;

/// Bytes at the beginning that all count, and the distance of those that count after it. More would be a visible part of
/// the cost of a long text, and another text differs in these as well, but for a change of a letter or two. Such a change
/// costs a warning and nothing else.
const ALL: usize = 64;
const STEP: usize = 8;

/// A text so far.
#[derive(Debug, Default)]
pub(super) struct Sent {
    bytes: usize,
    sum: u64,
    /// A piece held half of a character, which the whole text has in another form [16].
    is_cut: bool,
}

impl Sent {
    /// Whether nothing was handed out.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// More of the text.
    pub(super) fn push(&mut self, text: &WireText<'_>) {
        let bytes = text.as_bytes();
        if text.plain().is_none() {
            scanned(bytes.len());
            self.is_cut |= core::str::from_utf8(bytes).is_err();
        }
        self.sum = sum(self.sum, self.bytes, bytes);
        self.bytes = self.bytes.saturating_add(bytes.len());
    }

    /// The part of the whole text that was not handed out; `None` where the whole begins in another way.
    pub(super) fn rest<'w>(&self, whole: &'w [u8]) -> Option<&'w [u8]> {
        if self.is_cut {
            return Some(&[]);
        }
        let (head, rest) = whole.split_at_checked(self.bytes)?;
        (sum(0, 0, head) == self.sum).then_some(rest)
    }
}

/// Adds bytes that begin at this position of the text. The sum does not depend on how the text was cut.
fn sum(mut sum: u64, at: usize, bytes: &[u8]) -> u64 {
    scanned(bytes.len());
    let all = ALL.saturating_sub(at).min(bytes.len());
    // Loops and not iterators, which would take most of the time of a delta without being inlined.
    let mut next = 0_usize;
    while let Some(byte) = bytes.get(next) {
        if next == all {
            // The first byte from here on whose position in the text counts.
            next = next.saturating_add(at.saturating_add(next).wrapping_neg() & (STEP - 1));
            break;
        }
        sum = add(sum, *byte);
        next = next.saturating_add(1);
    }
    while let Some(byte) = bytes.get(next) {
        sum = add(sum, *byte);
        next = next.saturating_add(STEP);
    }
    sum
}

fn add(sum: u64, byte: u8) -> u64 {
    sum.wrapping_mul(31).wrapping_add(u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn sent(pieces: &[&str]) -> Sent {
        let mut sent = Sent::default();
        pieces.iter().for_each(|piece| sent.push(&WireText::from(*piece)));
        sent
    }

    #[test]
    fn the_rest_is_found_however_the_text_was_cut() {
        let text: String = "The river — runs past\u{0}\u{7f} the mill, 千里江陵. ".repeat(5);
        let bounds: std::vec::Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for first in bounds.iter().step_by(3) {
            for second in bounds.iter().filter(|second| *second >= first).step_by(7) {
                let pieces = [&text[..*first], &text[*first..*second]];
                assert_eq!(sent(&pieces).rest(text.as_bytes()), Some(&text.as_bytes()[*second..]));
            }
        }
    }

    #[test]
    fn another_text_is_noticed() {
        for other in ["", "The", "the river", "The rivet", "eTh river", "The  rive"] {
            assert_eq!(sent(&["The ri", "ver"]).rest(other.as_bytes()), None, "{other}");
        }
        assert_eq!(sent(&["\0a"]).rest(b"a\0"), None);
        let (one, other) = ("the river ".repeat(30), "the rover ".repeat(30));
        assert_eq!(sent(&[&one[..100], &one[100..]]).rest(other.as_bytes()), None);
    }

    #[test]
    fn halves_of_characters_end_the_comparison() {
        let mut sent = Sent::default();
        sent.push(&WireText::from(&b"a\xED\xA0\xBD"[..]));
        assert_eq!(sent.rest("a😀b".as_bytes()), Some(&[][..]));
        assert!(!sent.is_empty() && Sent::default().is_empty());
    }
}
