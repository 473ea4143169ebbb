//! The public vectors: web-platform-tests and LaunchDarkly's contract tests.

use super::*;
use crate::corpora;
use serde::Deserialize;
use std::string::{String, ToString};
use std::vec::Vec;

#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(default)]
    input: String,
    input_hex: Option<String>,
    chunks: Option<Vec<Piece>>,
    events: Option<Vec<Expected>>,
}

/// A read of the vector's own: as text, or as bytes where it cuts a character.
#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    Text(String),
    Bytes { hex: String },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Expected {
    r#type: String,
    data: String,
    id: String,
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn bytes_of(vector: &Vector) -> Vec<u8> {
    vector.input_hex.as_deref().map_or_else(|| vector.input.clone().into_bytes(), from_hex)
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Piece::Text(text) => text.clone().into_bytes(),
            Piece::Bytes { hex } => from_hex(hex),
        }
    }
}

fn parse(reads: &[&[u8]]) -> Result<Vec<Expected>, TooLong> {
    let mut parser = Parser::default();
    let mut found = Vec::new();
    for read in reads {
        let mut feed = parser.feed(read);
        while let Some(event) = feed.next_event()? {
            found.push(Expected {
                r#type: if event.name.is_empty() { "message" } else { event.name }.to_string(),
                data: String::from_utf8_lossy(event.data).into_owned(),
                id: event.last_event_id.to_string(),
            });
        }
    }
    Ok(found)
}

fn run(file: &str) {
    let Some(text) = corpora::text(file) else { return };
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).expect("a list of vectors");
    assert!(!vectors.is_empty(), "{file} holds no vector");
    let mut run = 0;
    for value in vectors {
        // Generated vectors are of lines beyond our cap; the unit tests have those.
        if value.get("generator").is_some() {
            continue;
        }
        let vector: Vector = serde_json::from_value(value).expect("a vector");
        let Some(expected) = &vector.events else { continue };
        run += 1;
        let whole = bytes_of(&vector);
        let result = parse(&[&whole]);
        if whole.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| line.len() > MAX_LINE) {
            assert_eq!(result, Err(TooLong::Line), "{}", vector.name);
            continue;
        }
        assert_eq!(result.as_ref(), Ok(expected), "{}", vector.name);
        if let Some(chunks) = &vector.chunks {
            let pieces: Vec<Vec<u8>> = chunks.iter().map(Piece::bytes).collect();
            let reads: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            assert_eq!(parse(&reads).as_ref(), Ok(expected), "{}, in its own reads", vector.name);
        }
        for cut in 0..whole.len().min(2_000) {
            let (before, after) = whole.split_at(cut);
            assert_eq!(parse(&[before, after]).as_ref(), Ok(expected), "{} cut at {cut}", vector.name);
        }
    }
    println!("{file}: {run} vectors");
    assert!(run > 20, "most of {file} could not be read");
}

#[test]
fn the_vectors_of_web_platform_tests_pass_at_every_cut() {
    run("sse/wpt.json");
}

#[test]
fn the_vectors_of_launchdarkly_pass_at_every_cut() {
    run("sse/launchdarkly.json");
}
