//! The route against recordings, and against scenarios of its own.

mod caching;
mod cost;
mod decoding;
mod details;
mod generated;
mod options;
mod replays;
mod requests;
mod round_trip;
mod thinking;

use serde_json::Value;
use std::string::{String, ToString};
use std::{format, vec::Vec};

use super::ROUTE;
use crate::contract::{
    BlockKind, ErrorKind, Event, FinishReason, Message, Part, ReasoningPart, Request, Role, TextPart,
    ToolArguments, ToolCallPart, Usage,
};
use crate::events::grammar::{Grammar, ResponseContent};
use crate::history::samples;
use crate::routes::recorded::{self, Reading};

#[test]
fn every_recording_decodes_as_expected() {
    recorded::check(&ROUTE);
}

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn stop_reason(reason: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":7}}}}"#
    )
}

fn begin(index: usize, block: &str) -> String {
    format!(r#"{{"type":"content_block_start","index":{index},"content_block":{block}}}"#)
}

fn delta(index: usize, delta: &str) -> String {
    format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#)
}

fn text(index: usize, text: &str) -> String {
    delta(index, &format!(r#"{{"type":"text_delta","text":"{text}"}}"#))
}

fn input(index: usize, json: &str) -> String {
    let json = Value::from(json);
    delta(index, &format!(r#"{{"type":"input_json_delta","partial_json":{json}}}"#))
}

fn end(index: usize) -> String {
    format!(r#"{{"type":"content_block_stop","index":{index}}}"#)
}

fn stream<T: AsRef<str>>(data: &[T]) -> String {
    data.iter().map(|data| format!("event: x\ndata: {}\n\n", data.as_ref())).collect()
}

/// Decodes a stream of these data lines, which makes the same events however it is cut.
fn decode<T: AsRef<str>>(data: &[T]) -> Reading {
    let body = stream(data);
    let whole = recorded::decode(&ROUTE, body.as_bytes(), usize::MAX);
    for size in [1, 3] {
        let cut = recorded::decode(&ROUTE, body.as_bytes(), size);
        assert_eq!(cut.events, whole.events, "reads of {size} bytes");
        assert_eq!(cut.error, whole.error);
    }
    whole
}

/// A whole message of these events, without its first and its last ones.
fn message<T: AsRef<str>>(events: &[T], reason: &str) -> Reading {
    let mut all: Vec<String> = [START.to_string()].into();
    all.extend(events.iter().map(|event| event.as_ref().to_string()));
    all.extend([stop_reason(reason), STOP.to_string()]);
    decode(&all)
}

fn content(reading: &Reading) -> ResponseContent {
    let mut grammar = Grammar::default();
    reading.events.iter().for_each(|event| grammar.read(event));
    grammar.content
}

fn kind(reading: &Reading) -> Option<ErrorKind> {
    reading.error.as_ref().map(|error| error.kind.clone())
}

fn reason(reading: &Reading) -> Option<FinishReason> {
    content(reading).finish.map(|(reason, _)| reason)
}

fn replays(reading: &Reading) -> Vec<Option<String>> {
    let mut ends: Vec<_> = reading
        .events
        .iter()
        .filter_map(|event| match event {
            Event::BlockEnd(end) => Some((end.index, end.replay.clone())),
            _ => None,
        })
        .collect();
    ends.sort_by_key(|(index, _)| *index);
    ends.into_iter().map(|(_, replay)| replay).collect()
}

fn usage(reading: &Reading) -> Usage {
    let finish = reading.events.iter().find_map(|event| match event {
        Event::Finish(finish) => Some(finish.clone()),
        _ => None,
    });
    finish.expect("a finish").usage.expect("usage")
}

fn extra(reading: &Reading) -> Value {
    let extra = reading.events.iter().find_map(|event| match event {
        Event::Finish(finish) => finish.extra_json.clone(),
        _ => None,
    });
    extra.map_or(Value::Null, |json| serde_json::from_str(&json).expect("JSON"))
}

/// The turn that a host keeps of a response.
pub(crate) fn turn_of(events: &[Event]) -> Message {
    let mut parts: Vec<Part> = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => parts.push(match &start.kind {
                BlockKind::Text | BlockKind::Refusal => {
                    Part::Text(TextPart { text: String::new(), replay: None })
                }
                BlockKind::Reasoning => Part::Reasoning(ReasoningPart { text: String::new(), replay: None }),
                BlockKind::ToolCall(head) => Part::ToolCall(ToolCallPart {
                    id: head.id.clone(),
                    name: head.name.clone(),
                    arguments_json: String::new(),
                    replay: None,
                }),
            }),
            Event::BlockDelta(delta) => match &mut parts[delta.index as usize] {
                Part::Text(part) => part.text += &delta.text,
                Part::Reasoning(part) => part.text += &delta.text,
                _ => {}
            },
            Event::BlockEnd(end) => match &mut parts[end.index as usize] {
                Part::Text(part) => part.replay.clone_from(&end.replay),
                Part::Reasoning(part) => part.replay.clone_from(&end.replay),
                Part::ToolCall(part) => {
                    part.replay.clone_from(&end.replay);
                    part.arguments_json = match end.arguments.clone().expect("arguments") {
                        ToolArguments::Object(json) => json,
                        ToolArguments::Malformed(malformed) => malformed.raw,
                    };
                }
                _ => {}
            },
            _ => {}
        }
    }
    Message { role: Role::Assistant, content: parts, cache_here: false }
}

fn request(model: &str, messages: Vec<Message>) -> Request {
    Request { model: model.into(), ..samples::request(messages) }
}

/// The body of a request, checked by the strict server, and its warnings.
fn encoded(request: &Request) -> (Value, Vec<String>) {
    let encoded = ROUTE.encode(request).expect("a good request");
    let body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
    super::strict_server::check(request, &body);
    (body, encoded.warnings)
}

fn hello() -> Vec<Message> {
    [samples::user([samples::text("hello")].into())].into()
}
