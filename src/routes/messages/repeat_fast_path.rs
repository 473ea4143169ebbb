//! The fast path for deltas that differ from the previous one in their text alone, as nearly all deltas do.
//!
//! Such an event is not parsed: what surrounds its text is compared with that of the previous delta. Unlike the chunks
//! of chat completions, these are padded with blanks before the last brace, a different number in each event [55].

use alloc::vec::Vec;

use crate::json::{RawValue, WireText, is_plain, parse, wire_text};
use crate::scanned::scanned;
use crate::text_search::same;

/// The previous delta, without the padding.
#[derive(Debug, Default)]
pub(super) struct RepeatedDelta {
    /// A copy, because the bytes of a read are gone by the next event. The buffer is reused.
    json: Vec<u8>,
    /// Where the text begins and ends in it, quotes included.
    text: (usize, usize),
    /// The block that the text belongs to; nothing where the last event was no such delta.
    block: Option<usize>,
}

impl RepeatedDelta {
    /// The text of a delta that repeats the previous one otherwise, and its block. Never an empty text, which is no
    /// progress.
    pub(super) fn text<'a>(&self, data: &'a [u8]) -> Option<(usize, WireText<'a>)> {
        let block = self.block?;
        let (start, end) = self.text;
        let (head, tail) = (self.json.get(..start)?, self.json.get(end..)?);
        let data = without_padding(data)?;
        let after = data.len().checked_sub(tail.len())?;
        let quoted = data.get(start..after)?;
        if !same(data.get(..start)?, head) || !same(data.get(after..)?, tail) {
            return None;
        }
        let text = match quoted {
            [b'"', inner @ .., b'"'] if is_plain(inner) => {
                scanned(inner.len());
                WireText::from(core::str::from_utf8(inner).ok()?)
            }
            // A single JSON value that begins with a quote is one string, so nothing can hide between the quotes.
            _ => {
                scanned(quoted.len());
                wire_text(parse(core::str::from_utf8(quoted).ok()?).ok())?
            }
        };
        Some((block, text)).filter(|(_, text)| !text.is_empty())
    }

    /// The next event is no repetition.
    pub(super) fn forget(&mut self) {
        self.block = None;
    }

    /// Keeps a delta that was read in full, for a block. The text is a slice of the event.
    pub(super) fn note(&mut self, json: &str, text: RawValue<'_>, block: usize) {
        let start = (text.get().as_ptr() as usize).checked_sub(json.as_ptr() as usize);
        if let Some(start) = start
            && text.get().starts_with('"')
            && let Some(json) = without_padding(json.as_bytes())
        {
            self.json.clear();
            self.json.extend_from_slice(json);
            self.text = (start, start.saturating_add(text.get().len()));
            self.block = Some(block);
        }
    }
}

/// An event up to its last brace, without that and the blanks before it.
fn without_padding(json: &[u8]) -> Option<&[u8]> {
    let json = json.strip_suffix(b"}")?;
    let blanks = json.iter().rev().take_while(|byte| **byte == b' ').count();
    scanned(blanks);
    json.get(..json.len().saturating_sub(blanks))
}
