//! The end of a block, and what goes back with it.

use alloc::{format, string::String};

use super::{Blocks, Kind, MAX_REPLAY};
use crate::errors::{Error, protocol};
use crate::events::Assembler;
use crate::json::{Json, WireText, members, parse};
use crate::routes::messages::replay::{self, BLOCK, CITATIONS, SIGNATURE, TEXT};

impl Blocks {
    /// The message is over, and with it all blocks that are open.
    pub(in crate::routes::messages) fn finish(&mut self, out: &mut Assembler) -> Result<(), Error> {
        (0..self.kept.len()).try_for_each(|at| self.close(at, out))
    }

    /// Ends the block among the events, with its replay.
    pub(super) fn close(&mut self, at: usize, out: &mut Assembler) -> Result<(), Error> {
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

    pub(super) fn count(&mut self, bytes: usize) -> Result<(), Error> {
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

/// An object with another value of a member.
pub(super) fn with_member(object: &str, name: &str, value: &str) -> String {
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
