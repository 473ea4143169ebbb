use super::*;
use crate::contract::{Media, Part};
use crate::history::samples::{
    assistant, call, call_with, inline, reasoning, result, result_with, system, text, tool, url, user,
};
use serde_json::json;
use std::{format, vec};

const THIRD: &str = "gemini-3-flash";
const SECOND: &str = "gemini-2.5-flash";

fn contents(model: &str, messages: Vec<Message>) -> Value {
    body(&request(model, messages))["contents"].take()
}

fn signed(signature: &str) -> String {
    format!(r#"{{"route":"gemini","signature":"{signature}"}}"#)
}

fn signed_text(words: &str, replay: &str) -> Part {
    let Part::Text(mut part) = text(words) else { panic!("a text") };
    part.replay = Some(replay.into());
    Part::Text(part)
}

#[test]
fn system_messages_have_a_place_of_their_own_and_late_ones_become_the_users() {
    let body = body(&request(
        THIRD,
        vec![
            system(vec![text("a"), text("b")]),
            system(vec![text("c")]),
            user(vec![text("hi")]),
            system(vec![text("late")]),
        ],
    ));
    assert_eq!(body["systemInstruction"], json!({"parts":[{"text":"a"},{"text":"b"},{"text":"c"}]}));
    assert_eq!(
        body["contents"],
        json!([{"role":"user","parts":[{"text":"hi"},{"text":"[System message]"},{"text":"late"}]}])
    );
}

#[test]
fn calls_of_a_turn_stand_in_one_content_and_their_results_in_the_next() {
    let call_replay = r#"{"route":"gemini","signature":"S1","id":"wire-1"}"#;
    let contents = contents(
        THIRD,
        vec![
            user(vec![text("weather?")]),
            assistant(vec![
                call_with("a", "get", r#"{"p":1.50}"#, Some(call_replay)),
                call_with("b", "get", "{}", None),
            ]),
            tool(vec![result("b", r#" {"t":7} "#), result_with("a", "no city", vec![], true)]),
            user(vec![text("and now?")]),
            assistant(vec![call_with("c", "get", "{}", Some(&signed("S2")))]),
            tool(vec![result("c", "")]),
        ],
    );
    assert_eq!(
        contents,
        json!([
            {"role":"user","parts":[{"text":"weather?"}]},
            {"role":"model","parts":[
                {"functionCall":{"name":"get","args":{"p":1.50},"id":"wire-1"},"thoughtSignature":"S1"},
                {"functionCall":{"name":"get","args":{}}},
            ]},
            {"role":"user","parts":[
                {"functionResponse":{"name":"get","response":{"error":"no city"},"id":"wire-1"}},
                {"functionResponse":{"name":"get","response":{"t":7}}},
                {"text":"and now?"},
            ]},
            {"role":"model","parts":[{"functionCall":{"name":"get","args":{}},"thoughtSignature":"S2"}]},
            {"role":"user","parts":[{"functionResponse":{"name":"get","response":{"result":"(no output)"}}}]},
        ])
    );
}

#[test]
fn a_history_without_signatures_gets_googles_value_on_the_first_call_of_each_step() {
    let history = || {
        vec![
            user(vec![text("x")]),
            assistant(vec![call("a", "f", "{}"), call("b", "f", "{}")]),
            tool(vec![result("a", "1"), result("b", "2")]),
            assistant(vec![call_with("c", "f", "{}", Some(r#"{"route":"messages","signature":"S"}"#))]),
            tool(vec![result("c", "3")]),
        ]
    };
    let (body, warnings) = encoded(&request(THIRD, history())).expect("a body");
    let skip = "skip_thought_signature_validator";
    let signatures = |content: &Value| -> Vec<Value> {
        content["parts"]
            .as_array()
            .expect("parts")
            .iter()
            .map(|part| part["thoughtSignature"].clone())
            .collect()
    };
    assert_eq!(signatures(&body["contents"][1]), [json!(skip), Value::Null]);
    assert_eq!(signatures(&body["contents"][3]), [json!(skip)]);
    // One warning for the change of the route.
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("1 parts of the conversation came by another route"), "{warnings:?}");
    let (_, warnings) = encoded(&request(THIRD, history()[..3].to_vec())).expect("a body");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("1 tool calls have no thought signature"), "{warnings:?}");
    let (body, warnings) = encoded(&request(SECOND, history())).expect("a body");
    assert!(!body.to_string().contains("thoughtSignature"), "{body}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn a_signature_goes_back_on_the_part_that_it_was_received_with() {
    let part = r#"{"text":"","thoughtSignature":"S3"}"#;
    let contents = contents(
        THIRD,
        vec![
            user(vec![text("x")]),
            assistant(vec![
                reasoning("a thought", None),
                reasoning("thought über", Some(r#"{"route":"gemini","signature":"S0","signed":5}"#)),
                signed_text("all of it", &signed("S1")),
                signed_text("hello world", r#"{"route":"gemini","signature":"S2","signed":6}"#),
                signed_text("plain", &format!(r#"{{"route":"gemini","part":{part}}}"#)),
                text(" \n"),
                signed_text("", &signed("S4")),
                reasoning("", Some(r#"{"route":"gemini","part":{"executableCode":{"code":"1"}}}"#)),
            ]),
            user(vec![text("y")]),
        ],
    );
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"text":"über","thought":true,"thoughtSignature":"S0"},
            {"text":"all of it","thoughtSignature":"S1"},
            {"text":"hello"},
            {"text":" world","thoughtSignature":"S2"},
            {"text":"plain"},
            {"text":"","thoughtSignature":"S3"},
            {"text":"","thoughtSignature":"S4"},
            {"executableCode":{"code":"1"}},
        ])
    );
}

#[test]
fn reasoning_of_another_route_is_dropped_with_one_warning_and_texts_stay() {
    let foreign = r#"{"route":"messages","signature":"S"}"#;
    let (body, warnings) = encoded(&request(
        THIRD,
        vec![
            user(vec![text("x")]),
            assistant(vec![reasoning("r", Some(foreign)), signed_text("t", foreign)]),
            assistant(vec![reasoning("r", Some(foreign))]),
            user(vec![text("y")]),
        ],
    ))
    .expect("a body");
    assert_eq!(body["contents"][1]["parts"], json!([{"text":"t"}]));
    assert_eq!(
        warnings,
        ["3 parts of the conversation came by another route; their reasoning and signatures were not sent"]
    );
}

#[test]
fn what_a_model_wrote_and_strict_parsers_refuse_is_not_sent_as_json() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for arguments in [r#"{"a":1e999}"#, deep.as_str()] {
        let contents = contents(
            SECOND,
            vec![
                user(vec![text("x")]),
                assistant(vec![
                    call("a", "f", arguments),
                    reasoning("", Some(&format!(r#"{{"route":"gemini","part":{arguments}}}"#))),
                ]),
                tool(vec![result("a", arguments)]),
            ],
        );
        assert_eq!(
            contents[1]["parts"],
            json!([{"functionCall":{"name":"f","args":{"malformed_arguments":arguments}}}])
        );
        assert_eq!(contents[2]["parts"][0]["functionResponse"]["response"], json!({"result":arguments}));
    }
}

#[test]
fn media_is_written_by_its_bytes_or_its_address() {
    let url_of = |media_type: &str, address: &str| Part::File(url(media_type, address));
    let contents = contents(
        SECOND,
        vec![user(vec![
            text("look"),
            Part::Image(inline("image/png", b"\x01\x02")),
            Part::Audio(inline("audio/wav", b"RIF")),
            url_of("video/mp4", "https://x.test/v.mp4"),
            url_of("", "https://x.test/v"),
            url_of("", "data:application/pdf;base64,JVBERg=="),
        ])],
    );
    assert_eq!(
        contents[0]["parts"],
        json!([
            {"text":"look"},
            {"inlineData":{"mimeType":"image/png","data":"AQI="}},
            {"inlineData":{"mimeType":"audio/wav","data":"UklG"}},
            {"fileData":{"mimeType":"video/mp4","fileUri":"https://x.test/v.mp4"}},
            {"fileData":{"fileUri":"https://x.test/v"}},
            {"inlineData":{"mimeType":"application/pdf","data":"JVBERg=="}},
        ])
    );
    let plain = request(SECOND, vec![user(vec![url_of("text/plain", "data:text/plain,abc")])]);
    assert!(encoded(&plain).expect_err("no base64").message.contains("messages[0].content[0]"));
}

#[test]
fn media_of_results_stands_inside_where_the_model_takes_it_there() {
    let history = |media: Vec<Media>| {
        vec![
            user(vec![text("x")]),
            assistant(vec![call("a", "f", "{}"), call("b", "g", "{}")]),
            tool(vec![result_with("a", "", media, false), result("b", "2")]),
        ]
    };
    let png = || inline("image/png", b"\x01\x02");
    let data = json!({"inlineData":{"mimeType":"image/png","data":"AQI="}});
    let third = contents(THIRD, history(vec![png()]));
    let inside = &third[2]["parts"][0]["functionResponse"];
    assert_eq!(
        (&inside["response"], &inside["parts"]),
        (&json!({"result":"(see the media attached)"}), &json!([data]))
    );
    for outside in [
        contents(SECOND, history(vec![png()])),
        contents(THIRD, history(vec![png(), inline("audio/wav", b"R")])),
    ] {
        let parts = outside[2]["parts"].as_array().expect("parts");
        assert!(parts[0]["functionResponse"]["parts"].is_null() && parts[1]["functionResponse"].is_object());
        assert_eq!(parts[2], json!({"text":"Attached to the result of the tool f:"}));
        assert_eq!(parts[3], data);
    }
}

#[test]
fn a_request_without_a_turn_is_refused() {
    for messages in [vec![], vec![system(vec![text(" ")])]] {
        let error = encoded(&request(THIRD, messages)).expect_err("nothing to send");
        assert!(error.message.contains("no messages"), "{}", error.message);
    }
}
