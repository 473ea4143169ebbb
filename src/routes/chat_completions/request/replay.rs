//! Reasoning, sent back in the field in which it was received [15].
//!
//! DeepSeek, Kimi and the gateways for Claude require it with tool calls: they refuse the next request, or the model
//! starts its work again. In another field it is ignored or refused.

use crate::json::Json;
use crate::routes::chat_completions::replay::{Field, ReasoningReplay};

/// The fields that hold reasoning as a plain string, and their names.
const TEXT_FIELDS: [(Field, &str); 3] = [
    (Field::ReasoningContent, "reasoning_content"),
    (Field::Reasoning, "reasoning"),
    (Field::ReasoningText, "reasoning_text"),
];

/// A reasoning block with its replay, which determines its form.
pub struct Reasoning<'a> {
    text: &'a str,
    replay: ReasoningReplay,
}

impl<'a> Reasoning<'a> {
    /// `None` where there is nothing to send: no text for the field, no details, no signature.
    pub fn new(text: &'a str, replay: ReasoningReplay) -> Option<Self> {
        let reasoning = Reasoning { text, replay };
        let has_text = reasoning.replay.field.is_some() && !reasoning.text().is_empty();
        let attached = !reasoning.replay.details.is_empty() || reasoning.replay.signature.is_some();
        (has_text || attached).then_some(reasoning)
    }

    /// The reasoning as the model wrote it.
    pub fn text(&self) -> &str {
        self.replay.text.as_deref().unwrap_or(self.text)
    }

    /// Whether there is text that belongs in this field.
    pub fn is_in(&self, field: Field) -> bool {
        self.replay.field == Some(field) && !self.text().is_empty()
    }

    /// Writes it as an item of Mistral's list of content parts.
    pub fn write_part(&self, json: &mut Json) {
        json.item();
        json.raw(r#"{"type":"thinking","thinking":[{"type":"text","text":"#);
        json.string(self.text());
        json.raw("}]");
        if let Some(signature) = &self.replay.signature {
            json.key("signature");
            json.string(signature);
        }
        json.raw("}");
    }
}

/// Writes what goes beside the content of the message: the text, `reasoning_details`, and the signatures.
///
/// Several blocks of one field were one text that other blocks interrupted, so they are joined without a separator.
pub fn write_fields(json: &mut Json, reasoning: &[&Reasoning<'_>]) {
    for (field, name) in TEXT_FIELDS {
        let mut blocks =
            reasoning.iter().filter(|block| block.is_in(field)).map(|block| block.text()).peekable();
        if blocks.peek().is_some() {
            json.key(name);
            json.joined(blocks);
        }
    }
    if reasoning.iter().any(|block| !block.replay.details.is_empty()) {
        json.key("reasoning_details");
        json.raw("[");
        for detail in reasoning.iter().flat_map(|block| &block.replay.details) {
            json.item();
            json.raw(detail);
        }
        json.raw("]");
    }
    signed(json, reasoning);
}

/// Signed blocks, in the form that gateways for Claude accept. A signature is valid for its own text only, so blocks are
/// not joined. Mistral's blocks have theirs in the content.
fn signed(json: &mut Json, reasoning: &[&Reasoning<'_>]) {
    let mut blocks = reasoning
        .iter()
        .filter(|block| !block.is_in(Field::Parts))
        .filter_map(|block| Some((block.text(), block.replay.signature.as_deref()?)))
        .peekable();
    if blocks.peek().is_none() {
        return;
    }
    json.key("thinking_blocks");
    json.raw("[");
    for (text, signature) in blocks {
        json.item();
        json.raw(r#"{"type":"thinking","thinking":"#);
        json.string(text);
        json.key("signature");
        json.string(signature);
        json.raw("}");
    }
    json.raw("]");
}
