//! What a response has beside its items, for `finish.extra-json`.

use alloc::{borrow::ToOwned, string::String};

use crate::events::Assembler;
use crate::json::{Json, Raw, RawValue, present};

/// Most bytes of all annotations. A search cites some dozens of pages, each in a few hundred bytes.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// The sources that the texts cite, and the tier that served the response.
#[derive(Debug, Default)]
pub(super) struct Extras {
    annotations: Json,
    is_cut: bool,
    service_tier: Option<String>,
}

impl Extras {
    /// One annotation, as received.
    pub(super) fn annotation(&mut self, annotation: RawValue<'_>) {
        if self.annotations.len().saturating_add(annotation.get().len()) > MAX_ANNOTATIONS {
            self.is_cut = true;
            return;
        }
        if !self.annotations.is_empty() {
            self.annotations.item();
        }
        self.annotations.raw(annotation.get());
    }

    /// The tier, in the terminal event.
    pub(super) fn service_tier(&mut self, raw: Raw<'_>) {
        self.service_tier = present(raw).map(ToOwned::to_owned);
    }

    /// A JSON object of all of them; nothing where there is none.
    pub(super) fn take_json(&mut self, out: &mut Assembler) -> Option<String> {
        if self.is_cut {
            out.warn("the response contains annotations of more than 256 KiB; the rest of them was left out");
        }
        let annotations = core::mem::take(&mut self.annotations).into_string();
        let tier = self.service_tier.take();
        if annotations.is_empty() && tier.is_none() {
            return None;
        }
        let mut json = Json::default();
        json.raw("{");
        if !annotations.is_empty() {
            json.key("annotations");
            json.raw("[");
            json.raw(&annotations);
            json.raw("]");
        }
        if let Some(tier) = tier {
            json.key("service_tier");
            json.raw(&tier);
        }
        json.raw("}");
        Some(json.into_string())
    }
}
