//! A response of each route goes back on each route: what the decoders make, the encoders and their strict servers accept.

use serde_json::Value;
use std::string::{String, ToString};
use std::{format, vec, vec::Vec};

use super::recorded::{Reading, bodies, decode};
use super::{ROUTES, Route};
use crate::contract::{
    BlockKind, Event, Message, Part, ReasoningOptions, ReasoningPart, Request, Role, TextPart, Tool,
    ToolArguments, ToolCallPart,
};
use crate::history::samples;

/// A model of each route's vendor.
const MODELS: [(&str, &str); 4] = [
    ("chat-completions", "deepseek-v4"),
    ("responses", "gpt-5.6"),
    ("messages", "claude-opus-4-8"),
    ("gemini", "gemini-3.1-pro"),
];

/// A stream of each route: reasoning with its proof, a text, and two calls.
const STREAMS: [(&str, &[&str]); 4] = [
    (
        "chat-completions",
        &[
            r#"{"id":"c","model":"m","choices":[{"delta":{"reasoning_content":"think"}}]}"#,
            r#"{"choices":[{"delta":{"content":"hello"}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":1,"id":"call_b","function":{"name":"g","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
            "[DONE]",
        ],
    ),
    (
        "responses",
        &[
            r#"{"type":"response.created","response":{"id":"resp_1","model":"gpt-5.6","status":"in_progress","output":[]}}"#,
            r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}"#,
            r#"{"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}"#,
            r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"think"}"#,
            r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"think"}],"encrypted_content":"gAAA"}}"#,
            r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}"#,
            r#"{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"hello"}"#,
            r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"hello","annotations":[]}]}}"#,
            r#"{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_a","name":"f","arguments":"{\"a\":1}"}}"#,
            r#"{"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","id":"fc_2","call_id":"call_b","name":"g","arguments":"{}"}}"#,
            r#"{"type":"response.completed","response":{"id":"resp_1","model":"gpt-5.6","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}}"#,
        ],
    ),
    (
        "messages",
        &[
            r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-8","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"think"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"hello"}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_a","name":"f","input":{}}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}"#,
            r#"{"type":"content_block_stop","index":2}"#,
            r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_b","name":"g","input":{}}}"#,
            r#"{"type":"content_block_stop","index":3}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
            r#"{"type":"message_stop"}"#,
        ],
    ),
    (
        "gemini",
        &[
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"think","thought":true}]},"index":0}],"modelVersion":"gemini-3.1-pro","responseId":"r1"}"#,
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"index":0}]}"#,
            r#"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g","args":{}}}]},"index":0}]}"#,
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}"#,
        ],
    ),
];

/// The message that a host keeps of a response, and the results of its calls.
fn conversation(events: &[Event]) -> Vec<Message> {
    let mut parts: Vec<(u32, Part)> = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => {
                let (text, replay) = (String::new(), None);
                let part = match &start.kind {
                    BlockKind::Reasoning => Part::Reasoning(ReasoningPart { text, replay }),
                    BlockKind::ToolCall(head) => {
                        let (id, name) = (head.id.clone(), head.name.clone());
                        Part::ToolCall(ToolCallPart { id, name, arguments_json: text, replay })
                    }
                    BlockKind::Text | BlockKind::Refusal => Part::Text(TextPart { text, replay }),
                };
                parts.push((start.index, part));
            }
            Event::BlockDelta(delta) => {
                for (index, part) in &mut parts {
                    match part {
                        Part::Text(part) if *index == delta.index => part.text += &delta.text,
                        Part::Reasoning(part) if *index == delta.index => part.text += &delta.text,
                        _ => {}
                    }
                }
            }
            Event::BlockEnd(end) => {
                for (_, part) in parts.iter_mut().filter(|(index, _)| *index == end.index) {
                    match part {
                        Part::Text(part) => part.replay.clone_from(&end.replay),
                        Part::Reasoning(part) => part.replay.clone_from(&end.replay),
                        Part::ToolCall(part) => {
                            part.replay.clone_from(&end.replay);
                            part.arguments_json = match &end.arguments {
                                Some(ToolArguments::Object(json)) => json.clone(),
                                Some(ToolArguments::Malformed(malformed)) => malformed.raw.clone(),
                                None => panic!("a call without arguments"),
                            };
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    let results: Vec<Part> = parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(samples::result(&call.id, "done")),
            _ => None,
        })
        .collect();
    let mut messages = vec![samples::user(vec![samples::text("hi")]), samples::assistant(parts)];
    if !results.is_empty() {
        messages.push(Message { role: Role::Tool, content: results, cache_here: true });
    }
    messages.push(samples::user(vec![samples::text("go on")]));
    messages
}

fn request(route: &Route, messages: Vec<Message>) -> Request {
    let tool = |name: &str| Tool {
        name: name.into(),
        description: None,
        parameters_json: r#"{"type":"object","properties":{}}"#.into(),
        strict: None,
    };
    let model = MODELS.iter().find(|(name, _)| *name == route.name).map_or("m", |(_, model)| model);
    Request {
        model: model.into(),
        route: Some(route.name.into()),
        tools: vec![tool("f"), tool("g")],
        reasoning: Some(ReasoningOptions {
            effort: Some("high".into()),
            budget_tokens: None,
            include_text: Some(true),
        }),
        ..samples::request(messages)
    }
}

/// Encodes the conversation of a response on each route, and has it checked.
fn goes_back(from: &Route, reading: &Reading, what: &str) -> Vec<(String, String, Vec<String>)> {
    let messages = conversation(&reading.events);
    let mut bodies = Vec::new();
    for to in ROUTES {
        let request = request(to, messages.clone());
        let encoded = to
            .encode(&request)
            .unwrap_or_else(|error| panic!("{what}: {} to {}: {error:?}", from.name, to.name));
        let body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
        (to.check_body)(&request, &body);
        bodies.push((to.name.to_string(), body.to_string(), encoded.warnings));
    }
    bodies
}

#[test]
fn a_response_of_each_route_goes_back_on_each_route() {
    for (name, data) in STREAMS {
        let route = ROUTES.iter().find(|route| route.name == name).expect(name);
        let stream: String = data.iter().map(|data| format!("data: {data}\n\n")).collect();
        let reading = decode(route, stream.as_bytes(), usize::MAX);
        assert_eq!(reading.error, None, "{name}");
        for (to, body, warnings) in goes_back(route, &reading, "the sample") {
            assert!(body.contains("hello"), "{name} to {to}: {body}");
            // A change of the route loses the reasoning, and says so once.
            let loses = to != name && to != "test-route";
            assert_eq!(warnings.len(), usize::from(loses), "{name} to {to}: {warnings:?}");
            // What proves the reasoning goes back where it came from, and nowhere else.
            for proof in ["gAAA", "c2ln"] {
                let own = data.iter().any(|data| data.contains(proof)) && to == name;
                assert_eq!(body.contains(proof), own, "{name} to {to}: {body}");
            }
        }
    }
}

#[test]
fn each_recorded_response_goes_back_on_each_route() {
    for (name, _) in STREAMS {
        let route = ROUTES.iter().find(|route| route.name == name).expect(name);
        for (file, body) in bodies(route) {
            let reading = decode(route, &body, usize::MAX);
            if reading.error.is_none() {
                goes_back(route, &reading, &file);
            }
        }
    }
}

/// A prompt in system messages alone, as for a title: some vendors take it, and the others get it as the user's.
#[test]
fn system_messages_alone_are_a_request_on_each_route() {
    for route in ROUTES {
        let alone = vec![
            samples::system(vec![samples::text("Write")]),
            samples::system(vec![samples::text("a title")]),
        ];
        let of = |messages| Request { reasoning: None, tools: vec![], ..request(route, messages) };
        let request = of(alone);
        let encoded = route.encode(&request).unwrap_or_else(|error| panic!("{}: {error:?}", route.name));
        let body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
        (route.check_body)(&request, &body);
        let text = body.to_string();
        assert!(text.contains("Write") && text.contains("a title"), "{}: {text}", route.name);
        let takes_them = ["chat-completions", "responses"].contains(&route.name);
        assert_eq!(
            encoded.warnings.len(),
            usize::from(!takes_them),
            "{}: {:?}",
            route.name,
            encoded.warnings
        );
        for nothing in [vec![], vec![samples::system(vec![samples::text("  ")])]] {
            assert!(route.encode(&of(nothing)).is_err(), "{}", route.name);
        }
    }
}

#[test]
fn a_change_of_the_route_has_one_warning_even_where_a_whole_turn_is_lost() {
    for route in ROUTES.iter().filter(|route| route.name != "test-route") {
        let reasoning = || samples::reasoning("r", Some(r#"{"route":"another","signature":"S"}"#));
        let messages = vec![
            samples::user(vec![samples::text("hi")]),
            samples::assistant(vec![reasoning(), samples::call("functions.f:0", "f", "{}")]),
            samples::tool(vec![samples::result("functions.f:0", "1")]),
            samples::assistant(vec![reasoning()]),
            samples::user(vec![samples::text("go on")]),
        ];
        let request = Request { messages, ..request(route, vec![]) };
        let encoded = route.encode(&request).expect("a good request");
        let of_change = |warning: &&String| !warning.contains("ids of tool calls");
        let warnings: Vec<&String> = encoded.warnings.iter().filter(of_change).collect();
        assert!(
            warnings.len() == 1 && warnings[0].contains("by another route"),
            "{}: {warnings:?}",
            route.name
        );
    }
}
