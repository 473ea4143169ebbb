//! The fast path for chunks that differ from the previous one in their text alone, as nearly all chunks do.
//!
//! Such a chunk is not parsed. What surrounds the text is the same as before and would be read to the same effect, so it
//! is compared, eight bytes at a time, and only the text is read.

use alloc::vec::Vec;
use core::ops::Range;

use super::chunk::{Choice, ToolCall, any_filled, is_filled};
use super::replay::Field;
use crate::json::{Raw, WireText, is_plain, parse, present, wire_text};
use crate::scanned::scanned;
use crate::text_search::same;

/// After so many chunks in a row without a repetition no more are kept: this server writes something new into each
/// chunk, and each copy would be in vain.
const MAX_UNLIKE: u32 = 16;

/// The field of a chunk that has its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TextField {
    Content,
    Reasoning(Field),
    /// The arguments of the tool call in the previous chunk.
    Arguments,
}

/// The previous chunk, if a text was its only content.
#[derive(Debug, Default)]
pub(super) struct RepeatCache {
    /// A copy, since the bytes of a read are gone by the next chunk. The buffer is reused.
    json: Vec<u8>,
    /// The text in it, with its quotes.
    last: Option<(TextField, Range<usize>)>,
    /// Chunks kept in vain since the last repetition; see [`MAX_UNLIKE`].
    unlike: u32,
}

impl RepeatCache {
    /// The text of a chunk that repeats the previous one otherwise, and the field of the text. Never an empty text, which
    /// would count as progress.
    pub(super) fn text<'a>(&mut self, json: &'a [u8]) -> Option<(TextField, WireText<'a>)> {
        let (field, last) = self.last.as_ref()?;
        let (head, tail) = (self.json.get(..last.start)?, self.json.get(last.end..)?);
        let end = json.len().checked_sub(tail.len())?;
        let quoted = json.get(head.len()..end)?;
        // Any other difference, such as a new id or a second field, makes this a chunk that has to be parsed.
        if !same(json.get(..head.len())?, head) || !same(json.get(end..)?, tail) {
            return None;
        }
        let found = match quoted {
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
        self.unlike = 0;
        Some((*field, found)).filter(|(_, text)| !text.is_empty())
    }

    /// The next data does not repeat the previous chunk.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Keeps a chunk that was read in full, if a text is the only content of its choice.
    pub(super) fn note(&mut self, json: &str, choice: &Choice<'_>) {
        if self.unlike < MAX_UNLIKE
            && let Some((field, Some(text))) = only_text(choice)
            // The text is a slice of the chunk, so its position is the distance of the two pointers. That costs no
            // search.
            && let Some(start) = (text.get().as_ptr() as usize).checked_sub(json.as_ptr() as usize)
        {
            self.unlike = self.unlike.saturating_add(1);
            self.json.clear();
            self.json.extend_from_slice(json.as_bytes());
            self.last = Some((field, start..start.saturating_add(text.get().len())));
        }
    }
}

/// The text of a choice that has no other content.
fn only_text<'a>(choice: &Choice<'a>) -> Option<(TextField, Raw<'a>)> {
    let delta = choice.delta.0.as_ref()?;
    let more = choice.message.0.is_some() || present(choice.finish_reason).is_some();
    // What has an effect each time it is read, such as a signature or a finish reason, cannot be skipped.
    if more || any_filled(&delta.details()) || delta.function_call.0.is_some() {
        return None;
    }
    let texts = delta.texts().into_iter().zip([
        TextField::Content,
        TextField::Reasoning(Field::ReasoningContent),
        TextField::Reasoning(Field::Reasoning),
        TextField::Reasoning(Field::ReasoningText),
    ]);
    let texts = texts.map(|(raw, field)| (field, raw));
    let calls = delta.tool_calls.iter().map(|call| (TextField::Arguments, only_arguments(call)));
    let mut filled = texts.filter(|(_, raw)| is_filled(*raw)).chain(calls);
    let found = filled.next().filter(|(_, raw)| raw.is_some_and(|raw| raw.get().starts_with('"')));
    found.filter(|_| filled.next().is_none())
}

/// The arguments of a fragment that has no other content.
fn only_arguments<'a>(call: &ToolCall<'a>) -> Raw<'a> {
    let function = call.function.0.as_ref()?;
    let more = [
        call.id,
        call.extra_content,
        call.provider_specific_fields,
        function.name,
        function.provider_specific_fields,
    ];
    let more = more.into_iter().any(|raw| present(raw).is_some());
    // An id or a name could begin another call.
    function.arguments.filter(|_| !more)
}
