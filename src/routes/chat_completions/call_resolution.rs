//! The rules by which a fragment belongs to a call [13], [61].
//!
//! In their order:
//! - A fragment without a name continues a call: that of its index and id, of its index alone, or of its id alone.
//! - A fragment with a name continues the call of its index and id as long as the name and the arguments can be added to
//!   those of the call. Else it begins another call.
//! - A fragment with the id and the name of a call under another index receives the same call once more, for as long as
//!   its arguments repeat those of the call.

use super::call_fragments::{CallFragments, Head, Source};
use super::call_repeats::Repeat;
use crate::errors::Error;
use crate::events::Assembler;
use crate::json::WireText;

/// Sources that are compared by their names, from the last one on. Names may come in pieces, so they cannot be looked up;
/// and a server that confuses its calls does so with those that it is sending.
const NEAR: usize = 64;

impl CallFragments {
    /// The source that a fragment comes from; a new one, with or without a new call, where it has none.
    pub(super) fn resolve(
        &mut self,
        head: Head<'_>,
        arguments: Option<&WireText<'_>>,
        out: &mut Assembler,
    ) -> Result<usize, Error> {
        match (self.known(head), head.name) {
            (Some(at), None) => Ok(at),
            (Some(at), Some(name)) if self.continues(at, head, name, arguments, out) => Ok(at),
            (Some(_), Some(_)) => self.open(head, out),
            (None, None) => self.resolve_nameless(head, out),
            (None, Some(name)) => self.resolve_named(head, name, arguments, out),
        }
    }

    /// The source with the index and the id of a fragment. The last match counts: where every call has index 0, that is
    /// the one that is being received.
    fn known(&self, head: Head<'_>) -> Option<usize> {
        let of_kind = |source: &Source| source.legacy == head.legacy;
        match (head.index, head.id) {
            // A fragment with neither continues the call that was mentioned last.
            (None, None) if self.sources.get(self.last).is_some_and(of_kind) => Some(self.last),
            (None, None) if head.legacy => self.legacy.last().copied(),
            // A new id under a known index may be a new call: some servers give every call the index 0.
            (Some(_), Some(_)) => {
                self.lookup.get(head.index, head.id).max(self.lookup.get(head.index, Some("")))
            }
            // Without an index only the id separates the calls.
            _ => self.lookup.get(head.index, head.id),
        }
    }

    /// Whether a fragment with a name continues the call of its source. If it does, and the call is complete, what
    /// follows is compared with it.
    fn continues(
        &mut self,
        at: usize,
        head: Head<'_>,
        name: &str,
        arguments: Option<&WireText<'_>>,
        out: &mut Assembler,
    ) -> bool {
        let Some(source) = self.sources.get_mut(at) else { return false };
        let known = out.call_so_far(source.handle);
        if known.name.is_empty() {
            return true;
        }
        // No server sends pieces of a name in one chunk, so these are two calls without ids.
        let twice_in_chunk = source.named && source.chunk == self.chunk && !head.legacy;
        if head.id.is_none()
            && twice_in_chunk
            && !(head.index.is_some() && known.name == name && !known.begun)
        {
            return false;
        }
        if !known.begun {
            return true;
        }
        if known.name != name {
            // A name may grow while there are no arguments, and then never again. It may also be repeated in part.
            let related = known.name.starts_with(name) || name.starts_with(known.name);
            return related && !out.is_call_closed(source.handle);
        }
        let is_whole_so_far = |arguments: &WireText<'_>| {
            let (all, known) = (arguments.as_bytes(), known.arguments.as_bytes());
            all.len() > known.len() && known.first() == Some(&b'{') && all.starts_with(known)
        };
        // Some servers repeat the arguments from their beginning with the id and the name.
        if arguments.is_some_and(is_whole_so_far) {
            source.repeat = Some(Repeat::default());
        } else {
            self.restart_if_closed(at, out);
        }
        true
    }

    /// A closed call cannot go on. So its source sends it once more, or begins another call of the same name.
    pub(super) fn restart_if_closed(&mut self, at: usize, out: &mut Assembler) {
        if let Some(source) = self.sources.get_mut(at)
            && source.repeat.is_none()
            && out.is_call_closed(source.handle)
        {
            source.repeat = Some(Repeat::default());
        }
    }

    /// A fragment without a name, and with an index or an id that is new.
    fn resolve_nameless(&mut self, head: Head<'_>, out: &mut Assembler) -> Result<usize, Error> {
        // Some servers give each fragment an id of its own. A call begins with its name, so this is none.
        if let Some(at) = self.with_index(head) {
            return Ok(at);
        }
        if let Some(at) = self.with_id(head) {
            return self.join(at, head, false);
        }
        let Some(source) = self.sources.get_mut(self.last) else { return self.open(head, out) };
        // The same call in the other one of `tool_calls` and `function_call`.
        if source.legacy != head.legacy {
            return self.join(self.last, head, false);
        }
        // The index, or the id, of a call that had none in its first fragment. A placeholder closes no call.
        let is_late = head.index.is_none() || source.index.is_none() && head.id.is_none();
        let is_open =
            out.call_so_far(source.handle).arguments.is_empty() || !out.is_call_closed(source.handle);
        if is_late && is_open {
            source.index = source.index.or(head.index);
            self.note(self.last);
            return Ok(self.last);
        }
        self.open(head, out)
    }

    /// A fragment with a name, and with an index or an id that is new.
    fn resolve_named(
        &mut self,
        head: Head<'_>,
        name: &str,
        arguments: Option<&WireText<'_>>,
        out: &mut Assembler,
    ) -> Result<usize, Error> {
        // A late id, of a call that was received without an index or has no name yet.
        if let Some(at) = self.late_id(head, out) {
            return Ok(at);
        }
        let same_name = |source: &Source| matches!(out.call_so_far(source.handle).name, known if known == name || known.is_empty());
        if let Some(at) = self.with_id(head)
            && self.sources.get(at).is_some_and(same_name)
        {
            return self.join(at, head, false);
        }
        // The other one of `tool_calls` and `function_call`, with the same call in it.
        let other_field = match head.legacy {
            // Once in a response: from now on there is a legacy source.
            true => self.sources.iter().rposition(|source| !source.legacy && same_name(source)),
            false => self
                .legacy
                .iter()
                .rev()
                .take(NEAR)
                .copied()
                .find(|at| self.sources.get(*at).is_some_and(same_name)),
        };
        if let Some(at) = other_field
            && !(0..self.sources.len()).any(|other| other != at && self.same_call(at, other))
        {
            return self.join(at, head, false);
        }
        let of_index = |source: &Source| source.index == head.index && same_name(source);
        let last = self.with_index(head).unwrap_or_default();
        let first = last.saturating_sub(NEAR);
        if head.index.is_some()
            && let Some(near) = self.sources.get(first..=last)
            && let Some(at) = near.iter().rposition(of_index)
            && let Some(source) = near.get(at)
        {
            let at = first.saturating_add(at);
            let known = out.call_so_far(source.handle);
            if !known.begun {
                // The call so far is only a name. If this one has arguments, both are one call with a new id in each
                // fragment; if the arguments of the first one follow, they are two.
                return self.join(at, head, true);
            }
            let first = arguments.and_then(|text| text.as_bytes().trim_ascii_start().first());
            if first.is_some_and(|first| !matches!(first, b'{' | b'"' | b'n'))
                && !out.is_call_closed(source.handle)
            {
                // No arguments begin like this.
                return Ok(at);
            }
        }
        self.open(head, out)
    }

    /// The call of an id that comes after the first fragment and without an index.
    fn late_id(&self, head: Head<'_>, out: &Assembler) -> Option<usize> {
        let source = self.sources.get(self.last)?;
        let unnamed = out.call_so_far(source.handle).name.is_empty();
        (head.index.is_none() && head.id.is_some() && source.id.is_empty() && unnamed && !source.legacy)
            .then_some(self.last)
    }

    fn with_index(&self, head: Head<'_>) -> Option<usize> {
        head.index.and_then(|_| self.lookup.get(head.index, None))
    }

    fn with_id(&self, head: Head<'_>) -> Option<usize> {
        head.id.and_then(|_| self.lookup.get(None, head.id))
    }

    fn same_call(&self, one: usize, other: usize) -> bool {
        let handle = |at: usize| self.sources.get(at).map(|source| source.handle);
        handle(one) == handle(other)
    }
}
