//! Chunks that differ from an earlier one in one text only: most of a stream.
//!
//! A vendor writes the same id, model and time around each piece of an answer. Where the text around a piece
//! is, byte for byte, that of a chunk that was read before, reading it once more would come to the same, and so
//! only the piece is read. Anything else, were it a blank, is read as if there were no chunk before it.

use alloc::string::String;

use super::chunk::{Choice, Chunk, Delta};
use crate::json::{Raw, RawValue, parse_string, present};
use crate::text::{ends_with, starts_with};

/// Longest text around a piece that is remembered, in bytes. Real ones are two hundred.
const MAX_AROUND: usize = 4 << 10;

/// The one leaf of a delta that has something in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leaf {
    Content,
    ReasoningContent,
    Reasoning,
}

/// What stood around the piece of a chunk.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    leaf: Option<Leaf>,
    before: String,
    behind: String,
}

impl Repeat {
    /// Remembers a chunk that was read, if it held one piece of text and nothing else that is news.
    pub(super) fn learn(&mut self, json: &str, chunk: &Chunk<'_>, choice: &Choice<'_>) {
        let Some((leaf, piece)) = only_piece(chunk, choice) else { return };
        let Some((before, behind)) = around(json, piece) else { return };
        if before.len() + behind.len() > MAX_AROUND {
            return;
        }
        self.leaf = Some(leaf);
        // The buffers of the last one serve.
        for (kept, part) in [(&mut self.before, before), (&mut self.behind, behind)] {
            kept.clear();
            kept.push_str(part);
        }
    }

    /// The piece of a chunk that differs from the one remembered in its piece only.
    pub(super) fn piece<'a>(&self, json: &'a str) -> Option<(Leaf, RawValue<'a>)> {
        let leaf = self.leaf?;
        let end = json.len().checked_sub(self.behind.len())?;
        if !starts_with(json.as_bytes(), self.before.as_bytes())
            || !ends_with(json.as_bytes(), self.behind.as_bytes())
        {
            return None;
        }
        // One whole string, so that what stands behind it means what it meant.
        Some((leaf, parse_string(json.get(self.before.len()..end)?)?))
    }
}

/// The piece of text in a chunk that has nothing else to tell. What it says of the answer as a whole is the
/// same when it says it again.
fn only_piece<'a>(chunk: &Chunk<'a>, choice: &Choice<'a>) -> Option<(Leaf, RawValue<'a>)> {
    let delta = choice.delta.0.as_ref()?;
    let alone = present(choice.finish_reason).is_none()
        && choice.message.0.is_none()
        && present(choice.error).is_none()
        && present(chunk.error).is_none();
    let mut pieces = [
        (Leaf::Content, delta.content),
        (Leaf::ReasoningContent, delta.reasoning_content),
        (Leaf::Reasoning, delta.reasoning),
    ]
    .into_iter()
    .filter_map(|(leaf, raw)| Some((leaf, told(raw)?)));
    let piece = pieces.next().filter(|(_, raw)| raw.get().starts_with('"'))?;
    (alone && delta.leaves_told() == 1).then_some(piece)
}

fn told<'a>(raw: Raw<'a>) -> Option<RawValue<'a>> {
    raw.filter(|raw| Delta::is_told(raw.get()))
}

/// What stands before and behind a value in the text that it was read from.
fn around<'t>(json: &'t str, value: RawValue<'_>) -> Option<(&'t str, &'t str)> {
    let value = value.get();
    let start = (value.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
    let end = start.checked_add(value.len())?;
    (json.get(start..end)? == value).then_some((json.get(..start)?, json.get(end..)?))
}

#[cfg(test)]
#[path = "repeat_tests.rs"]
mod tests;
