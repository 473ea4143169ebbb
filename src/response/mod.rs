//! The body of an answer, from its first byte: events, a whole JSON text, or neither.
//!
//! A stream was asked for, and servers answer with what they like, under any content type [9]. The first
//! byte that is not blank tells which it is; what is neither is told as an error, never guessed at.

use alloc::{borrow::Cow, boxed::Box, format, string::String};

use crate::errors::{Error, incomplete_stream, protocol};
use crate::events::Assembler;
use crate::json::parse;
use crate::scanned::scanned;
use crate::sse::{MAX_EVENT, MAX_LINE, Parser, Tail, TooLong};

pub use whole_body::MAX_WHOLE;
use whole_body::WholeBody;

mod whole_body;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// The model has not said that it finished.
    Open,
    /// It has; usage or an end marker may still come, but nothing has to.
    Finished,
    /// `finish` is among the events. Whatever else comes is not read [20].
    Complete,
}

/// How a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// As it should.
    Whole,
    /// The network, a deadline or an error in the stream cut it off.
    CutOff,
}

/// Reads what one wire route answers.
pub trait Decoder {
    /// The data of one event of a stream, as it came: invalid UTF-8 is to be replaced.
    fn event(&mut self, name: &str, data: &[u8], out: &mut Assembler) -> Result<(), Error>;

    /// A whole answer in one JSON text. It has no more to come.
    fn whole(&mut self, body: &str, out: &mut Assembler) -> Result<(), Error>;

    /// How far the answer has come.
    fn progress(&self) -> Progress;

    /// Counts the events that told something of the answer: keep-alives in whatever dress do not [26].
    fn progress_count(&self) -> u64;

    /// The stream is over: `finish` if the model said so and there is none yet, an error if it did not. Where
    /// the stream was cut off, a warning tells of what may be missing.
    fn end(&mut self, end: End, out: &mut Assembler) -> Result<(), Error>;
}

enum Body {
    /// Nothing but blanks so far.
    Unknown,
    Events(Parser),
    Whole(WholeBody),
}

/// An answer being read.
pub struct ResponseReader {
    body: Body,
    decoder: Box<dyn Decoder>,
}

impl ResponseReader {
    /// An answer in this decoder's route.
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

    /// Grows with each sign of progress of the answer.
    pub fn progress_count(&self) -> u64 {
        match &self.body {
            Body::Whole(whole) => whole.progress_count() as u64,
            _ => self.decoder.progress_count(),
        }
    }

    /// The bytes of one read. Events go to `out`; an error ends the answer.
    pub fn push(&mut self, bytes: &[u8], out: &mut Assembler) -> Result<(), Error> {
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
                false => Err(protocol(format!(
                    "The answer is one JSON text of more than {} MiB.",
                    MAX_WHOLE >> 20
                ))),
            },
            Body::Events(parser) => {
                let mut feed = parser.feed(bytes);
                while self.decoder.progress() != Progress::Complete {
                    let event = match feed.next_event() {
                        Ok(Some(event)) => event,
                        Ok(None) => break,
                        Err(cap) => return self.cut_off(too_long(cap), out),
                    };
                    let result = self.decoder.event(event.name, event.data, out);
                    if let Err(error) = result {
                        return self.cut_off(error, out);
                    }
                }
                Ok(())
            }
        }
    }

    /// The body has ended as it should.
    pub fn end(&mut self, out: &mut Assembler) -> Result<(), Error> {
        if self.progress() == Progress::Complete {
            return Ok(());
        }
        match core::mem::replace(&mut self.body, Body::Unknown) {
            Body::Unknown => Err(incomplete_stream()),
            Body::Whole(body) => self.decoder.whole(&body.into_text(), out),
            Body::Events(parser) if !parser.is_plausible() => Err(protocol(
                "The provider answered with plain text and not with its API: check the base URL, it has to end in /v1.",
            )),
            Body::Events(parser) => {
                if let Some(Tail { name, data }) = parser.into_tail()
                    && is_whole(&utf8_lossy(&data))
                    && let Err(error) = self.decoder.event(&name, &data, out)
                {
                    return self.cut_off(error, out);
                }
                self.decoder.end(End::Whole, out)
            }
        }
    }

    /// The body was cut off: by the network, a deadline, or an error in the stream. An answer whose model
    /// had finished is complete all the same, and so is a JSON text whose last bracket has come.
    pub fn cut_off(&mut self, cause: Error, out: &mut Assembler) -> Result<(), Error> {
        match (self.progress(), &self.body) {
            (Progress::Open, _) => Err(cause),
            (Progress::Complete, _) => Ok(()),
            (Progress::Finished, Body::Whole(_)) => self.end(out),
            (Progress::Finished, _) => self.decoder.end(End::CutOff, out),
        }
    }
}

/// By the standard half an event at the end is nothing; one that is complete but for the blank line
/// behind it was meant to be one [5].
fn is_whole(tail: &str) -> bool {
    tail.trim_ascii() == "[DONE]" || parse(tail).is_ok()
}

/// Invalid UTF-8 replaced. Nearly all is valid, and seen to be so eight bytes at a time; the search for
/// replacements goes byte by byte.
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
            "The provider answered with a web page and not with its API: check the base URL, it has to end in /v1.",
        )),
        // The first byte of gzip; no field name begins with it.
        0x1F => Err(protocol("The provider answered with a compressed body that nobody asked for.")),
        _ => Ok(Body::Events(Parser::default())),
    }
}

/// Blank lines before the first event mean nothing, nor does a byte-order mark.
fn without_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF))
        .count();
    bytes.get(blanks..).unwrap_or_default()
}

fn too_long(cap: TooLong) -> Error {
    protocol(match cap {
        TooLong::Line => format!("A line of the stream is longer than {} MiB.", MAX_LINE >> 20),
        TooLong::Event => format!("An event of the stream is larger than {} MiB.", MAX_EVENT >> 20),
    })
}
