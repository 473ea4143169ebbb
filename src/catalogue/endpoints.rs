//! The endpoint types that both lists give a model, as a small set.

use crate::json::lenient::text;
use crate::json::{RawValue, Slot, Structure, read};

/// A set of endpoint types. One that is not in the table below is remembered only as "something".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EndpointTypes(u16);

impl EndpointTypes {
    /// Chat completions, if the model is a chat model: speech and embedding models carry it too.
    pub const OPENAI: Self = Self(1);
    /// OpenAI's Responses.
    pub const OPENAI_RESPONSE: Self = Self(1 << 1);
    /// Anthropic's Messages.
    pub const ANTHROPIC: Self = Self(1 << 2);
    /// Gemini's `generateContent`.
    pub const GEMINI: Self = Self(1 << 3);
    /// Pictures.
    pub const IMAGE: Self = Self(1 << 4);
    /// Videos.
    pub const VIDEO: Self = Self(1 << 5);
    /// Embeddings.
    pub const EMBEDDINGS: Self = Self(1 << 6);
    /// Reranking.
    pub const RERANK: Self = Self(1 << 7);
    /// Speech and transcription.
    pub const AUDIO: Self = Self(1 << 8);
    /// Moderation.
    pub const MODERATION: Self = Self(1 << 9);
    const UNKNOWN: Self = Self(1 << 15);

    /// Whether all of `other` is in here.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has a known type. If not, it says nothing about the model: in 2025 the service sent an empty list for
    /// every model.
    pub const fn says_something(self) -> bool {
        self.0 & !Self::UNKNOWN.0 != 0
    }

    fn named(name: &str) -> Self {
        let name = name.trim_ascii();
        // Most names differ in length already, so there is no call for them.
        let row = TYPES.iter().find(|row| row.0.len() == name.len() && row.0.eq_ignore_ascii_case(name));
        row.map_or(Self::UNKNOWN, |(_, set)| *set)
    }
}

/// A list of types, an object with the types as names, or a JSON text of either. Anything else says nothing.
#[derive(Default)]
pub(super) struct EndpointsField(Named);

impl EndpointsField {
    pub(super) fn types(&self) -> EndpointTypes {
        self.0.names.0
    }
}

impl<'a> Structure<'a> for EndpointsField {
    fn object(&mut self) {
        self.0.object();
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        self.0.field(name)
    }

    fn list(&mut self) {
        self.0.list();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.0.item()
    }

    fn leaf(&mut self, value: RawValue<'a>) {
        self.0 = Named::default();
        if let Some(inner) = text(value)
            && read(&inner, &mut self.0).is_none()
        {
            self.0 = Named::default();
        }
    }
}

/// The same without the text.
#[derive(Default)]
struct Named {
    names: Names,
}

impl<'a> Structure<'a> for Named {
    fn object(&mut self) {
        *self = Self::default();
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        self.names.add(name);
        None
    }

    fn list(&mut self) {
        *self = Self::default();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        Some(Slot::Inner(&mut self.names))
    }
}

/// The types so far. Each item of a list is read into it.
#[derive(Default)]
struct Names(EndpointTypes);

impl Names {
    fn add(&mut self, name: &str) {
        self.0 = self.0.with(EndpointTypes::named(name));
    }
}

impl<'a> Structure<'a> for Names {
    fn leaf(&mut self, value: RawValue<'a>) {
        if let Some(name) = text(value) {
            self.add(&name);
        }
    }
}

/// The names seen in public lists.
const TYPES: [(&str, EndpointTypes); 16] = [
    ("openai", EndpointTypes::OPENAI),
    ("openai-response", EndpointTypes::OPENAI_RESPONSE),
    ("openai-response-compact", EndpointTypes::OPENAI_RESPONSE),
    ("anthropic", EndpointTypes::ANTHROPIC),
    ("gemini", EndpointTypes::GEMINI),
    ("image-generation", EndpointTypes::IMAGE),
    ("openai-image", EndpointTypes::IMAGE),
    ("openai-image-edit", EndpointTypes::IMAGE),
    ("openai-video", EndpointTypes::VIDEO),
    ("video-generation", EndpointTypes::VIDEO),
    ("embeddings", EndpointTypes::EMBEDDINGS),
    ("jina-rerank", EndpointTypes::RERANK),
    ("rerank", EndpointTypes::RERANK),
    ("openai-audio", EndpointTypes::AUDIO),
    ("audio", EndpointTypes::AUDIO),
    ("moderations", EndpointTypes::MODERATION),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn types(json: &str) -> EndpointTypes {
        let mut field = EndpointsField::default();
        read(json, &mut field).expect(json);
        field.types()
    }

    #[test]
    fn endpoint_types_come_as_list_object_or_text() {
        let both = EndpointTypes::OPENAI.with(EndpointTypes::ANTHROPIC);
        for json in [
            r#"["openai","anthropic"]"#,
            r#"{"openai":{"path":"/v1/chat/completions"},"anthropic":null}"#,
            r#""{\"openai\":{},\"anthropic\":{}}""#,
            r#""[\"OpenAI\",\"anthropic \"]""#,
            r#"["openai",null,7,"anthropic"]"#,
        ] {
            assert_eq!(types(json), both, "{json}");
        }
    }

    #[test]
    fn what_is_empty_wrong_or_unheard_of_says_nothing() {
        for json in ["null", "[]", "{}", "7", "\"\"", "\"openai\"", r#"["quantum"]"#, r#"["\ud83d"]"#] {
            assert!(!types(json).says_something(), "{json}");
        }
    }
}
