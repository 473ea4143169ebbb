//! The replay of a block: the data that lets it go back to the server in the form in which it was received.
//!
//! The contract gives a block's `replay` to the host, which returns it unread. On this route it is a JSON object, written
//! by the decoder and read when the next request is encoded.

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

/// What a value is a field of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A tool call.
    Call,
    /// The function of a tool call.
    Function,
    /// The message.
    Message,
}

/// The places of values that go back untouched: the key in the replay, the holder, and the name of the field.
///
/// Gemini refuses a call without its thought signature. Its own endpoint for OpenAI's clients and most gateways have it in
/// `extra_content`, LiteLLM in `provider_specific_fields`, of the call, of its function, or of the message.
const PLACES: [(&str, Holder, &str); 6] = [
    ("extra_content", Holder::Call, EXTRA_CONTENT),
    ("provider_specific_fields", Holder::Call, PROVIDER_FIELDS),
    ("function_fields", Holder::Function, PROVIDER_FIELDS),
    ("message_extra_content", Holder::Message, EXTRA_CONTENT),
    ("message_provider_specific_fields", Holder::Message, PROVIDER_FIELDS),
    ("message_thought_signature", Holder::Message, THOUGHT_SIGNATURE),
];

/// Google's field.
pub const EXTRA_CONTENT: &str = "extra_content";
/// LiteLLM's field.
pub const PROVIDER_FIELDS: &str = "provider_specific_fields";
/// A signature that no reasoning claims.
pub const THOUGHT_SIGNATURE: &str = "thought_signature";

/// A JSON value that goes back untouched.
#[derive(Clone, Debug)]
pub struct PlacedValue {
    /// What it is a field of.
    pub holder: Holder,
    /// The name of the field.
    pub name: &'static str,
    /// The value.
    pub json: String,
}

/// The replay of a block, whatever its kind.
///
/// `{"route":"chat-completions","field":"reasoning_content","details":[…],"blocks":[…],"signature":"…","text":"…"}`,
/// with everything but `route` left out where there is none, and with a key for each placed value.
///
/// What arrives when its block of reasoning is over goes with a later block, and is sent where it belongs all the same.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Where the text of a block of reasoning stood; `None` where it stood in `details` alone.
    pub field: Option<Field>,
    /// Items of the message's `reasoning_details`, one for each unit. One that arrived whole stays as received: the
    /// vendor checks encrypted ones byte for byte.
    pub details: Vec<String>,
    /// Items of `thinking_blocks` as received: redacted ones, which have no text, and ones that repeat a text.
    pub blocks: Vec<String>,
    /// A signature, where the vendor gives one apart from `details`. It is of the text of this block; where this has
    /// none, of the last block of reasoning before that has no signature.
    pub signature: Option<String>,
    /// The text itself, only where the host did not want it. It replaces the text of the block, which is empty then.
    pub text: Option<String>,
    /// Values with a place of their own, each place once.
    pub placed: Vec<PlacedValue>,
}

/// The replay was written by another route, or is none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl Replay {
    /// Whether there is anything to send back.
    pub fn is_empty(&self) -> bool {
        self.field.is_none()
            && self.details.is_empty()
            && self.blocks.is_empty()
            && self.signature.is_none()
            && self.placed.is_empty()
    }

    /// The replay that a decoder hands out, as JSON.
    pub fn to_json(&self) -> String {
        let mut json = Json::default();
        json.raw("{");
        json.key("route");
        json.string(ROUTE);
        let field = self.field.and_then(|field| FIELDS.iter().find(|(known, _)| *known == field));
        if let Some((_, name)) = field {
            json.key("field");
            json.string(name);
        }
        for (name, list) in [("details", &self.details), ("blocks", &self.blocks)] {
            write_list(&mut json, name, list);
        }
        for (name, value) in [("signature", &self.signature), ("text", &self.text)] {
            if let Some(value) = value {
                json.key(name);
                json.string(value);
            }
        }
        for value in &self.placed {
            let place = PLACES.iter().find(|place| place.1 == value.holder && place.2 == value.name);
            if let Some((key, ..)) = place {
                json.key(key);
                json.raw(&value.json);
            }
        }
        json.raw("}");
        json.into_string()
    }

    /// Reads what a host handed back. Unknown keys are skipped, so that a later version may add some.
    pub fn parse(replay: &str) -> Result<Self, NotOurs> {
        let replay = replace_lone(replay);
        let raw = parse(&replay).map_err(|_| NotOurs)?;
        let names = ["route", "field", "details", "blocks", "signature", "text"];
        let [route, field, details, blocks, signature, text] = fields(raw, names).ok_or(NotOurs)?;
        if wire_text(route).is_none_or(|route| route.as_bytes() != ROUTE.as_bytes()) {
            return Err(NotOurs);
        }
        let field = match string(field)? {
            Some(name) => Some(FIELDS.iter().find(|(_, known)| *known == name).ok_or(NotOurs)?.0),
            None => None,
        };
        let values = fields(raw, PLACES.map(|(key, ..)| key)).ok_or(NotOurs)?;
        let mut placed = Vec::new();
        for ((_, holder, name), value) in PLACES.into_iter().zip(values) {
            if let Some(json) = present(value) {
                placed.push(PlacedValue { holder, name, json: json.to_owned() });
            }
        }
        Ok(Self {
            field,
            details: list(details)?,
            blocks: list(blocks)?,
            signature: string(signature)?,
            text: string(text)?,
            placed,
        })
    }
}

/// A field with a list of JSON values, if there are any.
pub fn write_list(json: &mut Json, name: &str, list: &[String]) {
    if list.is_empty() {
        return;
    }
    json.key(name);
    json.raw("[");
    for item in list {
        json.item();
        json.raw(item);
    }
    json.raw("]");
}

/// The items of a list, none for null; anything else was not written by this route.
fn list(raw: Raw<'_>) -> Result<Vec<String>, NotOurs> {
    let mut kept = Vec::new();
    match raw.filter(|_| present(raw).is_some()) {
        None => Some(()),
        Some(list) => items(list, &mut |item| kept.push(item.get().to_owned())),
    }
    .ok_or(NotOurs)?;
    Ok(kept)
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
        let replay = Replay {
            field: Some(Field::ReasoningContent),
            details: alloc::vec![details.into()],
            signature: Some("sig".into()),
            ..Default::default()
        };
        let json = replay.to_json();
        let expected = [
            r#"{"route":"chat-completions","field":"reasoning_content","details":["#,
            details,
            r#"],"signature":"sig"}"#,
        ];
        assert_eq!(json, expected.concat());
        let back = Replay::parse(&json).unwrap();
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
            let replay = Replay { field: Some(field), ..Default::default() };
            assert_eq!(replay.to_json(), json);
            assert_eq!(Replay::parse(&json).unwrap().field, Some(field));
        }
    }

    #[test]
    fn what_goes_back_to_its_place_is_not_touched() {
        for (place, ..) in PLACES {
            let json =
                alloc::format!(r#"{{"route":"chat-completions","{place}":{{"a": [1.50,"\u0041=="]}}}}"#);
            assert_eq!(Replay::parse(&json).map(|replay| replay.to_json()), Ok(json));
        }
        let json = r#"{"route":"chat-completions","blocks":[{"type":"redacted_thinking","data":"A="}]}"#;
        assert_eq!(Replay::parse(json).map(|replay| replay.to_json()), Ok(json.into()));
    }

    #[test]
    fn a_replay_that_is_not_of_this_route_is_refused() {
        let cases = [
            "",
            "null",
            "{}",
            r#"{"route":"messages","signature":"x"}"#,
            r#"{"route":"messages","extra_content":{}}"#,
            r#"{"route":"chat-completions","field":"elsewhere"}"#,
            r#"{"route":"chat-completions","details":5}"#,
            r#"{"route":"chat-completions","blocks":{}}"#,
            r#"{"route":"chat-completions","signature":5}"#,
            r#"{"route":"chat-completions","text":[]}"#,
            r#"{"route":"chat-completions"#,
        ];
        for json in cases {
            assert_eq!(Replay::parse(json).err(), Some(NotOurs), "{json}");
        }
    }

    #[test]
    fn a_replay_is_empty_where_nothing_goes_back() {
        for (part, empty) in [
            ("", true),
            (r#","details":null"#, true),
            (r#","text":"t""#, true),
            (r#","field":"think""#, false),
            (r#","details":[1]"#, false),
            (r#","blocks":[1]"#, false),
            (r#","message_extra_content":{}"#, false),
            (r#","extra_content":null"#, true),
            (r#","signature":"s""#, false),
        ] {
            let json = alloc::format!(r#"{{"route":"chat-completions"{part}}}"#);
            assert_eq!(Replay::parse(&json).map(|replay| replay.is_empty()), Ok(empty), "{json}");
        }
    }

    #[test]
    fn half_a_character_and_unknown_keys_do_not_break_it() {
        let json = r#"{"route":"chat-completions","new":[1],"field":"think","text":"\ud83d"}"#;
        assert_eq!(Replay::parse(json).unwrap().text.as_deref(), Some("\u{fffd}"));
    }
}
