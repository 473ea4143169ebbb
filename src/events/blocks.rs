//! Blocks that are open beside each other, and calls that end before the response does.
//!
//! Responses, Messages and Gemini say where a block ends. On Responses several are open at once, and what has to go back
//! with a block may arrive after the next one has begun, so a decoder of these routes holds a handle for each.

use alloc::{format, string::String};

use super::assembler::{Assembler, OpenText, TextKind};
use super::call_assembly::{CallAssembly, CallHandle};
use crate::errors::{Error, protocol};
use crate::json::{PairJoiner, WireText};

/// Most blocks that are open at once. Vendors have a handful, and each open one is kept in memory.
pub const MAX_OPEN_BLOCKS: usize = 1024;

/// An open block of the [`Assembler`] that gave it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockHandle(u32);

impl Assembler {
    /// Starts a block beside those that are open.
    ///
    /// # Errors
    /// `protocol` where [`MAX_OPEN_BLOCKS`] are open.
    pub fn open_block(&mut self, kind: TextKind) -> Result<BlockHandle, Error> {
        if self.open_blocks.len() >= MAX_OPEN_BLOCKS {
            return Err(protocol(format!("the response has more than {MAX_OPEN_BLOCKS} open blocks")));
        }
        let index = self.start(kind.block_kind());
        self.open_blocks.push(OpenText { kind, index, joiner: PairJoiner::default() });
        Ok(BlockHandle(index))
    }

    /// More text of an open block. Empty text makes no event: servers send empty deltas to keep a connection open.
    pub fn block_text(&mut self, block: BlockHandle, text: &WireText<'_>) {
        if text.is_empty() {
            return;
        }
        let Some(at) = self.place(block) else { return };
        let mut piece = String::new();
        if let Some(open) = self.open_blocks.get_mut(at) {
            open.joiner.push_text(text, &mut piece);
        }
        self.delta(block.0, piece);
    }

    /// Ends a block, with the replay that the vendor requires in the next request. A block that has ended stays as it is.
    pub fn close_block(&mut self, block: BlockHandle, replay: Option<String>) {
        if let Some(at) = self.place(block) {
            let open = self.open_blocks.remove(at);
            self.end_text(open, replay);
        }
    }

    /// A block without text, for what only the vendor can read and has to go back: its own tools' items, encrypted or
    /// redacted reasoning.
    pub fn opaque_block(&mut self, replay: String) {
        let index = self.start(TextKind::Reasoning.block_kind());
        self.end_text(
            OpenText { kind: TextKind::Reasoning, index, joiner: PairJoiner::default() },
            Some(replay),
        );
    }

    /// Ends a call before the response does. What arrives for it later is not added.
    pub fn close_call(&mut self, call: CallHandle) {
        self.finish_call(call);
        self.end_call(call);
    }

    /// The whole arguments of a call, as vendors repeat them after the fragments. What the fragments lack is handed out as
    /// one more. Where the two differ the whole counts, with a warning.
    ///
    /// # Errors
    /// `protocol` where the calls of the response are too large.
    pub fn call_whole(&mut self, handle: CallHandle, whole: &WireText<'_>) -> Result<(), Error> {
        self.count(whole.as_bytes().len())?;
        let Some(call) = self.calls.get_mut(handle.0) else { return Ok(()) };
        let agrees = call.replace_arguments(whole);
        self.start_call(handle);
        self.call_delta(handle);
        if !agrees {
            self.warn("the arguments of a tool call differ from their fragments; the whole ones count");
        }
        Ok(())
    }

    /// The input of a call is a text and no JSON, as that of OpenAI's custom tools. The host gets it unchanged, as
    /// malformed arguments.
    pub fn call_free_text(&mut self, handle: CallHandle) {
        if let Some(call) = self.calls.get_mut(handle.0) {
            CallAssembly::take_free_text(call);
        }
    }

    /// The place of an open block. Indexes only grow, so the list is sorted.
    fn place(&self, block: BlockHandle) -> Option<usize> {
        self.open_blocks.binary_search_by_key(&block.0, |open| open.index).ok()
    }
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;
