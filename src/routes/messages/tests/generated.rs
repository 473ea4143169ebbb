//! Conversations that are made up: whatever a host keeps, the request is one that the vendor takes.

use super::*;
use crate::contract::{ReasoningOptions, Tool, ToolChoice};
use crate::history::samples::{assistant, call_with, inline, reasoning, result_with, system, tool, user};
use crate::routes::ROUTES;
use proptest::prelude::*;

const MODELS: [&str; 10] = [
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-fable-5",
    "claude-sonnet-4-6",
    "claude-opus-4-5",
    "claude-sonnet-4-5",
    "claude-opus-4",
    "claude-3-haiku-20240307",
    "MiniMax-M2",
    "anthropic/claude-haiku-4.5",
];

/// Replays of this route, of others, and damaged ones.
fn replay() -> impl Strategy<Value = Option<String>> {
    let id = 0..3_u8;
    prop_oneof![
        Just(None),
        Just(Some(r#"{"route":"messages","signature":"c2ln"}"#.to_string())),
        Just(Some(r#"{"route":"messages","signature":"c2ln","text":"withheld"}"#.to_string())),
        Just(Some(r#"{"route":"messages","block":{"type":"redacted_thinking","data":"x"}}"#.to_string())),
        Just(Some(r#"{"route":"messages","block":{"type":"compaction","content":"x"}}"#.to_string())),
        id.clone().prop_map(|id| Some(format!(
            r#"{{"route":"messages","block":{{"type":"server_tool_use","id":"srv{id}","name":"web_search","input":{{}}}}}}"#
        ))),
        id.clone().prop_map(|id| Some(format!(
            r#"{{"route":"messages","block":{{"type":"web_search_tool_result","tool_use_id":"srv{id}","content":[]}}}}"#
        ))),
        id.prop_map(|id| Some(format!(r#"{{"route":"messages","caller":{{"type":"code_execution","tool_id":"srv{id}"}}}}"#))),
        Just(Some(r#"{"route":"messages","citations":[{"a":1}]}"#.to_string())),
        Just(Some(r#"{"route":"chat-completions","field":"reasoning_content","signature":"x"}"#.to_string())),
        Just(Some(r#"{"route":"responses","item":{}}"#.to_string())),
        Just(Some("{\"route\":\"messages\",".to_string())),
    ]
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(" \n".into()),
        Just("some text ".into()),
        Just("é\u{1F600}\"\\".into())
    ]
}

fn part_of_assistant() -> impl Strategy<Value = Part> {
    let arguments = prop_oneof![Just("{}"), Just("{\"a\":1.5}"), Just("{\"a\":"), Just(""), Just("[1]")];
    let id = prop_oneof![Just("toolu_1"), Just("call|2"), Just(""), Just("functions.f:0")];
    prop_oneof![
        (words(), replay()).prop_map(|(text, replay)| Part::Text(TextPart { text, replay })),
        (words(), replay()).prop_map(|(text, replay)| reasoning(&text, replay.as_deref())),
        (id, arguments, replay()).prop_map(|(id, arguments, replay)| call_with(
            id,
            "f",
            arguments,
            replay.as_deref()
        )),
    ]
}

fn said() -> impl Strategy<Value = Part> {
    words().prop_map(|text| Part::Text(TextPart { text, replay: None }))
}

fn results() -> impl Strategy<Value = Part> {
    let id = prop_oneof![Just("toolu_1"), Just("call|2"), Just(""), Just("gone")];
    (id, words(), any::<bool>(), any::<bool>()).prop_map(|(id, text, is_error, image)| {
        let media = if image {
            [inline("image/png", b"\x89PNG"), inline("audio/wav", b"RIFF")].into()
        } else {
            Vec::new()
        };
        result_with(id, &text, media, is_error)
    })
}

fn message_of() -> impl Strategy<Value = Message> {
    let message = prop_oneof![
        1 => proptest::collection::vec(said(), 0..3).prop_map(system),
        3 => proptest::collection::vec(prop_oneof![said(), results()], 0..3).prop_map(user),
        4 => proptest::collection::vec(part_of_assistant(), 0..5).prop_map(assistant),
        2 => proptest::collection::vec(results(), 0..4).prop_map(tool),
    ];
    (message, any::<bool>()).prop_map(|(message, cache_here)| Message { cache_here, ..message })
}

fn any_request() -> impl Strategy<Value = Request> {
    let effort = prop_oneof![
        Just(None),
        Just(Some("none")),
        Just(Some("minimal")),
        Just(Some("high")),
        Just(Some("xhigh")),
        Just(Some("max"))
    ];
    let numbers = (
        proptest::option::of(0.0..2.0_f64),
        proptest::option::of(0.0..1.0_f64),
        proptest::option::of(1..200_000_u32),
        proptest::option::of(0..100_000_u32),
    );
    let choice = prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Auto)),
        Just(Some(ToolChoice::Required)),
        Just(Some(ToolChoice::None))
    ];
    (
        proptest::sample::select(&MODELS[..]),
        proptest::collection::vec(message_of(), 0..8),
        effort,
        numbers,
        (any::<bool>(), choice, proptest::option::of(any::<bool>())),
    )
        .prop_map(
            |(model, messages, effort, (temperature, top_p, limit, budget), (tools, choice, parallel))| {
                let mut request = request(model, messages);
                request.reasoning = Some(ReasoningOptions {
                    effort: effort.map(Into::into),
                    budget_tokens: budget,
                    include_text: None,
                });
                (request.temperature, request.top_p, request.max_output_tokens) = (temperature, top_p, limit);
                if tools {
                    let tool = Tool {
                        name: "f".into(),
                        description: None,
                        parameters_json: "{}".into(),
                        strict: None,
                    };
                    request.tools = [tool].into();
                    (request.tool_choice, request.parallel_tool_calls) = (choice, parallel);
                }
                request
            },
        )
}

proptest! {
    #[test]
    fn every_request_is_one_that_the_vendor_takes(request in any_request()) {
        // Only a conversation of nothing is refused.
        if let Ok(encoded) = ROUTE.encode(&request) {
            let body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
            super::super::strict_server::check(&request, &body);
        }
    }

    /// Events of any order, cut anywhere, make events of the contract, and their turn can be sent on this route and on
    /// another one.
    #[test]
    fn every_stream_makes_a_turn_that_can_go_back(picks in proptest::collection::vec((0..16_usize, 0..3_usize), 0..24), size in 1..40_usize) {
        let mut body = stream(&[START]);
        for (pick, index) in picks {
            let event = match pick {
                0 => begin(index, r#"{"type":"text","text":""}"#),
                1 => begin(index, r#"{"type":"thinking","thinking":"a","signature":""}"#),
                2 => begin(index, r#"{"type":"tool_use","id":"toolu_1","name":"f","input":{}}"#),
                3 => begin(index, r#"{"type":"server_tool_use","id":"srv0","name":"web_search","input":{}}"#),
                4 => begin(index, r#"{"type":"web_search_tool_result","tool_use_id":"srv0","content":[]}"#),
                5 => begin(index, r#"{"type":"redacted_thinking","data":"x"}"#),
                6 | 7 => text(index, "b "),
                8 => delta(index, r#"{"type":"thinking_delta","thinking":"c"}"#),
                9 => delta(index, r#"{"type":"signature_delta","signature":"s"}"#),
                10 => input(index, "{}"),
                11 => input(index, "{\"a\":"),
                12 => delta(index, r#"{"type":"citations_delta","citation":{"a":1}}"#),
                13 => r#"{"type": "ping"}"#.to_string(),
                _ => end(index),
            };
            body += &stream(&[event]);
        }
        body += &stream(&[stop_reason("end_turn"), STOP.to_string()]);
        let reading = recorded::decode(&ROUTE, body.as_bytes(), size);
        prop_assert_eq!(&reading.error, &None);
        for model in ["claude-opus-5", "claude-sonnet-4-5"] {
            for more in [None, Some(user([samples::text("go on")].into()))] {
                let mut messages = hello();
                messages.push(turn_of(&reading.events));
                messages.extend(more);
                                let other = request(model, messages);
                for route in ROUTES {
                    let encoded = route.encode(&other).expect("a good request");
                    let body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
                    (route.check_body)(&other, &body);
                }
            }
        }
    }
}
