//! What belongs to a block beside its text: signatures, citations, the content of a compaction.

use alloc::format;

use super::end::with_member;
use super::{Block, Blocks, Kind, MAX_NAME, Target};
use crate::errors::Error;
use crate::events::{Assembler, TextKind};
use crate::json::{Raw, RawValue, fields, items, present, string};
use crate::routes::messages::extras::Extras;
use crate::routes::messages::wire::{ContentBlock, Delta};

impl Blocks {
    /// The signature of a reasoning: that of its index, else the last one that has none, because a late signature may bear
    /// the index of a later block.
    pub(super) fn signature(&mut self, index: u64, raw: Raw<'_>, out: &mut Assembler) -> Result<(), Error> {
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
    pub(super) fn sign(&mut self, at: usize, raw: Raw<'_>) -> Result<(), Error> {
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

    pub(super) fn citations(&mut self, at: usize, raw: Raw<'_>, extras: &mut Extras) -> Result<(), Error> {
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

    pub(super) fn citation(
        &mut self,
        at: usize,
        citation: RawValue<'_>,
        extras: &mut Extras,
    ) -> Result<(), Error> {
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
    pub(super) fn compaction(&mut self, index: u64, delta: &Delta<'_>) -> Result<(), Error> {
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

    pub(super) fn warn(&mut self, kind: &str, wire: &ContentBlock<'_>, out: &mut Assembler) {
        if kind == "fallback" {
            let [to] = wire.to.and_then(|to| fields(to, ["model"])).unwrap_or_default();
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
}
