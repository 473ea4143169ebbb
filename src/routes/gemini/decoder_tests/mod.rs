//! Responses of this route, natively: bodies, and what each comes to.

mod calls;
mod content;
mod cost;
mod ends;
mod fast_path;
mod round_trip;

use std::string::String;
use std::vec::Vec;
use std::{format, println};

use super::ROUTE;
use crate::contract::{BlockEnd, BlockKind, ErrorKind, Event, Finish, FinishReason};
use crate::errors::Scrubber;
use crate::events::Assembler;
use crate::events::grammar::{Grammar, ResponseContent};
use crate::http_head::ResponseHead;
use crate::response::ResponseReader;
use crate::routes::{
    ResponseContext,
    recorded::{self, Reading, decode},
};

#[test]
fn each_recorded_response_decodes_as_expected() {
    recorded::check(&ROUTE);
}

/// A chunk with these parts, and these fields of its candidate.
fn chunk(parts: &str, more: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{parts}],"role":"model"}}{more}}}],"responseId":"r1"}}"#
    )
}

const STOP: &str = r#","finishReason":"STOP""#;

/// Decodes a body, which comes to the same however it is cut.
fn body(body: &str) -> Reading {
    let whole = decode(&ROUTE, body.as_bytes(), usize::MAX);
    for size in [1, 3] {
        let cut = decode(&ROUTE, body.as_bytes(), size);
        assert_eq!(cut.events, whole.events, "reads of {size} bytes make other events of {body}");
        assert_eq!(cut.error, whole.error, "{body}");
    }
    whole
}

fn framed(chunks: &[String]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
}

fn stream(chunks: &[String]) -> Reading {
    body(&framed(chunks))
}

fn content(reading: &Reading) -> ResponseContent {
    let mut grammar = Grammar::default();
    reading.events.iter().for_each(|event| grammar.read(event));
    // An error leaves blocks open, and their text counts all the same.
    let mut texts = Vec::new();
    let mut text = String::new();
    for event in &reading.events {
        match event {
            Event::BlockStart(start) if start.kind == BlockKind::Text => texts.push(start.index),
            Event::BlockDelta(delta) if texts.contains(&delta.index) => text += &delta.text,
            _ => {}
        }
    }
    ResponseContent { text, ..grammar.content }
}

fn finish(reading: &Reading) -> Finish {
    match reading.events.last() {
        Some(Event::Finish(finish)) => finish.clone(),
        other => panic!("no finish: {other:?} {:?}", reading.error),
    }
}

fn kind(reading: &Reading) -> Option<ErrorKind> {
    reading.error.as_ref().map(|error| error.kind.clone())
}

fn ends(reading: &Reading) -> Vec<BlockEnd> {
    let end = |event: &Event| match event {
        Event::BlockEnd(end) => Some(end.clone()),
        _ => None,
    };
    reading.events.iter().filter_map(end).collect()
}

fn replays(reading: &Reading) -> Vec<Option<String>> {
    ends(reading).into_iter().map(|end| end.replay).collect()
}
