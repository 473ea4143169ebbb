//! Bodies of the route, and what each comes to.

mod content;
mod cost;
mod ends;
mod items;
mod recorded;
mod round_trip;

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{ROUTE, ResponsesDecoder};
use crate::contract::{BlockKind, ErrorKind, Event, Finish, FinishReason};
use crate::errors::{Error, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::{self, Grammar};
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::ResponseContext;

/// What a body came to.
#[derive(Debug)]
struct Reading {
    content: grammar::ResponseContent,
    events: Vec<Event>,
    error: Option<Error>,
    /// What counts as progress for the idle deadline.
    progress: u64,
}

impl Reading {
    fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(|error| error.kind.clone())
    }

    fn finish(&self) -> &Finish {
        match self.events.last() {
            Some(Event::Finish(finish)) => finish,
            other => panic!("{other:?} {:?}", self.error),
        }
    }

    fn reason(&self) -> FinishReason {
        self.finish().reason.clone()
    }

    /// The replays of the blocks, in the order of their ends.
    fn replays(&self) -> Vec<&str> {
        let ends = self.events.iter().filter_map(|event| match event {
            Event::BlockEnd(end) => end.replay.as_deref(),
            _ => None,
        });
        ends.collect()
    }

    /// The blocks in the order of their starts, each by its kind and its text.
    fn blocks(&self) -> Vec<String> {
        let mut blocks = Vec::new();
        for event in &self.events {
            match event {
                Event::BlockStart(start) => blocks.push(match &start.kind {
                    BlockKind::Text => "text ".to_string(),
                    BlockKind::Reasoning => "reasoning ".to_string(),
                    BlockKind::Refusal => "refusal ".to_string(),
                    BlockKind::ToolCall(head) => format!("{} {} ", head.id, head.name),
                }),
                Event::BlockDelta(delta) => blocks[delta.index as usize] += &delta.text,
                _ => {}
            }
        }
        blocks
    }
}

fn decode_with(reads: &[&[u8]], reasoning_text: bool) -> Reading {
    let context =
        ResponseContext { head: ResponseHead::default(), scrubber: Scrubber::default(), reasoning_text };
    let decoder = ResponsesDecoder::new(context);
    let mut response = ResponseReader::new(std::boxed::Box::new(decoder));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in reads {
            response.push(read, &mut out)?;
            if response.progress() == Progress::Complete {
                return Ok(());
            }
        }
        response.end(&mut out)
    };
    let error = run().err();
    let progress = response.progress_count();
    let (mut grammar, mut events) = (Grammar::default(), Vec::new());
    while !out.is_empty() {
        events.extend(out.take(7));
    }
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.finish.is_some(), error.is_none(), "a finish or an error: {error:?}");
    Reading { content: grammar.content, events, error, progress }
}

/// Whole, and in reads of one and three bytes, with the same result.
fn decode(body: &str) -> Reading {
    let whole = decode_with(&[body.as_bytes()], true);
    for size in [1, 3] {
        let cut = decode_with(&body.as_bytes().chunks(size).collect::<Vec<_>>(), true);
        assert_eq!((&cut.events, &cut.error), (&whole.events, &whole.error), "reads of {size} bytes");
    }
    whole
}

/// A stream of these events. An event is its name without `response.`, a space and its fields without the brackets.
fn stream(events: &[&str]) -> String {
    let event = |event: &&str| {
        let (name, fields) = event.split_once(' ').unwrap_or((event, ""));
        let comma = if fields.is_empty() { "" } else { "," };
        format!("data: {{\"type\":\"response.{name}\"{comma}{fields}}}\n\n")
    };
    events.iter().map(event).collect()
}

fn decode_stream(events: &[&str]) -> Reading {
    decode(&stream(events))
}

const CREATED: &str = r#"created "response":{"id":"r","model":"gpt-5.4-2026-03-05","created_at":1700000000,"status":"in_progress","instructions":"secret"}"#;
const COMPLETED: &str = r#"completed "response":{"status":"completed","output":[],"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":3},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":12}}"#;

#[test]
fn what_would_be_lost_here_goes_to_another_route_first() {
    use crate::history::samples::{inline, request, text, user};
    use crate::routes::{RouteQuery, Suitability};
    let suits = |request: &crate::contract::Request| (ROUTE.suits)(&RouteQuery { model: "gpt-5.4", request });
    let plain = request(std::vec![user(std::vec![text("hello")])]);
    assert_eq!(suits(&plain), Suitability::Whole);
    for part in [
        crate::contract::Request { seed: Some(1), ..plain.clone() },
        crate::contract::Request { stop: std::vec!["END".into()], ..plain.clone() },
        crate::contract::Request { presence_penalty: Some(0.5), ..plain.clone() },
        request(std::vec![user(std::vec![crate::contract::Part::Audio(inline("audio/wav", b"RIFF"))])]),
    ] {
        assert_eq!(suits(&part), Suitability::Partly);
    }
}
