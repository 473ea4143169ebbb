//! Surrogate pairs that a stream has split between two chunks [16].
//!
//! Servers that cut text by UTF-16 units send `\ud83d` in one chunk and `\ude00` in the next. Each alone is no
//! character, and replacing them would lose every such emoji.

use alloc::string::String;

use super::WireText;
use crate::scanned::scanned;

/// Joins the halves of a pair over several pieces of text; a half without the other is replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairJoiner {
    /// A first half that stood at the end of the last piece.
    lead: Option<u16>,
}

impl PairJoiner {
    /// Whether nothing is held back, so that plain text may pass as it is.
    pub fn is_empty(&self) -> bool {
        self.lead.is_none()
    }

    /// Appends text; a first half at its very end is held back.
    pub fn push_text(&mut self, text: &WireText<'_>, out: &mut String) {
        match text.plain() {
            Some(plain) if self.is_empty() => {
                // Most pieces become one event each, so that the exact size is the final one and spare room is waste.
                out.reserve_exact(if out.is_empty() { plain.len() } else { 0 });
                out.push_str(plain);
            }
            _ => self.push(text.as_bytes(), out),
        }
    }

    /// Appends a piece; a first half at its very end is held back.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut String) {
        if bytes.is_empty() {
            return;
        }
        if let Some(lead) = self.lead.take() {
            match half(bytes) {
                Some(trail @ 0xDC00..=0xDFFF) => {
                    out.push(joined(lead, trail));
                    bytes = bytes.get(3..).unwrap_or_default();
                }
                // The other half did not follow, so this half is no character.
                _ => out.push(char::REPLACEMENT_CHARACTER),
            }
        }
        loop {
            let (valid, rest) = match core::str::from_utf8(bytes) {
                Ok(valid) => {
                    scanned(valid.len());
                    (valid, &[][..])
                }
                Err(error) => {
                    // It stops at the first half. What is before it is checked once more.
                    scanned(error.valid_up_to().saturating_mul(2).saturating_add(1));
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    (core::str::from_utf8(valid).unwrap_or_default(), rest)
                }
            };
            out.push_str(valid);
            if rest.is_empty() {
                return;
            }
            // Any other invalid byte counts as one character that is broken.
            let (first, after) = match half(rest) {
                Some(first) => (first, rest.get(3..).unwrap_or_default()),
                None => (0, rest.get(1..).unwrap_or_default()),
            };
            bytes = after;
            match first {
                // Only at the very end: in the middle of a piece the second half would already be here.
                0xD800..=0xDBFF if bytes.is_empty() => self.lead = Some(first),
                _ => out.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }

    /// The text has ended: a half held back is replaced.
    pub fn finish(&mut self, out: &mut String) {
        if self.lead.take().is_some() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The half of a pair that the first three bytes spell.
fn half(bytes: &[u8]) -> Option<u16> {
    match *bytes {
        [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
            Some(0xD000 | (u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F))
        }
        _ => None,
    }
}

fn joined(lead: u16, trail: u16) -> char {
    // At most 0x10FFFF.
    let point = 0x10000_u32.wrapping_add(u32::from(lead & 0x3FF) << 10 | u32::from(trail & 0x3FF));
    char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(pieces: &[&[u8]]) -> String {
        let mut joiner = PairJoiner::default();
        let mut out = String::new();
        for piece in pieces {
            joiner.push(piece, &mut out);
        }
        joiner.finish(&mut out);
        out
    }

    const LEAD: &[u8] = b"\xED\xA0\xBD";
    const TRAIL: &[u8] = b"\xED\xB8\x80";

    #[test]
    fn a_pair_split_over_two_pieces_is_one_character() {
        assert_eq!(join(&[b"a", LEAD, TRAIL, b"b"]), "a😀b");
        assert_eq!(join(&[&[b"a", LEAD].concat(), &[TRAIL, b"b"].concat()]), "a😀b");
        assert_eq!(join(&[LEAD, b"", TRAIL]), "😀");
    }

    #[test]
    fn a_lone_half_is_replaced_by_one_character_and_costs_nothing_else() {
        assert_eq!(join(&[LEAD]), "\u{FFFD}");
        assert_eq!(join(&[LEAD, b"a"]), "\u{FFFD}a");
        assert_eq!(join(&[b"a", TRAIL, b"b"]), "a\u{FFFD}b");
        assert_eq!(join(&[LEAD, LEAD, TRAIL]), "\u{FFFD}😀");
        assert_eq!(join(&[TRAIL, LEAD]), "\u{FFFD}\u{FFFD}");
    }
}
