//! Stand-ins until the shared functions are on main.
#![allow(missing_docs)]
use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockHandle(usize);

impl Assembler {
    pub fn open_block(&mut self, kind: TextKind) -> BlockHandle {
        let index = self.start(kind.block_kind());
        self.blocks.push(Some(OpenText { kind, index, joiner: PairJoiner::default() }));
        BlockHandle(self.blocks.len().saturating_sub(1))
    }
    pub fn block_text(&mut self, handle: BlockHandle, text: &WireText<'_>) {
        if let Some(Some(open)) = self.blocks.get_mut(handle.0) {
            let mut piece = String::new();
            open.joiner.push_text(text, &mut piece);
            let index = open.index;
            self.delta(index, piece);
        }
    }
    pub fn close_block(&mut self, handle: BlockHandle, replay: Option<String>) {
        if let Some(mut open) = self.blocks.get_mut(handle.0).and_then(Option::take) {
            let mut rest = String::new();
            open.joiner.finish(&mut rest);
            self.delta(open.index, rest);
            self.pending.push(Event::BlockEnd(BlockEnd { index: open.index, replay, arguments: None }));
        }
    }
    pub fn close_call(&mut self, handle: CallHandle) {
        self.finish_call(handle);
        if let Some(call) = self.calls.get_mut(handle.0).map(core::mem::take)
            && let Some(end) = call.into_end()
        {
            self.pending.push(Event::BlockEnd(end));
        }
    }
    pub fn call_whole(&mut self, handle: CallHandle, whole: &WireText<'_>) -> Result<(), Error> {
        let len = self.calls.get(handle.0).map_or(0, CallAssembly::received);
        let rest = WireText::from(whole.as_bytes().get(len..).unwrap_or_default());
        self.call_arguments(handle, &rest)
    }
    pub fn call_free_text(&mut self, handle: CallHandle) {
        if let Some(call) = self.calls.get_mut(handle.0) {
            call.free_text = true;
        }
    }
    pub fn opaque_block(&mut self, replay: String) {
        let block = self.open_block(TextKind::Reasoning);
        self.close_block(block, Some(replay));
    }
    pub(super) fn close_all_blocks(&mut self) {
        for at in 0..self.blocks.len() {
            self.close_block(BlockHandle(at), None);
        }
    }
}
