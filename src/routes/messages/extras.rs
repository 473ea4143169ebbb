//! What a response says beside its blocks and its usage, for `finish.extra-json`.

use alloc::{borrow::ToOwned, string::String};

use super::wire::MessageEnd;
use crate::events::Assembler;
use crate::json::{Json, Raw, present};

/// Most bytes of one value. Citations repeat the text of their sources, and a value without end must not fill the memory.
const MAX_VALUE: usize = 256 << 10;

const NAMES: [&str; 4] = ["stop_sequence", "stop_details", "container", "context_management"];

/// The values so far.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Those of [`NAMES`]; empty where there is none.
    values: [String; 4],
    /// The citations of all text blocks, separated by commas.
    citations: String,
    too_large: bool,
}

impl Extras {
    /// The fields that come with the end of a message. The last one of each counts.
    pub(super) fn note(&mut self, end: &MessageEnd<'_>, context_management: Raw<'_>) {
        let values = [end.stop_sequence, end.stop_details, end.container, context_management];
        for (kept, value) in self.values.iter_mut().zip(values) {
            let Some(json) = present(value) else { continue };
            if json.len() > MAX_VALUE {
                self.too_large = true;
            } else {
                *kept = json.to_owned();
            }
        }
    }

    /// A citation of a text.
    pub(super) fn note_citation(&mut self, json: &str) {
        if self.citations.len().saturating_add(json.len()) > MAX_VALUE {
            self.too_large = true;
            return;
        }
        if !self.citations.is_empty() {
            self.citations.push(',');
        }
        self.citations.push_str(json);
    }

    /// A JSON object of all values; nothing where there are none.
    pub(super) fn take_json(&mut self, out: &mut Assembler) -> Option<String> {
        if self.too_large {
            out.warn("the response contains citations or details of more than 256 KiB; they were left out");
        }
        let mut json = Json::default();
        json.raw("{");
        for (name, value) in NAMES.iter().zip(&self.values) {
            if !value.is_empty() {
                json.key(name);
                json.raw(value);
            }
        }
        if !self.citations.is_empty() {
            json.key("citations");
            json.raw("[");
            json.raw(&self.citations);
            json.raw("]");
        }
        json.raw("}");
        Some(json.into_string()).filter(|json| json != "{}")
    }
}
