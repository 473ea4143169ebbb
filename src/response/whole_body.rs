//! A response that is one JSON text, kept until it is whole.
//!
//! Normally the end of the body says that it is whole. A server that sends no `Content-Length` and leaves the connection
//! open never ends the body, so the brackets are counted as well. After the last bracket the caller waits a short time
//! for the end, as it does after a finish reason, and then goes on without it. The wait is needed: a second JSON text
//! after the first would mean that this is a stream of another kind, and its first piece must not pass for all of it.

use alloc::{string::String, vec::Vec};
use core::str::Utf8Chunk;

use crate::scanned::scanned;

/// Largest response that is one JSON text, in bytes. A component has 32 bits of address space, which a server without
/// a limit could fill.
pub const MAX_WHOLE: usize = 16 << 20;

/// The text so far. Each byte is looked at once.
#[derive(Debug, Default)]
pub(super) struct WholeBody {
    kept: Vec<u8>,
    /// Brackets that are open.
    depth: usize,
    /// Inside a string, and after a backslash in it.
    string: bool,
    escaped: bool,
    /// The length of the text up to its last bracket, in bytes.
    closed: Option<usize>,
    /// Something other than white space followed the last bracket.
    trailing_data: bool,
}

impl WholeBody {
    /// Adds the bytes of one read; `false` where that would exceed the cap.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        if self.kept.len().saturating_add(bytes.len()) > MAX_WHOLE {
            return false;
        }
        scanned(bytes.len());
        for byte in bytes {
            self.kept.push(*byte);
            self.count(*byte);
        }
        true
    }

    fn count(&mut self, byte: u8) {
        if self.closed.is_some() {
            self.trailing_data |= !byte.is_ascii_whitespace();
        } else if self.string {
            self.string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
        } else {
            match byte {
                b'"' => self.string = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.closed = Some(self.kept.len());
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether all brackets are closed, and only white space followed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_some() && !self.trailing_data
    }

    /// The bytes that count as progress. White space after the end does not: it only keeps the connection open [26].
    pub(super) fn progress_count(&self) -> usize {
        self.closed.unwrap_or(self.kept.len())
    }

    /// All of it, invalid UTF-8 replaced; `None` where the replacements, of three bytes each, make it exceed the cap.
    ///
    /// A valid text is not copied, and for another one the memory is known before it is taken.
    pub(super) fn into_text(self) -> Option<String> {
        scanned(self.kept.len());
        let bytes = match String::from_utf8(self.kept) {
            Ok(text) => return Some(text),
            Err(invalid) => invalid.into_bytes(),
        };
        let replacement = |chunk: &Utf8Chunk<'_>| if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        let lengths =
            bytes.utf8_chunks().map(|chunk| chunk.valid().len().saturating_add(replacement(&chunk).len()));
        let length = lengths.fold(0, usize::saturating_add);
        scanned(bytes.len().saturating_mul(2));
        if length > MAX_WHOLE {
            return None;
        }
        let mut text = String::with_capacity(length);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.push_str(replacement(&chunk));
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_closed_with_its_last_bracket_however_it_is_cut() {
        for (text, closed, count) in [
            (&b"{}"[..], true, 2),
            (b"{} \r\n\t", true, 2),
            (b"{}\n{}", false, 2),
            (b"{}x", false, 2),
            (b"{\"a\":[1,{}]}", true, 12),
            (b"{\"a\":[1,{}]", false, 11),
            (b"{\"}\":1", false, 6),
            (b"{\"\\\"}", false, 5),
            (b"{\"\\\\\"}", true, 6),
            (b"{\"\\\\\\\"}", false, 7),
            (b"[[]", false, 3),
            (b"{", false, 1),
        ] {
            for cut in 0..=text.len() {
                let mut whole = WholeBody::default();
                let (before, after) = text.split_at(cut);
                assert!(whole.push(before) && whole.push(after));
                assert_eq!(
                    (whole.is_closed(), whole.progress_count()),
                    (closed, count),
                    "{text:?} cut at {cut}"
                );
                assert_eq!(whole.into_text().expect("a short text").as_bytes(), text);
            }
        }
    }

    #[test]
    fn no_byte_more_than_the_cap_is_kept() {
        let mut whole = WholeBody::default();
        assert!(whole.push(&std::vec![b'['; MAX_WHOLE]));
        assert!(!whole.push(b"]"));
        assert_eq!(whole.progress_count(), MAX_WHOLE);
    }

    #[test]
    fn replaced_bytes_count_against_the_cap_as_what_replaces_them() {
        let text = |bytes: &[u8]| {
            let mut whole = WholeBody::default();
            assert!(whole.push(bytes));
            whole.into_text()
        };
        assert_eq!(text(b"[\"a\xffb\xe5\xa5\"]").as_deref(), Some("[\"a\u{fffd}b\u{fffd}\"]"));
        let invalid = std::vec![0xFF; MAX_WHOLE / 3];
        assert_eq!(text(&invalid).map(|text| text.len()), Some(MAX_WHOLE / 3 * 3));
        assert_eq!(text(&[&invalid[..], &[0xFF]].concat()), None);
    }
}
