//! Reasoning inside the content, between `<think>` and `</think>` [15].
//!
//! DeepSeek's R1, Qwen's QwQ and their derivatives write reasoning this way where the server does not separate it.
//! Chunks cut the tags at any byte, so a part of a tag is held back until the next chunk decides.

use crate::events::TextKind;
use crate::scanned::scanned;
use crate::text_search::find_bytes;

const BEGIN: &[u8] = b"<think>";
const END: &[u8] = b"</think>";

/// The position in the content. A tag counts only at the very beginning: later it is text about tags, and a model that
/// explains them must not lose half of its reply.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum TagState {
    /// So far only white space, and perhaps the beginning of a tag.
    #[default]
    Start,
    Inside,
    /// There is no reasoning in the content, or it is over.
    Text,
}

/// Splits content into reasoning and text, over chunk borders.
///
/// Nothing of the content is kept, so that a server cannot make this hold memory, and each byte is looked at once. The
/// bytes that are held back are the beginning of a tag, which is a constant: their number says which they are.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    state: TagState,
    /// How many bytes of the tag that may come next were received at the end of the last piece.
    matched: usize,
}

/// What a piece makes of a tag that earlier pieces began.
enum TagMatch<'p> {
    /// The tag is whole. The rest of the piece follows it.
    Whole(&'p [u8]),
    /// All of the piece belongs to the tag, and the tag is still not whole.
    Longer,
    /// It was no tag.
    Failed,
}

impl ThinkTags {
    /// Reasoning has a field of its own, so tags in the content are text from now on.
    pub(super) fn not_expected(&mut self) {
        if self.state == TagState::Start && self.matched == 0 {
            self.state = TagState::Text;
        }
    }

    /// Whether everything that follows is text.
    pub(super) fn are_over(&self) -> bool {
        self.state == TagState::Text
    }

    /// Splits a piece of content. `out` gets the bytes that are certain to be text or reasoning.
    pub(super) fn push(&mut self, piece: &[u8], mut out: impl FnMut(TextKind, &[u8])) {
        match self.state {
            TagState::Start => self.start(piece, &mut out),
            TagState::Inside => self.inside(piece, &mut out),
            TagState::Text => out(TextKind::Text, piece),
        }
    }

    /// The content is over, so the bytes held back are not a tag.
    pub(super) fn finish(&mut self, mut out: impl FnMut(TextKind, &[u8])) {
        let (kind, tag) = match self.state {
            TagState::Inside => (TextKind::Reasoning, END),
            _ => (TextKind::Text, BEGIN),
        };
        self.release(kind, tag, &mut out);
    }

    fn start(&mut self, mut piece: &[u8], out: &mut dyn FnMut(TextKind, &[u8])) {
        if self.matched == 0 {
            // Models write line breaks before the tag, so the tag may follow white space. It is text at once [90]: a server
            // that sends nothing else must not make the reader hold it, and its user sees what arrives.
            let visible = piece.trim_ascii_start();
            let (blanks, rest) = piece.split_at(piece.len().saturating_sub(visible.len()));
            scanned(blanks.len());
            out(TextKind::Text, blanks);
            piece = rest;
        }
        match self.continued(BEGIN, piece) {
            TagMatch::Whole(inside) => {
                self.state = TagState::Inside;
                self.inside(inside, out);
            }
            TagMatch::Longer => {}
            TagMatch::Failed => {
                self.state = TagState::Text;
                self.release(TextKind::Text, BEGIN, out);
                out(TextKind::Text, piece);
            }
        }
    }

    fn inside(&mut self, piece: &[u8], out: &mut dyn FnMut(TextKind, &[u8])) {
        if self.matched > 0 {
            match self.continued(END, piece) {
                TagMatch::Whole(text) => return self.end(text, out),
                TagMatch::Longer => return,
                // `<` stands in the tag only once, so no other end can begin within the bytes held back.
                TagMatch::Failed => self.release(TextKind::Reasoning, END, out),
            }
        }
        // The first end counts. The models do not nest the tags.
        if let Some(at) = find_bytes(piece, END) {
            let (reasoning, rest) = piece.split_at(at);
            out(TextKind::Reasoning, reasoning);
            return self.end(rest.get(END.len()..).unwrap_or_default(), out);
        }
        // Only an end that could still become the tag is held back, so reasoning is not delayed.
        self.matched =
            (1..END.len()).rev().find(|&len| piece.ends_with(END.get(..len).unwrap_or(END))).unwrap_or(0);
        out(TextKind::Reasoning, piece.get(..piece.len().saturating_sub(self.matched)).unwrap_or(piece));
    }

    fn end(&mut self, text: &[u8], out: &mut dyn FnMut(TextKind, &[u8])) {
        self.state = TagState::Text;
        out(TextKind::Text, text);
    }

    /// Goes on with a tag of which [`matched`](Self::matched) bytes were received.
    fn continued<'p>(&mut self, tag: &[u8], piece: &'p [u8]) -> TagMatch<'p> {
        let missing = tag.get(self.matched..).unwrap_or_default();
        if let Some(rest) = piece.strip_prefix(missing) {
            self.matched = 0;
            return TagMatch::Whole(rest);
        }
        if missing.starts_with(piece) {
            self.matched = self.matched.saturating_add(piece.len());
            return TagMatch::Longer;
        }
        TagMatch::Failed
    }

    /// Hands out the bytes held back, which are not a tag.
    fn release(&mut self, kind: TextKind, tag: &[u8], out: &mut dyn FnMut(TextKind, &[u8])) {
        out(kind, tag.get(..core::mem::take(&mut self.matched)).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

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
            ("\n <think></think>c", "", "\n c"),
            ("<think>a</</thi</think>b", "a</</thi", "b"),
            ("<<think>a", "", "<<think>a"),
            (" <thin k>", "", " <thin k>"),
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

    #[test]
    fn white_space_is_text_at_once_and_nothing_is_kept_but_the_beginning_of_a_tag() {
        let mut tags = ThinkTags::default();
        for piece in [" ", "\n\n", &" ".repeat(4096)] {
            let mut shown = Vec::new();
            tags.push(piece.as_bytes(), |kind, bytes| shown.push((kind, bytes.to_vec())));
            shown.retain(|(_, bytes)| !bytes.is_empty());
            assert_eq!(shown, [(TextKind::Text, piece.as_bytes().to_vec())]);
            assert_eq!(tags.matched, 0);
        }
        assert_eq!(split(&[" ", "\n", "<think>a</think>", "b"]), ("a".into(), " \nb".into()));
    }

    #[test]
    fn reasoning_is_held_back_only_where_an_end_may_have_begun() {
        let mut tags = ThinkTags::default();
        let mut shown = String::new();
        for (piece, expected) in [
            ("<think>", ""),
            ("a<", "a"),
            ("b", "a<b"),
            ("</thin", "a<b"),
            ("</", "a<b</thin"),
            ("think>", "a<b</thin"),
        ] {
            tags.push(piece.as_bytes(), |_, bytes| {
                shown.push_str(core::str::from_utf8(bytes).expect("UTF-8"))
            });
            assert_eq!(shown, expected, "{piece}");
        }
        assert!(tags.are_over());
    }
}
