//! The fast path for chunks that differ from the previous one in their text alone, as nearly all chunks do. Some vendors
//! count the tokens in every chunk [12]; there the numbers of the usage may differ too.

use super::chunk::{Choice, Chunk, ToolCall, any_filled, is_filled};
use super::replay::Field;
use super::usage::UsageReport;
use crate::json::{Raw, RawValue, Template, WireText, digits, present};
use crate::text_search::contains;

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
    template: Template,
    /// The field of its text.
    field: Option<TextField>,
}

impl RepeatCache {
    /// The text of a chunk that repeats the previous one otherwise, and the field of the text. Any other difference, such as
    /// a new id or a second field, makes it a chunk that has to be parsed. The usage of the chunk goes to the report.
    pub(super) fn text<'a>(
        &mut self,
        json: &'a [u8],
        report: &mut UsageReport,
    ) -> Option<(TextField, WireText<'a>)> {
        let found = self.template.read(json)?;
        // Last, because it must not be added here and once more where the chunk is parsed.
        if !found.part.is_empty() && !report.supersede(core::str::from_utf8(found.part).ok()?) {
            return None;
        }
        Some((self.field?, found.text))
    }

    /// The next data does not repeat the previous chunk.
    pub(super) fn forget(&mut self) {
        self.template.forget();
    }

    /// Keeps a chunk that was read in full, if a text is the only content of its choice.
    pub(super) fn note(&mut self, json: &str, chunk: &Chunk<'_>, choice: &Choice<'_>) {
        if self.template.is_useful()
            && let Some((field, Some(text))) = only_text(choice)
        {
            let usage = chunk.usage.filter(|usage| may_count_on(*usage, choice));
            let counts = usage.map(digits).unwrap_or_default();
            self.template.note(json, text, &counts, usage);
            self.field = Some(field);
        }
    }
}

/// Whether other digits in a usage are other counts, and nothing else. Those in an escape could make it none, and a second
/// usage would have to be added after this one.
fn may_count_on(usage: RawValue<'_>, choice: &Choice<'_>) -> bool {
    usage.get().starts_with('{') && choice.usage.is_none() && !contains(usage.get(), "\\")
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
