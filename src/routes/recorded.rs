//! The recorded responses of the routes beside chat completions: each decodes to what its expectations say, whole and in
//! small reads.

use serde_json::Value;
use std::string::{String, ToString};
use std::{format, vec::Vec};

use super::{ResponseContext, Route};
use crate::contract::{BlockKind, Event, Finish, ToolArguments};
use crate::corpora;
use crate::errors::{Error, ErrorKind, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::Grammar;
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};

/// What a response decoded to.
pub struct Reading {
    /// All events, in the grammar of the contract.
    pub events: Vec<Event>,
    /// The error that ended it.
    pub error: Option<Error>,
}

/// Decodes a body, in reads of this size.
pub fn decode(route: &Route, body: &[u8], size: usize) -> Reading {
    let head = ResponseHead { status: 200, headers: Vec::new() };
    let context = ResponseContext { head, scrubber: Scrubber::new(Some("sk-key")), reasoning_text: true };
    let mut reader = ResponseReader::new((route.decoder)(context));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in body.chunks(size.max(1)) {
            reader.push(read, &mut out)?;
            if reader.progress() == Progress::Complete {
                return Ok(());
            }
        }
        reader.end(&mut out)
    };
    let error = run().err();
    let events = out.take(usize::MAX);
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.finish.is_some(), error.is_none(), "a finish or an error: {error:?}");
    Reading { events, error }
}

/// The parts of a response in the form of the expectations.
#[derive(Default)]
struct Parts {
    id: Option<String>,
    text: String,
    refusal: String,
    reasoning: Vec<String>,
    /// Id, name, and the arguments as JSON, or as a text where they are none.
    calls: Vec<(String, String, Value)>,
    replays: String,
    finish: Option<Finish>,
}

fn parts(events: &[Event]) -> Parts {
    let mut parts = Parts::default();
    let mut kinds = Vec::new();
    for event in events {
        match event {
            Event::Response(info) => parts.id.clone_from(&info.id),
            Event::BlockStart(start) => {
                if let BlockKind::ToolCall(head) = &start.kind {
                    parts.calls.push((head.id.clone(), head.name.clone(), Value::Null));
                } else if start.kind == BlockKind::Reasoning {
                    parts.reasoning.push(String::new());
                }
                kinds.push((start.kind.clone(), parts.calls.len(), parts.reasoning.len()));
            }
            Event::BlockDelta(delta) => match &kinds[delta.index as usize] {
                (BlockKind::Text, ..) => parts.text += &delta.text,
                (BlockKind::Refusal, ..) => parts.refusal += &delta.text,
                (BlockKind::Reasoning, _, count) => parts.reasoning[count - 1] += &delta.text,
                (BlockKind::ToolCall(_), ..) => {}
            },
            Event::BlockEnd(end) => {
                parts.replays += end.replay.as_deref().unwrap_or_default();
                let (_, count, _) = kinds[end.index as usize];
                match &end.arguments {
                    Some(ToolArguments::Object(json)) => {
                        parts.calls[count - 1].2 = serde_json::from_str(json).expect("JSON");
                    }
                    Some(ToolArguments::Malformed(malformed)) => {
                        parts.calls[count - 1].2 = serde_json::json!({ "raw": malformed.raw });
                    }
                    None => {}
                }
            }
            Event::Finish(finish) => parts.finish = Some(finish.clone()),
            Event::Warning(_) => {}
        }
    }
    parts
}

/// White space between the parts of a reasoning is a matter of taste.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text<'a>(expected: &'a Value, field: &str) -> &'a str {
    expected[field].as_str().unwrap_or_default()
}

/// The differences between a response and its expectations.
fn differences(reading: &Reading, expected: &Value) -> Vec<String> {
    let found = parts(&reading.events);
    let mut differences = Vec::new();
    let mut differ = |what: &str, found: &dyn std::fmt::Debug, expected: &dyn std::fmt::Debug| {
        differences.push(format!("{what}: {found:?}, expected {expected:?}"));
    };
    let outcome = text(expected, "outcome");
    let kind = reading.error.as_ref().map(|error| &error.kind);
    let as_expected = match outcome {
        "finish" => kind.is_none(),
        "cut-off" => matches!(kind, Some(ErrorKind::IncompleteStream | ErrorKind::Protocol)),
        _ => kind.is_some(),
    };
    if !as_expected {
        differ("outcome", &reading.error, &outcome);
    }
    if let Some(id) = expected["id"].as_str()
        && found.id.as_deref() != Some(id)
        && found.id.is_some()
    {
        differ("id", &found.id, &id);
    }
    if found.text != text(expected, "text") {
        differ("text", &found.text, &text(expected, "text"));
    }
    if squeezed(&found.refusal) != squeezed(text(expected, "refusal")) {
        differ("refusal", &found.refusal, &text(expected, "refusal"));
    }
    let reasoning: Vec<_> = found.reasoning.iter().map(|text| squeezed(text)).collect();
    let reasoning = reasoning.join(" ");
    if squeezed(&reasoning) != squeezed(text(expected, "reasoning")) {
        differ("reasoning", &reasoning, &text(expected, "reasoning"));
    }
    let calls = expected["tool_calls"].as_array().cloned().unwrap_or_default();
    if calls.len() != found.calls.len() {
        differ("calls", &found.calls, &calls);
    }
    for ((id, name, arguments), call) in found.calls.iter().zip(&calls) {
        // Most of Gemini's calls have no id.
        let same_id = matches!(text(call, "id"), "") || text(call, "id") == id;
        if name != text(call, "name") || !same_id {
            differ("call", &(id, name), call);
        }
        if *arguments != call["arguments"]
            && !(text(call, "kind") == "custom" && arguments["raw"].is_string())
        {
            differ("arguments", arguments, call);
        }
    }
    for replay in expected["replay"].as_array().into_iter().flatten() {
        // Ids of reasoning need not go back.
        let value = text(replay, "value");
        if text(replay, "what") != "reasoning id" && outcome == "finish" && !found.replays.contains(value) {
            differ("replay", &found.replays, replay);
        }
    }
    if let Some(finish) = found.finish.filter(|_| outcome == "finish") {
        let wire = text(expected, "finish");
        let reason = wire.rsplit(':').next().unwrap_or_default();
        let raw = finish.raw_reason.as_deref();
        if !reason.is_empty() && raw != Some(reason) && raw != Some(wire) {
            differ("finish", &raw, &wire);
        }
        let usage = finish.usage.as_ref();
        let (input, output) = (usage.and_then(|usage| usage.input), usage.and_then(|usage| usage.output));
        let (expected_input, expected_output) = sums(text(expected, "route"), &expected["usage"]);
        if expected_input.is_some() && input != expected_input {
            differ("input tokens", &input, &expected_input);
        }
        if expected_output.is_some() && output != expected_output {
            differ("output tokens", &output, &expected_output);
        }
    }
    differences
}

/// Input and output tokens as the contract counts them.
fn sums(route: &str, usage: &Value) -> (Option<u64>, Option<u64>) {
    let Some(usage) = usage.as_object().filter(|usage| !usage.is_empty()) else { return (None, None) };
    let one = |name: &str| usage.get(name).and_then(Value::as_u64);
    let sum = |names: &[&str]| Some(names.iter().filter_map(|name| one(name)).sum());
    match route {
        "responses" => (one("input_tokens"), one("output_tokens")),
        "messages" => (
            sum(&["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]),
            one("output_tokens"),
        ),
        _ => (
            sum(&["promptTokenCount", "toolUsePromptTokenCount"]),
            sum(&["candidatesTokenCount", "thoughtsTokenCount"]),
        ),
    }
}

/// The recordings of a route, each with its name. The status decides about those that are errors, and the error table
/// reads them.
pub fn bodies(route: &Route) -> Vec<(String, Vec<u8>)> {
    let path = format!("routes/{}", route.name);
    let Some(root) = corpora::root().filter(|root| root.join(&path).is_dir()) else { return Vec::new() };
    let list = std::fs::read_to_string(root.join(&path).join("SOURCES.tsv")).expect("the list");
    let mut rows = list.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = rows.next().expect("a heading");
    let column = |name: &str| head.iter().position(|title| *title == name).expect("a column");
    let (framing, status) = (column("framing"), column("status"));
    rows.filter(|row| matches!(row.get(status), None | Some(&"" | &"200")))
        .map(|row| {
            let body = corpora::text(&format!("{path}/{}", row[0])).expect(row[0]);
            let body = match row[framing] {
                "lines" => {
                    let lines = body.lines().filter(|line| !line.trim().is_empty());
                    lines.map(|line| format!("data: {line}\n\n")).collect()
                }
                _ => body,
            };
            (row[0].to_string(), body.into_bytes())
        })
        .collect()
}

/// Decodes every recording of a route.
pub fn check(route: &Route) {
    let bodies = bodies(route);
    let mut failures = Vec::new();
    for (name, body) in &bodies {
        let expected = corpora::json(&format!("routes/{}/{name}.expected.json", route.name)).expect(name);
        for size in [usize::MAX, 1, 3, 1000] {
            let reading = decode(route, body, size);
            for difference in differences(&reading, &expected) {
                let short: String = difference.chars().take(400).collect();
                failures.push(format!("{name} in reads of {size}: {short}"));
            }
        }
    }
    assert!(bodies.is_empty() || bodies.len() > 40, "most recordings of {} are missing", route.name);
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}
