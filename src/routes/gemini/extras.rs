//! What a response has beside its content: sources, reasons of filters. It goes into `finish.extra-json`.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::chunk::Candidate;
use crate::events::Assembler;
use crate::json::{Json, Raw, elements, present};

/// Largest value that is passed on, in bytes. It is copied whenever it changes, and the citations of all chunks are one
/// value.
const MAX_VALUE: usize = 256 << 10;

/// The last value of each field.
#[derive(Debug, Default)]
pub(super) struct Extras {
    values: Vec<(&'static str, String)>,
    /// The items of all lists of citations, with commas between them.
    citations: String,
    is_too_large: bool,
}

impl Extras {
    /// The extras of a candidate.
    pub(super) fn note_candidate(&mut self, candidate: &Candidate<'_>) {
        self.note("groundingMetadata", candidate.grounding);
        self.note("urlContextMetadata", candidate.url_context);
        self.note("finishMessage", candidate.finish_message);
        if let Some(list) = candidate.citations.0.as_ref().and_then(|citations| citations.list()) {
            self.note_citations(list.get());
        }
    }

    /// A field of the response.
    pub(super) fn note(&mut self, name: &'static str, raw: Raw<'_>) {
        let Some(json) = present(raw).filter(|json| !matches!(*json, "[]" | "{}" | "\"\"")) else { return };
        if json.len() > MAX_VALUE {
            self.is_too_large = true;
            return;
        }
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, value)) => {
                value.clear();
                value.push_str(json);
            }
            None => self.values.push((name, json.to_owned())),
        }
    }

    /// Each chunk has the citations of its own part of the text, so they are joined.
    fn note_citations(&mut self, list: &str) {
        let Some(items) = elements(list) else { return };
        for item in items {
            let item = item.get();
            if self.citations.len().saturating_add(item.len()) > MAX_VALUE {
                self.is_too_large = true;
                return;
            }
            if !self.citations.is_empty() {
                self.citations.push(',');
            }
            self.citations.push_str(item);
        }
    }

    /// A JSON object of all of them; nothing where there is none.
    pub(super) fn take_json(&mut self, out: &mut Assembler) -> Option<String> {
        let Self { values, citations, is_too_large } = core::mem::take(self);
        if is_too_large {
            out.warn("the response contains citations or sources of more than 256 KiB; they were left out");
        }
        let mut json = Json::default();
        json.raw("{");
        for (name, value) in &values {
            json.key(name);
            json.raw(value);
        }
        if !citations.is_empty() {
            json.key("citationMetadata");
            json.raw("{\"citations\":[");
            json.raw(&citations);
            json.raw("]}");
        }
        json.raw("}");
        let json = json.into_string();
        (json != "{}").then_some(json)
    }
}
