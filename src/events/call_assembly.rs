//! One tool call under way.

use alloc::{borrow::ToOwned, string::String};

use super::tool_arguments;
use crate::contract::{BlockEnd, MalformedArguments, ToolArguments, ToolCallHead};
use crate::json::{PairJoiner, WireText};

/// A tool call of the [`Assembler`](super::Assembler) that gave it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallHandle(pub(super) usize);

/// A call is waiting until its id and name are known, then started, then ended with the answer.
#[derive(Debug, Default)]
pub(super) struct CallAssembly {
    id: String,
    name: String,
    /// All arguments so far.
    arguments: String,
    /// How many bytes of `arguments` were handed out.
    sent: usize,
    joiner: PairJoiner,
    /// The index of the block, once it is started.
    index: Option<u32>,
    /// Whether a name may still come in pieces: until the first fragment of arguments.
    name_complete: bool,
    /// No more comes: what is missing stays missing.
    finished: bool,
    pub(super) replay: Option<String>,
}

impl CallAssembly {
    /// The id, empty while it is not known.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn set_id(&mut self, id: String) {
        self.id = id;
    }

    /// Names come whole, repeated, or in pieces [13]: what begins with all there was so far takes its
    /// place, anything else is the next piece. Behind the first arguments no piece is expected, unless no
    /// name came at all.
    pub(super) fn push_name(&mut self, piece: &str) {
        if self.index.is_some() {
            return;
        }
        if piece.starts_with(self.name.as_str()) {
            self.name = piece.to_owned();
        } else if !self.name_complete || self.name.is_empty() {
            self.name.push_str(piece);
        }
    }

    pub(super) fn push_arguments(&mut self, fragment: &WireText<'_>) {
        self.name_complete = true;
        if self.is_repeat(fragment) {
            return;
        }
        self.joiner.push_text(fragment, &mut self.arguments);
    }

    /// Some vendors send the arguments once more when they are whole [13]. Behind a whole object nothing can
    /// come but blanks, so the same text over again is that, and no part of it. Costs no more than the fragment.
    fn is_repeat(&self, fragment: &WireText<'_>) -> bool {
        self.joiner.is_empty()
            && fragment.as_bytes() == self.arguments.as_bytes()
            && tool_arguments::is_object(&self.arguments)
    }

    /// What the block starts with, if it can start now.
    pub(super) fn head(&self) -> Option<ToolCallHead> {
        let known = !self.id.is_empty() && !self.name.is_empty();
        let finished = self.finished && self.has_content();
        (self.index.is_none() && (known || finished))
            .then(|| ToolCallHead { id: self.id.clone(), name: self.name.clone() })
    }

    /// Whether a name or arguments have come: without either there is no call.
    pub(super) fn has_content(&self) -> bool {
        !(self.name.is_empty() && self.arguments.is_empty())
    }

    pub(super) fn started(&mut self, index: u32) {
        self.index = Some(index);
    }

    pub(super) fn take_unsent(&mut self) -> Option<(u32, String)> {
        let index = self.index?;
        let unsent = self.arguments.get(self.sent..)?.to_owned();
        self.sent = self.arguments.len();
        Some((index, unsent))
    }

    /// No more comes of this call.
    pub(super) fn finish(&mut self) {
        self.joiner.finish(&mut self.arguments);
        self.finished = true;
    }

    /// The end of the block; nothing where no block was started.
    pub(super) fn into_end(self) -> Option<BlockEnd> {
        let arguments = match self.name.is_empty() {
            true => ToolArguments::Malformed(MalformedArguments {
                raw: self.arguments,
                reason: "the call has no name".to_owned(),
            }),
            false => tool_arguments::check(self.arguments),
        };
        Some(BlockEnd { index: self.index?, replay: self.replay, arguments: Some(arguments) })
    }
}
