//! Chunks that differ from the one before in their text alone, as nearly all of an answer do.
//!
//! Such a chunk need not be parsed: what stands around the text means what it meant before, and telling it
//! again changes nothing. So it is compared, eight bytes at a time, and only the text is looked at.

use alloc::vec::Vec;
use core::ops::Range;

use super::chunk::{Choice, ToolCall, any_filled, is_filled};
use super::replay::Field;
use crate::json::{Raw, WireText, is_plain, parse, present, text};
use crate::scanned::scanned;
use crate::text::same;

/// So many chunks in a row that were like none before: this server writes something new into each, and the
/// next need not be kept.
const MAX_UNLIKE: u32 = 16;

/// Where the text of a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TextField {
    Content,
    Reasoning(Field),
    /// The arguments of the tool call that the last chunk was about.
    Arguments,
}

/// The last chunk, if it had nothing to tell but a text.
#[derive(Debug, Default)]
pub(super) struct RepeatCache {
    json: Vec<u8>,
    /// The text in it, with its quotes.
    last: Option<(TextField, Range<usize>)>,
    unlike: u32,
}

impl RepeatCache {
    /// The text of a chunk that is like the last one, and its place; never an empty one.
    pub(super) fn text<'a>(&mut self, json: &'a [u8]) -> Option<(TextField, WireText<'a>)> {
        let (place, last) = self.last.as_ref()?;
        let (head, tail) = (self.json.get(..last.start)?, self.json.get(last.end..)?);
        let end = json.len().checked_sub(tail.len())?;
        let quoted = json.get(head.len()..end)?;
        if !same(json.get(..head.len())?, head) || !same(json.get(end..)?, tail) {
            return None;
        }
        let found = match quoted {
            [b'"', inner @ .., b'"'] if is_plain(inner) => {
                scanned(inner.len());
                WireText::from(core::str::from_utf8(inner).ok()?)
            }
            // What is one value of JSON and begins with a quote is one string.
            _ => {
                scanned(quoted.len());
                text(parse(core::str::from_utf8(quoted).ok()?).ok())?
            }
        };
        self.unlike = 0;
        Some((*place, found)).filter(|(_, text)| !text.is_empty())
    }

    /// Another chunk comes, or something that is none.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// A chunk of which all was told, and this choice of it.
    pub(super) fn note(&mut self, json: &str, choice: &Choice<'_>) {
        if self.unlike < MAX_UNLIKE
            && let Some((place, Some(text))) = only_text(choice)
            && let Some(start) = (text.get().as_ptr() as usize).checked_sub(json.as_ptr() as usize)
        {
            self.unlike += 1;
            self.json.clear();
            self.json.extend_from_slice(json.as_bytes());
            self.last = Some((place, start..start + text.get().len()));
        }
    }
}

/// The text of a choice that tells nothing else.
fn only_text<'a>(choice: &Choice<'a>) -> Option<(TextField, Raw<'a>)> {
    let delta = choice.delta.0.as_ref()?;
    let more = choice.message.0.is_some() || present(choice.finish_reason).is_some();
    if more || any_filled(&delta.details()) || delta.function_call.0.is_some() {
        return None;
    }
    let texts = delta.texts().into_iter().zip([
        TextField::Content,
        TextField::Reasoning(Field::ReasoningContent),
        TextField::Reasoning(Field::Reasoning),
        TextField::Reasoning(Field::ReasoningText),
    ]);
    let texts = texts.map(|(raw, place)| (place, raw));
    let calls = delta.tool_calls.iter().map(|call| (TextField::Arguments, only_arguments(call)));
    let mut telling = texts.filter(|(_, raw)| is_filled(*raw)).chain(calls);
    let found = telling.next().filter(|(_, raw)| raw.is_some_and(|raw| raw.get().starts_with('"')));
    found.filter(|_| telling.next().is_none())
}

/// The arguments of a fragment that tells nothing else.
fn only_arguments<'a>(call: &ToolCall<'a>) -> Raw<'a> {
    let function = call.function.0.as_ref()?;
    let more = [call.id, call.extra_content, function.name].into_iter().any(|raw| present(raw).is_some());
    function.arguments.filter(|_| !more)
}
