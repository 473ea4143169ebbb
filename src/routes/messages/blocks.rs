//! The blocks of a message while they are received.
//!
//! Each is a machine of its own, found by its index. Anthropic numbers blocks from 0 and has one open at a time, but
//! gateways leave holes, use an index twice, send deltas for a block that was never opened, and put text into an open
//! call [46]. So an index is a name and no place, and a delta that the block of its index cannot hold opens another one.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::extras::Extras;
use super::replay::{self, BLOCK, CALLER, CITATIONS, SIGNATURE, TEXT};
use super::wire::{ContentBlock, Delta};
use crate::errors::{Error, protocol};
use crate::events::{Assembler, BlockHandle, CallHandle, TextKind, is_placeholder};
use crate::json::{
    Json, Object, PairJoiner, Raw, RawValue, WireText, items, members, parse, present, read, string,
    wire_text,
};

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
        let [kind] = wire.caller.and_then(|caller| crate::json::fields(caller, ["type"])).unwrap_or_default();
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

    /// The message is over, and with it all blocks that are open.
    pub(super) fn finish(&mut self, out: &mut Assembler) -> Result<(), Error> {
        (0..self.kept.len()).try_for_each(|at| self.close(at, out))
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

    /// The signature of a reasoning: that of its index, else the last one that has none, because a late signature may bear
    /// the index of a later block.
    fn signature(&mut self, index: u64, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let is_thinking = |block: &Block| matches!(block.kind, Kind::Thinking(_)) && !block.closed;
        let own = self.kept.iter().rposition(|block| is_thinking(block) && block.index == index);
        let unsigned =
            || self.kept.iter().rposition(|block| is_thinking(block) && block.signature.is_empty());
        let at = match own.or_else(unsigned) {
            Some(at) => at,
            // With `display: omitted` a relay may leave out everything but the signature.
            None if self.kept.iter().all(|block| block.index != index) => {
                let block = out.open_block(TextKind::Reasoning)?;
                self.push(index, Kind::Thinking(block), out)
            }
            None => return Ok(()),
        };
        self.sign(at, raw)?;
        match self.kept.get(at) {
            Some(block) if block.stopped && !block.signature.is_empty() => self.close(at, out),
            _ => Ok(()),
        }
    }

    /// A signature is sent whole; the last one counts.
    fn sign(&mut self, at: usize, raw: Raw<'_>) -> Result<(), Error> {
        let Some(json) = raw.map(|raw| raw.get()).filter(|json| json.starts_with('"') && json.len() > 2)
        else {
            return Ok(());
        };
        if let Some(block) = self.kept.get_mut(at) {
            block.signature.clear();
            block.signature.push_str(json);
        }
        self.count(json.len())
    }

    fn citations(&mut self, at: usize, raw: Raw<'_>, extras: &mut Extras) -> Result<(), Error> {
        let mut result = Ok(());
        if let Some(list) = raw {
            items(list, &mut |item| {
                if result.is_ok() {
                    result = self.citation(at, item, extras);
                }
            });
        }
        result
    }

    fn citation(&mut self, at: usize, citation: RawValue<'_>, extras: &mut Extras) -> Result<(), Error> {
        let json = citation.get();
        extras.note_citation(json);
        if let Some(block) = self.kept.get_mut(at) {
            if !block.gathered.is_empty() {
                block.gathered.push(',');
            }
            block.gathered.push_str(json);
        }
        self.count(json.len())
    }

    /// The content of a compaction, which replaces that of the block's beginning.
    fn compaction(&mut self, index: u64, delta: &Delta<'_>) -> Result<(), Error> {
        let Some(at) = self.find(index, Target::Input) else { return Ok(()) };
        let Some(block) = self.kept.get_mut(at) else { return Ok(()) };
        let mut bytes = 0_usize;
        for (name, value) in [("content", delta.content), ("encrypted_content", delta.encrypted_content)] {
            if let (Some(value), true) = (present(value), matches!(block.kind, Kind::Vendor(_))) {
                bytes = bytes.saturating_add(block.begin.len()).saturating_add(value.len());
                block.begin = with_member(&block.begin, name, value);
            }
        }
        // All that is copied counts, since a server may repeat it.
        self.count(bytes)
    }

    fn warn(&mut self, kind: &str, wire: &ContentBlock<'_>, out: &mut Assembler) {
        if kind == "fallback" {
            let [to] = wire.to.and_then(|to| crate::json::fields(to, ["model"])).unwrap_or_default();
            let to = string(to)
                .filter(|to| to.len() <= MAX_NAME && to.bytes().all(|byte| byte.is_ascii_graphic()));
            let to = to.unwrap_or_default();
            out.warn(format!("the vendor let another model continue the response {to}").trim_end());
        } else if kind != "redacted_thinking" && !core::mem::replace(&mut self.warned, true) {
            out.warn(
                "the response contains blocks of the vendor's own tools, or of an unknown kind; they became reasoning \
                 blocks without text, which have to go back with the next request",
            );
        }
    }

    /// Ends the block among the events, with its replay.
    fn close(&mut self, at: usize, out: &mut Assembler) -> Result<(), Error> {
        let Some(block) = self.kept.get_mut(at).filter(|block| !block.closed) else { return Ok(()) };
        block.stopped = true;
        block.closed = true;
        block.joiner.finish(&mut block.gathered);
        let [begin, gathered, signature] =
            [&mut block.begin, &mut block.gathered, &mut block.signature].map(core::mem::take);
        match block.kind {
            Kind::Text(None) => {}
            Kind::Text(Some(handle)) => {
                let citations = format!("[{gathered}]");
                let replay = (citations != "[]").then(|| replay::written(&[(CITATIONS, &citations)]));
                out.close_block(handle, replay);
            }
            Kind::Thinking(handle) => {
                let replay = match (signature.is_empty(), self.reasoning_text) {
                    (true, _) => None,
                    (false, true) => Some(replay::written(&[(SIGNATURE, &signature)])),
                    (false, false) => {
                        let mut text = Json::default();
                        text.string(&gathered);
                        Some(replay::written(&[(SIGNATURE, &signature), (TEXT, &text.into_string())]))
                    }
                };
                out.close_block(handle, replay);
            }
            Kind::Call(call) => {
                if !block.has_input {
                    out.call_arguments(call, &WireText::from(begin.as_str()))?;
                }
                out.close_call(call);
            }
            Kind::Vendor(handle) => {
                // Input that broke off makes a block that the vendor would refuse.
                let whole = match gathered.trim_ascii() {
                    "" => Some(begin),
                    input => parse(input).ok().map(|input| with_member(&begin, "input", input.get())),
                };
                out.close_block(handle, whole.map(|block| replay::written(&[(BLOCK, &block)])));
            }
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.replay_bytes = self.replay_bytes.saturating_add(bytes);
        match self.replay_bytes > MAX_REPLAY {
            true => Err(protocol(format!(
                "signatures, citations and tools of the response take more than {} MiB",
                MAX_REPLAY >> 20
            ))),
            false => Ok(()),
        }
    }
}

fn text_of(raw: Raw<'_>) -> WireText<'_> {
    wire_text(raw).unwrap_or(WireText::from(""))
}

/// An object with another value of a member.
fn with_member(object: &str, name: &str, value: &str) -> String {
    let mut json = Json::default();
    json.raw("{");
    let mut found = false;
    for (known, old) in parse(object).map(members).unwrap_or_default() {
        json.key(&known);
        found |= known == name;
        json.raw(if known == name { value } else { old.map_or("null", |old| old.get()) });
    }
    if !found {
        json.key(name);
        json.raw(value);
    }
    json.raw("}");
    json.into_string()
}
