//! Joins the fragments of one tool call: id, name and arguments.
//!
//! Which call a fragment belongs to is decided by the decoder of the route.

use alloc::{borrow::ToOwned, string::String};

use super::tool_arguments;
use crate::contract::{BlockEnd, MalformedArguments, ToolArguments, ToolCallHead};
use crate::json::{PairJoiner, WireText};

/// A tool call of the [`Assembler`](super::Assembler) that gave it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallHandle(pub(super) usize);

/// A call that is being received. It waits until its id and name are known, then its block starts, and ends with the
/// response.
#[derive(Debug, Default)]
pub(super) struct CallAssembly {
    /// Empty until it is known, as is the name.
    id: String,
    name: String,
    /// All arguments so far.
    arguments: String,
    /// The number of bytes of `arguments` that were handed out.
    sent: usize,
    /// Half of a character at the end of the last fragment [16].
    joiner: PairJoiner,
    /// The index of the block, once it is started.
    index: Option<u32>,
    /// Set by the first fragment of arguments: no more pieces of the name are expected.
    name_complete: bool,
    /// The response is over: what is missing stays missing.
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

    /// Servers send names whole, repeated, or in pieces [13]. A piece that begins with the name so far replaces it, and
    /// any other piece is added to it. After the first arguments no piece is expected, unless there is no name yet.
    pub(super) fn push_name(&mut self, piece: &str) {
        // The block has started with the name so far, which the host has seen.
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

    /// Some vendors send all arguments once more at the end [13]. Only white space can follow a whole object, so the same
    /// text again is a repetition and not a part of the arguments. The comparison costs no more than the fragment.
    fn is_repeat(&self, fragment: &WireText<'_>) -> bool {
        self.joiner.is_empty()
            && fragment.as_bytes() == self.arguments.as_bytes()
            && tool_arguments::is_object(&self.arguments)
    }

    /// The head of the block, if it can start now.
    pub(super) fn head(&self) -> Option<ToolCallHead> {
        let known = !self.id.is_empty() && !self.name.is_empty();
        // A call whose name never arrived still gets a block: the host reports it as malformed, and the model sees
        // its mistake.
        let finished = self.finished && self.has_content();
        (self.index.is_none() && (known || finished))
            .then(|| ToolCallHead { id: self.id.clone(), name: self.name.clone() })
    }

    /// Whether there is a name, or there are arguments. Without either there is no call.
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

    /// The response is over.
    pub(super) fn finish(&mut self) {
        self.joiner.finish(&mut self.arguments);
        self.finished = true;
    }

    /// The end of the block; `None` where no block was started.
    pub(super) fn into_end(self) -> Option<BlockEnd> {
        let arguments = match self.name.is_empty() {
            // Its arguments may be whole, but there is nothing to run.
            true => ToolArguments::Malformed(MalformedArguments {
                raw: self.arguments,
                reason: "the call has no name".to_owned(),
            }),
            false => tool_arguments::check(self.arguments),
        };
        Some(BlockEnd { index: self.index?, replay: self.replay, arguments: Some(arguments) })
    }
}
