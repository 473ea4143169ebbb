//! Keeps the grammar of events.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::call_assembly::{CallAssembly, CallHandle, CallSoFar};
use super::pending::PendingEvents;
use crate::contract::{BlockEnd, BlockKind, BlockStart, Event, Finish, ResponseInfo};
use crate::errors::{Error, protocol};
use crate::json::{PairJoiner, WireText};
use crate::string_interner::StringInterner;

/// Most tool calls in one response: far more than any model makes, and few enough that a hostile server cannot make
/// the bookkeeping expensive.
pub const MAX_CALLS: usize = 1024;

/// Most bytes that names, ids and arguments of all tool calls of one response may take together. Arguments are kept
/// until the end, where they are checked as a whole, and a response without end must not fill the memory.
pub const MAX_CALL_BYTES: usize = 16 << 20;

/// The kinds of block that are text. One of them is open at a time, so a change of kind begins a new block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TextKind {
    /// The model's reply.
    Text,
    /// Its reasoning.
    Reasoning,
    /// Its reason not to reply.
    Refusal,
}

impl TextKind {
    pub(super) fn block_kind(self) -> BlockKind {
        match self {
            Self::Text => BlockKind::Text,
            Self::Reasoning => BlockKind::Reasoning,
            Self::Refusal => BlockKind::Refusal,
        }
    }
}

#[derive(Debug)]
pub(super) struct OpenText {
    /// What the block holds.
    pub(super) kind: TextKind,
    pub(super) index: u32,
    /// Half of a character at the end of the last piece. It belongs to the block: another block may come between.
    pub(super) joiner: PairJoiner,
}

/// Turns what a decoder reads into events, and keeps them until they are taken.
#[derive(Debug, Default)]
pub struct Assembler {
    pending: PendingEvents,
    /// Warnings from before the response. They are handed out after it, because a request may be retried only while
    /// nothing was handed out.
    early_warnings: Vec<String>,
    /// `response` is among the events, so others may follow.
    responded: bool,
    /// The index of the next block. Indexes count up from 0 in the order of the starts.
    next_index: u32,
    /// The text block that is open, on a route that has no more than one at a time.
    open: Option<OpenText>,
    /// The open blocks of [`open_block`](Self::open_block), in the order of their indexes.
    pub(super) open_blocks: Vec<OpenText>,
    /// The tool calls so far. Several may be open, because servers interleave their fragments.
    pub(super) calls: Vec<CallAssembly>,
    /// The ids that calls have, to notice one that is used twice.
    call_ids: StringInterner,
    /// Bytes of all calls, against [`MAX_CALL_BYTES`].
    call_bytes: usize,
    /// Makes generated call ids differ from those of other turns of the conversation.
    id_seed: u64,
}

impl Assembler {
    /// `id_seed` differs from response to response; `warnings` are about the request.
    pub fn new(id_seed: u64, warnings: Vec<String>) -> Self {
        Self { id_seed, early_warnings: warnings, ..Self::default() }
    }

    /// The response has begun. Only the first call counts.
    pub fn respond(&mut self, info: impl FnOnce() -> ResponseInfo) {
        if !core::mem::replace(&mut self.responded, true) {
            self.pending.push(Event::Response(info()));
            for warning in core::mem::take(&mut self.early_warnings) {
                self.pending.push(Event::Warning(warning));
            }
        }
    }

    /// Whether [`respond`](Self::respond) was called.
    pub fn has_responded(&self) -> bool {
        self.responded
    }

    /// Something that a person should know and that is no failure.
    pub fn warn(&mut self, warning: impl Into<String>) {
        match self.responded {
            true => self.pending.push(Event::Warning(warning.into())),
            false => self.early_warnings.push(warning.into()),
        }
    }

    /// The kind of text block that is open.
    pub fn open_text(&self) -> Option<TextKind> {
        self.open.as_ref().map(|open| open.kind)
    }

    /// More text of this kind. Empty text opens no block: servers send empty deltas to keep a connection open.
    pub fn text(&mut self, kind: TextKind, text: &WireText<'_>) {
        if text.is_empty() {
            return;
        }
        self.open_as(kind);
        let Some(open) = &mut self.open else { return };
        // The string becomes the event. It is made here and not reused, since the host takes it.
        let mut piece = String::new();
        open.joiner.push_text(text, &mut piece);
        let index = open.index;
        self.delta(index, piece);
    }

    /// Opens a block of this kind, if none is; another kind that was open is closed.
    pub fn open_as(&mut self, kind: TextKind) {
        if self.open_text() != Some(kind) {
            self.close_text(None);
            let index = self.start(kind.block_kind());
            self.open = Some(OpenText { kind, index, joiner: PairJoiner::default() });
        }
    }

    /// Ends the open text block, if there is one, with the replay that the vendor requires in the next request.
    pub fn close_text(&mut self, replay: Option<String>) {
        if let Some(open) = self.open.take() {
            self.end_text(open, replay);
        }
    }

    pub(super) fn end_text(&mut self, mut block: OpenText, replay: Option<String>) {
        let mut rest = String::new();
        block.joiner.finish(&mut rest);
        self.delta(block.index, rest);
        self.end(BlockEnd { index: block.index, replay, arguments: None });
    }

    /// A new tool call begins. Arguments that arrive before its name and id wait for them, because the start of a block
    /// has both.
    pub fn open_call(&mut self) -> Result<CallHandle, Error> {
        if self.calls.len() >= MAX_CALLS {
            return Err(too_many_calls());
        }
        // No more pieces of the previous call's name are expected.
        if let Some(last) = self.calls.len().checked_sub(1) {
            self.start_call(CallHandle(last));
        }
        self.calls.push(CallAssembly::default());
        Ok(CallHandle(self.calls.len().saturating_sub(1)))
    }

    /// The id of a call. The first one that is not empty counts. An id that another call of the response has already
    /// gets a number, because a host gives results by id and must be able to give one for each call.
    pub fn call_id(&mut self, call: CallHandle, id: &str) -> Result<(), Error> {
        self.count(id.len())?;
        if id.is_empty() || self.calls.get(call.0).is_none_or(|call| !call.id().is_empty()) {
            return Ok(());
        }
        // The number of the call makes it differ. The loop ends, since each round makes the id longer.
        let mut unique = id.to_owned();
        while !self.call_ids.number(&unique).1 {
            unique = format!("{unique}_{}", call.0);
        }
        if let Some(call) = self.calls.get_mut(call.0) {
            call.set_id(unique);
        }
        Ok(())
    }

    /// A name or a piece of one [13].
    pub fn call_name(&mut self, call: CallHandle, name: &str) -> Result<(), Error> {
        self.count(name.len())?;
        if let Some(call) = self.calls.get_mut(call.0) {
            call.push_name(name);
        }
        Ok(())
    }

    /// A fragment of the arguments.
    pub fn call_arguments(&mut self, handle: CallHandle, fragment: &WireText<'_>) -> Result<(), Error> {
        if fragment.is_empty() {
            return Ok(());
        }
        self.count(fragment.as_bytes().len())?;
        let Some(call) = self.calls.get_mut(handle.0) else { return Ok(()) };
        call.push_arguments(fragment);
        self.start_call(handle);
        self.call_delta(handle);
        Ok(())
    }

    /// The replay that the vendor requires with this call in the next request. The last one counts.
    pub fn call_replay(&mut self, call: CallHandle, replay: String) -> Result<(), Error> {
        // A server may repeat it in every fragment, so each one counts against the cap.
        self.count(replay.len())?;
        if let Some(call) = self.calls.get_mut(call.0) {
            call.replay = Some(replay);
        }
        Ok(())
    }

    /// A call as far as it was received, to find out whether a fragment continues it.
    pub fn call_so_far(&self, call: CallHandle) -> CallSoFar<'_> {
        let none = CallSoFar { name: "", arguments: "", begun: false };
        self.calls.get(call.0).map_or(none, CallAssembly::so_far)
    }

    /// Whether the arguments of a call are a closed value, so that no fragment can continue them.
    pub fn is_call_closed(&mut self, call: CallHandle) -> bool {
        self.calls.get_mut(call.0).is_some_and(CallAssembly::is_closed)
    }

    /// Whether there is a tool call with a name or arguments. Empty fragments make none.
    pub fn has_calls(&self) -> bool {
        self.calls.iter().any(CallAssembly::has_content)
    }

    /// The last tool call with a name or arguments.
    pub fn last_call(&self) -> Option<CallHandle> {
        self.calls.iter().rposition(CallAssembly::has_content).map(CallHandle)
    }

    /// The model has finished, so all blocks end. A text block with a replay has to be closed before.
    pub fn finish(&mut self, finish: Finish) {
        self.close_text(None);
        for block in core::mem::take(&mut self.open_blocks) {
            self.end_text(block, None);
        }
        for handle in (0..self.calls.len()).map(CallHandle) {
            self.finish_call(handle);
        }
        // On chat completions calls end with the response and not before: a server may send a fragment for any of them
        // until then.
        for handle in (0..self.calls.len()).map(CallHandle) {
            self.end_call(handle);
        }
        self.pending.push(Event::Finish(finish));
    }

    /// Takes up to `max` events, and no more than a host can copy at once.
    pub fn take(&mut self, max: usize) -> Vec<Event> {
        self.pending.take(max)
    }

    /// Whether there are this many events to take, or as many as are taken at once.
    pub fn has(&self, count: usize) -> bool {
        self.pending.has(count)
    }

    /// The error of a response that made more events than can wait here; some of them are lost.
    pub fn check(&self) -> Result<(), Error> {
        match self.pending.has_overflowed() {
            true => Err(protocol(
                "a chunk of the response changes between text, reasoning and tool calls too often",
            )),
            false => Ok(()),
        }
    }

    /// Whether all events were taken.
    pub fn is_empty(&self) -> bool {
        !self.has(1)
    }

    pub(super) fn end(&mut self, end: BlockEnd) {
        self.pending.push(Event::BlockEnd(end));
    }

    pub(super) fn end_call(&mut self, handle: CallHandle) {
        if let Some(end) = self.calls.get_mut(handle.0).and_then(CallAssembly::take_end) {
            self.end(end);
        }
    }

    pub(super) fn start(&mut self, kind: BlockKind) -> u32 {
        let index = self.next_index;
        self.next_index = index.saturating_add(1);
        self.pending.push(Event::BlockStart(BlockStart { index, kind }));
        index
    }

    pub(super) fn delta(&mut self, index: u32, text: String) {
        if !text.is_empty() {
            self.pending.push_delta(index, text);
        }
    }

    /// Starts the block of a call whose id and name are known.
    pub(super) fn start_call(&mut self, handle: CallHandle) {
        if let Some(head) = self.calls.get(handle.0).and_then(CallAssembly::head) {
            self.close_text(None);
            let index = self.start(BlockKind::ToolCall(head));
            if let Some(call) = self.calls.get_mut(handle.0) {
                call.started(index);
            }
            self.call_delta(handle);
        }
    }

    pub(super) fn call_delta(&mut self, handle: CallHandle) {
        if let Some((index, text)) = self.calls.get_mut(handle.0).and_then(CallAssembly::take_unsent) {
            self.delta(index, text);
        }
    }

    /// The call is whole. A missing id is made up, and the block starts with what is known.
    pub(super) fn finish_call(&mut self, handle: CallHandle) {
        // Received ids have been counted; a made-up one is too short to matter.
        let made_up = format!("call_{:x}_{}", self.id_seed, handle.0);
        let _ = self.call_id(handle, &made_up);
        if let Some(call) = self.calls.get_mut(handle.0) {
            call.finish();
        }
        self.start_call(handle);
        self.call_delta(handle);
    }

    pub(super) fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.call_bytes = self.call_bytes.saturating_add(bytes);
        match self.call_bytes > MAX_CALL_BYTES {
            true => Err(protocol(format!(
                "the tool calls of the response take more than {} MiB",
                MAX_CALL_BYTES >> 20
            ))),
            false => Ok(()),
        }
    }
}

/// The error of a response with more than [`MAX_CALLS`] tool calls.
pub fn too_many_calls() -> Error {
    protocol(format!("the response makes more than {MAX_CALLS} tool calls"))
}
