//! A call that is received more than once [61].
//!
//! Some servers send the same call under two indexes, or send it in fragments and then whole, or in `tool_calls` and in
//! `function_call`. As two calls it would run twice. Each of its sources keeps its place in the arguments: what repeats
//! them is dropped, what goes beyond them is added, and what differs from them makes the source a call of its own.

use alloc::string::String;
use core::mem::take;

use super::call_fragments::Source;
use crate::errors::Error;
use crate::events::{Assembler, is_placeholder};
use crate::json::{PairJoiner, WireText};
use crate::scanned::scanned;

/// The place of a source in the arguments of a call that it did not begin.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    /// The number of bytes of the arguments that it has repeated.
    read: usize,
    in_string: bool,
    escaped: bool,
    /// Half of a character at the end of its last fragment.
    joiner: PairJoiner,
    /// It began with a name, so that it may be a call of its own.
    pub named: bool,
    /// It has an id of its own, so that it is another call if the end of the response finds it still repeating.
    pub stands_apart: bool,
}

/// A fragment of a source that repeats a call.
pub(super) fn add_to_repeat(
    sources: &mut [Source],
    at: usize,
    fragment: &WireText<'_>,
    out: &mut Assembler,
) -> Result<(), Error> {
    let Some(source) = sources.get_mut(at) else { return Ok(()) };
    let handle = source.handle;
    let Some(repeat) = &mut source.repeat else { return out.call_arguments(handle, fragment) };
    let mut piece = String::new();
    repeat.joiner.push_text(fragment, &mut piece);
    let known = out.call_so_far(handle).arguments;
    if repeat.is_placeholder_with(known, &piece) {
        // No arguments at all are no difference: the call may have some.
        repeat.restart();
        return Ok(());
    }
    let known_len = known.len();
    let mut new = piece.get(repeat.follow(known, &piece)..).unwrap_or_default();
    // Once more from the beginning, since nothing can follow a closed value.
    if repeat.read >= known_len && !new.is_empty() && out.is_call_closed(handle) {
        // White space, or a placeholder at the end, as a source that repeats nothing may send it too [62].
        if new.trim_ascii().is_empty() || is_placeholder(new.as_bytes()) {
            return Ok(());
        }
        repeat.restart();
        new = new.get(repeat.follow(out.call_so_far(handle).arguments, new)..).unwrap_or_default();
        if repeat.read >= known_len && new.trim_ascii().is_empty() {
            return Ok(());
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    if repeat.read >= known_len {
        // The other sources have their place here, in case that they send the rest as well.
        repeat.stands_apart = false;
        leave_places(sources, at, out);
        out.call_arguments(handle, &WireText::from(new))?;
        let read = out.call_so_far(handle).arguments.len();
        if let Some(repeat) = sources.get_mut(at).and_then(|source| source.repeat.as_mut()) {
            repeat.pass(new);
            repeat.read = read;
        }
        return Ok(());
    }
    // Without a name, or without a beginning, it can be no call. So it continues this one, under another index.
    if repeat.read == 0 && !(repeat.named && new.trim_ascii_start().starts_with(['{', '"'])) {
        source.repeat = None;
        leave_places(sources, at, out);
        return out.call_arguments(handle, fragment);
    }
    split(sources, at, new, out)
}

/// A source that is a call of its own after all: what it has repeated, and this. The repeated part has the white space of
/// the call that it repeated, because keeping it twice would double the memory of a large call.
pub(super) fn split(sources: &mut [Source], at: usize, new: &str, out: &mut Assembler) -> Result<(), Error> {
    let Some(source) = sources.get_mut(at) else { return Ok(()) };
    let repeat = take(&mut source.repeat).unwrap_or_default();
    let known = out.call_so_far(source.handle);
    let name = String::from(if repeat.named { known.name } else { "" });
    let repeated = String::from(known.arguments.get(..repeat.read).unwrap_or_default());
    let handle = out.open_call()?;
    source.handle = handle;
    if !source.id.is_empty() {
        out.call_id(handle, &source.id)?;
    }
    if !name.is_empty() {
        out.call_name(handle, &name)?;
    }
    out.call_arguments(handle, &WireText::from(&*repeated))?;
    out.call_arguments(handle, &WireText::from(new))
}

/// Before one source adds to a call: the others have come this far, and may send the addition as well.
fn leave_places(sources: &mut [Source], at: usize, out: &Assembler) {
    let Some(handle) = sources.get(at).map(|source| source.handle) else { return };
    for (other, source) in sources.iter_mut().enumerate() {
        if other != at && source.handle == handle && source.repeat.is_none() {
            let mut repeat = Repeat { named: source.named, ..Repeat::default() };
            // Once for each source: from now on it has its place.
            repeat.pass(out.call_so_far(handle).arguments);
            source.repeat = Some(repeat);
        }
    }
}

impl Repeat {
    /// Whether the source has sent nothing but a placeholder, with this piece.
    fn is_placeholder_with(&self, known: &str, piece: &str) -> bool {
        // Two bytes: no more of the arguments of a call can be the beginning of a placeholder and more than that.
        let begun = known.get(..self.read).filter(|begun| begun.len() <= 2);
        begun.is_some_and(|begun| {
            let mut all = String::from(begun);
            all.push_str(piece.get(..piece.len().min(32)).unwrap_or(piece));
            is_placeholder(all.as_bytes())
        })
    }

    /// Compares a piece with the arguments, and gives the number of bytes of it that repeat them. White space between
    /// the values does not count: a server that sends a call twice may have written it twice.
    fn follow(&mut self, known: &str, piece: &str) -> usize {
        let (known_bytes, bytes) = (known.as_bytes(), piece.as_bytes());
        let mut same = 0_usize;
        let blanks_from = |at: usize| {
            let rest = known_bytes.get(at..).unwrap_or_default();
            rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
        };
        for byte in bytes {
            if !self.in_string && byte.is_ascii_whitespace() {
                // Beyond the end it is new: a call keeps the bytes that its model wrote.
                let Some(known) = known_bytes.get(self.read) else { break };
                self.read = self.read.saturating_add(usize::from(known == byte));
                same = same.saturating_add(1);
                continue;
            }
            if !self.in_string {
                self.read = self.read.saturating_add(blanks_from(self.read));
            }
            if known_bytes.get(self.read) != Some(byte) {
                break;
            }
            self.step(*byte);
            self.read = self.read.saturating_add(1);
            same = same.saturating_add(1);
        }
        scanned(same);
        // Back to the beginning of a character that differs in its last byte. Only strings have such characters.
        while !piece.is_char_boundary(same) {
            same = same.saturating_sub(1);
            self.read = self.read.saturating_sub(1);
        }
        same
    }

    /// Moves over text that is a part of the arguments.
    fn pass(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.step(byte));
        scanned(text.len());
        self.read = self.read.saturating_add(text.len());
    }

    fn restart(&mut self) {
        *self = Self { named: self.named, stands_apart: self.stands_apart, ..Self::default() };
    }

    fn step(&mut self, byte: u8) {
        match byte {
            _ if take(&mut self.escaped) => {}
            b'\\' => self.escaped = self.in_string,
            b'"' => self.in_string = !self.in_string,
            _ => {}
        }
    }
}
