//! Finds the tool call that a fragment belongs to [13].
//!
//! According to OpenAI's documentation the fragment's index says so. In practice the index is missing, starts at 1, or is
//! 0 for all calls, and ids come late, never, or with every fragment. A fragment in the wrong call would run a tool with
//! another tool's arguments. [`Assembler`] joins the fragments.

use alloc::{string::String, vec::Vec};

use super::chunk::{Function, ToolCall};
use super::reasoning::Reasoning;
use crate::errors::Error;
use crate::events::{Assembler, CallHandle};
use crate::json::{Raw, WireText, present, string, unsigned, wire_text};

#[derive(Debug)]
struct Known {
    /// As in its first fragment. Later fragments may have another one, or none.
    index: Option<u64>,
    /// Empty until an id arrives.
    id: String,
    /// A fragment had a name, so the next name may belong to another call.
    named: bool,
    handle: CallHandle,
    /// The last chunk that mentioned it.
    chunk: u64,
}

/// The calls of a response so far.
#[derive(Debug, Default)]
pub(super) struct CallFragments {
    known: Vec<Known>,
    /// The number of the current chunk, to notice two fragments of one chunk.
    chunk: u64,
    /// The one that was mentioned last.
    last: usize,
}

impl CallFragments {
    /// The fragments of one chunk.
    pub(super) fn read<'c, 'a: 'c>(
        &mut self,
        fragments: impl Iterator<Item = &'c ToolCall<'a>>,
        reasoning: &mut Reasoning,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        self.chunk = self.chunk.wrapping_add(1);
        for fragment in fragments {
            let function = fragment.function.0.as_ref();
            let id = string(fragment.id);
            let name = function.and_then(|function| string(function.name));
            let at = self.resolve(unsigned(fragment.index), id.as_deref(), name.is_some(), out)?;
            self.apply(at, id.as_deref(), function, out)?;
            if let Some(known) = self.known.get(at) {
                reasoning.read_call(known.handle, fragment)?;
            }
        }
        Ok(())
    }

    /// More arguments of the last call, in a chunk of their own.
    pub(super) fn more(&mut self, arguments: &WireText<'_>, out: &mut Assembler) -> Result<(), Error> {
        self.chunk = self.chunk.wrapping_add(1);
        let Some(known) = self.known.get_mut(self.last) else { return Ok(()) };
        known.chunk = self.chunk;
        out.call_arguments(known.handle, arguments)
    }

    /// The one call of the legacy `function_call`. It has neither index nor id.
    pub(super) fn read_legacy(&mut self, function: &Function<'_>, out: &mut Assembler) -> Result<(), Error> {
        let at = match self.known.len().checked_sub(1) {
            Some(last) => last,
            None => self.open(None, None, out)?,
        };
        // The field was made for one call, so each fragment belongs to it.
        self.apply(at, None, Some(function), out)
    }

    fn apply(
        &mut self,
        at: usize,
        id: Option<&str>,
        function: Option<&Function<'_>>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let Some(known) = self.known.get_mut(at) else { return Ok(()) };
        known.chunk = self.chunk;
        self.last = at;
        // Only the first id counts. Some servers repeat it in every fragment, and a changed one would leave the
        // host's result without its call.
        if let Some(id) = id.filter(|_| known.id.is_empty()) {
            known.id = id.into();
            out.call_id(known.handle, id)?;
        }
        let Some(function) = function else { return Ok(()) };
        if let Some(name) = string(function.name) {
            // Names in pieces are joined by the assembler, which knows all that it has of the call.
            known.named = true;
            out.call_name(known.handle, &name)?;
        }
        match arguments(function.arguments) {
            Some(fragment) => out.call_arguments(known.handle, &fragment),
            None => Ok(()),
        }
    }

    /// The call that a fragment belongs to; a new one where it belongs to none.
    fn resolve(
        &mut self,
        index: Option<u64>,
        id: Option<&str>,
        named: bool,
        out: &mut Assembler,
    ) -> Result<usize, Error> {
        let chunk = self.chunk;
        // The last match counts: where every call has index 0, that is the one that is being received.
        let found = self.known.iter().rposition(|known| match (index, id) {
            // A new id under a known index is a new call: some servers give every call the index 0.
            (Some(index), Some(id)) => known.index == Some(index) && (known.id.is_empty() || known.id == id),
            (Some(index), None) => known.index == Some(index),
            // Without an index only the id separates the calls.
            (None, Some(id)) => known.id == id,
            (None, None) => true,
        });
        let found = found.or_else(|| self.late_id(index, id, named));
        // Without an index and an id, a name begins a new call if this chunk has mentioned the last one already.
        let anonymous = index.is_none() && id.is_none();
        let found = found.filter(|&at| {
            !(anonymous
                && named
                && self.known.get(at).is_some_and(|known| known.named && known.chunk == chunk))
        });
        match found {
            Some(at) => Ok(at),
            None => self.open(index, id, out),
        }
    }

    /// The call of an id that comes after the first fragment and without an index.
    fn late_id(&self, index: Option<u64>, id: Option<&str>, named: bool) -> Option<usize> {
        let last = self.known.len().checked_sub(1)?;
        let waiting = self.known.get(last)?;
        let late = index.is_none() && id.is_some() && waiting.id.is_empty() && !(named && waiting.named);
        late.then_some(last)
    }

    fn open(&mut self, index: Option<u64>, id: Option<&str>, out: &mut Assembler) -> Result<usize, Error> {
        let handle = out.open_call()?;
        if let Some(id) = id {
            out.call_id(handle, id)?;
        }
        let id = id.unwrap_or_default().into();
        self.known.push(Known { index, id, named: false, handle, chunk: self.chunk });
        Ok(self.known.len().saturating_sub(1))
    }
}

/// Arguments are JSON in a string. Some vendors write the object itself.
fn arguments<'a>(raw: Raw<'a>) -> Option<WireText<'a>> {
    wire_text(raw).or_else(|| present(raw).map(WireText::from))
}
