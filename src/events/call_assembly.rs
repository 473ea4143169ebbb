//! Joins the fragments of one tool call: id, name and arguments.
//!
//! Which call a fragment belongs to is decided by the decoder of the route.

use alloc::{borrow::ToOwned, string::String};

use super::tool_arguments;
use super::value_end::ValueEnd;
use crate::contract::{BlockEnd, MalformedArguments, ToolArguments, ToolCallHead};
use crate::json::{PairJoiner, WireText};
use crate::scanned::scanned;

/// A tool call of the [`Assembler`](super::Assembler) that gave it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallHandle(pub(super) usize);

/// A call as far as it was received.
#[derive(Clone, Copy, Debug)]
pub struct CallSoFar<'a> {
    /// Its name, or the pieces of it so far.
    pub name: &'a str,
    /// Its arguments, without a placeholder.
    pub arguments: &'a str,
    /// There were arguments, be it a placeholder.
    pub begun: bool,
}

/// A call that is being received. It waits until its id and name are known, then its block starts. The decoder ends it, or
/// the end of the response does.
#[derive(Debug, Default)]
pub(super) struct CallAssembly {
    /// Empty until it is known, as is the name.
    id: String,
    name: String,
    /// All arguments so far.
    arguments: String,
    /// The first byte of them that is no white space, and its place.
    opening: Option<(u8, usize)>,
    /// The search for their end.
    end: ValueEnd,
    /// The number of bytes of `arguments` that were handed out.
    sent: usize,
    /// Half of a character at the end of the last fragment [16].
    joiner: PairJoiner,
    /// The index of the block, once it is started.
    index: Option<u32>,
    /// Set by the first fragment of arguments: no more pieces of the name are expected.
    name_complete: bool,
    /// The call is whole: what is missing stays missing.
    finished: bool,
    /// The end of the block was handed out, so nothing can be added.
    ended: bool,
    /// The input is a text, and JSON only by chance.
    free_text: bool,
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

    /// The call so far.
    pub(super) fn so_far(&self) -> CallSoFar<'_> {
        let arguments = if self.is_placeholder() { "" } else { &*self.arguments };
        CallSoFar { name: &self.name, arguments, begun: self.name_complete }
    }

    /// Whether the value of the arguments is closed, so that nothing can be added to it.
    pub(super) fn is_closed(&mut self) -> bool {
        self.end.is_in(&self.arguments)
    }

    /// The tool takes a text and no JSON.
    pub(super) fn take_free_text(&mut self) {
        self.free_text = true;
    }

    pub(super) fn push_arguments(&mut self, fragment: &WireText<'_>) {
        if self.ended {
            return;
        }
        self.name_complete = true;
        if self.free_text {
            self.joiner.push_text(fragment, &mut self.arguments);
            return;
        }
        let first = first_of(fragment);
        if self.is_repeat(fragment) || self.is_placeholder_at_the_end(fragment, first) {
            return;
        }
        // A placeholder before the real arguments. It was not handed out, so that it can be replaced [62].
        if matches!(first, Some((b'{' | b'"' | b'n', _))) && self.is_placeholder() {
            self.arguments.clear();
            self.end = ValueEnd::default();
            self.opening = None;
        }
        if self.opening.is_none() {
            self.opening = first.map(|(byte, at)| (byte, at.saturating_add(self.arguments.len())));
        }
        self.joiner.push_text(fragment, &mut self.arguments);
    }

    /// The whole arguments, which repeat the fragments. Returns whether they do: where they differ the whole counts, since
    /// it is what the vendor keeps, and the fragments that were handed out cannot be taken back.
    pub(super) fn replace_arguments(&mut self, whole: &WireText<'_>) -> bool {
        if self.ended {
            return true;
        }
        let is_placeholder = tool_arguments::is_placeholder(whole.as_bytes());
        if self.sent == 0 && (self.free_text || self.is_placeholder()) {
            self.arguments.clear();
            self.joiner = PairJoiner::default();
            self.push_arguments(whole);
            return true;
        }
        if is_placeholder && !self.free_text {
            return true;
        }
        let mut text = String::new();
        let mut joiner = PairJoiner::default();
        joiner.push_text(whole, &mut text);
        joiner.finish(&mut text);
        scanned(text.len());
        self.joiner = PairJoiner::default();
        let agrees = text.starts_with(self.arguments.as_str());
        if !agrees {
            // No further part of them goes out as a fragment.
            self.sent = text.len();
            self.end = ValueEnd::default();
        }
        self.arguments = text;
        agrees
    }

    /// Some vendors send all arguments once more at the end [13]. Only white space can follow a whole value, so the same
    /// text again is a repetition and not a part of the arguments. The comparison costs no more than the fragment.
    fn is_repeat(&mut self, fragment: &WireText<'_>) -> bool {
        self.joiner.is_empty() && fragment.as_bytes() == self.arguments.as_bytes() && self.is_closed()
    }

    /// A placeholder after the real arguments [62]. Inside of them the same bytes are a part of a string or of a list.
    fn is_placeholder_at_the_end(&mut self, fragment: &WireText<'_>, first: Option<(u8, usize)>) -> bool {
        matches!(first, Some((b'{' | b'"' | b'n', _)))
            && tool_arguments::is_placeholder(fragment.as_bytes())
            && self.is_closed()
    }

    /// Whether the arguments so far stand for none.
    fn is_placeholder(&self) -> bool {
        let Some((_, start)) = self.opening else { return true };
        self.arguments.get(start..).is_some_and(|text| tool_arguments::is_placeholder(text.as_bytes()))
    }

    /// Whether the arguments so far may be replaced, or are encoded twice, and so cannot be handed out yet.
    fn is_held(&self) -> bool {
        match self.opening {
            _ if self.sent > 0 || self.finished || self.free_text => false,
            None | Some((b'"', _)) => true,
            Some((_, start)) => {
                self.arguments.get(start..).is_some_and(tool_arguments::may_become_placeholder)
            }
        }
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
        let index = self.index.filter(|_| !self.is_held())?;
        let unsent = self.arguments.get(self.sent..)?.to_owned();
        self.sent = self.arguments.len();
        Some((index, unsent))
    }

    /// The call is whole.
    pub(super) fn finish(&mut self) {
        self.joiner.finish(&mut self.arguments);
        if core::mem::replace(&mut self.finished, true) || self.free_text {
            return;
        }
        // Nothing of these was handed out: see `is_held`.
        if matches!(self.opening, Some((b'"', _)))
            && let Some(object) = tool_arguments::unwrapped(&self.arguments)
        {
            self.arguments = object;
        }
        if self.opening.is_none() {
            self.arguments.clear();
        }
    }

    /// The end of the block; `None` where no block was started, or where it has ended.
    pub(super) fn take_end(&mut self) -> Option<BlockEnd> {
        let index = self.index.filter(|_| !core::mem::replace(&mut self.ended, true))?;
        let raw = core::mem::take(&mut self.arguments);
        let unusable = match (self.name.is_empty(), self.free_text) {
            // Its arguments may be whole, but there is nothing to run.
            (true, _) => "the call has no name",
            (false, true) => "the tool takes free text, which is not JSON",
            (false, false) => "",
        };
        let arguments = match unusable {
            "" => tool_arguments::check(raw),
            reason => ToolArguments::Malformed(MalformedArguments { raw, reason: reason.to_owned() }),
        };
        Some(BlockEnd { index, replay: self.replay.take(), arguments: Some(arguments) })
    }
}

/// The first byte of a fragment that is no white space, and its place.
fn first_of(fragment: &WireText<'_>) -> Option<(u8, usize)> {
    let bytes = fragment.as_bytes();
    let at = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    // A fragment of blanks is read to its end, any other one up to its first byte.
    scanned(if at.is_none() { bytes.len() } else { 0 });
    at.and_then(|at| Some((*bytes.get(at)?, at)))
}
