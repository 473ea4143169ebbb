//! The ends of items. The whole item counts more than its pieces: only here is the encrypted content complete.

use alloc::string::String;

use super::event::{ItemFields, item_fields};
use super::field::Field;
use super::items::ItemKind;
use super::output::{Output, Target};
use super::replay;
use crate::errors::Error;
use crate::events::Assembler;
use crate::json::{Raw, elements, present, string, wire_text};

impl Output {
    /// An item as a whole.
    pub(super) fn done(&mut self, index: Raw<'_>, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(fields) = item_fields(raw) else { return Ok(()) };
        let Some(kind) = string(fields.kind) else { return Ok(()) };
        let kind = ItemKind::of(&kind);
        let known = self.items.find(index, fields.id);
        let at = match known.and_then(|at| Some((at, self.items.get(at)?))) {
            Some((at, item)) if item.kind == kind && !item.is_done => at,
            // The same event twice.
            Some((_, item)) if item.kind == kind && index.or(fields.id).is_some() => return Ok(()),
            _ => {
                let at = self.items.add(kind, index, fields.id)?;
                self.open(at, out)?;
                at
            }
        };
        self.end(at, kind, &fields, raw, out)
    }

    /// The items in the terminal event. They count where none was streamed [32]; and for those whose end was not, since
    /// without it a reasoning cannot go back. Nothing else is read from them: some gateways leave the list empty or
    /// out although items were streamed [31].
    pub(super) fn terminal(&mut self, output: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
        let streamed = self.items.len();
        let list = output.and_then(|output| elements(output.get()));
        let mut listed = 0_usize;
        for raw in list.into_iter().flatten() {
            let at = listed;
            listed = listed.saturating_add(1);
            let Some(fields) = item_fields(Some(raw)) else { continue };
            let Some(kind) = string(fields.kind) else { continue };
            let kind = ItemKind::of(&kind);
            if streamed == 0 {
                let at = self.items.add(kind, None, None)?;
                self.open(at, out)?;
                self.end(at, kind, &fields, Some(raw), out)?;
            } else if self.items.get(at).is_some_and(|item| item.kind == kind && !item.is_done) {
                self.end(at, kind, &fields, Some(raw), out)?;
            }
        }
        if streamed > 0 && listed > streamed {
            out.warn("the end of the response lists items that were not streamed; they were left out");
        }
        Ok(())
    }

    fn end(
        &mut self,
        at: usize,
        kind: ItemKind,
        fields: &ItemFields<'_>,
        raw: Raw<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        match kind {
            ItemKind::Message => {
                self.parts(at, fields.content, None, out)?;
                self.end_message(at, fields, out);
            }
            ItemKind::Reasoning => {
                let has_text = |part| item_fields(Some(part)).is_some_and(|part| is_text(part.text));
                let content = fields.content.and_then(|content| elements(content.get()));
                let content = content.into_iter().flatten().any(has_text);
                let first = if content { Field::Content } else { Field::Summary };
                let field = self.items.get(at).and_then(|item| item.reasoning).unwrap_or(first);
                let list = if field == Field::Content { fields.content } else { fields.summary };
                self.parts(at, list, Some(field), out)?;
                self.end_block(at, replay::of_reasoning(self.vendor, fields), out);
            }
            ItemKind::Call | ItemKind::CustomCall => self.end_call(at, kind, fields, out)?,
            ItemKind::Vendor => self.end_block(at, replay::of_item(self.vendor, raw), out),
        }
        if let Some(item) = self.items.get(at) {
            item.is_done = true;
        }
        Ok(())
    }

    /// The texts in a list of parts, or those of one field in it.
    fn parts(
        &mut self,
        item: usize,
        list: Raw<'_>,
        only: Option<Field>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let list = list.and_then(|list| elements(list.get()));
        for (index, part) in (0_u64..).zip(list.into_iter().flatten()) {
            let Some(fields) = item_fields(Some(part)) else { continue };
            let field = string(fields.kind).and_then(|kind| Field::of_part(&kind));
            let Some(field) = field.filter(|field| only.is_none_or(|only| only == *field)) else { continue };
            let Some(known) = self.items.get(item) else { continue };
            let is_annotated = known.is_annotated;
            let part = known.part(field, index)?;
            self.whole(Target { item, part, field }, fields.text.or(fields.refusal), out)?;
            if !is_annotated && let Some(annotations) = fields.annotations {
                elements(annotations.get()).into_iter().flatten().for_each(|one| self.extras.annotation(one));
            }
        }
        Ok(())
    }

    fn end_message(&mut self, at: usize, fields: &ItemFields<'_>, out: &mut Assembler) {
        let Some(item) = self.items.get(at) else { return };
        let mut begins = item.follows_text || present(fields.phase).is_some();
        for part in &item.parts {
            let Some(block) = part.block else { continue };
            let is_refusal = part.field == Field::Refusal;
            out.close_block(block, replay::of_text(begins, fields.phase, is_refusal));
            begins = false;
        }
    }

    fn end_block(&mut self, at: usize, replay: Option<String>, out: &mut Assembler) {
        if let Some(block) = self.items.get(at).and_then(|item| item.block) {
            out.close_block(block, replay);
        }
    }

    fn end_call(
        &mut self,
        at: usize,
        kind: ItemKind,
        fields: &ItemFields<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        // An id of the item is better than a made-up one where the call has none.
        self.head(at, fields, fields.id, out)?;
        let is_custom = kind == ItemKind::CustomCall;
        let text = if is_custom { fields.input } else { fields.arguments };
        self.whole(Target { item: at, part: 0, field: kind_field(is_custom) }, text, out)?;
        let Some(call) = self.items.get(at).and_then(|item| item.call) else { return Ok(()) };
        if let Some(replay) = replay::of_call(fields, text.filter(|_| is_custom)) {
            out.call_replay(call, replay)?;
        }
        out.close_call(call);
        Ok(())
    }
}

fn kind_field(is_custom: bool) -> Field {
    if is_custom { Field::Input } else { Field::Arguments }
}

fn is_text(raw: Raw<'_>) -> bool {
    wire_text(raw).is_some_and(|text| !text.is_empty())
}
