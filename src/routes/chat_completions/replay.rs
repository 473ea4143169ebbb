//! What a block carries so that it can go back the way it came.
//!
//! The contract hands a block's `replay` to the host and takes it back unread. On this route it is a JSON
//! object of one of the two kinds here: written by the decoder, read when the next request is encoded.

use crate::json::surrogates::replace_lone;
use alloc::{boxed::Box, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The route's own mark: a replay that another route wrote does not parse as one of this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// `chat-completions`, as the contract names the route.
    #[default]
    #[serde(rename = "chat-completions")]
    ChatCompletions,
}

/// Where a reasoning text stood in the answer, and so where it goes in the next request [15].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// DeepSeek, Qwen, Kimi, GLM, xAI, and gateways that speak for Claude.
    ReasoningContent,
    /// OpenRouter, Groq, vLLM.
    Reasoning,
    /// Some llama.cpp servers and proxies.
    ReasoningText,
    /// `<think>…</think>` in the text of the answer.
    Think,
    /// Mistral: a part of type `thinking` in a list of content parts.
    Parts,
}

/// The replay of a reasoning block.
///
/// `{"route":"chat-completions","field":"reasoning_content","details":[…],"signature":"…","text":"…"}`,
/// with everything but `route` left out where there is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ReasoningReplay {
    /// The mark of this route.
    pub route: Route,
    /// Where the text stood; `None` when only `details` or a signature came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// Items of `reasoning_details` as they came: encrypted ones are checked by the vendor byte for byte.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Box<RawValue>>,
    /// A signature over the text, where the vendor gives one apart from `details`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The text itself, only when the host was not given it: it stands for the text of the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The replay of a tool call: `{"route":"chat-completions","extra_content":…}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CallReplay {
    /// The mark of this route.
    pub route: Route,
    /// The call's own `extra_content` as it came: Gemini keeps its thought signature there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_content: Option<Box<RawValue>>,
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
        json(self)
    }

    /// Reads what a host handed back. Unknown keys are skipped, so that a later version may add some.
    pub fn parse(replay: &str) -> Result<Self, NotOurs> {
        serde_json::from_str(&replace_lone(replay)).map_err(|_| NotOurs)
    }
}

impl CallReplay {
    /// The replay that a decoder hands out, as JSON.
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// Reads what a host handed back. Unknown keys are skipped, so that a later version may add some.
    pub fn parse(replay: &str) -> Result<Self, NotOurs> {
        serde_json::from_str(&replace_lone(replay)).map_err(|_| NotOurs)
    }
}

/// Neither type has a map with keys that are no strings, the one thing that could fail here.
fn json(replay: &impl Serialize) -> String {
    serde_json::to_string(replay).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.into()).unwrap()
    }

    #[test]
    fn a_reasoning_replay_comes_back_as_it_was_written() {
        let details = r#"{"b":1,"a":1.50e0,"data":"AA=="}"#;
        let replay = ReasoningReplay {
            field: Some(Field::ReasoningContent),
            details: alloc::vec![raw(details)],
            signature: Some("sig".into()),
            text: None,
            ..Default::default()
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
    fn what_is_not_of_this_route_is_refused() {
        let cases = [
            "",
            "null",
            "{}",
            r#"{"route":"messages","signature":"x"}"#,
            r#"{"route":"chat-completions","field":"elsewhere"}"#,
            r#"{"route":"chat-completions"#,
        ];
        for json in cases {
            assert_eq!(ReasoningReplay::parse(json).err(), Some(NotOurs), "{json}");
        }
    }

    #[test]
    fn half_a_character_and_unknown_keys_do_not_break_it() {
        let json = r#"{"route":"chat-completions","new":[1],"field":"think","text":"\ud83d"}"#;
        assert_eq!(ReasoningReplay::parse(json).unwrap().text.as_deref(), Some("\u{fffd}"));
    }
}
