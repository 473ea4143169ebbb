//! The fast path for deltas that differ from the previous one in their text alone, as nearly all deltas do.

use crate::json::{RawValue, Template, WireText};
use crate::scanned::scanned;

/// The previous delta, if a text was its only content.
#[derive(Debug, Default)]
pub(super) struct RepeatedDelta {
    template: Template,
    /// The block that its text belongs to.
    block: usize,
}

impl RepeatedDelta {
    /// The text of a delta that repeats the previous one otherwise, and its block.
    pub(super) fn text<'a>(&mut self, data: &'a [u8]) -> Option<(usize, WireText<'a>)> {
        let found = self.template.read(without_padding(data))?;
        Some((self.block, found.text))
    }

    /// The next event is no repetition.
    pub(super) fn forget(&mut self) {
        self.template.forget();
    }

    /// Keeps a delta that was read in full, for a block. The text is a slice of it.
    pub(super) fn note(&mut self, json: &str, text: RawValue<'_>, block: usize) {
        if let Some(json) = json.get(..without_padding(json.as_bytes()).len()) {
            self.template.note(json, text, &[], None);
            self.block = block;
        }
    }
}

/// An event without its last brace, and without the blanks before that: Anthropic pads each event with a different number
/// of them, so that its length says nothing about its text [55].
fn without_padding(json: &[u8]) -> &[u8] {
    let Some(json) = json.strip_suffix(b"}") else { return json };
    let blanks = json.iter().rev().take_while(|byte| **byte == b' ').count();
    scanned(blanks);
    json.get(..json.len().saturating_sub(blanks)).unwrap_or_default()
}
