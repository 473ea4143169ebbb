//! Reasoning inside the content, between `<think>` and `</think>` [15].
//!
//! DeepSeek's R1, Qwen's QwQ and their derivatives write reasoning this way where the server does not separate it.
//! Chunks cut the tags at any byte, so a part of a tag is held back until the next chunk decides.

use alloc::vec::Vec;

use crate::events::TextKind;
use crate::text_search::find_bytes;

const BEGIN: &[u8] = b"<think>";
const END: &[u8] = b"</think>";

/// The position in the content. A tag counts only at the very beginning: later it is text about tags, and a model that
/// explains them must not lose half of its reply.
#[derive(Debug, Default)]
enum TagState {
    /// So far only white space, and perhaps the beginning of a tag.
    #[default]
    Start,
    Inside,
    /// There is no reasoning in the content, or it is over.
    Text,
}

/// Splits content into reasoning and text, over chunk borders.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    state: TagState,
    /// Bytes that may turn out to be part of a tag.
    held: Vec<u8>,
}

impl ThinkTags {
    /// Reasoning has a field of its own, so tags in the content are text from now on.
    pub(super) fn not_expected(&mut self) {
        if matches!(self.state, TagState::Start) && self.held.is_empty() {
            self.state = TagState::Text;
        }
    }

    /// Whether everything that follows is text.
    pub(super) fn are_over(&self) -> bool {
        matches!(self.state, TagState::Text)
    }

    /// Splits a piece of content. `out` gets the bytes that are certain to be text or reasoning.
    pub(super) fn push(&mut self, piece: &[u8], mut out: impl FnMut(TextKind, &[u8])) {
        if self.are_over() {
            return out(TextKind::Text, piece);
        }
        let mut held = core::mem::take(&mut self.held);
        held.extend_from_slice(piece);
        match self.state {
            TagState::Start => self.start(held, out),
            _ => self.inside(&held, &mut out),
        }
    }

    /// The content is over, so the bytes held back are not a tag.
    pub(super) fn finish(&mut self, mut out: impl FnMut(TextKind, &[u8])) {
        let kind = match self.state {
            TagState::Inside => TextKind::Reasoning,
            _ => TextKind::Text,
        };
        out(kind, &core::mem::take(&mut self.held));
    }

    fn start(&mut self, held: Vec<u8>, mut out: impl FnMut(TextKind, &[u8])) {
        let text = held.trim_ascii_start();
        // Models write line breaks before the tag, so white space in front of it does not count.
        if let Some(inside) = text.strip_prefix(BEGIN) {
            self.state = TagState::Inside;
            self.inside(inside, &mut out);
        } else if BEGIN.starts_with(text) {
            self.held = held;
        } else {
            self.state = TagState::Text;
            out(TextKind::Text, &held);
        }
    }

    fn inside(&mut self, text: &[u8], out: &mut impl FnMut(TextKind, &[u8])) {
        // The first end counts. The models do not nest the tags.
        if let Some(at) = find_bytes(text, END) {
            let (reasoning, rest) = text.split_at(at);
            out(TextKind::Reasoning, reasoning);
            self.state = TagState::Text;
            out(TextKind::Text, rest.get(END.len()..).unwrap_or_default());
            return;
        }
        // Only an end that could still become the tag is held back, so reasoning is not delayed.
        let held =
            (1..END.len()).rev().find(|&len| text.ends_with(END.get(..len).unwrap_or(END))).unwrap_or(0);
        let (certain, maybe) = text.split_at(text.len().saturating_sub(held));
        out(TextKind::Reasoning, certain);
        self.held = maybe.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn split(pieces: &[&str]) -> (String, String) {
        let (mut reasoning, mut text) = (Vec::new(), Vec::new());
        let mut tags = ThinkTags::default();
        {
            let mut out = |kind, bytes: &[u8]| match kind {
                TextKind::Reasoning => reasoning.extend_from_slice(bytes),
                _ => text.extend_from_slice(bytes),
            };
            for piece in pieces {
                tags.push(piece.as_bytes(), &mut out);
            }
            tags.finish(&mut out);
        }
        (String::from_utf8(reasoning).expect("UTF-8"), String::from_utf8(text).expect("UTF-8"))
    }

    #[test]
    fn tags_are_found_wherever_the_content_is_cut() {
        for (content, reasoning, text) in [
            ("<think>a < b</think>\n\nc", "a < b", "\n\nc"),
            ("\n <think></think>c", "", "c"),
            ("<think>never closed </thin", "never closed </thin", ""),
            ("<thin", "", "<thin"),
            ("about <think>tags</think>", "", "about <think>tags</think>"),
            ("  plain", "", "  plain"),
            ("<think>a</think>b</think><think>c", "a", "b</think><think>c"),
        ] {
            for first in 0..=content.len() {
                for second in first..=content.len() {
                    let pieces = [&content[..first], &content[first..second], &content[second..]];
                    assert_eq!(split(&pieces), (reasoning.into(), text.into()), "{pieces:?}");
                }
            }
        }
    }
}
