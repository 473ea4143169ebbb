//! Finds the tool call that a fragment belongs to [13], [61].
//!
//! According to OpenAI's documentation the fragment's index says so. In practice the index is missing, starts at 1, or is
//! 0 for all calls, and ids come late, never, with every fragment, or new with every fragment. A fragment in the wrong
//! call would run a tool with another tool's arguments, and a call that is received twice would run twice. [`Assembler`]
//! joins the fragments.
//!
//! The rules are in [`call_resolution`](super::call_resolution), and those for a call that is received twice in
//! [`call_repeats`](super::call_repeats).

use alloc::{string::String, vec::Vec};

use super::call_lookup::CallLookup;
use super::call_repeats::{Repeat, add_to_repeat, split};
use super::chunk::{Function, ToolCall};
use super::reasoning::Reasoning;
use crate::errors::Error;
use crate::events::{Assembler, CallHandle, MAX_CALLS, too_many_calls};
use crate::json::{Raw, WireText, present, string, unsigned, wire_text};

/// What fragments of a call have in common: an index, an id, both, or neither. A call may have several.
#[derive(Debug)]
pub(super) struct Source {
    /// As in its first fragment.
    pub index: Option<u64>,
    /// Empty until an id arrives.
    pub id: String,
    /// The legacy `function_call`.
    pub legacy: bool,
    /// A fragment of it had a name.
    pub named: bool,
    pub handle: CallHandle,
    /// The last chunk that mentioned it.
    pub chunk: u64,
    /// It receives a call that another source has received, or a part of it. `None`: its fragments are new.
    pub repeat: Option<Repeat>,
}

/// A fragment without its arguments.
#[derive(Clone, Copy)]
pub(super) struct Head<'f> {
    pub index: Option<u64>,
    pub id: Option<&'f str>,
    pub name: Option<&'f str>,
    pub legacy: bool,
}

/// The calls of a response so far.
#[derive(Debug, Default)]
pub(super) struct CallFragments {
    pub(super) sources: Vec<Source>,
    pub(super) lookup: CallLookup,
    /// The positions of the legacy sources.
    pub(super) legacy: Vec<usize>,
    /// The number of the current chunk, to notice two fragments of one chunk.
    pub(super) chunk: u64,
    /// The source that was mentioned last.
    pub(super) last: usize,
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
            let at = self.add(unsigned(fragment.index), id.as_deref(), function, false, out)?;
            if let Some(source) = self.sources.get(at) {
                reasoning.read_call(source.handle, fragment)?;
            }
        }
        Ok(())
    }

    /// More arguments of the last call, in a chunk of their own.
    pub(super) fn more(&mut self, arguments: &WireText<'_>, out: &mut Assembler) -> Result<(), Error> {
        self.chunk = self.chunk.wrapping_add(1);
        self.add_arguments(self.last, arguments, out)
    }

    /// The legacy `function_call`, which has neither index nor id. The field was made for one call, so all its fragments
    /// belong together. Some gateways send it beside `tool_calls`, with the same call in it [66].
    pub(super) fn read_legacy(&mut self, function: &Function<'_>, out: &mut Assembler) -> Result<(), Error> {
        self.add(None, None, Some(function), true, out).map(|_| ())
    }

    /// The response is over. A call of its own that looked like the beginning of another one is handed out.
    pub(super) fn finish(&mut self, out: &mut Assembler) -> Result<(), Error> {
        for at in 0..self.sources.len() {
            let repeat = self.sources.get(at).and_then(|source| source.repeat.as_ref());
            if repeat.is_some_and(|repeat| repeat.stands_apart) {
                split(&mut self.sources, at, "", out)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        index: Option<u64>,
        id: Option<&str>,
        function: Option<&Function<'_>>,
        legacy: bool,
        out: &mut Assembler,
    ) -> Result<usize, Error> {
        let name = function.and_then(|function| string(function.name));
        let head = Head { index, id, name: name.as_deref(), legacy };
        let raw = function.and_then(|function| function.arguments);
        let arguments = arguments(raw);
        let at = self.resolve(head, arguments.as_ref(), out)?;
        // An object in place of a text is whole, so after a closed one it can only be the same once more.
        if present(raw).is_some_and(|json| json.starts_with('{')) {
            self.restart_if_closed(at, out);
        }
        self.apply(at, head, out)?;
        if let Some(fragment) = &arguments {
            self.add_arguments(at, fragment, out)?;
        }
        Ok(at)
    }

    fn apply(&mut self, at: usize, head: Head<'_>, out: &mut Assembler) -> Result<(), Error> {
        let Some(source) = self.sources.get_mut(at) else { return Ok(()) };
        source.chunk = self.chunk;
        self.last = at;
        // Only the first id counts. Some servers repeat it in every fragment, and a changed one would leave the
        // host's result without its call.
        if let Some(id) = head.id.filter(|_| source.id.is_empty()) {
            source.id = id.into();
            out.call_id(source.handle, id)?;
            self.note(at);
        }
        let Some(source) = self.sources.get_mut(at) else { return Ok(()) };
        if let Some(name) = head.name {
            // Names in pieces are joined by the assembler, which knows all that it has of the call.
            source.named = true;
            source.repeat.iter_mut().for_each(|repeat| repeat.named = true);
            if source.repeat.is_none() || out.call_so_far(source.handle).name.is_empty() {
                out.call_name(source.handle, name)?;
            }
        }
        Ok(())
    }

    fn add_arguments(
        &mut self,
        at: usize,
        fragment: &WireText<'_>,
        out: &mut Assembler,
    ) -> Result<(), Error> {
        let Some(source) = self.sources.get_mut(at) else { return Ok(()) };
        source.chunk = self.chunk;
        match source.repeat {
            None => out.call_arguments(source.handle, fragment),
            Some(_) => add_to_repeat(&mut self.sources, at, fragment, out),
        }
    }

    /// One more source of a call that is known.
    pub(super) fn join(&mut self, at: usize, head: Head<'_>, stands_apart: bool) -> Result<usize, Error> {
        let Some(source) = self.sources.get_mut(at) else { return Ok(at) };
        // The index of a call that had none in its first fragment.
        if source.index.is_none() && head.index.is_some() && !source.legacy {
            source.index = head.index;
            self.note(at);
            return Ok(at);
        }
        let handle = source.handle;
        let mut repeat = Repeat::default();
        repeat.stands_apart = stands_apart;
        self.push(head, handle, Some(repeat))
    }

    pub(super) fn open(&mut self, head: Head<'_>, out: &mut Assembler) -> Result<usize, Error> {
        let handle = out.open_call()?;
        if let Some(id) = head.id {
            out.call_id(handle, id)?;
        }
        self.push(head, handle, None)
    }

    fn push(&mut self, head: Head<'_>, handle: CallHandle, repeat: Option<Repeat>) -> Result<usize, Error> {
        // Some rules look at each of them, so they are as few as calls.
        if self.sources.len() >= MAX_CALLS {
            return Err(too_many_calls());
        }
        self.sources.push(Source {
            index: head.index,
            id: head.id.unwrap_or_default().into(),
            legacy: head.legacy,
            named: false,
            handle,
            chunk: self.chunk,
            repeat,
        });
        let at = self.sources.len().saturating_sub(1);
        match head.legacy {
            true => self.legacy.push(at),
            false => self.note(at),
        }
        Ok(at)
    }

    /// A source of `tool_calls` is new, or has an index or an id now.
    pub(super) fn note(&mut self, at: usize) {
        let Self { sources, lookup, .. } = self;
        let Some(Source { index, id, .. }) = sources.get(at) else { return };
        let without_id = |source: &Source| source.index == *index && source.id.is_empty() && !source.legacy;
        lookup.note(at, *index, id, || sources.iter().rposition(without_id));
    }
}

/// Arguments are JSON in a string. Some vendors write the object itself.
fn arguments<'a>(raw: Raw<'a>) -> Option<WireText<'a>> {
    wire_text(raw).or_else(|| present(raw).map(WireText::from))
}
