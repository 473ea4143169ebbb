//! The public bug reports of the corpora that are about replays and requests, natively: the bytes of a response through
//! the decoder, and the parts of a request through the encoder.

use std::string::{String, ToString};
use std::vec::Vec;

use serde_json::Value;

use super::decoder_tests::decode;
use crate::contract::{
    BlockKind, Event, Media, MediaSource, Message, Part, Request, Role, TextPart, Tool, ToolCallPart,
    ToolResultPart,
};
use crate::corpora;
use crate::history::samples;

/// The cases by the beginnings of their names. The others are about parts that do not end here, such as retries.
const CASES: [&str; 9] = ["D11", "D12", "D13", "D14", "D15", "D23", "D24", "D25", "D26"];

/// A block that ended with a replay: its kind, its text and the replay.
struct Replayed {
    reasoning: bool,
    text: String,
    json: String,
}

fn replayed(events: &[Event]) -> Vec<Replayed> {
    let mut blocks: Vec<(bool, String)> = Vec::new();
    let mut found = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => blocks.push((start.kind == BlockKind::Reasoning, String::new())),
            Event::BlockDelta(delta) => blocks[delta.index as usize].1.push_str(&delta.text),
            Event::BlockEnd(end) => {
                let (reasoning, text) = blocks[end.index as usize].clone();
                found.extend(end.replay.clone().map(|json| Replayed { reasoning, text, json }));
            }
            _ => {}
        }
    }
    found
}

fn check_response(name: &str, expected: &Value, body: &[u8]) {
    let reading = decode(&[body]);
    assert_eq!(reading.error, None, "{name}");
    let replayed = replayed(&reading.events);
    let all: Vec<&str> = replayed.iter().map(|block| block.json.as_str()).collect();
    if let Some(count) = expected["replays"].as_u64() {
        assert!(all.len() as u64 >= count, "{name}: {all:?}");
    }
    for text in expected["replay_holds"].as_array().into_iter().flatten() {
        let text = text.as_str().expect("a text");
        assert!(all.iter().any(|json| json.contains(text)), "{name}: {all:?}");
    }
    if let Some(count) = expected["replay_details"].as_u64() {
        let details = all.iter().map(|json| {
            let json: Value = serde_json::from_str(json).expect("JSON");
            json["details"].as_array().map_or(0, Vec::len) as u64
        });
        assert_eq!(details.sum::<u64>(), count, "{name}: {all:?}");
    }
    if expected["no_empty_signed_reasoning"] == true {
        let signed = |block: &&Replayed| block.json.contains("\"signature\"");
        assert!(replayed.iter().any(|block| signed(&block)), "{name}: {all:?}");
        let empty = replayed.iter().filter(signed).find(|block| block.reasoning && block.text.is_empty());
        assert!(empty.is_none(), "{name}: {all:?}");
    }
}

fn text_of(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_string()
}

fn part(part: &Value) -> Part {
    match part["part"].as_str().expect("the kind of a part") {
        "text" => Part::Text(TextPart { text: text_of(part, "text"), replay: None }),
        "tool-call" => Part::ToolCall(ToolCallPart {
            id: text_of(part, "id"),
            name: text_of(part, "name"),
            arguments_json: text_of(part, "arguments-json"),
            replay: None,
        }),
        "tool-result" => Part::ToolResult(ToolResultPart {
            call_id: text_of(part, "call-id"),
            name: None,
            text: text_of(part, "text"),
            media: Vec::new(),
            is_error: false,
        }),
        "image" => {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            let bytes = STANDARD.decode(text_of(&part["source"], "inline")).expect("base64");
            let source = MediaSource::Inline(bytes);
            Part::Image(Media { source, media_type: text_of(part, "media-type"), name: None })
        }
        other => panic!("a part of the kind {other}"),
    }
}

fn message(message: &Value) -> Message {
    let role = match message["role"].as_str().expect("a role") {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::Tool,
    };
    let content = message["content"].as_array().expect("parts").iter().map(part).collect();
    Message { role, content, cache_here: false }
}

fn request(given: &Value) -> Request {
    let tools = given["tools"].as_array().into_iter().flatten().map(|tool| Tool {
        name: text_of(tool, "name"),
        description: None,
        parameters_json: tool["parameters-json"].to_string(),
        strict: None,
    });
    Request {
        model: text_of(given, "model"),
        tools: tools.collect(),
        cache_key: given["cache-key"].as_str().map(ToString::to_string),
        ..samples::request(given["messages"].as_array().expect("messages").iter().map(message).collect())
    }
}

fn check_request(name: &str, expected: &Value, given: &Value) {
    let body = super::ROUTE.encode(&request(given)).unwrap_or_else(|error| panic!("{name}: {error:?}")).body;
    let sent: Value = serde_json::from_slice(&body).expect("JSON");
    let text = String::from_utf8(body).expect("text");
    for part in expected["sent_holds"].as_array().into_iter().flatten() {
        assert!(text.contains(part.as_str().expect("a text")), "{name}: {text}");
    }
    if expected["sent_ids_whole"] == true {
        let parts = given["messages"].as_array().expect("messages").iter();
        let parts = parts.flat_map(|message| message["content"].as_array().into_iter().flatten());
        for id in parts.filter_map(|part| part["id"].as_str()) {
            assert!(text.contains(id), "{name}: {text}");
        }
    }
    if let Some(most) = expected["cache_key_max"].as_u64() {
        let key = sent["prompt_cache_key"].as_str().expect(name);
        assert!((1..=most).contains(&(key.chars().count() as u64)), "{name}: {key}");
    }
    if let Some(parameters) = expected.get("tool_parameters") {
        assert_eq!(sent["tools"][0]["function"]["parameters"], *parameters, "{name}");
    }
    if expected["no_blank_messages"] == true {
        let mut texts =
            sent["messages"].as_array().expect(name).iter().filter_map(|sent| sent["content"].as_str());
        assert!(texts.all(|text| !text.trim().is_empty()), "{name}: {text}");
    }
}

#[test]
fn each_report_about_replays_and_requests_gives_its_expected_value() {
    let Some(root) = corpora::root() else { return };
    let Ok(folders) = std::fs::read_dir(root.join("bugs")) else {
        println!("skipped: the corpora have no bug reports");
        return;
    };
    let mut played = 0;
    for folder in folders {
        let name = folder.expect("a folder").file_name().to_string_lossy().into_owned();
        if !CASES.iter().any(|case| name.starts_with(case)) {
            continue;
        }
        let file = |file: &str| std::format!("bugs/{name}/{file}");
        let expected = corpora::json(&file("expect.json")).expect("an expectation");
        if root.join(file("request.json")).exists() {
            check_request(&name, &expected, &corpora::json(&file("request.json")).expect("a request"));
        }
        let response = corpora::text(&file("response1.http")).expect("a response");
        let (_, body) = response.split_once("\r\n\r\n").expect("a head and a body");
        check_response(&name, &expected, body.as_bytes());
        played += 1;
    }
    assert!(played >= CASES.len(), "only {played} cases are there");
}
