//! Values that have to go back untouched in the place where they arrived, of each call and of the message [84].

use alloc::{borrow::ToOwned, vec::Vec};

use super::chunk::{Delta, ToolCall};
use super::replay::{EXTRA_CONTENT, Holder, PROVIDER_FIELDS, PlacedValue, Replay, THOUGHT_SIGNATURE};
use crate::errors::Error;
use crate::events::{Assembler, CallHandle};
use crate::json::{Raw, present};
use crate::text_search::contains;

/// The values of a response.
#[derive(Debug, Default)]
pub(super) struct Placed {
    message: Vec<PlacedValue>,
    /// Only calls that have values.
    calls: Vec<(CallHandle, Vec<PlacedValue>)>,
}

impl Placed {
    /// The values of a message. Returns the bytes that are kept of them.
    ///
    /// Only ones with a signature: what else gateways write there, they do not expect back.
    pub(super) fn read_message(&mut self, delta: &Delta<'_>) -> usize {
        let extra = keep(&mut self.message, Holder::Message, EXTRA_CONTENT, delta.extra_content, true);
        let fields = delta.provider_specific_fields;
        extra.saturating_add(keep(&mut self.message, Holder::Message, PROVIDER_FIELDS, fields, true))
    }

    /// A signature that no reasoning claims.
    pub(super) fn thought_signature(&mut self, delta: &Delta<'_>) -> usize {
        keep(&mut self.message, Holder::Message, THOUGHT_SIGNATURE, delta.thought_signature, false)
    }

    /// The values of a fragment of a call.
    pub(super) fn read_call(&mut self, handle: CallHandle, call: &ToolCall<'_>) -> usize {
        let function = call.function.0.as_ref().and_then(|function| function.provider_specific_fields);
        // Gateways have used `extra_content` for more than signatures, so all of it goes back.
        let fields = [
            (Holder::Call, EXTRA_CONTENT, call.extra_content, false),
            (Holder::Call, PROVIDER_FIELDS, call.provider_specific_fields, true),
            (Holder::Function, PROVIDER_FIELDS, function, true),
        ];
        let mut kept = 0_usize;
        for (holder, name, raw, only_signed) in fields {
            if present(raw).is_some() {
                kept = kept.saturating_add(keep(self.of_call(handle), holder, name, raw, only_signed));
            }
        }
        kept
    }

    /// The values of the message.
    pub(super) fn take_message(&mut self) -> Vec<PlacedValue> {
        core::mem::take(&mut self.message)
    }

    /// Hands the calls their replays. `last`, the last call, also gets what no other block could take.
    pub(super) fn finish_calls(
        &mut self,
        last: Option<CallHandle>,
        mut rest: Replay,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        if let Some(last) = last.filter(|_| !rest.is_empty()) {
            self.of_call(last);
        }
        for (handle, placed) in core::mem::take(&mut self.calls) {
            let mut replay = Replay::default();
            if last == Some(handle) {
                replay = core::mem::take(&mut rest);
            }
            replay.placed.extend(placed);
            if !replay.is_empty() {
                out.call_replay(handle, replay.to_json())?;
            }
        }
        Ok(())
    }

    /// The values of a call. The search is short: a response has at most 1,024 calls, and the last one is the usual one.
    fn of_call(&mut self, handle: CallHandle) -> &mut Vec<PlacedValue> {
        let at = match self.calls.iter().rposition(|(call, _)| *call == handle) {
            Some(at) => at,
            None => {
                self.calls.push((handle, Vec::new()));
                self.calls.len().saturating_sub(1)
            }
        };
        match self.calls.get_mut(at) {
            Some((_, values)) => values,
            // Cannot happen: the position is one of the list.
            None => &mut self.message,
        }
    }
}

/// Keeps the value of one place, and returns its bytes if it is new. The last one counts, but an empty one, or one
/// without a signature, does not replace one that has it: servers fill the field in one chunk of many.
fn keep(
    values: &mut Vec<PlacedValue>,
    holder: Holder,
    name: &'static str,
    raw: Raw<'_>,
    only_signed: bool,
) -> usize {
    let Some(json) = present(raw).filter(|json| !matches!(*json, "{}" | "\"\"" | "[]")) else { return 0 };
    // `thought_signature`, `thoughtSignature` and the plural.
    let signed = |json: &str| contains(json, "ignature");
    if only_signed && !signed(json) {
        return 0;
    }
    match values.iter_mut().find(|value| value.holder == holder && value.name == name) {
        Some(known) if known.json == json || signed(&known.json) && !signed(json) => return 0,
        Some(known) => known.json = json.to_owned(),
        None => values.push(PlacedValue { holder, name, json: json.to_owned() }),
    }
    json.len()
}
