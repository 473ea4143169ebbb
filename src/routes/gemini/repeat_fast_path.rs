//! The fast path for chunks that differ from the previous one in their text and their token counts alone, as nearly all
//! chunks do: Google repeats the usage in every chunk, with higher counts. It is read when the response is over.

use super::usage::has_counts;
use crate::events::TextKind;
use crate::json::{Raw, RawValue, Repetition, Template, digits};

/// The previous chunk, if a text was its only content.
#[derive(Debug, Default)]
pub(super) struct RepeatedChunk {
    template: Template,
    /// What the text is.
    kind: Option<TextKind>,
}

impl RepeatedChunk {
    /// The text and the usage of a chunk that repeats the previous one otherwise.
    pub(super) fn read<'a>(&mut self, json: &'a [u8]) -> Option<(TextKind, Repetition<'a>)> {
        let found = self.template.read(json)?;
        self.kind.map(|kind| (kind, found))
    }

    /// The next chunk is no repetition.
    pub(super) fn forget(&mut self) {
        self.template.forget();
    }

    /// Keeps a chunk that was read in full, and has nothing with an effect but this text and this usage.
    pub(super) fn note(&mut self, json: &str, kind: TextKind, text: RawValue<'_>, usage: Raw<'_>) {
        if !self.template.is_useful() {
            return;
        }
        // A usage without counts has to be the same, as all else.
        let usage = usage.filter(|usage| has_counts(usage.get()));
        self.template.note(json, text, &usage.map(digits).unwrap_or_default(), usage);
        self.kind = Some(kind);
    }
}
