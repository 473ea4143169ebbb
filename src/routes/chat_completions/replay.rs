//! The replay of a block: the data that lets it go back to the server in the form in which it was received.
//!
//! The contract gives a block's `replay` to the host, which returns it unread. On this route it is a JSON object of one
//! of the two kinds here, written by the decoder and read when the next request is encoded.

use crate::json::{Json, Raw, fields, items, parse, present, surrogates::replace_lone, wire_text};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The mark of the route, which is its name. A replay that another route wrote does not parse: one vendor's signature is
/// refused by another.
const ROUTE: &str = super::NAME;

/// Where a reasoning text stood in the response, and so where it goes in the next request [15].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// DeepSeek, Qwen, Kimi, GLM, xAI, and gateways that speak for Claude.
    ReasoningContent,
    /// OpenRouter, Groq, vLLM.
    Reasoning,
    /// Some llama.cpp servers and proxies.
    ReasoningText,
    /// `<think>…</think>` in the text of the response.
    Think,
    /// Mistral: a part of type `thinking` in a list of content parts.
    Parts,
}

/// The names of the fields in a replay. A host may store a replay for years, so they never change.
const FIELDS: [(Field, &str); 5] = [
    (Field::ReasoningContent, "reasoning_content"),
    (Field::Reasoning, "reasoning"),
    (Field::ReasoningText, "reasoning_text"),
    (Field::Think, "think"),
    (Field::Parts, "parts"),
];

/// The replay of a reasoning block.
///
/// `{"route":"chat-completions","field":"reasoning_content","details":[…],"signature":"…","text":"…"}`,
/// with everything but `route` left out where there is none.
#[derive(Clone, Debug, Default)]
pub struct ReasoningReplay {
    /// Where the text stood; `None` where there were only `details` or a signature.
    pub field: Option<Field>,
    /// Items of `reasoning_details` as received: the vendor checks encrypted ones byte for byte.
    pub details: Vec<String>,
    /// A signature over the text, where the vendor gives one apart from `details`.
    pub signature: Option<String>,
    /// The text itself, only where the host did not want it. It replaces the text of the block, which is empty then.
    pub text: Option<String>,
}

/// The replay of a tool call: `{"route":"chat-completions","extra_content":…}`.
#[derive(Clone, Debug, Default)]
pub struct CallReplay {
    /// The call's own `extra_content` as received: Gemini keeps its thought signature there.
    pub extra_content: Option<String>,
}

/// The replay was written by another route, or is none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl ReasoningReplay {
    /// Whether there is anything to send back.
    pub fn is_empty(&self) -> bool {
        self.field.is_none() && self.details.is_empty() && self.signature.is_none()
    }

    /// The replay that a decoder hands out, as JSON.
    pub fn to_json(&self) -> String {
        let mut json = begun();
        let field = self.field.and_then(|field| FIELDS.iter().find(|(known, _)| *known == field));
        if let Some((_, name)) = field {
            json.key("field");
            json.string(name);
        }
        if !self.details.is_empty() {
            json.key("details");
            json.raw("[");
            for detail in &self.details {
                json.item();
                json.raw(detail);
            }
            json.raw("]");
        }
        for (name, value) in [("signature", &self.signature), ("text", &self.text)] {
            if let Some(value) = value {
                json.key(name);
                json.string(value);
            }
        }
        json.raw("}");
        json.into_string()
    }

    /// Reads what a host handed back. Unknown keys are skipped, so that a later version may add some.
    pub fn parse(replay: &str) -> Result<Self, NotOurs> {
        let replay = replace_lone(replay);
        let names = ["field", "details", "signature", "text"];
        let [field, details, signature, text] = opened(&replay, names).ok_or(NotOurs)?;
        let mut kept = Vec::new();
        if present(details).is_some() {
            details
                .and_then(|list| items(list, &mut |item| kept.push(item.get().to_owned())))
                .ok_or(NotOurs)?;
        }
        let field = match string(field)? {
            Some(name) => Some(FIELDS.iter().find(|(_, known)| *known == name).ok_or(NotOurs)?.0),
            None => None,
        };
        Ok(Self { field, details: kept, signature: string(signature)?, text: string(text)? })
    }
}

impl CallReplay {
    /// The replay that a decoder hands out, as JSON.
    pub fn to_json(&self) -> String {
        let mut json = begun();
        if let Some(content) = &self.extra_content {
            json.key("extra_content");
            json.raw(content);
        }
        json.raw("}");
        json.into_string()
    }

    /// Reads what a host handed back. Unknown keys are skipped, so that a later version may add some.
    pub fn parse(replay: &str) -> Result<Self, NotOurs> {
        let replay = replace_lone(replay);
        let [content] = opened(&replay, ["extra_content"]).ok_or(NotOurs)?;
        Ok(Self { extra_content: present(content).map(ToOwned::to_owned) })
    }
}

/// A replay with the mark of the route and no more.
fn begun() -> Json {
    let mut json = Json::default();
    json.raw("{");
    json.key("route");
    json.string(ROUTE);
    json
}

/// These fields of a replay, if it bears the mark of the route.
fn opened<'a, const N: usize>(replay: &'a str, names: [&str; N]) -> Option<[Raw<'a>; N]> {
    let raw = parse(replay).ok()?;
    let [route] = fields(raw, ["route"])?;
    if wire_text(route)?.as_bytes() != ROUTE.as_bytes() {
        return None;
    }
    fields(raw, names)
}

/// A string, or none; anything else was not written by this route.
fn string(raw: Raw<'_>) -> Result<Option<String>, NotOurs> {
    match present(raw) {
        None => Ok(None),
        Some(_) => wire_text(raw).map(|text| Some(text.into_string_lossy().into_owned())).ok_or(NotOurs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reasoning_replay_comes_back_as_it_was_written() {
        let details = r#"{"b":1,"a":1.50e0,"data":"AA=="}"#;
        let replay = ReasoningReplay {
            field: Some(Field::ReasoningContent),
            details: alloc::vec![details.into()],
            signature: Some("sig".into()),
            text: None,
        };
        let json = replay.to_json();
        let expected = [
            r#"{"route":"chat-completions","field":"reasoning_content","details":["#,
            details,
            r#"],"signature":"sig"}"#,
        ];
        assert_eq!(json, expected.concat());
        let back = ReasoningReplay::parse(&json).unwrap();
        assert_eq!(back.to_json(), json);
    }

    #[test]
    fn every_field_has_its_own_word() {
        let cases = [
            (Field::ReasoningContent, "reasoning_content"),
            (Field::Reasoning, "reasoning"),
            (Field::ReasoningText, "reasoning_text"),
            (Field::Think, "think"),
            (Field::Parts, "parts"),
        ];
        for (field, word) in cases {
            let json = alloc::format!(r#"{{"route":"chat-completions","field":"{word}"}}"#);
            let replay = ReasoningReplay { field: Some(field), ..Default::default() };
            assert_eq!(replay.to_json(), json);
            assert_eq!(ReasoningReplay::parse(&json).unwrap().field, Some(field));
        }
    }

    #[test]
    fn a_call_replay_keeps_its_content_untouched() {
        let json = r#"{"route":"chat-completions","extra_content":{"google":{"thought_signature":"x=="}}}"#;
        assert_eq!(CallReplay::parse(json).unwrap().to_json(), json);
    }

    #[test]
    fn a_replay_that_is_not_of_this_route_is_refused() {
        let cases = [
            "",
            "null",
            "{}",
            r#"{"route":"messages","signature":"x"}"#,
            r#"{"route":"chat-completions","field":"elsewhere"}"#,
            r#"{"route":"chat-completions","details":5}"#,
            r#"{"route":"chat-completions","signature":5}"#,
            r#"{"route":"chat-completions","text":[]}"#,
            r#"{"route":"chat-completions"#,
        ];
        for json in cases {
            assert_eq!(ReasoningReplay::parse(json).err(), Some(NotOurs), "{json}");
        }
        for json in ["", "{}", r#"{"route":"messages","extra_content":{}}"#] {
            assert_eq!(CallReplay::parse(json).err(), Some(NotOurs), "{json}");
        }
    }

    #[test]
    fn a_replay_is_empty_without_a_field_details_and_a_signature() {
        for (part, empty) in [
            ("", true),
            (r#","details":null"#, true),
            (r#","text":"t""#, true),
            (r#","field":"think""#, false),
            (r#","details":[1]"#, false),
            (r#","signature":"s""#, false),
        ] {
            let json = alloc::format!(r#"{{"route":"chat-completions"{part}}}"#);
            assert_eq!(ReasoningReplay::parse(&json).map(|replay| replay.is_empty()), Ok(empty), "{json}");
        }
    }

    #[test]
    fn half_a_character_and_unknown_keys_do_not_break_it() {
        let json = r#"{"route":"chat-completions","new":[1],"field":"think","text":"\ud83d"}"#;
        assert_eq!(ReasoningReplay::parse(json).unwrap().text.as_deref(), Some("\u{fffd}"));
    }
}
