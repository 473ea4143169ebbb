//! The blocks of a message while they are received.
//!
//! Each is a machine of its own, found by its index. Anthropic numbers blocks from 0 and has one open at a time, but
//! gateways leave holes, use an index twice, send deltas for a block that was never opened, and put text into an open
//! call [46]. So an index is a name and no place, and a delta that the block of its index cannot hold opens another one.

mod details;
mod end;

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::extras::Extras;
use super::replay::{self, CALLER};
use super::wire::{ContentBlock, Delta};
use crate::errors::Error;
use crate::events::{Assembler, BlockHandle, CallHandle, TextKind, is_placeholder};
use crate::json::{Object, PairJoiner, Raw, RawValue, WireText, fields, present, read, string, wire_text};

/// Blocks that are kept to be found again. Vendors have one open, and each event searches all of them.
const MAX_KEPT: usize = 64;

/// Most bytes of everything that a response has for its replays, which is kept until its block ends.
const MAX_REPLAY: usize = 16 << 20;

/// The longest name of a model that a warning repeats.
const MAX_NAME: usize = 64;

/// What a block holds, and its block among the events.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Opened by its first text: an empty block would be one for the host to show.
    Text(Option<BlockHandle>),
    Thinking(BlockHandle),
    Call(CallHandle),
    /// Of the vendor's own tools, or of a kind that is not known here. It goes back whole [58].
    Vendor(BlockHandle),
}

/// What a delta is for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Text,
    Thinking,
    /// A call, or the input of a vendor's own tool.
    Input,
}

#[derive(Debug)]
struct Block {
    index: u64,
    kind: Kind,
    /// The block ended. It is kept until the end of the message, because some gateways send the signature of a
    /// reasoning after that [43].
    stopped: bool,
    /// The end is among the events.
    closed: bool,
    /// A vendor's block as it began; the input that a call began with.
    begin: String,
    /// The withheld text of a reasoning, the citations of a text, the input of a vendor's block.
    gathered: String,
    joiner: PairJoiner,
    /// A JSON string, or empty.
    signature: String,
    /// There were arguments.
    has_input: bool,
}

/// The blocks so far.
#[derive(Debug)]
pub(super) struct Blocks {
    kept: Vec<Block>,
    /// Where the index of an event is missing, it is the last one.
    last_index: u64,
    /// The host wants the text of reasoning.
    reasoning_text: bool,
    /// Against [`MAX_REPLAY`].
    replay_bytes: usize,
    /// The warning about blocks of the vendor's own tools was given.
    warned: bool,
    /// The warning about arguments of a call that had ended was given.
    warned_of_late_input: bool,
}

impl Blocks {
    /// No block yet.
    pub(super) fn new(reasoning_text: bool) -> Self {
        Self {
            kept: Vec::new(),
            last_index: 0,
            reasoning_text,
            replay_bytes: 0,
            warned: false,
            warned_of_late_input: false,
        }
    }

    /// The index of an event.
    pub(super) fn index(&self, index: Option<u64>) -> u64 {
        index.unwrap_or(self.last_index)
    }

    /// A block that is whole.
    pub(super) fn whole(
        &mut self,
        raw: RawValue<'_>,
        extras: &mut Extras,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        // No index of a stream.
        self.start(u64::MAX, raw, extras, out)?;
        self.stop(u64::MAX, out)
    }

    /// A block begins. Its text and its input may be in it already [42].
    pub(super) fn start(
        &mut self,
        index: u64,
        raw: RawValue<'_>,
        extras: &mut Extras,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let mut block = Object::<ContentBlock<'_>>::default();
        let Some(wire) = read(raw.get(), &mut block).and(block.0.as_ref()) else { return Ok(()) };
        // An index that is used again names the new block from now on.
        self.stop(index, out)?;
        let kind = string(wire.kind);
        let at = match kind.as_deref().unwrap_or("text") {
            "text" => {
                let at = self.push(index, Kind::Text(None), out);
                self.citations(at, wire.citations, extras)?;
                self.write(at, &text_of(wire.text), out)?;
                at
            }
            "thinking" => {
                let block = out.open_block(TextKind::Reasoning)?;
                let at = self.push(index, Kind::Thinking(block), out);
                self.write(at, &text_of(wire.thinking), out)?;
                self.sign(at, wire.signature)?;
                at
            }
            "tool_use" => self.start_call(index, wire, out)?,
            kind => {
                let block = out.open_block(TextKind::Reasoning)?;
                self.count(raw.get().len())?;
                self.warn(kind, wire, out);
                self.push(index, Kind::Vendor(block), out)
            }
        };
        if let Some(block @ Block { kind: Kind::Vendor(_), .. }) = self.kept.get_mut(at) {
            block.begin = raw.get().to_owned();
        }
        Ok(())
    }

    fn start_call(
        &mut self,
        index: u64,
        wire: &ContentBlock<'_>,
        out: &mut Assembler,
    ) -> Result<usize, Error> {
        let call = out.open_call()?;
        out.call_id(call, &string(wire.id).unwrap_or_default())?;
        out.call_name(call, &string(wire.name).unwrap_or_default())?;
        let [kind] = wire.caller.and_then(|caller| fields(caller, ["type"])).unwrap_or_default();
        // A call that the model made itself needs no word of it, and older servers do not know the field.
        if let Some(caller) =
            present(wire.caller).filter(|_| string(kind).is_some_and(|kind| kind != "direct"))
        {
            out.call_replay(call, replay::written(&[(CALLER, caller)]))?;
        }
        let at = self.push(index, Kind::Call(call), out);
        let input = present(wire.input).filter(|input| !is_placeholder(input.as_bytes()));
        if let (Some(block), Some(input)) = (self.kept.get_mut(at), input) {
            block.begin = input.to_owned();
        }
        self.count(input.map_or(0, str::len))?;
        Ok(at)
    }

    /// The change of a block. Returns the place of the block and the text, where nothing but text was in it.
    pub(super) fn delta<'a>(
        &mut self,
        index: u64,
        delta: &Delta<'a>,
        extras: &mut Extras,
        out: &mut Assembler,
    ) -> Result<Option<(usize, RawValue<'a>)>, Error> {
        self.last_index = index;
        let kind = string(delta.kind);
        let (target, raw) = match kind.as_deref().unwrap_or_default() {
            "text_delta" => (Target::Text, delta.text),
            "thinking_delta" => (Target::Thinking, delta.thinking),
            "input_json_delta" => (Target::Input, delta.partial_json),
            "signature_delta" => return self.signature(index, delta.signature, out).map(|()| None),
            "citations_delta" => {
                if let (Some(at), Some(citation)) = (self.find(index, Target::Text), delta.citation) {
                    self.citation(at, citation, extras)?;
                }
                return Ok(None);
            }
            "compaction_delta" => return self.compaction(index, delta).map(|()| None),
            // Of a kind that is not known here.
            _ => return Ok(None),
        };
        let Some((raw, text)) = raw.zip(wire_text(raw)).filter(|(_, text)| !text.is_empty()) else {
            return Ok(None);
        };
        let at = match self.find(index, target) {
            Some(at) => at,
            None if target == Target::Input && self.is_late_input(index) => {
                if !core::mem::replace(&mut self.warned_of_late_input, true) {
                    out.warn("arguments that came after the end of their tool call were left out");
                }
                return Ok(None);
            }
            None => {
                let kind = match target {
                    Target::Text => Kind::Text(None),
                    Target::Thinking => Kind::Thinking(out.open_block(TextKind::Reasoning)?),
                    Target::Input => Kind::Call(out.open_call()?),
                };
                self.push(index, kind, out)
            }
        };
        self.write(at, &text, out)?;
        Ok(Some((at, raw)))
    }

    /// More text of a block: text, reasoning, or a fragment of input.
    pub(super) fn write(&mut self, at: usize, text: &WireText<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(block) = self.kept.get_mut(at).filter(|_| !text.is_empty()) else { return Ok(()) };
        let handle = match block.kind {
            Kind::Call(call) => {
                block.has_input = true;
                return out.call_arguments(call, text);
            }
            Kind::Text(Some(handle)) => handle,
            Kind::Text(None) => {
                let handle = out.open_block(TextKind::Text)?;
                block.kind = Kind::Text(Some(handle));
                handle
            }
            Kind::Thinking(handle) if self.reasoning_text => handle,
            Kind::Thinking(_) | Kind::Vendor(_) => {
                block.joiner.push_text(text, &mut block.gathered);
                return self.count(text.as_bytes().len());
            }
        };
        out.block_text(handle, text);
        Ok(())
    }

    /// A block ends. Reasoning without a signature stays open, in case that it comes late.
    pub(super) fn stop(&mut self, index: u64, out: &mut Assembler) -> Result<(), Error> {
        self.last_index = index;
        for at in 0..self.kept.len() {
            let Some(block) = self.kept.get_mut(at).filter(|block| block.index == index && !block.stopped)
            else {
                continue;
            };
            block.stopped = true;
            if !matches!(block.kind, Kind::Thinking(_)) || !block.signature.is_empty() {
                self.close(at, out)?;
            }
        }
        Ok(())
    }

    /// Whether an index is that of a call that has ended.
    fn is_late_input(&self, index: u64) -> bool {
        self.kept.iter().any(|block| block.index == index && matches!(block.kind, Kind::Call(_)))
    }

    /// The last open block of this index that can hold a delta.
    fn find(&self, index: u64, target: Target) -> Option<usize> {
        self.kept.iter().rposition(|block| {
            let holds = match target {
                Target::Text => matches!(block.kind, Kind::Text(_)),
                Target::Thinking => matches!(block.kind, Kind::Thinking(_)),
                Target::Input => matches!(block.kind, Kind::Call(_) | Kind::Vendor(_)),
            };
            holds && block.index == index && !block.stopped
        })
    }

    fn push(&mut self, index: u64, kind: Kind, out: &mut Assembler) -> usize {
        self.last_index = index;
        if self.kept.len() >= MAX_KEPT {
            // The oldest one is not looked for any more. Only a broken stream has so many.
            let _ = self.close(0, out);
            self.kept.remove(0);
        }
        self.kept.push(Block {
            index,
            kind,
            stopped: false,
            closed: false,
            begin: String::new(),
            gathered: String::new(),
            joiner: PairJoiner::default(),
            signature: String::new(),
            has_input: false,
        });
        self.kept.len().saturating_sub(1)
    }
}

fn text_of(raw: Raw<'_>) -> WireText<'_> {
    wire_text(raw).unwrap_or(WireText::from(""))
}
