//! Values that have to go back untouched in the place where they arrived [84]: a JSON value for each of
//! [`PLACES`], of each call and of the message.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::chunk::{Delta, ToolCall};
use super::replay::{PLACES, Replay};
use crate::errors::Error;
use crate::events::{Assembler, CallHandle};
use crate::json::{Raw, present};
use crate::text_search::contains;

/// A value for each place.
type Values = [Option<String>; PLACES.len()];

/// The values of a response.
#[derive(Debug, Default)]
pub(super) struct Placed {
    message: Values,
    /// By the number of the call; nothing for one that has no values.
    calls: Vec<Option<(CallHandle, Values)>>,
}

impl Placed {
    /// The values of a message. Returns the bytes that are kept of them.
    ///
    /// Only ones with a signature: what else gateways write there, they do not expect back.
    pub(super) fn read_message(&mut self, delta: &Delta<'_>) -> usize {
        let [_, _, _, extra, provider, _] = &mut self.message;
        let kept = keep(extra, delta.extra_content, true);
        kept.saturating_add(keep(provider, delta.provider_specific_fields, true))
    }

    /// A signature that no reasoning claims.
    pub(super) fn thought_signature(&mut self, delta: &Delta<'_>) -> usize {
        let [.., signature] = &mut self.message;
        keep(signature, delta.thought_signature, false)
    }

    /// The values of a fragment of a call.
    pub(super) fn read_call(&mut self, at: usize, handle: CallHandle, call: &ToolCall<'_>) -> usize {
        let function = call.function.0.as_ref().and_then(|function| function.provider_specific_fields);
        let raws = [call.extra_content, call.provider_specific_fields, function];
        if raws.iter().all(|raw| present(*raw).is_none()) {
            return 0;
        }
        if self.calls.len() <= at {
            self.calls.resize_with(at.saturating_add(1), || None);
        }
        let Some(slot) = self.calls.get_mut(at) else { return 0 };
        let (_, values) = slot.get_or_insert_with(|| (handle, Values::default()));
        let [extra, provider, of_function, ..] = values;
        // Gateways have used `extra_content` for more than signatures, so all of it goes back.
        keep(extra, call.extra_content, false)
            .saturating_add(keep(provider, call.provider_specific_fields, true))
            .saturating_add(keep(of_function, function, true))
    }

    /// The values of the message.
    pub(super) fn take_message(&mut self) -> Values {
        core::mem::take(&mut self.message)
    }

    /// Hands the calls their replays. The last call also gets what no other block could take.
    pub(super) fn finish_calls(
        &mut self,
        mut last: Option<(CallHandle, Replay)>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        for (handle, values) in core::mem::take(&mut self.calls).into_iter().flatten() {
            let mut replay = Replay { placed: values, ..Replay::default() };
            if let Some((_, rest)) = last.take_if(|(call, _)| *call == handle) {
                let [extra, provider, function, ..] = replay.placed;
                let [_, _, _, message @ ..] = rest.placed;
                let [of_message, fields, signature] = message;
                replay =
                    Replay { placed: [extra, provider, function, of_message, fields, signature], ..rest };
            }
            give(handle, &replay, out)?;
        }
        last.map_or(Ok(()), |(handle, replay)| give(handle, &replay, out))
    }
}

fn give(handle: CallHandle, replay: &Replay, out: &mut Assembler) -> Result<(), Error> {
    match replay.is_empty() {
        true => Ok(()),
        false => out.call_replay(handle, replay.to_json()),
    }
}

/// Keeps the value of one place, and returns its bytes if it is new. The last one counts, but an empty one, or one
/// without a signature, does not replace one that has it: servers fill the field in one chunk of many.
fn keep(known: &mut Option<String>, raw: Raw<'_>, only_signed: bool) -> usize {
    let Some(json) = present(raw).filter(|json| !matches!(*json, "{}" | "\"\"" | "[]")) else { return 0 };
    // `thought_signature`, `thoughtSignature` and the plural.
    let signed = |json: &str| contains(json, "ignature");
    let worse = known.as_deref().is_some_and(|known| known == json || signed(known) && !signed(json));
    if worse || only_signed && !signed(json) {
        return 0;
    }
    *known = Some(json.to_owned());
    json.len()
}
