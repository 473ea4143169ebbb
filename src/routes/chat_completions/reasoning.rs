//! Reasoning, from each of the fields that servers use for it, and the parts of it that have to be sent back [15].

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::chunk::{Delta, ToolCall, any_filled};
use super::placed::Placed;
use super::reasoning_details::{Details, UNIT_COST, texts_of};
use super::replay::{Field, Replay};
use crate::errors::{Error, protocol};
use crate::events::{Assembler, CallHandle, TextKind};
use crate::json::{
    MAX_MANY, Raw, RawValue, WireText, elements, escaped_len, fields, present, string, wire_text,
};

/// Most bytes of a response that are kept to be sent back, so that a response without end cannot fill the memory. They
/// are counted as they are handed out, with their escapes.
const MAX_KEPT: usize = 8 << 20;

/// The reasoning so far.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    /// The host does not want the text. It is kept for the replay, since some vendors require it in the next request [15].
    withhold: bool,
    /// A plain field has had text, so the texts inside `reasoning_details` and `thinking_blocks` repeat it.
    plain: bool,
    /// Bytes kept so far, against [`MAX_KEPT`].
    kept: usize,
    /// What goes back with the block that is open, or with the next one.
    replay: Replay,
    /// There is a block of reasoning to close: one that is open, or one that has nothing to show.
    active: bool,
    /// The text of the block is signed, so more text is of another block.
    signed: bool,
    /// A text has no signature yet, so a late one may be its own.
    unsigned: bool,
    /// The signature of the last block, which some servers repeat at the end.
    last_signature: Option<String>,
    /// A signature that arrived when the block of its text was over [82].
    late: Option<String>,
    /// All of `reasoning_details` [81]. It is a field of the message and goes with the last block, because a fragment of
    /// any entry may come until then.
    details: Details,
    /// The number of blocks of reasoning that are over.
    epoch: u32,
    /// Values with places of their own [84].
    placed: Placed,
}

impl Reasoning {
    pub(super) fn new(wanted: bool) -> Self {
        Self { withhold: !wanted, ..Self::default() }
    }

    /// The reasoning of one chunk. Of several fields with text only the first counts, because gateways write the same
    /// text under two names.
    pub(super) fn read(&mut self, delta: &Delta<'_>, out: &mut Assembler) -> Result<(), Error> {
        let mut texts =
            text_fields(delta).into_iter().filter_map(|(field, raw)| Some((field, wire_text(raw)?)));
        let plain = texts.find(|(_, text)| !text.is_empty());
        // Nearly every chunk: a text, and nothing about it.
        if !any_filled(&delta.details()) {
            let Some((field, text)) = plain else { return Ok(()) };
            self.plain = true;
            return self.push(field, &text, out);
        }
        let blocks = blocks_of(delta.thinking_blocks)?;
        let mut shown = (!self.plain).then_some(Field::ReasoningContent);
        if let Some((field, text)) = plain {
            self.plain = true;
            // Where the blocks of this chunk have the same text, they also show where each signature belongs.
            shown = repeats(&blocks, &text).then_some(field);
            if shown.is_none() {
                self.push(field, &text, out)?;
            }
        }
        self.blocks(&blocks, shown, out)?;
        // After the other fields: if those have text, the texts in here repeat it.
        self.details(delta.reasoning_details, !self.plain && blocks.is_empty(), out)?;
        let signature = string(delta.reasoning_signature).or_else(|| string(delta.signature));
        self.signature(signature.as_deref(), out)?;
        if let Some(signature) = string(delta.thought_signature) {
            // Without a reasoning to sign it is of the message, where Gemini's own is.
            match self.unsigned || self.has_text(out) {
                true => self.signature(Some(&signature), out)?,
                false if self.last_signature.as_deref() == Some(&signature) => {}
                false => self.kept = self.kept.saturating_add(self.placed.thought_signature(delta)),
            }
        }
        let placed = self.placed.read_message(delta);
        self.keep(placed)
    }

    /// What has to go back with a tool call.
    pub(super) fn read_call(&mut self, handle: CallHandle, call: &ToolCall<'_>) -> Result<(), Error> {
        let placed = self.placed.read_call(handle, call);
        self.keep(placed)
    }

    /// Whether reasoning comes beside the content, so that tags in the content are only text.
    pub(super) fn has_field_of_its_own(&self) -> bool {
        self.plain || self.replay.field.is_some_and(|field| field != Field::Think)
    }

    /// A piece of reasoning that came in this field.
    pub(super) fn push(
        &mut self,
        field: Field,
        text: &WireText<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        // A signature is of one block, and a redacted block has no text.
        if self.signed || !self.replay.blocks.is_empty() {
            self.close(out);
        }
        // Each block goes back in the field that it began in. Servers ignore or refuse it in another one.
        if !self.has_text(out) {
            self.begin(out);
            self.replay.field = Some(field);
        }
        (self.active, self.unsigned) = (true, true);
        if !self.withhold {
            out.text(TextKind::Reasoning, text);
            return Ok(());
        }
        // Withheld text is not handed out piece by piece, so all of it stays here.
        self.keep(escaped_len(text.as_bytes()))?;
        let text = text.clone().into_string_lossy();
        self.replay.text.get_or_insert_default().push_str(&text);
        Ok(())
    }

    /// The block of reasoning ends here, if there is one, with its replay.
    pub(super) fn close(&mut self, out: &mut Assembler) {
        if !self.active {
            return;
        }
        // Signatures and redacted thinking without a text have an empty block of their own: vendors refuse the next
        // request without them.
        self.begin(out);
        out.open_as(TextKind::Reasoning);
        // The field stays: more text may come in it, in another block.
        let next = Replay { field: self.replay.field, ..Replay::default() };
        let replay = core::mem::replace(&mut self.replay, next);
        out.close_text((!replay.is_empty()).then(|| replay.to_json()));
        (self.active, self.signed) = (false, false);
        self.epoch = self.epoch.saturating_add(1);
        if replay.signature.is_some() {
            self.last_signature = replay.signature;
        }
    }

    /// The response ends. What belongs to the message, or arrived too late for its block, goes with the last block.
    pub(super) fn finish(&mut self, out: &mut Assembler) -> Result<(), Error> {
        let mut last = Replay {
            details: self.details.take(),
            signature: self.late.take(),
            placed: self.placed.take_message(),
            ..Replay::default()
        };
        if let Some(TextKind::Text | TextKind::Refusal) = out.open_text() {
            // An empty one has nothing to send back, like that of any text.
            out.close_text((!last.is_empty()).then(|| last.to_json()));
            last = Replay::default();
        }
        let call = out.last_call();
        if call.is_none() && !last.is_empty() {
            self.replay.details.append(&mut last.details);
            self.replay.placed = core::mem::take(&mut last.placed);
            self.replay.signature = self.replay.signature.take().or(last.signature.take());
            self.active = true;
        }
        self.close(out);
        self.placed.finish_calls(call, last, out)
    }

    /// Whether the block has text, shown or not.
    fn has_text(&self, out: &Assembler) -> bool {
        out.open_text() == Some(TextKind::Reasoning) || self.replay.text.is_some()
    }

    /// A block of reasoning begins. A late signature goes with the text before it, so that it is not taken for one of
    /// this block.
    fn begin(&mut self, out: &mut Assembler) {
        if let Some(TextKind::Text | TextKind::Refusal) = out.open_text()
            && let Some(signature) = self.late.take()
        {
            out.close_text(Some(Replay { signature: Some(signature), ..Replay::default() }.to_json()));
        }
    }

    /// `reasoning_details`. `shown`: no other field has the text.
    fn details(&mut self, raw: Raw<'_>, shown: bool, out: &mut Assembler) -> Result<(), Error> {
        for entry in entries(raw) {
            self.keep(entry.get().len().saturating_add(UNIT_COST))?;
            if !self.details.push(entry, self.epoch) || !shown || self.withhold {
                continue;
            }
            for text in texts_of(entry).filter(|text| !text.is_empty()) {
                self.begin(out);
                self.active = true;
                out.text(TextKind::Reasoning, &text);
            }
        }
        Ok(())
    }

    /// Anthropic's blocks: `[{"type":"thinking","thinking":"…","signature":"…"},{"type":"redacted_thinking","data":"…"}]`.
    /// `shown`: the field that their text goes back in, unless another field has the text.
    fn blocks(
        &mut self,
        entries: &[RawValue<'_>],
        shown: Option<Field>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let with_text = texts_of_blocks(entries).filter(|text| !text.is_empty()).count();
        for entry in entries {
            let Some([kind, thinking, signature]) = fields(*entry, ["type", "thinking", "signature"]) else {
                continue;
            };
            if is_redacted(kind) {
                self.redacted(None, entry.get(), out)?;
            } else if let Some(field) = shown {
                if let Some(text) = wire_text(thinking) {
                    self.push(field, &text, out)?;
                }
                self.signature(string(signature).as_deref(), out)?;
            } else if with_text > 1 {
                // The text of several blocks was one text in the other field, which nobody can cut again.
                self.keep(entry.get().len())?;
                self.replay.blocks.push(entry.get().to_owned());
                self.active = true;
            } else {
                self.signature(string(signature).as_deref(), out)?;
            }
        }
        Ok(())
    }

    /// A block that only the vendor can read [83]. It is a block of its own, without text, because the order of the
    /// blocks is part of what the vendor checks.
    pub(super) fn redacted(
        &mut self,
        field: Option<Field>,
        json: &str,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        if self.replay.blocks.is_empty() {
            self.close(out);
        }
        self.keep(json.len())?;
        self.replay.blocks.push(json.to_owned());
        self.replay.field = field.or(self.replay.field);
        self.active = true;
        Ok(())
    }

    /// Signatures arrive whole, in pieces, or repeated. A piece that equals all of the signature so far is a repetition: a
    /// real next piece would have to double the signature.
    pub(super) fn signature(&mut self, piece: Option<&str>, out: &Assembler) -> Result<(), Error> {
        let Some(piece) = piece else { return Ok(()) };
        self.keep(escaped_len(piece.as_bytes()))?;
        let has_text = self.has_text(out);
        let begun = self.unsigned || out.open_text().is_some() || out.last_call().is_some();
        let known = if has_text || !begun {
            // Before any text it is of the text that follows.
            (self.active, self.signed) = (true, has_text);
            self.replay.signature.get_or_insert_default()
        } else if self.last_signature.as_deref() == Some(piece) {
            return Ok(());
        } else {
            self.late.get_or_insert_default()
        };
        self.unsigned = false;
        if known != piece {
            known.push_str(piece);
        }
        Ok(())
    }

    fn keep(&mut self, bytes: usize) -> Result<(), Error> {
        self.kept = self.kept.saturating_add(bytes);
        match self.kept > MAX_KEPT {
            true => Err(protocol("the reasoning to send back is larger than 8 MiB")),
            false => Ok(()),
        }
    }
}

/// The fields of a delta that hold the text of reasoning.
pub(super) fn text_fields<'a>(delta: &Delta<'a>) -> [(Field, Raw<'a>); 3] {
    [
        (Field::ReasoningContent, delta.reasoning_content),
        (Field::Reasoning, delta.reasoning),
        (Field::ReasoningText, delta.reasoning_text),
    ]
}

/// Whether this type is of a block that only the vendor can read: `redacted_thinking`, `redacted_reasoning`.
pub(super) fn is_redacted(kind: Raw<'_>) -> bool {
    string(kind).is_some_and(|kind| kind.starts_with("redacted"))
}

/// The items of a list; a single object where there is no list. None is kept here, because a server must not be able to
/// fill the memory with a list of digits.
fn entries(raw: Raw<'_>) -> impl Iterator<Item = RawValue<'_>> {
    let value = raw.filter(|_| present(raw).is_some());
    let list = value.and_then(|value| elements(value.get()));
    let alone = value.filter(|value| value.get().starts_with('{'));
    list.into_iter().flatten().chain(alone)
}

/// The objects among them. They are read several times, so they are collected.
fn blocks_of(raw: Raw<'_>) -> Result<Vec<RawValue<'_>>, Error> {
    let objects = entries(raw).filter(|entry| entry.get().starts_with('{'));
    let blocks: Vec<_> = objects.take(MAX_MANY.saturating_add(1)).collect();
    match blocks.len() > MAX_MANY {
        true => Err(protocol(format!("a chunk of the response has more than {MAX_MANY} blocks of thinking"))),
        false => Ok(blocks),
    }
}

fn texts_of_blocks<'a>(blocks: &[RawValue<'a>]) -> impl Iterator<Item = WireText<'a>> {
    blocks.iter().filter_map(|block| wire_text(fields(*block, ["thinking"])?[0]))
}

/// Whether the blocks have this text between them.
fn repeats(blocks: &[RawValue<'_>], text: &WireText<'_>) -> bool {
    let mut rest = text.as_bytes();
    for piece in texts_of_blocks(blocks) {
        match rest.strip_prefix(piece.as_bytes()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}
