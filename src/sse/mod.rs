//! Server-sent events: push the bytes of a body, take its events. No I/O.
//!
//! ```text
//! let mut feed = parser.feed(&bytes);
//! while let Some(event) = feed.next_event()? { … }
//! ```
//!
//! The rules are those of the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html);
//! the numbers in brackets are those of the catalogue in `docs/wire-quirks.md`.
//!
//! An event whose one data line lies in the pushed bytes is returned as a part of them, without a copy; only lines
//! that are split between two reads are kept. Each byte is searched once for a line end, however the bytes are
//! split, so that the cost is linear. The kept bytes are capped, so that memory is bounded: a server that never
//! sends a line end must not fill the memory of the agent.

mod line;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use alloc::{string::String, vec::Vec};

use crate::scanned::scanned;
use crate::text_search::same;
use line::{Lines, Split};

/// Longest line, in bytes without its end [7]. Real chunks have a few hundred bytes. The last event of Responses repeats the
/// instructions, the tools and the output, and Gemini sends an image in one line.
pub const MAX_LINE: usize = 4 << 20;

/// Largest event, in bytes, each line counted with [`LINE_OVERHEAD`] [7].
pub const MAX_EVENT: usize = 8 << 20;

/// Bytes that each data line counts in addition to its own, so that very many empty lines reach the cap as well: each
/// costs time though it holds nothing [7].
pub const LINE_OVERHEAD: usize = 128;

/// One event. Its data is as received: the reader of the data replaces invalid UTF-8, since most events are valid
/// and it validates them anyway [6].
#[derive(Debug, PartialEq)]
pub struct Event<'a> {
    /// The value of `event:`, empty where there was none.
    pub name: &'a str,
    /// The data lines, joined by LF.
    pub data: &'a [u8],
    /// The value of the last `id:` of the stream so far.
    pub last_event_id: &'a str,
    /// The lines since the last event that were no field of the standard, joined by LF; empty in nearly every event.
    pub stray: &'a [u8],
}

/// The lines at the end of a body without the blank line that would have made them an event.
#[derive(Debug, Default, PartialEq)]
pub struct Tail {
    /// The value of `event:`, empty where there was none.
    pub name: String,
    /// The data lines, joined by LF.
    pub data: Vec<u8>,
}

/// Bytes of stray lines that are kept of one event. By the standard they are skipped; they matter where they are the
/// error of a server that failed [70]. Google's may have traces of the failure in it [30].
pub const MAX_STRAY: usize = 64 << 10;

/// A cap was exceeded. The rest of the body cannot be trusted to be events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TooLong {
    /// A line of more than [`MAX_LINE`] bytes.
    Line,
    /// An event of more than [`MAX_EVENT`] bytes.
    Event,
}

/// The state of a stream between two reads.
#[derive(Debug, Default)]
pub struct Parser {
    lines: Lines,
    fields: Fields,
}

/// The fields so far. They are separate from the lines, because a line that was kept borrows those while it is read.
#[derive(Debug, Default)]
struct Fields {
    /// Data lines of the current event whose end has not been read yet.
    data: Vec<u8>,
    /// Data lines so far, and their size as it counts against [`MAX_EVENT`].
    data_lines: usize,
    data_size: usize,
    /// The last name of an event. It is kept, since nearly all events of a stream have the same one.
    name: String,
    /// The current event has that name.
    named: bool,
    stray: Vec<u8>,
    last_event_id: String,
    /// A line had the form of a field or a comment: this may be a stream of events.
    plausible: bool,
    /// The last event that was returned borrows `data`, which is cleared when the next is requested.
    spent: bool,
}

impl Parser {
    /// Takes the bytes of one read. Take all events before the next read: those that were not taken are lost, since
    /// the bytes are borrowed and not copied.
    pub fn feed<'p, 'b>(&'p mut self, bytes: &'b [u8]) -> Feed<'p, 'b> {
        Feed { parser: self, rest: bytes }
    }

    /// Whether any line so far was one of an event stream. Without one the body is something else, such as a
    /// proxy's line of text under status 200.
    pub fn is_plausible(&self) -> bool {
        self.fields.plausible || data_value(self.lines.unfinished()).is_some()
    }

    /// The data at the end of the body without the blank line that would have made it an event.
    ///
    /// By the standard it is no event. Some servers leave out the last blank line [5], so that the reader of the data
    /// may check whether it is complete in itself; half an event must not count.
    pub fn into_tail(self) -> Option<Tail> {
        self.into_end().0
    }

    /// The same, and the stray lines at the end, as in an [`Event`].
    pub fn into_end(self) -> (Option<Tail>, Vec<u8>) {
        let Self { lines, mut fields } = self;
        fields.start_next();
        let line = lines.into_unfinished();
        match name_and_value(&line) {
            (b"data", value) => {
                if fields.data_lines > 0 {
                    fields.data.push(b'\n');
                }
                fields.data.extend_from_slice(value);
                fields.data_lines = fields.data_lines.saturating_add(1);
            }
            (b"event", value) => fields.name_event(value),
            (b"" | b"id" | b"retry", _) => {}
            _ => fields.keep_stray(&line),
        }
        let name = if fields.named { fields.name } else { String::new() };
        let tail = (fields.data_lines > 0).then_some(Tail { name, data: fields.data });
        (tail, fields.stray)
    }
}

impl Fields {
    fn start_next(&mut self) {
        if self.spent {
            self.spent = false;
            self.data.clear();
            self.data_lines = 0;
            self.data_size = 0;
            self.named = false;
            self.stray.clear();
        }
    }

    fn name_event(&mut self, value: &[u8]) {
        self.named = true;
        // On some routes every event has a name, and most have that of the event before.
        if !same(self.name.as_bytes(), value) {
            self.name.clear();
            match core::str::from_utf8(value) {
                Ok(name) => self.name.push_str(name),
                // The search of invalid UTF-8 is slow.
                Err(_) => self.name.push_str(&String::from_utf8_lossy(value)),
            }
        }
    }

    /// A line that is not blank. `single` is the one data line so far, if it lies in the bytes of this read: nearly
    /// every event has one data line, and is then never copied.
    fn field<'b>(&mut self, line: Split<'_, 'b>, single: &mut Option<&'b [u8]>) -> Result<(), TooLong> {
        let (name, value) = name_and_value(line.bytes());
        // Data is not looked at here. The others are searched and made text.
        scanned(if name == b"data" { 0 } else { value.len().saturating_mul(2) });
        self.plausible |= matches!(name, b"" | b"data" | b"event" | b"id" | b"retry");
        match name {
            b"data" => {
                self.data_lines = self.data_lines.saturating_add(1);
                self.data_size = self.data_size.saturating_add(value.len()).saturating_add(LINE_OVERHEAD);
                if self.data_size > MAX_EVENT {
                    return Err(TooLong::Event);
                }
                match line {
                    Split::Read(bytes) if self.data_lines == 1 => {
                        // The value is the end of the line, and borrows the read here and not the line.
                        *single = bytes.get(bytes.len().wrapping_sub(value.len())..);
                    }
                    _ => {
                        self.keep(single.take());
                        if self.data_lines > 1 {
                            self.data.push(b'\n');
                        }
                        self.data.extend_from_slice(value);
                    }
                }
            }
            b"event" => self.name_event(value),
            // The standard ignores an id that contains a NUL.
            b"id" if !value.contains(&0) => self.last_event_id = String::from_utf8_lossy(value).into_owned(),
            // Comments have an empty name [4].
            b"" | b"id" | b"retry" => {}
            // Unknown fields, and lines that are none: the standard skips them [4]. An error may be among them [70].
            _ => self.keep_stray(line.bytes()),
        }
        Ok(())
    }

    fn keep_stray(&mut self, line: &[u8]) {
        let room = MAX_STRAY.saturating_sub(self.stray.len());
        if room > 0 {
            if !self.stray.is_empty() {
                self.stray.push(b'\n');
            }
            self.stray.extend_from_slice(line.get(..room).unwrap_or(line));
        }
    }

    fn keep(&mut self, single: Option<&[u8]>) {
        if let Some(value) = single {
            self.data.extend_from_slice(value);
        }
    }
}

/// The events in the bytes of one read.
#[derive(Debug)]
pub struct Feed<'p, 'b> {
    parser: &'p mut Parser,
    rest: &'b [u8],
}

impl<'b> Feed<'_, 'b> {
    /// The next event, or nothing when all bytes are read.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, TooLong> {
        self.next(false)
    }

    /// The same, and where there are stray lines without data before a blank line, an event with these alone.
    pub fn next_event_or_stray(&mut self) -> Result<Option<Event<'_>>, TooLong> {
        self.next(true)
    }

    fn next(&mut self, stray: bool) -> Result<Option<Event<'_>>, TooLong> {
        let Parser { lines, fields } = &mut *self.parser;
        fields.start_next();
        let mut single: Option<&'b [u8]> = None;
        loop {
            let Some(line) = lines.next_line(&mut self.rest)? else {
                fields.keep(single);
                return Ok(None);
            };
            let blank = line.bytes().is_empty();
            if !blank {
                fields.field(line, &mut single)?;
            }
            lines.line_done();
            if blank {
                if fields.data_lines > 0 || stray && !fields.stray.is_empty() {
                    break;
                }
                // A blank line without data before it only clears the name of the event.
                fields.named = false;
                fields.stray.clear();
            }
        }
        fields.spent = true;
        Ok(Some(Event {
            name: if fields.named { &fields.name } else { "" },
            data: single.unwrap_or(&fields.data),
            last_event_id: &fields.last_event_id,
            stray: &fields.stray,
        }))
    }
}

/// Field name and value; one space after the colon belongs to neither [2].
fn name_and_value(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = memchr::memchr(b':', line);
    scanned(colon.map_or(line.len(), |colon| colon.saturating_add(1)));
    match colon {
        None => (line, &[]),
        Some(colon) => {
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default();
            (name, value.strip_prefix(b" ").unwrap_or(value))
        }
    }
}

fn data_value(line: &[u8]) -> Option<&[u8]> {
    match name_and_value(line) {
        (b"data", value) => Some(value),
        _ => None,
    }
}
