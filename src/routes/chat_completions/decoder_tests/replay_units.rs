//! What goes back of a response: decoded, handed to a host and encoded again, it is what the vendor sent [81–84].

use super::*;
use crate::contract::{BlockKind, Part, ReasoningPart, Request, TextPart, ToolArguments, ToolCallPart};
use crate::history::samples::{assistant, request, result, tool};
use crate::routes::chat_completions::ROUTE;
use serde_json::{Value, json};

/// The parts that a host makes of a response, each with its replay.
fn parts(events: &[Event]) -> Vec<Part> {
    let mut blocks: Vec<(BlockKind, String, Option<Part>)> = Vec::new();
    for event in events {
        match event {
            Event::BlockStart(start) => blocks.push((start.kind.clone(), String::new(), None)),
            Event::BlockDelta(delta) => blocks[delta.index as usize].1.push_str(&delta.text),
            Event::BlockEnd(end) => {
                let (kind, text, part) = &mut blocks[end.index as usize];
                let (text, replay) = (text.clone(), end.replay.clone());
                *part = Some(match kind {
                    BlockKind::Reasoning => Part::Reasoning(ReasoningPart { text, replay }),
                    BlockKind::ToolCall(head) => Part::ToolCall(ToolCallPart {
                        id: head.id.clone(),
                        name: head.name.clone(),
                        arguments_json: match &end.arguments {
                            Some(ToolArguments::Object(object)) => object.clone(),
                            other => panic!("{other:?}"),
                        },
                        replay,
                    }),
                    _ => Part::Text(TextPart { text, replay }),
                });
            }
            _ => {}
        }
    }
    blocks.into_iter().map(|(_, _, part)| part.expect("the end of each block")).collect()
}

/// The message of the next request.
pub(super) fn sent_back(reading: &Reading) -> Value {
    assert_eq!(reading.error, None);
    let parts = parts(&reading.events);
    let results = parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(result(&call.id, "done")),
        _ => None,
    });
    let results = tool(results.collect());
    let next = Request { model: "m".into(), ..request(std::vec![assistant(parts), results]) };
    let body: Value = serde_json::from_slice(&ROUTE.encode(&next).expect("a request").body).expect("JSON");
    body["messages"][0].clone()
}

const CALL: &str = r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}"#;

/// What the message of the next request has under some names, for these deltas.
fn sent_fields(deltas: &[&str], names: &[&str]) -> Value {
    let calls = deltas.iter().any(|delta| delta.contains("tool_calls"));
    let message = sent_back(&response_of(deltas, if calls { "tool_calls" } else { "stop" }));
    names.iter().filter_map(|name| Some((*name, message.get(*name)?.clone()))).collect()
}

#[test]
fn a_signature_goes_back_with_the_text_that_it_signs() {
    let block =
        |text: &str, signature: &str| json!({"type": "thinking", "thinking": text, "signature": signature});
    let one = json!({"thinking_blocks": [block("think", "SIG")]});
    const THINK: &str = r#"{"reasoning_content":"think"}"#;
    const TEXT: &str = r#"{"content":"answer"}"#;
    for deltas in [
        &[THINK, TEXT, r#"{"reasoning_signature":"SIG"}"#][..],
        &[THINK, TEXT, r#"{"signature":"SIG"}"#],
        &[THINK, TEXT, r#"{"thought_signature":"SIG"}"#],
        &[THINK, TEXT, r#"{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"SIG"}]}"#],
        &[THINK, TEXT, r#"{"thinking_blocks":[{"type":"thinking","thinking":"think","signature":"SIG"}]}"#],
        &[THINK, TEXT, r#"{"signature":"S"}"#, r#"{"content":"!"}"#, r#"{"signature":"IG"}"#],
        &[THINK, r#"{"content":"answer","signature":"SIG"}"#],
        &[THINK, CALL, r#"{"signature":"SIG"}"#],
        &[THINK, TEXT, CALL, r#"{"signature":"SIG"}"#],
        &[THINK, TEXT, r#"{"signature":"SIG"}"#, CALL],
        &[THINK, r#"{"signature":"SIG"}"#, TEXT],
        &[r#"{"signature":"SIG"}"#, THINK, TEXT],
        // The same once more at the end.
        &[THINK, r#"{"signature":"SIG"}"#, TEXT, r#"{"signature":"SIG"}"#],
        &[r#"{"thinking_blocks":[{"type":"thinking","thinking":"think"}]}"#, TEXT, r#"{"signature":"SIG"}"#],
        &[
            r#"{"reasoning":"thi","thinking_blocks":[{"type":"thinking","thinking":"thi"}]}"#,
            r#"{"reasoning":"nk","thinking_blocks":[{"type":"thinking","thinking":"nk"}]}"#,
            r#"{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"SIG"}]}"#,
        ],
    ] {
        assert_eq!(sent_fields(deltas, &["thinking_blocks"]), one, "{deltas:?}");
    }
    let two = json!({"thinking_blocks": [block("a", "S1"), block("b", "S2")]});
    for deltas in [
        // The late one is of the text before, not of the text that follows.
        &[
            r#"{"reasoning":"a"}"#,
            TEXT,
            r#"{"signature":"S1"}"#,
            r#"{"reasoning":"b"}"#,
            r#"{"signature":"S2"}"#,
            r#"{"content":"."}"#,
        ][..],
        &[r#"{"reasoning":"a"}"#, r#"{"signature":"S1"}"#, r#"{"reasoning":"b"}"#, r#"{"signature":"S2"}"#],
        &[
            r#"{"reasoning_content":"ab","thinking_blocks":[{"type":"thinking","thinking":"a","signature":"S1"},{"type":"thinking","thinking":"b","signature":"S2"}]}"#,
            TEXT,
        ],
        &[
            r#"{"reasoning_content":"ab"}"#,
            r#"{"thinking_blocks":[{"type":"thinking","thinking":"a","signature":"S1"},{"type":"thinking","thinking":"b","signature":"S2"}]}"#,
            TEXT,
        ],
    ] {
        assert_eq!(sent_fields(deltas, &["thinking_blocks"]), two, "{deltas:?}");
    }
}

#[test]
fn withheld_reasoning_keeps_its_signatures_apart() {
    let body = stream(&[
        &delta(r#"{"reasoning":"a"}"#),
        &delta(r#"{"signature":"S1"}"#),
        &delta(r#"{"reasoning":"b"}"#),
        &delta(r#"{"content":"c"}"#),
        &delta(r#"{"signature":"S2"}"#),
        &finish("stop"),
    ]);
    let message = sent_back(&decode_with(&[body.as_bytes()], false));
    let block =
        |text: &str, signature: &str| json!({"type": "thinking", "thinking": text, "signature": signature});
    assert_eq!(message["thinking_blocks"], json!([block("a", "S1"), block("b", "S2")]));
    assert_eq!((&message["content"], &message["reasoning"]), (&json!("c"), &json!("ab")));
}

#[test]
fn redacted_thinking_goes_back_in_its_place() {
    let redacted = |data: &str| json!({"type": "redacted_thinking", "data": data});
    let thinking = json!({"type": "thinking", "thinking": "a", "signature": "S"});
    const REDACTED: &str = r#"{"thinking_blocks":[{"type":"redacted_thinking","data":"E1"}]}"#;
    const THINKING: &str = r#"{"thinking_blocks":[{"type":"thinking","thinking":"a","signature":"S"}]}"#;
    for (deltas, expected) in [
        (&[REDACTED, CALL][..], json!([redacted("E1")])),
        (&[REDACTED, r#"{"content":"c"}"#], json!([redacted("E1")])),
        (&[REDACTED, THINKING, CALL], json!([redacted("E1"), thinking])),
        (&[THINKING, REDACTED, CALL], json!([thinking, redacted("E1")])),
        (&[r#"{"content":"c"}"#, REDACTED, CALL], json!([redacted("E1")])),
        (
            &[
                r#"{"thinking_blocks":[{"type":"redacted_thinking","data":"E1"},{"type":"redacted_thinking","data":"E2"}]}"#,
                CALL,
            ],
            json!([redacted("E1"), redacted("E2")]),
        ),
        (
            &[r#"{"thinking_blocks":{"type":"redacted_reasoning","data":"E"}}"#, CALL],
            json!([{"type": "redacted_reasoning", "data": "E"}]),
        ),
    ] {
        assert_eq!(sent_fields(deltas, &["thinking_blocks"])["thinking_blocks"], expected, "{deltas:?}");
    }
    let parts = r#"{"content":[{"type":"redacted_thinking","data":"E"},{"type":"thinking","thinking":"a","signature":"S"},{"type":"text","text":"c"}]}"#;
    let expected = json!({"content": [
        redacted("E"),
        {"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "signature": "S"},
        {"type": "text", "text": "c"},
    ]});
    assert_eq!(sent_fields(&[parts], &["content", "thinking_blocks"]), expected);
}

#[test]
fn a_signature_goes_back_to_the_place_where_it_arrived() {
    let google = json!({"google": {"thought_signature": "TS=="}});
    let litellm = json!({"thought_signatures": ["TS=="]});
    for (deltas, name, expected) in [
        (
            &[
                r#"{"content":"x"}"#,
                r#"{"content":"","extra_content":{"google":{"thought_signature":"TS=="}}}"#,
            ][..],
            "extra_content",
            &google,
        ),
        (
            &[r#"{"content":"x","extra_content":{"google":{"thought_signature":"TS=="}}}"#],
            "extra_content",
            &google,
        ),
        (&[r#"{"extra_content":{"google":{"thought_signature":"TS=="}}}"#, CALL], "extra_content", &google),
        (
            &[r#"{"reasoning_content":"r","extra_content":{"google":{"thought_signature":"TS=="}}}"#],
            "extra_content",
            &google,
        ),
        (
            &[
                r#"{"content":"x","provider_specific_fields":{"thought_signatures":["TS=="]}}"#,
                r#"{"content":"y","provider_specific_fields":null}"#,
                r#"{"content":"z","provider_specific_fields":{"refusal":null}}"#,
            ],
            "provider_specific_fields",
            &litellm,
        ),
        (&[r#"{"content":"x"}"#, r#"{"thought_signature":"TS=="}"#], "thought_signature", &json!("TS==")),
    ] {
        let sent = sent_fields(deltas, &["extra_content", "provider_specific_fields", "thought_signature"]);
        assert_eq!(sent, json!({name: expected}), "{deltas:?}");
    }
    // Fields without a signature are not expected back, and would make every text one with a replay.
    let plain = response_of(
        &[r#"{"content":"x","provider_specific_fields":{"refusal":null},"extra_content":{"a":1}}"#],
        "stop",
    );
    assert!(plain.events.iter().all(|event| !matches!(event, Event::BlockEnd(end) if end.replay.is_some())));
}

#[test]
fn a_call_keeps_its_signature_in_each_place() {
    let call = |id: &str, more: &str, function: &str| {
        std::format!(
            r#"{{"tool_calls":[{{"index":{},"id":"{id}","function":{{"name":"f","arguments":"{{}}"{function}}}{more}}}]}}"#,
            &id[1..]
        )
    };
    let deltas = [
        r#"{"reasoning_content":"r"}"#.to_string(),
        call("c0", r#","extra_content":{"google":{"thought_signature":"A=="}}"#, ""),
        call("c1", r#","provider_specific_fields":{"thought_signature":"B=="}"#, ""),
        call("c2", "", r#","provider_specific_fields":{"thought_signature":"C=="}"#),
        call("c3", "", ""),
        // An empty one later does not replace the first.
        r#"{"tool_calls":[{"index":0,"function":{"arguments":""},"extra_content":{}}]}"#.to_string(),
        r#"{"tool_calls":[{"index":0,"function":{"arguments":""},"extra_content":{"google":{}}}]}"#
            .to_string(),
        r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"D=="}]}"#.to_string(),
    ];
    let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
    let message = sent_back(&response_of(&deltas, "tool_calls"));
    let calls = &message["tool_calls"];
    assert_eq!(calls[0]["extra_content"], json!({"google": {"thought_signature": "A=="}}));
    assert_eq!(calls[1]["provider_specific_fields"], json!({"thought_signature": "B=="}));
    assert_eq!(calls[2]["function"]["provider_specific_fields"], json!({"thought_signature": "C=="}));
    assert_eq!(
        calls[3],
        json!({"id": "c3", "type": "function", "function": {"name": "f", "arguments": "{}"}})
    );
    assert_eq!(message["reasoning_details"], json!([{"type": "reasoning.encrypted", "data": "D=="}]));
}
