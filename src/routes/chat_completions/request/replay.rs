//! Reasoning, sent back in the field in which it was received [15].
//!
//! DeepSeek, Kimi and the gateways for Claude require it with tool calls: they refuse the next request, or the model
//! starts its work again. In another field it is ignored or refused.

use crate::json::Json;
use crate::routes::chat_completions::replay::{Field, Holder, PlacedValue, Replay, write_list};
use alloc::string::String;

/// The fields that hold reasoning as a plain string, and their names.
const TEXT_FIELDS: [(Field, &str); 3] = [
    (Field::ReasoningContent, "reasoning_content"),
    (Field::Reasoning, "reasoning"),
    (Field::ReasoningText, "reasoning_text"),
];

/// A reasoning block with its replay, which determines its form.
pub struct Reasoning<'a> {
    text: &'a str,
    replay: Replay,
}

impl<'a> Reasoning<'a> {
    /// `None` where there is nothing to send: no text for the field, no block, no signature.
    pub fn new(text: &'a str, replay: Replay) -> Option<Self> {
        let reasoning = Reasoning { text, replay };
        let has_text = reasoning.replay.field.is_some() && !reasoning.text().is_empty();
        let attached = !reasoning.replay.blocks.is_empty() || reasoning.replay.signature.is_some();
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

    /// The place for a signature, if there is a text to sign and no signature yet.
    pub fn unsigned(&mut self) -> Option<&mut Option<String>> {
        let unsigned = self.replay.signature.is_none() && !self.text().is_empty();
        unsigned.then_some(&mut self.replay.signature)
    }

    /// Whether it stands in a list of content parts.
    pub fn is_part(&self) -> bool {
        self.is_in(Field::Parts) || self.replay.field == Some(Field::Parts) && !self.replay.blocks.is_empty()
    }

    /// Writes it as items of a list of content parts, as Mistral has them.
    pub fn write_part(&self, json: &mut Json) {
        for block in &self.replay.blocks {
            json.item();
            json.raw(block);
        }
        if self.text().is_empty() {
            return;
        }
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
pub fn write_fields(json: &mut Json, reasoning: &[&Reasoning<'_>], message: &Replay) {
    for (field, name) in TEXT_FIELDS {
        let mut blocks =
            reasoning.iter().filter(|block| block.is_in(field)).map(|block| block.text()).peekable();
        if blocks.peek().is_some() {
            json.key(name);
            json.joined(blocks);
        }
    }
    write_list(json, "reasoning_details", &message.details);
    thinking_blocks(json, reasoning);
}

/// Writes the values that go back as fields of this holder, untouched [84].
pub fn write_placed(json: &mut Json, holder: Holder, values: &[PlacedValue]) {
    for value in values.iter().filter(|value| value.holder == holder) {
        json.key(value.name);
        json.raw(&value.json);
    }
}

/// Signed and redacted blocks in their order, in the form that gateways for Claude accept. A signature is valid for its
/// own text only, so blocks are not joined. Those of a list of content parts are there.
fn thinking_blocks(json: &mut Json, reasoning: &[&Reasoning<'_>]) {
    let begun = json.len();
    for block in reasoning.iter().filter(|block| !block.is_part()) {
        for redacted in &block.replay.blocks {
            item(json, begun);
            json.raw(redacted);
        }
        if let Some(signature) = &block.replay.signature {
            item(json, begun);
            json.raw(r#"{"type":"thinking","thinking":"#);
            json.string(block.text());
            json.key("signature");
            json.string(signature);
            json.raw("}");
        }
    }
    if json.len() > begun {
        json.raw("]");
    }
}

/// Gets ready for an item of the list, which begins with the first.
fn item(json: &mut Json, begun: usize) {
    if json.len() == begun {
        json.key("thinking_blocks");
        json.raw("[");
    }
    json.item();
}
