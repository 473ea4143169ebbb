//! What a decoder handed out goes back as it was received.

use super::*;
use crate::contract::{BlockEnd, Message, Part, Request, TextPart, ToolArguments};
use crate::history::samples::*;
use crate::json::{elements, fields, parse, present};
use crate::routes::{ROUTES, recorded};
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
    let field = |json: &str, name: &'static str| {
        let [found] = fields(parse(json).expect("JSON"), [name]).expect("an object");
        found.map(|found| found.get().to_string())
    };
    if body.starts_with('{') {
        let output = field(body, "output").unwrap_or_default();
        return elements(&output).into_iter().flatten().map(|item| item.get().to_string()).collect();
    }
    let data = body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .filter(|data| data.contains("output_item.done"));
    data.filter_map(|json| field(json.trim(), "item")).collect()
}

/// What has to be in the next request of an item, byte for byte.
fn expected_of(item: &str) -> Vec<String> {
    let names = [
        "type",
        "summary",
        "encrypted_content",
        "phase",
        "call_id",
        "arguments",
        "input",
        "namespace",
        "caller",
    ];
    let found = fields(parse(item).expect("JSON"), names).expect("an object");
    let [kind, summary, encrypted, phase, rest @ ..] =
        found.map(|raw| present(raw).unwrap_or_default().to_string());
    match kind.trim_matches('"') {
        // Nothing proves it.
        "reasoning" if encrypted.is_empty() => vec![],
        "reasoning" => {
            // The field is required, and an item without it has none.
            let summary = if summary.is_empty() { "[]" } else { &summary };
            vec![format!(r#"{{"type":"reasoning","summary":{summary},"encrypted_content":{encrypted}}}"#)]
        }
        "message" => vec![phase],
        "function_call" | "custom_tool_call" => rest.into(),
        _ => vec![item.to_string()],
    }
}

#[test]
fn every_recorded_response_goes_back_untouched_and_a_strict_server_takes_it() {
    for (name, body) in recorded::bodies(&ROUTE) {
        let read = decode_with(&[&body], true);
        let Some(Event::Response(info)) = read.events.first().filter(|_| read.error.is_none()) else {
            continue;
        };
        let request = second(info.model.as_deref().unwrap_or("another"), turn_of(&read.events));
        let encoded = ROUTE.encode(&request).expect(&name);
        let sent = String::from_utf8(encoded.body).expect("UTF-8");
        (ROUTE.check_body)(&request, &serde_json::from_str(&sent).expect("JSON"));
        for expected in
            items_of(&String::from_utf8(body).expect("UTF-8")).iter().flat_map(|item| expected_of(item))
        {
            assert!(sent.contains(&expected), "{name}: {expected}");
        }
    }
}

#[test]
fn a_conversation_of_any_route_goes_on_here_with_one_warning_about_what_is_lost() {
    for route in ROUTES.iter().filter(|route| route.name != ROUTE.name) {
        for (name, body) in recorded::bodies(route) {
            let read = recorded::decode(route, &body, usize::MAX);
            let turn = turn_of(&read.events);
            if turn.content.is_empty() {
                continue;
            }
            for model in ["gpt-5.4", "grok-4", "deepseek-v4-flash", "another"] {
                let request = second(model, turn.clone());
                let encoded = ROUTE.encode(&request).expect(&name);
                (ROUTE.check_body)(&request, &serde_json::from_slice(&encoded.body).expect("JSON"));
                let lost = encoded.warnings.iter().filter(|warning| warning.contains("by another route"));
                assert!(lost.count() <= 1, "{name}: {:?}", encoded.warnings);
            }
        }
    }
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
