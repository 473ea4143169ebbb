//! Content: text, or a list of parts [10].
//!
//! Text may contain reasoning between tags, and a list may contain reasoning as parts. Both leave here as reasoning, so a
//! host never shows a model's thoughts as its reply.

use super::chunk::Part;
use super::reasoning::Reasoning;
use super::replay::Field;
use super::think::ThinkTags;
use crate::errors::Error;
use crate::events::{Assembler, TextKind};
use crate::json::{Raw, WireText, present, string, wire_text};
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
        match (wire_text(raw), present(raw)) {
            // A string is by far the most frequent form, so it is tried first.
            (Some(piece), _) => self.text(&piece, reasoning, out),
            (None, Some(list)) => self.parts(list, reasoning, out),
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

    fn parts(&mut self, list: &str, reasoning: &mut Reasoning, out: &mut Assembler) -> Result<(), Error> {
        for part in Part::list(list) {
            match string(part.kind).as_deref() {
                Some("thinking" | "reasoning") => thinking(&part, reasoning, out)?,
                // `output_text` is the Responses API's name, which translating gateways let through.
                Some("text" | "output_text") | None => {
                    if let Some(piece) = wire_text(part.text) {
                        emit(TextKind::Text, &piece, &mut self.has_text, reasoning, out)?;
                    }
                }
                Some("refusal") => {
                    if let Some(piece) = wire_text(part.refusal) {
                        reasoning.close(out);
                        out.text(TextKind::Refusal, &piece);
                    }
                }
                // One warning for all of them: a stream could have such a part in every chunk.
                Some(_) if core::mem::replace(&mut self.warned_of_unknown_parts, true) => {}
                Some(_) => out.warn(
                    "the response contains parts that are neither text nor reasoning; they were left out",
                ),
            }
        }
        Ok(())
    }
}

/// Mistral's thinking is a list of parts again, or plain text. Only one level is read: a recursion
/// would let a hostile server exhaust the stack.
fn thinking(part: &Part<'_>, reasoning: &mut Reasoning, out: &mut Assembler) -> Result<(), Error> {
    if let Some(piece) = wire_text(part.thinking).or_else(|| wire_text(part.text)) {
        return reasoning.push(Field::Parts, &piece, out);
    }
    let Some(list) = present(part.thinking) else { return Ok(()) };
    for inner in Part::list(list) {
        if let Some(piece) = wire_text(inner.text) {
            reasoning.push(Field::Parts, &piece, out)?;
        }
    }
    Ok(())
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
