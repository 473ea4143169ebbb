//! The grammar of JSON (RFC 8259), read once from front to back.
//!
//! Of a text only its shape is looked at: a value is skipped, or its fields are handed to a [`Structure`], and
//! nothing is converted or copied. That is all that this crate asks of a parser, and a general one that can
//! make any type of any text would be a tenth of the component. The cost is linear, and values that are
//! skipped may be nested as deeply as they like.

use alloc::{borrow::Cow, vec::Vec};

use super::plain::plain;
use super::{RawValue, Slot, Structure, WireText, wire_text::unescaped};

/// Where a text stops to be JSON. It holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: usize,
    /// The byte in the line, counted from 1; 0 where the line is empty.
    pub column: usize,
    /// The text ends before its value does.
    pub at_end: bool,
}

/// Something else stands here than the grammar wants. What it is can be told by the place alone.
#[derive(Debug)]
pub(super) struct Unexpected;

type Result<T> = core::result::Result<T, Unexpected>;

/// A text and how far it is read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The ends of the lists and objects that are open in a value that is skipped.
    open: Vec<u8>,
    /// The string read last has escapes in it.
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

    /// Skips a value, and gives its text.
    pub(super) fn raw(&mut self) -> Result<RawValue<'a>> {
        self.blanks();
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).map(RawValue::new).ok_or(Unexpected)
    }

    /// Nothing but blanks is left.
    pub(super) fn end(&mut self) -> Result<()> {
        self.blanks();
        if self.peek().is_none() { Ok(()) } else { Err(Unexpected) }
    }

    /// Where the reader stands, after it met something unexpected.
    pub(super) fn flaw(&self) -> Flaw {
        let read = self.text.as_bytes().get(..=self.at).unwrap_or(self.text.as_bytes());
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
        Flaw { line: lines + 1, column, at_end: self.peek().is_none() }
    }

    /// Hands the fields or items of a value to a structure; a value of another type is skipped.
    ///
    /// Recurses into the structures that are part of this one, and so no deeper than they are nested.
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
                    // Names with escapes are rare; the others are not copied.
                    let slot = match reader.escaped {
                        true => into.field(&reader.spelled(start, end)),
                        false => into.field(reader.text.get(start + 1..end - 1).unwrap_or_default()),
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
            Some(Slot::Each(each)) => each(self.raw()?),
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

    /// Skips a value of any kind, without recursion.
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
            // A value is over, and with it perhaps what it is the last one of.
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

    /// The bracket that a list or an object begins with; gives the one that it ends with.
    fn begin(&mut self) -> u8 {
        let end = if self.peek() == Some(b'{') { b'}' } else { b']' };
        self.at += 1;
        end
    }

    /// The name of a member that is skipped, and the colon behind it.
    fn name(&mut self) -> Result<()> {
        self.blanks();
        self.string()?;
        self.colon()
    }

    fn colon(&mut self) -> Result<()> {
        self.blanks();
        self.take(b':')
    }

    /// A string. Both its ends are quotes, so that to cut it out never cuts a character.
    fn string(&mut self) -> Result<()> {
        self.take(b'"')?;
        self.escaped = false;
        loop {
            self.at += plain(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(Unexpected),
            }
        }
    }

    fn escape(&mut self) -> Result<()> {
        self.escaped = true;
        self.at += 1;
        let kind = self.peek().ok_or(Unexpected)?;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(Unexpected);
                    }
                    self.at += 1;
                }
            }
            _ => return Err(Unexpected),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        self.took(b'-');
        // No digit comes behind a 0 at the beginning.
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
            self.at += 1;
        }
        if self.at == start { Err(Unexpected) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8]) -> Result<()> {
        word.iter().try_for_each(|byte| self.take(*byte))
    }

    #[inline(always)]
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    // Called for every byte: a call of its own would cost more than what it does.
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn took(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
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
