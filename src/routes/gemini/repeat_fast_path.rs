//! The fast path for chunks that differ from the previous one in their text and their token counts alone, as nearly all
//! chunks do. Google repeats the usage in every chunk with higher counts; it is read when the response is over.

use super::usage::has_counts;
use crate::events::TextKind;
use crate::json::{Raw, RawValue, Repetition, Template, digits};

/// The previous chunk, if a text was its only content.
#[derive(Debug, Default)]
pub(super) struct RepeatCache {
    template: Template,
    /// The kind of its text.
    kind: Option<TextKind>,
}

impl RepeatCache {
    /// The text of a chunk that repeats the previous one otherwise, with its kind, and the usage where there is one.
    pub(super) fn read<'a>(&mut self, json: &'a [u8]) -> Option<(TextKind, Repetition<'a>)> {
        let found = self.template.read(json)?;
        Some((self.kind?, found))
    }

    /// The next data does not repeat the previous chunk.
    pub(super) fn forget(&mut self) {
        self.template.forget();
    }

    /// Keeps a chunk that was read in full, and has nothing with an effect but this text and this usage, which are parts
    /// of it.
    pub(super) fn note(&mut self, json: &str, kind: TextKind, text: RawValue<'_>, usage: Raw<'_>) {
        if self.template.is_useful() {
            // A usage without counts has to be the same, as all else.
            let usage = usage.filter(|usage| has_counts(usage.get()));
            self.template.note(json, text, &usage.map(digits).unwrap_or_default(), usage);
            self.kind = Some(kind);
        }
    }
}
