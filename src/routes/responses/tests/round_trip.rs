//! What a decoder handed out goes back as it was received.

use super::*;
use crate::contract::{BlockEnd, Message, Part, Request, TextPart, ToolArguments};
use crate::corpora;
use crate::history::samples::*;
use serde_json::Value;
use std::vec;

/// The turn that a host keeps of a response.
fn turn_of(events: &[Event]) -> Message {
    let mut parts: Vec<Part> = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => parts.push(match &start.kind {
                BlockKind::Reasoning => reasoning("", None),
                BlockKind::Text | BlockKind::Refusal => text(""),
                BlockKind::ToolCall(head) => call(&head.id, &head.name, ""),
            }),
            Event::BlockDelta(delta) => match &mut parts[delta.index as usize] {
                Part::Text(part) => part.text += &delta.text,
                Part::Reasoning(part) => part.text += &delta.text,
                Part::ToolCall(part) => part.arguments_json += &delta.text,
                _ => {}
            },
            Event::BlockEnd(BlockEnd { index, replay, arguments }) => match &mut parts[*index as usize] {
                Part::Text(TextPart { replay: kept, .. }) => kept.clone_from(replay),
                Part::Reasoning(part) => part.replay.clone_from(replay),
                Part::ToolCall(part) => {
                    part.replay.clone_from(replay);
                    if let Some(ToolArguments::Object(json)) = arguments {
                        part.arguments_json.clone_from(json);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    assistant(parts)
}

/// The second request of a conversation, after this response.
fn second(model: &str, turn: Message) -> Request {
    let ids = turn.content.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(result(&call.id, "done")),
        _ => None,
    });
    let results = tool(ids.collect());
    Request {
        model: model.into(),
        ..request(vec![user(vec![text("hello")]), turn, results, user(vec![text("go on")])])
    }
}

/// The items of a response, as its events or its body have them.
fn items_of(body: &str) -> Vec<String> {
    let raw = |json: &str, field: &str| {
        let value: Value = serde_json::from_str(json).expect("JSON");
        let [item] =
            crate::json::fields(crate::json::parse(json).expect("JSON"), [field]).expect("an object");
        (value, item.map(|item| item.get().to_string()))
    };
    if body.starts_with('{') && !body.contains("\ndata:") {
        let (_, output) = raw(body, "output");
        return crate::json::elements(&output.unwrap_or_default())
            .into_iter()
            .flatten()
            .map(|item| item.get().to_string())
            .collect();
    }
    let data = body.lines().filter_map(|line| {
        line.strip_prefix("data:").or(Some(line)).filter(|line| line.trim_start().starts_with('{'))
    });
    data.filter_map(|json| {
        let (value, item) = raw(json.trim(), "item");
        item.filter(|_| value["type"] == "response.output_item.done")
    })
    .collect()
}

#[test]
fn every_recorded_response_goes_back_untouched_and_a_strict_server_takes_it() {
    let Some(root) = corpora::root() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(root.join("routes/responses")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_string();
        if name.ends_with(".expected.json") || name == "SOURCES.tsv" {
            continue;
        }
        let recorded = std::fs::read_to_string(&path).expect("text");
        let body = match name.ends_with(".lines") {
            true => recorded.lines().map(|line| format!("data: {line}\n\n")).collect(),
            false => recorded.clone(),
        };
        let read = decode_with(&[body.as_bytes()], true);
        let Some(Event::Response(info)) = read.events.first().filter(|_| read.error.is_none()) else {
            continue;
        };
        let request = second(info.model.as_deref().unwrap_or("another"), turn_of(&read.events));
        let encoded = ROUTE.encode(&request).expect(&name);
        let sent = String::from_utf8(encoded.body).expect("UTF-8");
        (ROUTE.check_body)(&request, &serde_json::from_str(&sent).expect("JSON"));
        for item in items_of(&body) {
            let parsed: Value = serde_json::from_str(&item).expect("JSON");
            let [summary, encrypted, input] = crate::json::fields(
                crate::json::parse(&item).expect("JSON"),
                ["summary", "encrypted_content", "input"],
            )
            .expect("an object")
            .map(|raw| crate::json::present(raw).unwrap_or_default());
            match parsed["type"].as_str().expect("a type") {
                "reasoning" if encrypted.is_empty() => {}
                "reasoning" => {
                    let expected = format!(
                        r#"{{"type":"reasoning","summary":{summary},"encrypted_content":{encrypted}}}"#
                    );
                    assert!(sent.contains(&expected), "{name}: {expected}");
                }
                "message" => {
                    let phase = parsed["phase"].as_str().unwrap_or_default();
                    assert!(sent.contains(phase), "{name}: {phase}");
                }
                "function_call" => {
                    for field in ["call_id", "arguments", "namespace", "caller"] {
                        let value = parsed[field].to_string();
                        assert!(parsed[field].is_null() || sent.contains(&value), "{name}: {value}");
                    }
                }
                "custom_tool_call" => assert!(sent.contains(input), "{name}: {input}"),
                _ => assert!(sent.contains(&item), "{name}: {item}"),
            }
        }
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn a_reasoning_between_calls_goes_back_byte_for_byte() {
    let summary = r#"[ {"type" : "summary_text","text":"S\u00e9 \/ 😀"} ]"#;
    let first = decode_stream(&[
        CREATED,
        &format!(
            r#"output_item.done "output_index":0,"item":{{"type":"reasoning","id":"rs_1","summary":{summary},"encrypted_content":"g\/A=="}}"#
        ),
        r#"output_item.done "output_index":1,"item":{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"b\": 1.50,\"a\":2}"}"#,
        r#"output_item.done "output_index":2,"item":{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"second"}"#,
        r#"output_item.done "output_index":3,"item":{"type":"function_call","call_id":"call_2","name":"f","arguments":"{}"}"#,
        COMPLETED,
    ]);
    let request = second("gpt-5.4", turn_of(&first.events));
    let sent = String::from_utf8(ROUTE.encode(&request).expect("a good request").body).expect("UTF-8");
    let expected = [
        r#"{"type":"reasoning","summary":"#,
        summary,
        r#","encrypted_content":"g\/A=="},{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"b\": 1.50,\"a\":2}"},"#,
        r#"{"type":"reasoning","summary":[],"encrypted_content":"second"},{"type":"function_call","call_id":"call_2","name":"f","arguments":"{}"},"#,
        r#"{"type":"function_call_output","call_id":"call_1","output":"done"},{"type":"function_call_output","call_id":"call_2","output":"done"},"#,
    ];
    assert!(sent.contains(&expected.concat()), "{sent}");
}
