//! Fields of a response beside its blocks. They go into `finish.extra-json`, or a warning says that they were left out.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::chunk::{Chunk, Delta};
use crate::events::Assembler;
use crate::json::{Raw, present};

/// Largest value that is passed on, in bytes. A larger one is left out with a warning: it is copied again whenever it
/// changes, and some vendors repeat citations in every chunk.
const MAX_VALUE: usize = 256 << 10;

/// The last value of each field that has one.
#[derive(Debug, Default)]
pub(super) struct Extras {
    values: Vec<(&'static str, String)>,
    /// The warning about images or audio was given.
    warned_of_media: bool,
    /// The warning about content in an unknown form was given.
    warned_of_form: bool,
    /// A value was left out for its size.
    too_large: bool,
}

impl Extras {
    /// The extras of a chunk.
    pub(super) fn note_chunk(&mut self, chunk: &Chunk<'_>) {
        self.note("citations", chunk.citations);
        self.note("service_tier", chunk.service_tier);
        self.note("system_fingerprint", chunk.system_fingerprint);
    }

    /// The extras of a delta. Media would need events that the contract does not have.
    pub(super) fn note_delta(&mut self, delta: &Delta<'_>, out: &mut Assembler) {
        self.note("annotations", delta.annotations);
        let media = [delta.images, delta.audio].into_iter().filter_map(present).any(|json| json != "[]");
        if media && !core::mem::replace(&mut self.warned_of_media, true) {
            out.warn(
                "the response contains images or audio, which this provider does not pass on; they were left out",
            );
        }
    }

    /// Content stands in a form that cannot be read, and is lost [66]. One warning for all of it, since it may be in every
    /// chunk.
    pub(super) fn note_unreadable(&mut self, field: &str, out: &mut Assembler) {
        if !core::mem::replace(&mut self.warned_of_form, true) {
            out.warn(format!("the response contains `{field}` in an unknown form; it was left out"));
        }
    }

    /// A JSON object of all of them; nothing where there is none. The warning about values that were too
    /// large is added here, since they may come after the last delta.
    pub(super) fn take_json(&mut self, out: &mut Assembler) -> Option<String> {
        if self.too_large {
            out.warn(
                "the response contains citations or annotations of more than 256 KiB; they were left out",
            );
        }
        // Values are JSON as received, and names are constants without escapes, so the object is put together as
        // text.
        let values = core::mem::take(&mut self.values);
        let mut json = String::new();
        for (name, value) in values {
            json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
            json.push_str(name);
            json.push_str("\":");
            json.push_str(&value);
        }
        if json.is_empty() {
            return None;
        }
        json.push('}');
        Some(json)
    }

    fn note(&mut self, name: &'static str, raw: Raw<'_>) {
        let Some(json) = present(raw).filter(|json| !matches!(*json, "[]" | "\"\"")) else { return };
        if json.len() > MAX_VALUE {
            self.too_large = true;
            return;
        }
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            // The same in every chunk, most of the time.
            Some((_, value)) if value == json => {}
            Some((_, value)) => *value = json.to_owned(),
            None => self.values.push((name, json.to_owned())),
        }
    }
}
