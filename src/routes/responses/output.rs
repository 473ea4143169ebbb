//! Items to blocks.
//!
//! A message becomes a block for each of its texts, a reasoning one block for all of its parts, a call a block of its
//! own. An item of the vendor's own tools, which the contract has no block for, becomes an empty block of reasoning whose
//! replay holds it: the next request is refused, or dearer, where it is missing.

use alloc::borrow::ToOwned;

use super::event::{ItemFields, StreamEvent, item_fields};
use super::extras::Extras;
use super::field::Field;
use super::finish_reason::Seen;
use super::items::{Item, ItemKind, Items};
use super::replay::FREE_TEXT;
use crate::errors::Error;
use crate::events::{Assembler, TextKind};
use crate::json::{Raw, WireText, string, unsigned, wire_text};

/// Where the text of an event goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub item: usize,
    /// Its part, unless the field is of a call.
    pub part: usize,
    pub field: Field,
}

/// The items of a response, as far as they were received.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) items: Items,
    pub seen: Seen,
    pub extras: Extras,
    /// The vendor of the model, if that is known.
    pub vendor: &'static str,
    /// Whether the host wants the text of reasoning.
    reasoning_text: bool,
    /// The item of the last block, if that is a text.
    last_text: Option<usize>,
    /// The warning about items of the vendor's own tools was given.
    warned_of_items: bool,
    /// The warning about texts that differ was given.
    warned_of_texts: bool,
}

impl Output {
    pub(super) fn new(reasoning_text: bool) -> Self {
        Self {
            items: Items::default(),
            seen: Seen::default(),
            extras: Extras::default(),
            vendor: "",
            reasoning_text,
            last_text: None,
            warned_of_items: false,
            warned_of_texts: false,
        }
    }

    /// Where the text of an event goes; nowhere if its item has ended. A missing `output_item.added` is made up for.
    pub(super) fn target(
        &mut self,
        field: Field,
        event: &StreamEvent<'_>,
        out: &mut Assembler,
    ) -> Result<Option<Target>, Error> {
        let (item, is_new) = self.items.place(field.item_kind(), event.output_index, event.item_id)?;
        if is_new {
            self.open(item, out)?;
        }
        let index = event.content_index.or(event.summary_index);
        let Some(known) = self.items.get(item).filter(|item| !item.is_done) else { return Ok(None) };
        let part = match field {
            Field::Arguments | Field::Input => 0,
            _ => known.part(field, unsigned(index).unwrap_or(0))?,
        };
        Ok(Some(Target { item, part, field }))
    }

    /// More of a text.
    pub(super) fn push(&mut self, at: Target, text: &WireText<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(item) = self.items.get(at.item).filter(|item| !item.is_done && !text.is_empty()) else {
            return Ok(());
        };
        let kind = match at.field {
            Field::Arguments | Field::Input => {
                self.seen.calls = true;
                return item.call.map_or(Ok(()), |call| out.call_arguments(call, text));
            }
            Field::Summary | Field::Content => {
                reason(item, at, text, self.reasoning_text, out);
                return Ok(());
            }
            Field::Text => TextKind::Text,
            Field::Refusal => TextKind::Refusal,
        };
        let Some(part) = item.parts.get_mut(at.part) else { return Ok(()) };
        part.sent.push(text);
        let block = match part.block {
            Some(block) => block,
            None => {
                let block = out.open_block(kind)?;
                part.block = Some(block);
                self.seen.text |= kind == TextKind::Text;
                self.seen.refusal |= kind == TextKind::Refusal;
                item.follows_text |= self.last_text.is_some_and(|last| last != at.item);
                self.last_text = Some(at.item);
                block
            }
        };
        out.block_text(block, text);
        Ok(())
    }

    /// A text as a whole, after its deltas or in place of them.
    pub(super) fn whole(&mut self, at: Target, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(text) = wire_text(raw).filter(|text| !text.is_empty()) else { return Ok(()) };
        let Some(item) = self.items.get(at.item) else { return Ok(()) };
        if let Some(call) = item.call {
            self.seen.calls = true;
            return out.call_whole(call, &text);
        }
        let Some(part) = item.parts.get(at.part) else { return Ok(()) };
        match part.sent.rest(text.as_bytes()) {
            Some(rest) => self.push(at, &WireText::from(rest), out),
            // One warning for all of them: each text comes whole several times.
            None if !core::mem::replace(&mut self.warned_of_texts, true) => {
                out.warn("a text of the response differs from its pieces; the pieces were handed out");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// An item begins.
    pub(super) fn added(&mut self, event: &StreamEvent<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(fields) = item_fields(event.item) else { return Ok(()) };
        let Some(kind) = string(fields.kind) else { return Ok(()) };
        let kind = ItemKind::of(&kind);
        let is_named = event.output_index.or(fields.id).is_some();
        let known = self.items.find(event.output_index, fields.id).filter(|_| is_named);
        // The same event twice is one item; at the index of an item that has ended, or of another kind, it is a new one.
        if !known.and_then(|at| self.items.get(at)).is_some_and(|item| item.kind == kind && !item.is_done) {
            let at = self.items.add(kind, event.output_index, fields.id)?;
            self.open(at, out)?;
            self.head(at, &fields, None, out)?;
        }
        Ok(())
    }

    /// A new item. Its block starts at once where it has one, so that blocks keep the order of their items.
    pub(super) fn open(&mut self, at: usize, out: &mut Assembler) -> Result<(), Error> {
        let Some(item) = self.items.get(at) else { return Ok(()) };
        match item.kind {
            // Each of its texts has a block of its own, and many a message has none.
            ItemKind::Message => return Ok(()),
            ItemKind::Reasoning | ItemKind::Vendor => item.block = Some(out.open_block(TextKind::Reasoning)?),
            ItemKind::Call | ItemKind::CustomCall => {
                let call = out.open_call()?;
                item.call = Some(call);
                if item.kind == ItemKind::CustomCall {
                    out.call_free_text(call);
                    out.call_replay(call, FREE_TEXT.to_owned())?;
                }
            }
        }
        self.last_text = None;
        if item.kind == ItemKind::Vendor && !core::mem::replace(&mut self.warned_of_items, true) {
            out.warn(
                "the response contains items of the vendor's own tools; each is kept in the replay of an empty block of reasoning",
            );
        }
        Ok(())
    }

    /// A source that a text cites.
    pub(super) fn annotation(&mut self, event: &StreamEvent<'_>) {
        let item = self.items.find(event.output_index, event.item_id).and_then(|at| self.items.get(at));
        if let (Some(annotation), Some(item)) = (event.annotation, item) {
            item.is_annotated = true;
            self.extras.annotation(annotation);
        }
    }

    /// The id and the name of a call, as far as they are there.
    pub(super) fn head(
        &mut self,
        at: usize,
        fields: &ItemFields<'_>,
        id: Raw<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let Some(call) = self.items.get(at).and_then(|item| item.call) else { return Ok(()) };
        if let Some(id) = string(fields.call_id).or_else(|| string(id)) {
            out.call_id(call, &id)?;
        }
        if let Some(name) = string(fields.name) {
            self.seen.calls = true;
            out.call_name(call, &name)?;
        }
        Ok(())
    }
}

/// More of a reasoning. A blank line stands between its parts.
fn reason(item: &mut Item, at: Target, text: &WireText<'_>, is_wanted: bool, out: &mut Assembler) {
    if *item.reasoning.get_or_insert(at.field) != at.field {
        return;
    }
    let is_first = |item: &Item| item.parts.get(at.part).is_some_and(|part| part.sent.is_empty());
    let follows = is_first(item) && item.parts.iter().any(|part| !part.sent.is_empty());
    if let Some(part) = item.parts.get_mut(at.part) {
        part.sent.push(text);
    }
    // The text goes back in the replay, whether the host sees it or not.
    if let Some(block) = item.block.filter(|_| is_wanted) {
        if follows {
            out.block_text(block, &WireText::from("\n\n"));
        }
        out.block_text(block, text);
    }
}
