//! Responses that go back in the next request.

use super::*;
use crate::contract::{
    BlockKind, Message, Part, ReasoningPart, Request, TextPart, ToolArguments, ToolCallPart,
};
use crate::corpora;
use crate::history::samples;
use crate::routes::ROUTES;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::string::ToString;
use std::vec;

/// The assistant's message that a host makes of a response, and the results of its calls.
fn messages_of(events: &[Event]) -> Vec<Message> {
    let mut blocks: BTreeMap<u32, (BlockKind, String)> = BTreeMap::new();
    let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
    let mut results = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => drop(blocks.insert(start.index, (start.kind.clone(), String::new()))),
            Event::BlockDelta(delta) => blocks.get_mut(&delta.index).expect("a block").1 += &delta.text,
            Event::BlockEnd(end) => {
                let (kind, text) = blocks.remove(&end.index).expect("a block");
                let replay = end.replay.clone();
                let part = match kind {
                    BlockKind::Text | BlockKind::Refusal => Part::Text(TextPart { text, replay }),
                    BlockKind::Reasoning => Part::Reasoning(ReasoningPart { text, replay }),
                    BlockKind::ToolCall(head) => {
                        results.push(samples::result(&head.id, "done"));
                        let arguments_json = match end.arguments.clone().expect("arguments") {
                            ToolArguments::Object(object) => object,
                            ToolArguments::Malformed(malformed) => malformed.raw,
                        };
                        Part::ToolCall(ToolCallPart { id: head.id, name: head.name, arguments_json, replay })
                    }
                };
                parts.insert(end.index, part);
            }
            _ => {}
        }
    }
    let mut messages = vec![samples::assistant(parts.into_values().collect())];
    if !results.is_empty() {
        messages.push(samples::tool(results));
    }
    messages
}

fn request(model: &str, answers: impl IntoIterator<Item = Vec<Message>>) -> Request {
    let mut messages = vec![samples::user(vec![samples::text("hi")])];
    for answer in answers {
        messages.extend(answer);
        messages.push(samples::user(vec![samples::text("go on")]));
    }
    Request { model: model.into(), ..samples::request(messages) }
}

/// The body of a request, which a strict server takes.
fn sent(request: &Request) -> Value {
    let encoded = ROUTE.encode(request).expect("a request");
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (ROUTE.check_body)(request, &body);
    body
}

fn sent_back(chunks: &[String]) -> Value {
    let reading = stream(chunks);
    sent(&request("gemini-3-pro", [messages_of(&reading.events)]))["contents"][1]["parts"].take()
}

#[test]
fn parts_go_back_as_they_were_received() {
    let parts = [
        r#"{"text":"all","thoughtSignature":"S1"}"#,
        r#"{"text":"plain "}"#,
        r#"{"text":"signed","thoughtSignature":"S2"}"#,
        r#"{"text":"","thoughtSignature":"S3"}"#,
        r#"{"executableCode":{"code":"1","language":"PYTHON"},"thoughtSignature":"S4"}"#,
        r#"{"codeExecutionResult":{"outcome":"OUTCOME_OK"}}"#,
        r#"{"functionCall":{"name":"f","args":{"a":1.50}},"thoughtSignature":"S5"}"#,
        r#"{"functionCall":{"name":"g","args":{},"id":"w"}}"#,
    ];
    let back = sent_back(&[chunk(&parts.join(","), STOP)]);
    let expected: Vec<Value> = parts.iter().map(|part| serde_json::from_str(part).expect("JSON")).collect();
    assert_eq!(back, Value::Array(expected));
    // Whichever way the parts are spread over chunks.
    let mut chunks = parts.map(|part| chunk(part, "")).to_vec();
    chunks.push(chunk("", STOP));
    assert_eq!(sent_back(&chunks), back);
}

#[test]
fn parallel_calls_stand_in_one_content_with_the_signature_of_the_first() {
    let call = |name: &str, signature: &str| {
        format!(r#"{{"functionCall":{{"name":"{name}","args":{{}}}}{signature}}}"#)
    };
    let back = sent_back(&[
        chunk(r#"{"text":"thought","thought":true}"#, ""),
        chunk(&call("f", r#","thoughtSignature":"S""#), ""),
        chunk(&[call("g", ""), call("h", "")].join(","), STOP),
    ]);
    assert_eq!(
        back,
        json!([
            {"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"},
            {"functionCall":{"name":"g","args":{}}},
            {"functionCall":{"name":"h","args":{}}},
        ])
    );
}

/// Each alone, and all of them as one conversation.
#[test]
fn every_recorded_response_of_any_route_goes_back_to_a_strict_server() {
    for route in ROUTES {
        let bodies = recorded::bodies(route);
        let answers: Vec<_> =
            bodies.iter().map(|(_, body)| messages_of(&decode(route, body, usize::MAX).events)).collect();
        for model in ["gemini-3-flash", "gemini-2.5-pro"] {
            for answer in &answers {
                sent(&request(model, [answer.clone()]));
            }
            if !answers.is_empty() {
                sent(&request(model, answers.clone()));
            }
        }
    }
}

#[test]
fn every_recorded_signature_goes_back() {
    let mut signatures = 0;
    for (name, body) in recorded::bodies(&ROUTE) {
        let expected = corpora::json(&format!("routes/gemini/{name}.expected.json")).expect(&name);
        let request = request("gemini-3-pro", [messages_of(&decode(&ROUTE, &body, usize::MAX).events)]);
        let sent = String::from_utf8(ROUTE.encode(&request).expect("a request").body).expect("UTF-8");
        for replay in expected["replay"].as_array().into_iter().flatten() {
            let value = replay["value"].as_str().expect("a text");
            assert!(sent.contains(value), "{name}: {replay} does not go back");
            signatures += 1;
        }
    }
    assert!(signatures > 15 || corpora::root().is_none(), "most recordings are missing");
}

/// A small generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const PARTS: [&str; 20] = [
    r#"{"text":"a"}"#,
    r#"{"text":"b\ud83d"}"#,
    r#"{"text":"\ude00c"}"#,
    r#"{"text":" \n"}"#,
    r#"{"text":""}"#,
    r#"{"text":"s","thoughtSignature":"S1"}"#,
    r#"{"text":"é","thoughtSignature":"no base64!"}"#,
    r#"{"text":"","thoughtSignature":"S2"}"#,
    r#"{"thoughtSignature":"S3"}"#,
    r#"{"text":"t","thought":true}"#,
    r#"{"text":"u","thought":true,"thoughtSignature":"S4"}"#,
    r#"{"functionCall":{"name":"f","args":{"a":1e400}},"thoughtSignature":"S5"}"#,
    r#"{"functionCall":{"name":"1 g","args":{"b":"\ud83d"},"id":"w"}}"#,
    r#"{"functionCall":{"name":"f","willContinue":true}}"#,
    r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x","willContinue":true}],"willContinue":true}}"#,
    r#"{"functionCall":{}}"#,
    r#"{"functionCall":{"args":"[1"}}"#,
    r#"{"executableCode":{"code":"\ud83d"},"thoughtSignature":"S6"}"#,
    r#"{"inlineData":{"mimeType":"image/png","data":"AA=="}}"#,
    r#"{"newPart":{"a":-1e999}}"#,
];

#[test]
fn every_response_that_can_be_decoded_goes_back_to_a_strict_server() {
    let mut dice = Dice(7);
    for _ in 0..3_000 {
        let mut answers = Vec::new();
        for _ in 0..=dice.below(3) {
            let mut chunks = Vec::new();
            for _ in 0..dice.below(6) {
                let parts: Vec<&str> = (0..dice.below(4)).map(|_| dice.pick(&PARTS)).collect();
                chunks.push(chunk(&parts.join(","), ""));
            }
            chunks.push(chunk(
                "",
                &format!(r#","finishReason":"{}""#, dice.pick(&["STOP", "MAX_TOKENS", "SAFETY"])),
            ));
            let reading = decode(&ROUTE, framed(&chunks).as_bytes(), usize::MAX);
            assert_eq!(reading.error.map(|error| error.message.to_string()), None);
            answers.push(messages_of(&reading.events));
        }
        for model in ["gemini-3-pro", "gemini-2.5-flash"] {
            sent(&request(model, answers.clone()));
        }
    }
}
