//! The body of a response, from its first byte: server-sent events, one JSON text, or neither.
//!
//! Every request is for a stream, but some servers respond with one JSON text, and the content type is wrong too
//! often to rely on [9]. So the first byte that is not white space decides. A body that is neither is an error: a
//! guess could show a web page to the user as the model's text.

use alloc::{borrow::Cow, boxed::Box, format, string::String};

use crate::errors::{Error, glued_error, incomplete_stream, protocol};
use crate::events::Assembler;
use crate::json::parse;
use crate::scanned::scanned;
use crate::sse::{MAX_EVENT, MAX_LINE, Parser, Tail, TooLong};

pub use unread::Unread;
pub use whole_body::MAX_WHOLE;
use whole_body::WholeBody;

mod unread;
mod whole_body;

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// There is no finish reason yet.
    Open,
    /// A finish reason has arrived, but the content says that it came too early: there is nothing but reasoning, say, or
    /// content came after it. The end of the body makes it valid. A break is an error, as without a finish reason [64].
    Premature,
    /// The finish reason has arrived together with content. It is valid, but some servers write one into every chunk, so
    /// more content is waited for as long as without it.
    Finishing,
    /// The finish reason has arrived in a chunk of its own. Usage or an end marker may follow, but nothing has to: some
    /// servers send neither and keep the connection open.
    Finished,
    /// `finish` is among the events. Nothing after it is read [20].
    Complete,
}

/// How a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The server ended it.
    Whole,
    /// The network, a deadline or an error in the stream cut it off.
    CutOff,
}

/// Reads the responses of one wire route.
pub trait Decoder {
    /// The data of one event of a stream, as received. Invalid UTF-8 is the decoder's to replace, because most data
    /// can be compared and copied without a check.
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error>;

    /// A whole response in one JSON text. Nothing follows it.
    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error>;

    /// How far the response has come.
    fn progress(&self) -> Progress;

    /// The number of events with content so far. The idle deadline starts anew when it grows, so a keep-alive must not
    /// count, whether it is a comment, an empty delta or an empty chunk [26].
    fn progress_count(&self) -> u64;

    /// The stream is over. Adds `finish` if there was a finish reason, and is an error if there was none: a text that
    /// broke off must never pass for a whole one. Where the stream was cut off after the finish reason, a warning says
    /// what may be missing.
    fn end(&mut self, end: End, out: &mut Assembler) -> Result<(), Error>;

    /// Keeps the text that was no part of the response, for the error if it ends badly.
    fn unread(&mut self) -> &mut Unread;
}

enum Body {
    /// Nothing but white space so far.
    Unknown,
    Events(Parser),
    Whole(WholeBody),
}

/// A response that is being read.
pub struct ResponseReader {
    body: Body,
    decoder: Box<dyn Decoder>,
}

impl ResponseReader {
    /// A response of the decoder's route.
    pub fn new(decoder: Box<dyn Decoder>) -> Self {
        Self { body: Body::Unknown, decoder }
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        match &self.body {
            Body::Whole(whole) if whole.is_closed() => Progress::Finished,
            _ => self.decoder.progress(),
        }
    }

    /// Grows with every piece of content; see [`Decoder::progress_count`].
    pub fn progress_count(&self) -> u64 {
        match &self.body {
            Body::Whole(whole) => whole.progress_count() as u64,
            _ => self.decoder.progress_count(),
        }
    }

    /// The bytes of one read. Events go to `out`. An error ends the response.
    pub fn push(&mut self, bytes: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let result = self.read(bytes, out);
        self.conclude(result, out)
    }

    fn read(&mut self, bytes: &[u8], out: &mut Assembler) -> Result<(), Error> {
        let bytes = match self.body {
            Body::Unknown => {
                let bytes = without_blanks(bytes);
                let Some(first) = bytes.first() else { return Ok(()) };
                self.body = begin(*first)?;
                bytes
            }
            _ => bytes,
        };
        match &mut self.body {
            Body::Unknown => Ok(()),
            Body::Whole(whole) => match whole.push(bytes) {
                true => Ok(()),
                false => Err(too_large()),
            },
            Body::Events(parser) => {
                let mut feed = parser.feed(bytes);
                while self.decoder.progress() != Progress::Complete {
                    let event = match feed.next_event_or_stray() {
                        Ok(Some(event)) => event,
                        Ok(None) => break,
                        Err(cap) => return self.break_off(too_long(cap), out),
                    };
                    let result = match event.stray {
                        [] => self.decoder.event(event.name, event.data, out),
                        // An error between two lines of an event ends that event as well.
                        stray => read_stray(&mut *self.decoder, stray, out).and_then(|()| match event.data {
                            [] => Ok(()),
                            data => self.decoder.event(event.name, data, out),
                        }),
                    };
                    if let Err(error) = result {
                        return self.break_off(error, out);
                    }
                    // Not cut off: without the events that are lost there is no whole response.
                    out.check()?;
                }
                Ok(())
            }
        }
    }

    /// The body has ended as it should.
    pub fn end(&mut self, out: &mut Assembler) -> Result<(), Error> {
        let result = self.read_end(out);
        self.conclude(result, out)
    }

    fn read_end(&mut self, out: &mut Assembler) -> Result<(), Error> {
        if self.progress() == Progress::Complete {
            return Ok(());
        }
        match core::mem::replace(&mut self.body, Body::Unknown) {
            Body::Unknown => Err(incomplete_stream()),
            Body::Whole(body) => {
                let text = body.into_text().ok_or_else(too_large)?;
                self.decoder.whole(&text, out)
            }
            Body::Events(parser) => {
                let plausible = parser.is_plausible();
                let (tail, stray) = parser.into_end();
                if let Err(error) = self.read_tail(tail, &stray, out) {
                    return self.break_off(error, out);
                }
                if !plausible {
                    return Err(protocol(
                        "the response is plain text; check that the base URL points at the API and ends in /v1",
                    ));
                }
                self.decoder.end(End::Whole, out)
            }
        }
    }

    /// The body was cut off by the network, a deadline or an error in the stream. A response with a finish reason is
    /// complete all the same, and so is a JSON text that has its last bracket: the model has run and was paid for, and
    /// an error here would make the host pay for it again.
    pub fn cut_off(&mut self, cause: Error, out: &mut Assembler) -> Result<(), Error> {
        // The reason is often the last line of the server, which has no end then.
        if let Body::Events(parser) = &mut self.body {
            let (tail, stray) = core::mem::take(parser).into_end();
            self.decoder.unread().note(&stray);
            self.decoder.unread().note(&tail.unwrap_or_default().data);
        }
        let result = self.break_off(cause, out);
        self.conclude(result, out)
    }

    /// An error with its cause. Where events were lost, there is one.
    fn conclude(&mut self, result: Result<(), Error>, out: &Assembler) -> Result<(), Error> {
        result.and_then(|()| out.check()).map_err(|error| self.decoder.unread().explain(error))
    }

    /// The last lines, without the blank line that would have made them an event.
    fn read_tail(&mut self, tail: Option<Tail>, stray: &[u8], out: &mut Assembler) -> Result<(), Error> {
        if !stray.is_empty() {
            read_stray(&mut *self.decoder, stray, out)?;
        }
        let Some(tail) = tail else { return Ok(()) };
        if is_whole(&utf8_lossy(&tail.data)) {
            return self.decoder.event(&tail.name, &tail.data, out);
        }
        if let Some(json) = glued_error(&utf8_lossy(&tail.data)) {
            return self.decoder.event("error", json.as_bytes(), out);
        }
        self.decoder.unread().note(&tail.data);
        Ok(())
    }

    fn break_off(&mut self, cause: Error, out: &mut Assembler) -> Result<(), Error> {
        match (self.progress(), &self.body) {
            (Progress::Open | Progress::Premature, _) => Err(cause),
            (Progress::Complete, _) => Ok(()),
            (Progress::Finishing | Progress::Finished, Body::Whole(_)) => self.read_end(out),
            (Progress::Finishing | Progress::Finished, _) => self.decoder.end(End::CutOff, out),
        }
    }
}

/// Lines that are no fields of the standard. JSON among them is the server's, with or without the field `error:` that
/// llama.cpp made up, and is read like an event; the last text is kept for the error if the stream ends badly [70].
fn read_stray(decoder: &mut dyn Decoder, stray: &[u8], out: &mut Assembler) -> Result<(), Error> {
    let stray = stray.trim_ascii();
    let (name, json) = match stray.split_at_checked(6) {
        Some((field, value)) if field.eq_ignore_ascii_case(b"error:") => ("error", value.trim_ascii()),
        _ => ("", stray),
    };
    if json.starts_with(b"{") && parse(&utf8_lossy(json)).is_ok() {
        return decoder.event(name, json, out);
    }
    // Two lines, of which the second is the error, or an error after a part of something else. The decoder sees it, since
    // on some routes an error counts even after a finish reason [30].
    if let Some(json) = glued_error(&utf8_lossy(stray)) {
        return decoder.event("error", json.as_bytes(), out);
    }
    decoder.unread().note(stray);
    Ok(())
}

/// The standard drops an event without its blank line at the end of a stream. Some servers leave that line out after
/// the last event, which has the finish reason, so an event that is complete otherwise counts [5].
fn is_whole(tail: &str) -> bool {
    tail.trim_ascii() == "[DONE]" || parse(tail).is_ok()
}

/// The text with invalid UTF-8 replaced. Nearly all text is valid, and checking that takes eight bytes at a time, while
/// the search for replacements goes byte by byte; so the check comes first.
pub fn utf8_lossy(data: &[u8]) -> Cow<'_, str> {
    scanned(data.len());
    core::str::from_utf8(data).map_or_else(
        |_| {
            scanned(data.len());
            String::from_utf8_lossy(data)
        },
        Cow::Borrowed,
    )
}

fn begin(first: u8) -> Result<Body, Error> {
    match first {
        b'{' | b'[' => Ok(Body::Whole(WholeBody::default())),
        b'<' => Err(protocol(
            "the response is a web page; check that the base URL points at the API and ends in /v1",
        )),
        // The first byte of gzip; no field name begins with it.
        0x1F => Err(protocol(
            "the response is compressed although no compression was requested; check for a proxy that compresses",
        )),
        _ => Ok(Body::Events(Parser::default())),
    }
}

/// Blank lines before the first event mean nothing, and neither does a byte-order mark.
fn without_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF))
        .count();
    scanned(blanks);
    bytes.get(blanks..).unwrap_or_default()
}

fn too_large() -> Error {
    protocol(format!("the response is one JSON text of more than {} MiB", MAX_WHOLE >> 20))
}

fn too_long(cap: TooLong) -> Error {
    protocol(match cap {
        TooLong::Line => format!("a line of the stream is longer than {} MiB", MAX_LINE >> 20),
        TooLong::Event => format!("an event of the stream is larger than {} MiB", MAX_EVENT >> 20),
    })
}
