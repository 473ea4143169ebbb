//! Content: text, a list of parts [10], or one part in place of a list [66].
//!
//! Text may contain reasoning between tags, and a list may contain reasoning as parts. Both leave here as reasoning, so a
//! host never shows a model's thoughts as its reply.

use super::chunk::{Part, is_nothing};
use super::odd_reasoning::each_text;
use super::reasoning::Reasoning;
use super::replay::Field;
use super::think::ThinkTags;
use crate::errors::Error;
use crate::events::{Assembler, TextKind};
use crate::json::{
    Json, Object, Raw, RawValue, WireText, elements, fields, present, read, string, wire_text,
};
use crate::scanned::scanned;

/// Reads the content of a response.
#[derive(Debug, Default)]
pub(super) struct Content {
    tags: ThinkTags,
    /// There was text other than white space.
    pub has_text: bool,
    /// The warning about parts of an unknown type was given.
    warned_of_unknown_parts: bool,
}

impl Content {
    /// The content of one chunk: text, parts, or nothing.
    pub(super) fn read(
        &mut self,
        raw: Raw<'_>,
        reasoning: &mut Reasoning,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        // A string is by far the most frequent form, so it is tried first.
        match (wire_text(raw), raw) {
            (Some(piece), _) => self.text(&piece, reasoning, out),
            (None, Some(parts)) => self.parts(parts, reasoning, out),
            (None, None) => Ok(()),
        }
    }

    /// The content is over.
    pub(super) fn finish(&mut self, reasoning: &mut Reasoning, out: &mut Assembler) -> Result<(), Error> {
        let mut result = Ok(());
        let Self { tags, has_text, .. } = self;
        tags.finish(|kind, bytes| {
            let emitted = emit(kind, &WireText::from(bytes), has_text, reasoning, out);
            result = core::mem::replace(&mut result, Ok(())).and(emitted);
        });
        result
    }

    /// A piece of the text.
    pub(super) fn text(
        &mut self,
        piece: &WireText<'_>,
        reasoning: &mut Reasoning,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        // A server with a field for reasoning does not use tags, so tags in its content are text.
        if reasoning.has_field_of_its_own() {
            self.tags.not_expected();
        }
        // The usual case: no tag began the content. The piece goes on without a copy.
        if self.tags.are_over() {
            return emit(TextKind::Text, piece, &mut self.has_text, reasoning, out);
        }
        let mut result = Ok(());
        let Self { tags, has_text, .. } = self;
        tags.push(piece.as_bytes(), |kind, bytes| {
            let emitted = emit(kind, &WireText::from(bytes), has_text, reasoning, out);
            result = core::mem::replace(&mut result, Ok(())).and(emitted);
        });
        result
    }

    fn parts(
        &mut self,
        parts: RawValue<'_>,
        reasoning: &mut Reasoning,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        match elements(parts.get()) {
            Some(mut list) => list.try_for_each(|part| self.part(part, reasoning, out)),
            None => self.part(parts, reasoning, out),
        }
    }

    fn part(
        &mut self,
        raw: RawValue<'_>,
        reasoning: &mut Reasoning,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        if let Some(piece) = wire_text(Some(raw)) {
            return self.text(&piece, reasoning, out);
        }
        let mut part = Object::default();
        let part = read(raw.get(), &mut part).and(part.0);
        let kind = part.as_ref().and_then(|part: &Part<'_>| string(part.kind));
        match (&part, kind.as_deref()) {
            (Some(part), Some("thinking" | "reasoning")) => return thinking(part, reasoning, out),
            (Some(part), Some(kind)) if kind.starts_with("redacted") => {
                return redacted(kind, part, reasoning, out);
            }
            (Some(part), Some("refusal")) => {
                if let Some(piece) = wire_text(part.refusal) {
                    reasoning.close(out);
                    out.text(TextKind::Refusal, &piece);
                }
            }
            // `output_text` is the Responses API's name, which translating gateways let through.
            (Some(_), Some("text" | "output_text") | None) => {
                if let Some(piece) = text_of(raw, &TEXTS) {
                    return self.text(&piece, reasoning, out);
                }
                // A part of the type text without a text is an empty piece.
                if kind.is_none() && !is_nothing(raw.get()) {
                    self.warn_of_unknown_part(out);
                }
            }
            _ if is_nothing(raw.get()) => {}
            _ => self.warn_of_unknown_part(out),
        }
        Ok(())
    }

    /// One warning for all of them: a stream could have such a part in every chunk.
    fn warn_of_unknown_part(&mut self, out: &mut Assembler) {
        if !core::mem::replace(&mut self.warned_of_unknown_parts, true) {
            out.warn("the response contains parts that are neither text nor reasoning; they were left out");
        }
    }
}

/// The fields of an object that has a text in place of being one [66].
const TEXTS: [&str; 3] = ["text", "content", "value"];

/// The text of a value that should be one: the text itself, or an object that has it in one of these fields.
pub(super) fn text_of<'a, const N: usize>(raw: RawValue<'a>, names: &[&str; N]) -> Option<WireText<'a>> {
    // Two levels, for `"text":{"value":…}` as in OpenAI's Assistants API. A recursion would let a hostile server exhaust
    // the stack.
    let mut value = raw;
    for _ in 0..3 {
        if let text @ Some(_) = wire_text(Some(value)) {
            return text;
        }
        value = fields(value, *names)?.into_iter().find(|field| present(*field).is_some())??;
    }
    None
}

/// Mistral's thinking is a list of parts again, or plain text. Only one level is read: a recursion
/// would let a hostile server exhaust the stack.
fn thinking(part: &Part<'_>, reasoning: &mut Reasoning, out: &mut Assembler) -> Result<(), Error> {
    if let Some(piece) = wire_text(part.thinking).or_else(|| wire_text(part.text)) {
        reasoning.push(Field::Parts, &piece, out)?;
    } else if let Some(list) = part.thinking.filter(|_| present(part.thinking).is_some()) {
        each_text(list, &mut |piece| reasoning.push(Field::Parts, piece, out))?;
    }
    reasoning.signature(string(part.signature).as_deref(), out)
}

/// A block that only the vendor can read, among the parts [83].
fn redacted(
    kind: &str,
    part: &Part<'_>,
    reasoning: &mut Reasoning,
    out: &mut Assembler,
) -> Result<(), Error> {
    let mut json = Json::default();
    json.raw("{");
    json.key("type");
    json.string(kind);
    json.key("data");
    json.raw(present(part.data).unwrap_or("\"\""));
    json.raw("}");
    reasoning.redacted(Some(Field::Parts), &json.into_string(), out)
}

fn emit(
    kind: TextKind,
    piece: &WireText<'_>,
    any_text: &mut bool,
    reasoning: &mut Reasoning,
    out: &mut Assembler,
) -> Result<(), Error> {
    if kind == TextKind::Reasoning {
        return reasoning.push(Field::Think, piece, out);
    }
    if !piece.is_empty() {
        // White space alone does not make a refusal or a call a text.
        *any_text = *any_text || is_visible(piece.as_bytes());
        reasoning.close(out);
        out.text(TextKind::Text, piece);
    }
    Ok(())
}

/// Whether a text is more than white space.
fn is_visible(text: &[u8]) -> bool {
    let visible = text.trim_ascii_start();
    scanned(text.len().saturating_sub(visible.len()));
    !visible.is_empty()
}
