//! A text that arrives in pieces, passed on without keys.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use super::needle::{Needle, Partial};
use super::{Keys, REDACTED};

/// Characters of a key that may be passed on before it is clear that they begin one, in text that is shown while it
/// arrives. Otherwise each delta that ends in `s` would wait for the next one, since keys begin with `sk-`. These
/// characters are the same in all keys, so showing them reveals nothing.
const KNOWN_TO_ALL: usize = 3;

/// A text that ends in this many characters of a key, or more, ends in a key that was cut off. Fewer are a coincidence: they
/// are little more than the prefix.
const CUT_KEY: usize = 8;

#[cfg(test)]
std::thread_local! {
    /// Bytes scanned by the tests of this thread: a bound on the work that does not depend on the machine's speed.
    pub(crate) static SCANNED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// What a text is, which decides how a key in it is marked and when its beginning is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes of a response. A mark has the key's length, so that a content length stays correct. A beginning of the
    /// key is held back from its first byte on, since a unit that arrives whole (a line of a stream, for example) does
    /// not end within a word.
    Response,
    /// Text that is shown while it arrives.
    Deltas,
    /// A complete text, or fragments that are joined in the end, as the arguments of a call are: the redacted fragments
    /// have to equal the redacted whole.
    Text,
    /// A text of an error, which loses the short keys too.
    Error,
}

/// The state of one text that arrives in pieces.
#[derive(Clone)]
pub struct Flow {
    keys: Keys,
    kind: Kind,
    /// The end of the text so far, as far as it may belong to a key, and how much of that was passed on.
    pending: Vec<u8>,
    passed: usize,
    /// Characters of a key that the pending bytes may stand for.
    units: usize,
}

/// The part of a piece that is passed on now.
#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// So many of its bytes, as they are.
    First(usize),
    /// These bytes instead.
    Rewritten(Vec<u8>),
}

impl Flow {
    /// The beginning of a text.
    #[must_use]
    pub fn new(keys: &Keys, kind: Kind) -> Flow {
        Flow::resumed(keys, kind, Vec::new(), 0, 0)
    }

    /// A text in the middle, from the state that [`Flow::state`] returned.
    #[must_use]
    pub fn resumed(keys: &Keys, kind: Kind, pending: Vec<u8>, passed: usize, units: usize) -> Flow {
        Flow { keys: keys.clone(), kind, pending, passed, units }
    }

    /// The pending bytes, how many of them were passed on, and how many characters of a key they may stand for.
    #[must_use]
    pub fn state(&self) -> (&[u8], usize, usize) {
        (&self.pending, self.passed, self.units)
    }

    /// The keys that this text is searched for.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Takes the next piece, and passes on the part that belongs to no key.
    ///
    /// Bytes that are held back are scanned again with the next piece. They are no more than the key's
    /// longest spelling, so the work is linear in the pieces.
    pub fn push(&mut self, piece: &[u8]) -> Passed {
        let (mut found, mut partial) = (Vec::new(), Vec::new());
        if self.pending.is_empty() {
            self.scan(piece, &mut found, &mut partial);
            if found.is_empty() && partial.is_empty() {
                return Passed::First(piece.len());
            }
            let hold = self.remember(piece, &partial);
            return match found.as_slice() {
                [] => Passed::First(hold),
                _ => Passed::Rewritten(self.marked(piece, 0..hold, &found)),
            };
        }
        let (mut text, passed) = (core::mem::take(&mut self.pending), self.passed);
        text.extend_from_slice(piece);
        self.scan(&text, &mut found, &mut partial);
        let hold = self.remember(&text, &partial).max(passed);
        self.passed = self.passed.max(passed.saturating_sub(text.len() - self.pending.len()));
        Passed::Rewritten(self.marked(&text, passed..hold, &found))
    }

    /// Ends the text, and returns the bytes held back: they were no key, or one that was cut, which is marked.
    pub fn finish(&mut self) -> Vec<u8> {
        let rest = self.pending.split_off(self.passed.min(self.pending.len()));
        let cut = self.units >= CUT_KEY && !rest.is_empty();
        (self.passed, self.units) = (0, 0);
        self.pending.clear();
        if cut { self.mark(rest.len()) } else { rest }
    }

    /// A complete text, without keys.
    pub fn all(mut self, text: &[u8]) -> Cow<'_, [u8]> {
        let passed = self.push(text);
        let cut = self.units >= CUT_KEY;
        let rest = self.finish();
        match passed {
            Passed::First(_) if !cut => Cow::Borrowed(text),
            Passed::First(length) => Cow::Owned([text.get(..length).unwrap_or_default(), &rest].concat()),
            Passed::Rewritten(clean) => Cow::Owned([clean, rest].concat()),
        }
    }

    /// Whether this text contains a complete key. A key that is cut may be the server's text, and does not count.
    pub fn finds_in(&self, text: &[u8]) -> bool {
        let (mut found, mut partial) = (Vec::new(), Vec::new());
        self.scan(text, &mut found, &mut partial);
        !found.is_empty()
    }

    fn scan(&self, text: &[u8], found: &mut Vec<Range<usize>>, partial: &mut Vec<Partial>) {
        #[cfg(test)]
        SCANNED.set(SCANNED.get() + text.len());
        let any_length = self.kind == Kind::Error;
        for needle in self.keys.all().filter(|needle: &&Needle| any_length || needle.is_secret()) {
            needle.scan(text, found, partial);
        }
        if found.is_empty() && partial.is_empty() {
            return;
        }
        // Sorted by their beginning, so that overlapping ones can be marked as one.
        found.sort_unstable_by_key(|range| range.start);
        // A key that begins within another one is not the beginning of a third.
        let end = found.iter().map(|range| range.end).max().unwrap_or(0);
        partial.iter_mut().for_each(|partial| partial.start = partial.start.max(end));
        partial.retain(|partial| partial.start < text.len());
    }

    /// Keeps the end of the text that may begin a key, and returns up to where the text is passed on.
    fn remember(&mut self, text: &[u8], partial: &[Partial]) -> usize {
        let lenient = if self.kind == Kind::Deltas { KNOWN_TO_ALL } else { 0 };
        let held = partial.iter().filter(|partial| partial.units > lenient).map(|partial| partial.start);
        let hold = held.min().unwrap_or(text.len());
        let start = partial.iter().map(|partial| partial.start).min().unwrap_or(text.len());
        self.units = partial.iter().map(|partial| partial.units).max().unwrap_or(0);
        self.pending = text.get(start..).unwrap_or_default().to_vec();
        self.passed = hold - start;
        hold
    }

    /// The bytes of `range`, with a mark for each key in them.
    fn marked(&self, text: &[u8], range: Range<usize>, found: &[Range<usize>]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(range.len() + REDACTED.len());
        let mut done = range.start;
        let mut found = found.iter().filter(|key| key.end > range.start).cloned().peekable();
        while let Some(mut key) = found.next() {
            while let Some(next) = found.next_if(|next| next.start < key.end) {
                key.end = key.end.max(next.end);
            }
            let (start, end) = (key.start.max(done), key.end.min(range.end));
            clean.extend_from_slice(text.get(done..start).unwrap_or_default());
            if end > start {
                clean.extend_from_slice(&self.mark(end - start));
            }
            done = end.max(done);
        }
        clean.extend_from_slice(text.get(done..range.end).unwrap_or_default());
        clean
    }

    fn mark(&self, length: usize) -> Vec<u8> {
        let mut mark = REDACTED.as_bytes().to_vec();
        if self.kind == Kind::Response {
            if length < mark.len() {
                mark.clear();
            }
            mark.resize(length, b'*');
        }
        mark
    }
}
