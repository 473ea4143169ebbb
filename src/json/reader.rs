//! The grammar of JSON (RFC 8259), read once from front to back.
//!
//! Only the shape of a text is read: a value is skipped, or its fields are passed to a [`Structure`], and nothing is
//! converted or copied. That is all this crate needs of a parser, and it is small (see [`crate::json`]). The cost is
//! linear, and skipped values may be nested to any depth, since skipping keeps its own list of open brackets
//! instead of recursing.

use alloc::{borrow::Cow, vec::Vec};

use super::plain::plain;
use super::{RawValue, Slot, Structure, WireText, wire_text::unescaped};

/// Where a text stops being JSON. It contains nothing of the text, which may be private.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: usize,
    /// The byte in the line, counted from 1; 0 where the line is empty.
    pub column: usize,
    /// The text ends before its value does.
    pub at_end: bool,
}

/// The grammar allows something else here. The position is in the reader, so that the error needs no field.
#[derive(Debug)]
pub(super) struct Unexpected;

type Result<T> = core::result::Result<T, Unexpected>;

/// A text and how far it is read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The ends of the lists and objects that are open in a value that is skipped.
    open: Vec<u8>,
    /// The last string that was read contains escapes.
    escaped: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), escaped: false }
    }

    /// How many bytes are read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Skips a value and returns its text.
    pub(super) fn raw(&mut self) -> Result<RawValue<'a>> {
        self.blanks();
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).map(RawValue::new).ok_or(Unexpected)
    }

    /// Goes into a list; false if the value is none.
    pub(super) fn enters_list(&mut self) -> bool {
        self.blanks();
        self.took(b'[')
    }

    /// The next item of the list that [`enters_list`](Self::enters_list) went into; nothing at its end.
    pub(super) fn next_item(&mut self) -> Option<RawValue<'a>> {
        self.blanks();
        if self.took(b']') {
            return None;
        }
        // The text is JSON, so that there is a comma before every item but the first.
        self.took(b',');
        self.raw().ok()
    }

    /// Fails unless only blanks are left.
    pub(super) fn end(&mut self) -> Result<()> {
        self.blanks();
        if self.peek().is_none() { Ok(()) } else { Err(Unexpected) }
    }

    /// The position of the reader, after something unexpected.
    pub(super) fn flaw(&self) -> Flaw {
        let read = self.text.as_bytes().get(..=self.at).unwrap_or(self.text.as_bytes());
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
        Flaw { line: lines.saturating_add(1), column, at_end: self.peek().is_none() }
    }

    /// Passes the fields or items of a value to a structure; a value of another type is skipped.
    ///
    /// Recurses into the structures that are part of this one. Their nesting is fixed by their types, so that the
    /// text cannot make it deeper.
    pub(super) fn fill(&mut self, into: &mut dyn Structure<'a>) -> Result<()> {
        self.blanks();
        match self.peek() {
            Some(b'{') => {
                into.object();
                self.members(|reader| {
                    reader.blanks();
                    let start = reader.at;
                    reader.string()?;
                    let end = reader.at;
                    reader.colon()?;
                    // Names with escapes are rare; all others are compared where they are, without a copy.
                    let slot = match reader.escaped {
                        true => into.field(&reader.spelled(start, end)),
                        false => {
                            // A string has two quotes, so that neither bound wraps.
                            let inner = start.wrapping_add(1)..end.wrapping_sub(1);
                            into.field(reader.text.get(inner).unwrap_or_default())
                        }
                    };
                    reader.value(slot)
                })
            }
            Some(b'[') => {
                into.list();
                self.members(|reader| reader.value(into.item()))
            }
            _ => {
                into.leaf(self.raw()?);
                Ok(())
            }
        }
    }

    /// What a string with escapes spells.
    fn spelled(&self, start: usize, end: usize) -> Cow<'a, str> {
        let text = self.text.get(start..end).and_then(unescaped);
        text.map(WireText::into_string_lossy).unwrap_or_default()
    }

    fn value(&mut self, slot: Option<Slot<'_, 'a>>) -> Result<()> {
        match slot {
            None => self.skip()?,
            Some(Slot::Raw(raw)) => *raw = Some(self.raw()?),
            Some(Slot::Inner(inner)) => self.fill(inner)?,
        }
        Ok(())
    }

    /// The members of the list or object that begins here.
    fn members(&mut self, mut member: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let end = self.begin();
        self.blanks();
        if self.took(end) {
            return Ok(());
        }
        loop {
            member(self)?;
            self.blanks();
            if self.took(end) {
                return Ok(());
            }
            self.take(b',')?;
        }
    }

    /// Skips a value of any kind. Without recursion, since the text chooses the depth and a stack that overflows ends
    /// the instance; the open brackets cost a byte each.
    fn skip(&mut self) -> Result<()> {
        self.open.clear();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'{' | b'[') => {
                    let end = self.begin();
                    self.blanks();
                    if !self.took(end) {
                        self.open.push(end);
                        if end == b'}' {
                            self.name()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                _ => self.word(b"null")?,
            }
            // A value has ended, and with it perhaps the lists and objects that it is the last value of.
            loop {
                let Some(&end) = self.open.last() else { return Ok(()) };
                self.blanks();
                if !self.took(end) {
                    self.take(b',')?;
                    if end == b'}' {
                        self.name()?;
                    }
                    break;
                }
                self.open.pop();
            }
        }
    }

    /// Takes the opening bracket of a list or an object and returns the closing one.
    fn begin(&mut self) -> u8 {
        let end = if self.peek() == Some(b'{') { b'}' } else { b']' };
        self.advance(1);
        end
    }

    /// The name of a skipped member, and the colon after it.
    fn name(&mut self) -> Result<()> {
        self.blanks();
        self.string()?;
        self.colon()
    }

    fn colon(&mut self) -> Result<()> {
        self.blanks();
        self.take(b':')
    }

    /// A string. Both ends are quotes, so that cutting it out never cuts a character.
    fn string(&mut self) -> Result<()> {
        self.take(b'"')?;
        self.escaped = false;
        loop {
            self.advance(plain(self.text.as_bytes().get(self.at..).unwrap_or_default()));
            match self.peek() {
                Some(b'"') => {
                    self.advance(1);
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(Unexpected),
            }
        }
    }

    /// An escape, checked but not decoded: most strings are skipped or compared, and never decoded.
    fn escape(&mut self) -> Result<()> {
        self.escaped = true;
        self.advance(1);
        let kind = self.peek().ok_or(Unexpected)?;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.advance(1),
            b'u' => {
                self.advance(1);
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(Unexpected);
                    }
                    self.advance(1);
                }
            }
            _ => return Err(Unexpected),
        }
        Ok(())
    }

    /// A number, checked but not converted: see [`super::Number`].
    fn number(&mut self) -> Result<()> {
        self.took(b'-');
        // JSON allows no digit after a leading 0.
        if !self.took(b'0') {
            self.digits()?;
        }
        if self.took(b'.') {
            self.digits()?;
        }
        if self.took(b'e') || self.took(b'E') {
            if !self.took(b'+') {
                self.took(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.advance(1);
        }
        if self.at == start { Err(Unexpected) } else { Ok(()) }
    }

    /// `true`, `false` or `null`.
    fn word(&mut self, word: &[u8]) -> Result<()> {
        word.iter().try_for_each(|byte| self.take(*byte))
    }

    #[inline(always)]
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.advance(1);
        }
    }

    /// Moves on by bytes that were seen. The position stays within the text, so that it cannot wrap, and a
    /// check for that on every byte would be the most expensive part of the reader.
    #[inline(always)]
    fn advance(&mut self, bytes: usize) {
        self.at = self.at.wrapping_add(bytes);
    }

    // Called for every byte: a function call would cost more than its body.
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn took(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.advance(usize::from(taken));
        taken
    }

    #[inline(always)]
    fn take(&mut self, byte: u8) -> Result<()> {
        if self.took(byte) { Ok(()) } else { Err(Unexpected) }
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
