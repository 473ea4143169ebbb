//! The catalogue's lines [9] to [20], natively: bodies, and what each comes to.

mod call_fragments;
mod call_repeats;
mod calls_generated;
mod content;
mod ends;
mod extras;
mod forms;
mod premature_finish;
mod reasoning;
mod reasoning_details;
mod reasoning_replay;
mod repeat_fast_path;
mod replay_units;
mod reported;
mod reported_errors;
mod strays;

use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

use super::ChatDecoder;
use crate::contract::{ErrorKind, Event, FinishReason};
use crate::errors::{Error, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::{self, Grammar};
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::ResponseContext;

/// What a body came to.
#[derive(Debug)]
pub(super) struct Reading {
    pub content: grammar::ResponseContent,
    pub events: Vec<Event>,
    pub error: Option<Error>,
}

impl Reading {
    fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(|error| error.kind.clone())
    }

    fn reason(&self) -> Option<FinishReason> {
        self.content.finish.clone().map(|(reason, _)| reason)
    }

    fn usage_json(&self) -> Option<String> {
        self.events.iter().find_map(|event| match event {
            Event::Finish(finish) => finish.usage.clone()?.raw_json,
            _ => None,
        })
    }
}

pub(super) fn reads_of(body: &[u8], size: usize) -> Vec<&[u8]> {
    body.chunks(size).collect()
}

fn context(reasoning_text: bool) -> ResponseContext {
    ResponseContext { head: ResponseHead::default(), scrubber: Scrubber::default(), reasoning_text }
}

pub(super) fn decode(reads: &[&[u8]]) -> Reading {
    decode_with(reads, true)
}

fn decode_with(reads: &[&[u8]], reasoning_text: bool) -> Reading {
    let mut answer = ResponseReader::new(Box::new(ChatDecoder::new(context(reasoning_text))));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in reads {
            answer.push(read, &mut out)?;
            if answer.progress() == Progress::Complete {
                return Ok(());
            }
        }
        answer.end(&mut out)
    };
    let error = run().err();
    let (mut grammar, mut events) = (Grammar::default(), Vec::new());
    while !out.is_empty() {
        events.extend(out.take(7));
    }
    events.iter().for_each(|event| grammar.read(event));
    Reading { content: grammar.content, events, error }
}

/// A stream of these data lines.
fn stream(data: &[&str]) -> String {
    data.iter().map(|data| std::format!("data: {data}\n\n")).collect()
}

fn decode_stream(data: &[&str]) -> Reading {
    let body = stream(data);
    let whole = decode(&[body.as_bytes()]);
    for size in [1, 3] {
        let cut = decode(&reads_of(body.as_bytes(), size));
        assert_eq!(cut.events, whole.events, "reads of {size} bytes make other events of {data:?}");
        assert_eq!(cut.error, whole.error);
    }
    whole
}

fn delta(json: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{json}}}]}}"#)
}

fn finish(reason: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
}

/// Deltas, then a finish and the end marker.
fn response_of(deltas: &[&str], reason: &str) -> Reading {
    let chunks: Vec<String> = deltas.iter().map(|json| delta(json)).chain([finish(reason)]).collect();
    let mut data: Vec<&str> = chunks.iter().map(String::as_str).collect();
    data.push("[DONE]");
    decode_stream(&data)
}
