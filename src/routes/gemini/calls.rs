//! Calls of functions: whole ones, and those that are streamed in pieces.

use alloc::string::String;

use super::chunk::FunctionCall;
use super::partial_arguments::PartialArguments;
use super::replay::Replay;
use crate::errors::Error;
use crate::events::{Assembler, CallHandle};
use crate::json::{WireText, present, string, wire_text};

/// A call that is not whole yet.
#[derive(Debug)]
struct OpenCall {
    handle: CallHandle,
    replay: Replay,
    /// Made of pieces; `None` where the arguments came as a whole.
    pieces: Option<PartialArguments>,
}

/// The calls of a response.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The one that further parts continue. There is one at most: parts name no call but by following it.
    open: Option<OpenCall>,
    /// The warning about a piece without a place was given.
    has_warned: bool,
}

impl Calls {
    /// A part with a call, or with a piece of the open one.
    pub(super) fn read(
        &mut self,
        call: &FunctionCall<'_>,
        signature: Option<String>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let name = string(call.name);
        let pieces = call.pieces.filter(|_| present(call.pieces).is_some());
        let args = call.args.filter(|_| present(call.args).is_some());
        // A piece has no name, so that a name begins a call, and ends the one before whose end is missing.
        if name.is_some() || self.open.is_none() {
            self.close(true, out)?;
            if name.is_none() && args.is_none() && pieces.is_none() {
                return Ok(());
            }
            let handle = out.open_call()?;
            let id = string(call.id).map(|id| id.into_owned());
            out.call_id(handle, id.as_deref().unwrap_or_default())?;
            out.call_name(handle, name.as_deref().unwrap_or_default())?;
            self.open = Some(OpenCall { handle, replay: Replay { id, ..Replay::default() }, pieces: None });
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let continues = present(call.will_continue) == Some("true");
        if let Some(args) = args {
            // Some gateways write the object as a text.
            let is_text = args.get().starts_with('"');
            match continues || pieces.is_some() || open.pieces.is_some() {
                true => open.pieces.get_or_insert_default().begin(args)?,
                false if is_text => {
                    out.call_arguments(open.handle, &wire_text(Some(args)).unwrap_or(WireText::from("")))?;
                }
                false => out.call_arguments(open.handle, &WireText::from(args.get()))?,
            }
        }
        if let Some(pieces) = pieces {
            open.pieces.get_or_insert_default().add(pieces)?;
        }
        if signature.is_some() {
            open.replay.signature = signature;
        }
        if continues { Ok(()) } else { self.close(true, out) }
    }

    /// The open call is over. Where the response broke off in it, it is not whole, and must not run.
    pub(super) fn close(&mut self, whole: bool, out: &mut Assembler) -> Result<(), Error> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let pieces = open.pieces.or_else(|| (!whole).then(PartialArguments::default));
        if let Some(pieces) = pieces {
            if pieces.is_broken && !core::mem::replace(&mut self.has_warned, true) {
                out.warn(
                    "a piece of the arguments of a tool call has no place in them; the call must not run",
                );
            }
            let is_whole = whole && !pieces.is_broken;
            let mut json = pieces.into_json();
            if !is_whole {
                // Without its last bracket it does not pass for arguments.
                json.pop();
            }
            out.call_arguments(open.handle, &WireText::from(json.as_str()))?;
        }
        if let Some(replay) = open.replay.to_json() {
            out.call_replay(open.handle, replay)?;
        }
        out.close_call(open.handle);
        Ok(())
    }
}
