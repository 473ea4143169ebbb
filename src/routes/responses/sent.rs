//! What was handed out of a text that the server repeats as a whole.
//!
//! The route sends each text in deltas and then up to four times whole: `….done`, `content_part.done`, `output_item.done`
//! and `response.completed`. A relay that drops deltas, or all of them, still sends the whole, so the rest of it has to
//! be handed out. Keeping the text for the comparison would double the memory of a response, so only its length and a
//! fingerprint are kept.

use crate::json::WireText;
use crate::scanned::scanned;

/// The text as a number to the base 256, modulo this prime. It depends on the bytes alone and not on how they were cut,
/// and eight of them are added at once. Texts that are made to collide cost a warning and nothing else.
const PRIME: u64 = (1 << 61) - 1;

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
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.sum = sum(self.sum, bytes);
    }

    /// The part of the whole text that was not handed out; `None` where the whole begins in another way.
    pub(super) fn rest<'w>(&self, whole: &'w [u8]) -> Option<&'w [u8]> {
        if self.is_cut {
            return Some(&[]);
        }
        let (head, rest) = whole.split_at_checked(self.bytes)?;
        (sum(0, head) == self.sum).then_some(rest)
    }
}

fn sum(mut sum: u64, bytes: &[u8]) -> u64 {
    scanned(bytes.len());
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_be_bytes(*word);
        // The sum times 2^64, which is 2^3 here. Each of the three terms has at most 61 bits, so nothing wraps.
        sum = reduced(
            (sum << 3 & PRIME).wrapping_add(sum >> 58).wrapping_add(word & PRIME).wrapping_add(word >> 61),
        );
    }
    for byte in rest {
        sum = reduced((sum << 8 & PRIME).wrapping_add(sum >> 53).wrapping_add(u64::from(*byte)));
    }
    sum
}

fn reduced(number: u64) -> u64 {
    let number = (number & PRIME).wrapping_add(number >> 61);
    if number >= PRIME { number.wrapping_sub(PRIME) } else { number }
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
        // A byte that the sum could lose: zeros in front, and words that differ by the prime.
        assert_eq!(sent(&["\0a"]).rest(b"a\0"), None);
        assert_eq!(
            sent(&["\0\0\0\0\0\0\0\0"]).rest(&PRIME.to_be_bytes()),
            Some(&[][..]),
            "a known collision"
        );
    }

    #[test]
    fn halves_of_characters_end_the_comparison() {
        let mut sent = Sent::default();
        sent.push(&WireText::from(&b"a\xED\xA0\xBD"[..]));
        assert_eq!(sent.rest("a😀b".as_bytes()), Some(&[][..]));
        assert!(!sent.is_empty() && Sent::default().is_empty());
    }
}
