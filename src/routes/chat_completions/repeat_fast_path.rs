//! The fast path for chunks that differ from the previous one in their text alone, as nearly all chunks do.
//!
//! Such a chunk is not parsed. What surrounds the text is the same as before and would be read to the same effect, so it
//! is compared, eight bytes at a time, and only the text is read. Some vendors count the tokens in every chunk [12]; there
//! the numbers of the usage may differ too.

use alloc::vec::Vec;
use core::ops::Range;

use super::chunk::{Choice, Chunk, ToolCall, any_filled, is_filled};
use super::replay::Field;
use super::usage::UsageReport;
use crate::json::{Raw, WireText, is_plain, parse, present, string_len, wire_text};
use crate::scanned::scanned;
use crate::text_search::{contains, same};

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
    last: Option<Last>,
    /// Chunks kept in vain since the last repetition; see [`MAX_UNLIKE`].
    unlike: u32,
}

/// What may differ in the next chunk.
#[derive(Debug)]
struct Last {
    field: TextField,
    /// The text, with its quotes.
    text: Range<usize>,
    /// The usage after it, and the number of bytes between the two.
    usage: Option<(usize, Range<usize>)>,
}

impl RepeatCache {
    /// The text of a chunk that repeats the previous one otherwise, and the field of the text. Never an empty text, which
    /// would count as progress. The usage of the chunk goes to the report.
    pub(super) fn text<'a>(
        &mut self,
        mut json: &'a [u8],
        report: &mut UsageReport,
    ) -> Option<(TextField, WireText<'a>)> {
        let last = self.last.as_ref()?;
        let (head, mut tail) = (self.json.get(..last.text.start)?, self.json.get(last.text.end..)?);
        let mut usage = None;
        if let Some((between, known)) = &last.usage {
            // Numbers of another length move the end of the text, so it is found by its quote.
            let text = string_len(json.get(head.len()..)?)?;
            let rest = self.json.get(known.end..)?;
            let begin = head.len().checked_add(text)?.checked_add(*between)?;
            let end = json.len().checked_sub(rest.len())?;
            usage = Some(core::str::from_utf8(json.get(begin..end)?).ok()?);
            if !same(json.get(end..)?, rest) {
                return None;
            }
            (json, tail) = (json.get(..begin)?, tail.get(..*between)?);
        }
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
        // The usage is last, because it must not be added here and once more where the chunk is parsed.
        if found.is_empty() || usage.is_some_and(|usage| !report.supersede(usage)) {
            return None;
        }
        self.unlike = 0;
        Some((last.field, found))
    }

    /// The next data does not repeat the previous chunk.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Keeps a chunk that was read in full, if a text is the only content of its choice.
    pub(super) fn note(&mut self, json: &str, chunk: &Chunk<'_>, choice: &Choice<'_>) {
        // A part is a slice of the chunk, so its position is the distance of the two pointers. That costs no search.
        let range = |part: &str| {
            let start = (part.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
            Some(start..start.saturating_add(part.len()))
        };
        if self.unlike < MAX_UNLIKE
            && let Some((field, Some(text))) = only_text(choice)
            && let Some(text) = range(text.get())
        {
            self.unlike = self.unlike.saturating_add(1);
            self.json.clear();
            self.json.extend_from_slice(json.as_bytes());
            // Other digits in an escape could make it none. A second usage would have to be added after this one.
            let usage = chunk.usage.map(|usage| usage.get()).filter(|usage| usage.starts_with('{'));
            let usage = usage.filter(|usage| choice.usage.is_none() && !contains(usage, "\\"));
            let usage = usage.and_then(range);
            let usage = usage.and_then(|usage| Some((usage.start.checked_sub(text.end)?, usage)));
            self.last = Some(Last { field, text, usage });
        }
    }
}

/// The text of a choice that has no other content.
fn only_text<'a>(choice: &Choice<'a>) -> Option<(TextField, Raw<'a>)> {
    let delta = choice.delta.0.as_ref()?;
    // What has an effect each time it is read, such as a signature or a finish reason, cannot be skipped. A message after
    // deltas has none.
    if present(choice.finish_reason).is_some()
        || any_filled(&delta.details())
        || delta.function_call.0.is_some()
    {
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
