//! A text that comes in pieces, passed on without keys.

use std::borrow::Cow;
use std::ops::Range;

use super::needle::{Needle, Partial};
use super::{REDACTED, Redaction};

/// Characters of a key that may be passed on before it is clear that they begin one, in text that is shown while it
/// arrives. Otherwise each delta that ends in `s` would wait for the next one, since keys begin with `sk-`. These
/// characters are the same in all keys, so showing them reveals nothing.
const KNOWN_TO_ALL: usize = 3;

/// A text that ends in this many characters of a key, or more, ends in a key that was cut off. Fewer are a coincidence: they
/// are little more than the prefix.
const CUT_KEY: usize = 8;

/// What replaces a key.
#[derive(Clone, Copy)]
enum Mark {
    /// A word.
    Word,
    /// As many bytes as the key has, so that a content length stays true.
    SameLength,
}

/// One text that arrives in pieces.
#[derive(Clone)]
pub(super) struct Flow {
    redaction: Redaction,
    mark: Mark,
    /// See [`KNOWN_TO_ALL`].
    lenient: usize,
    /// Whether short keys are looked for too, which may be words.
    any_length: bool,
    /// The end of the text so far, as far as it may belong to a key, and how much of that was passed on.
    pending: Vec<u8>,
    passed: usize,
    /// Characters of a key that the pending bytes may stand for.
    units: usize,
}

/// The part of a piece that is passed on now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Its first bytes, unchanged: this many. The caller can pass its own buffer on, without a copy.
    First(usize),
    /// These bytes instead.
    Rewritten(Vec<u8>),
}

impl Flow {
    fn new(redaction: &Redaction, mark: Mark) -> Flow {
        let redaction = redaction.clone();
        let (lenient, any_length) = (0, false);
        Flow { redaction, mark, lenient, any_length, pending: Vec::new(), passed: 0, units: 0 }
    }

    /// For bytes of a response. A beginning of a key is held back from its first byte on, since a unit that arrives
    /// whole (a line of a stream, for example) does not end within a word.
    pub(super) fn at_the_gate(redaction: &Redaction) -> Flow {
        Flow::new(redaction, Mark::SameLength)
    }

    /// For text that is shown while it arrives.
    pub(super) fn of_deltas(redaction: &Redaction) -> Flow {
        Flow { lenient: KNOWN_TO_ALL, ..Flow::new(redaction, Mark::Word) }
    }

    /// For text in fragments that are only used once they are joined, such as the arguments of a tool call. Joined, the
    /// redacted fragments have to equal the redacted whole, which the component returns at the end.
    pub(super) fn of_fragments(redaction: &Redaction) -> Flow {
        Flow::new(redaction, Mark::Word)
    }

    /// For a text that is complete.
    pub(super) fn of_text(redaction: &Redaction) -> Flow {
        Flow::new(redaction, Mark::Word)
    }

    /// For a text of an error. Short keys are removed as well: an error is shown to people and logged, and no program parses
    /// its text.
    pub(super) fn of_error(redaction: &Redaction) -> Flow {
        Flow { any_length: true, ..Flow::new(redaction, Mark::Word) }
    }

    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Takes the next piece, and passes on what belongs to no key.
    ///
    /// Bytes that are held back are searched again with the next piece. They are no longer than the key's longest spelling,
    /// so the work stays linear in the pieces.
    pub(super) fn push(&mut self, piece: &[u8]) -> Passed {
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
        let (mut text, passed) = (std::mem::take(&mut self.pending), self.passed);
        text.extend_from_slice(piece);
        self.scan(&text, &mut found, &mut partial);
        let hold = self.remember(&text, &partial).max(passed);
        self.passed = self.passed.max(passed.saturating_sub(text.len() - self.pending.len()));
        Passed::Rewritten(self.marked(&text, passed..hold, &found))
    }

    /// The bytes that were held back, now that the text is over: they were no key, or one that was cut off.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let rest = self.pending.split_off(self.passed.min(self.pending.len()));
        let cut = self.units >= CUT_KEY && !rest.is_empty();
        (self.passed, self.units) = (0, 0);
        self.pending.clear();
        if cut { self.mark(rest.len()) } else { rest }
    }

    /// A complete text, without keys.
    pub(super) fn all(mut self, text: &[u8]) -> Cow<'_, [u8]> {
        let passed = self.push(text);
        let cut = self.units >= CUT_KEY;
        let rest = self.finish();
        match passed {
            Passed::First(_) if !cut => Cow::Borrowed(text),
            Passed::First(length) => Cow::Owned([text.get(..length).unwrap_or_default(), &rest].concat()),
            Passed::Rewritten(clean) => Cow::Owned([clean, rest].concat()),
        }
    }

    /// Whether this text contains a whole key. One that was cut off does not count: it may come from the server, since the
    /// gate lets the beginning of a key pass.
    pub(super) fn finds_in(&self, text: &[u8]) -> bool {
        let (mut found, mut partial) = (Vec::new(), Vec::new());
        self.scan(text, &mut found, &mut partial);
        !found.is_empty()
    }

    fn scan(&self, text: &[u8], found: &mut Vec<Range<usize>>, partial: &mut Vec<Partial>) {
        let needles = self.redaction.needles.iter().map(|needle| &**needle);
        for needle in needles.filter(|needle: &&Needle| self.any_length || needle.is_secret()) {
            needle.scan(text, found, partial);
        }
        if found.is_empty() && partial.is_empty() {
            return;
        }
        // Sorted by their start, so that overlapping ones can be marked as one.
        found.sort_unstable_by_key(|range| range.start);
        // A beginning within a key that was found belongs to that key.
        let end = found.iter().map(|range| range.end).max().unwrap_or(0);
        partial.iter_mut().for_each(|partial| partial.start = partial.start.max(end));
        partial.retain(|partial| partial.start < text.len());
    }

    /// Keeps the end of the text that may begin a key, and returns up to where the text is passed on.
    fn remember(&mut self, text: &[u8], partial: &[Partial]) -> usize {
        let held = partial.iter().filter(|partial| partial.units > self.lenient).map(|partial| partial.start);
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
        match self.mark {
            Mark::Word => REDACTED.as_bytes().to_vec(),
            Mark::SameLength => {
                let mut mark = REDACTED.as_bytes().to_vec();
                if length < mark.len() {
                    mark.clear();
                }
                mark.resize(length, b'*');
                mark
            }
        }
    }
}
