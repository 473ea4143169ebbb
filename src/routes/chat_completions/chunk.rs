//! What is read of a chunk, or of a whole answer, which differ only in `delta` and `message`.
//!
//! Only fields that are used, so that a vendor's other changes cannot break the reading. Structures are
//! lenient and leaves raw, see [`crate::json`].

use serde::Deserialize;

use crate::json::{First, Many, Object, Raw, present};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub id: Raw<'a>,
    #[serde(borrow)]
    pub model: Raw<'a>,
    #[serde(borrow)]
    pub created: Raw<'a>,
    #[serde(borrow)]
    pub object: Raw<'a>,
    /// The first one only [10]; more than one is never asked for.
    #[serde(borrow)]
    pub choices: First<Choice<'a>>,
    #[serde(borrow)]
    pub usage: Raw<'a>,
    /// Groq's place for the usage of a stream.
    #[serde(borrow)]
    pub x_groq: Object<UsageHolder<'a>>,
    #[serde(borrow)]
    pub error: Raw<'a>,
    #[serde(borrow)]
    pub success: Raw<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Raw<'a>,
    #[serde(borrow)]
    pub citations: Raw<'a>,
    #[serde(borrow)]
    pub service_tier: Raw<'a>,
    #[serde(borrow)]
    pub system_fingerprint: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageHolder<'a> {
    #[serde(borrow)]
    pub usage: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice<'a> {
    #[serde(borrow)]
    pub index: Raw<'a>,
    #[serde(borrow)]
    pub delta: Object<Delta<'a>>,
    #[serde(borrow)]
    pub message: Object<Delta<'a>>,
    #[serde(borrow)]
    pub finish_reason: Raw<'a>,
    /// Moonshot's place for the usage of a stream [12].
    #[serde(borrow)]
    pub usage: Raw<'a>,
    #[serde(borrow)]
    pub error: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta<'a> {
    /// Text, null, or a list of [`Part`]s.
    #[serde(borrow)]
    pub content: Raw<'a>,
    #[serde(borrow)]
    pub reasoning_content: Raw<'a>,
    #[serde(borrow)]
    pub reasoning: Raw<'a>,
    #[serde(borrow)]
    pub reasoning_text: Raw<'a>,
    #[serde(borrow)]
    pub reasoning_details: Raw<'a>,
    /// Anthropic's blocks, through gateways that keep them.
    #[serde(borrow)]
    pub thinking_blocks: Raw<'a>,
    #[serde(borrow)]
    pub reasoning_signature: Raw<'a>,
    #[serde(borrow)]
    pub signature: Raw<'a>,
    #[serde(borrow)]
    pub refusal: Raw<'a>,
    #[serde(borrow)]
    pub tool_calls: Many<ToolCall<'a>>,
    #[serde(borrow)]
    pub function_call: Object<Function<'a>>,
    #[serde(borrow)]
    pub annotations: Raw<'a>,
    #[serde(borrow)]
    pub images: Raw<'a>,
    #[serde(borrow)]
    pub audio: Raw<'a>,
}

impl Delta<'_> {
    /// Whether there is anything in it: empty deltas are sent to keep a connection open, too [26].
    pub fn tells(&self) -> bool {
        let leaves = [
            self.content,
            self.reasoning_content,
            self.reasoning,
            self.reasoning_text,
            self.reasoning_details,
            self.thinking_blocks,
            self.reasoning_signature,
            self.signature,
            self.refusal,
            self.annotations,
            self.images,
            self.audio,
        ];
        let leaf = |json: &str| !matches!(json, "\"\"" | "[]");
        !self.tool_calls.0.is_empty()
            || self.function_call.0.is_some()
            || leaves.into_iter().filter_map(present).any(leaf)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow)]
    pub index: Raw<'a>,
    #[serde(borrow)]
    pub id: Raw<'a>,
    #[serde(borrow)]
    pub function: Object<Function<'a>>,
    /// Where Gemini's thought signature rides; it has to be sent back.
    #[serde(borrow)]
    pub extra_content: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub name: Raw<'a>,
    #[serde(borrow)]
    pub arguments: Raw<'a>,
}

/// A part of a content that is a list [10], and of the `thinking` of such a part, as Mistral writes them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Raw<'a>,
    #[serde(borrow)]
    pub text: Raw<'a>,
    /// Text, or a list of parts again.
    #[serde(borrow)]
    pub thinking: Raw<'a>,
    #[serde(borrow)]
    pub refusal: Raw<'a>,
    /// The summary of an entry of `reasoning_details`.
    #[serde(borrow)]
    pub summary: Raw<'a>,
    #[serde(borrow)]
    pub signature: Raw<'a>,
}
