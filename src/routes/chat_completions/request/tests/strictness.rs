//! What must never get out: text that a strict reader refuses, and the request in the words of an error.

use super::*;
use crate::contract::{Media, ToolResultPart};
use alloc::string::ToString;
use serde_json::json;

#[test]
fn half_a_character_in_any_json_of_the_request_is_replaced() {
    const HALF: &str = r#"{"a":"\ud83d"}"#;
    let replay = r#"{"route":"chat-completions","extra_content":{"a":"\ud83d"}}"#;
    let mut request = request(vec![assistant(vec![call_with("c", "f", HALF, Some(replay))])]);
    request.tools = vec![Tool { parameters_json: HALF.into(), ..tool_named("f") }];
    request.response_format = Some(ResponseFormat::JsonSchema(JsonSchema {
        name: "s".into(),
        schema_json: HALF.into(),
        strict: None,
    }));
    request.extra_json = Some(HALF.into());
    let encoded = encode(&request).unwrap();
    let value: Value = serde_json::from_slice(&encoded.body).unwrap();
    let whole = json!({"a": "\u{fffd}"});
    assert_eq!(value["a"], whole["a"]);
    assert_eq!(value["tools"][0]["function"]["parameters"]["a"], whole["a"]);
    assert_eq!(value["response_format"]["json_schema"]["schema"], whole);
    let call = &value["messages"][0]["tool_calls"][0];
    assert_eq!(call["extra_content"], whole);
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, whole);
    let warned =
        encoded.warnings.iter().filter(|warning| warning.contains("half of a surrogate pair")).count();
    assert_eq!(warned, 4, "{:?}", encoded.warnings);
}

#[test]
fn errors_and_warnings_hold_no_part_of_the_request() {
    const SECRET: &str = "s3cret";
    let odd = "s3cret.s3cret";
    let media = Media { name: Some(SECRET.into()), ..inline("s3cret", b"x") };
    let stray = Part::ToolResult(ToolResultPart {
        call_id: odd.into(),
        name: Some(SECRET.into()),
        text: SECRET.into(),
        media: vec![],
        is_error: false,
    });
    let repaired = request(vec![
        assistant(vec![
            reasoning(SECRET, Some(SECRET)),
            call_with(odd, odd, SECRET, Some(SECRET)),
            call_with(odd, odd, SECRET, None),
        ]),
        tool(vec![result(odd, SECRET), stray.clone(), stray.clone(), stray]),
    ]);
    let warnings = encode(&repaired).unwrap().warnings;
    assert!(warnings.len() > 6, "{warnings:?}");
    let mut messages = warnings;
    messages.push(refusal(&request(vec![user(vec![Part::Image(media)])])));
    messages.push(refusal(&request(vec![user(vec![Part::Image(url("", "ftp://s3cret"))])])));
    messages.push(refusal(&Request { tools: vec![tool_named(odd)], ..hello() }));
    messages.push(refusal(&Request { tool_choice: Some(ToolChoice::Named(SECRET.into())), ..hello() }));
    messages.push(refusal(&Request { extra_json: Some(format!("\"{SECRET}\"")), ..hello() }));
    assert!(messages.iter().all(|message| !message.contains(SECRET)), "{messages:#?}");
}

/// Texts that every reader must take, as fields of the caller's own, and those that every reader must refuse,
/// as the parameters of a tool. No text at all is a tool without parameters.
#[test]
fn raw_json_is_checked_as_strictly_as_the_public_test_suite_asks() {
    let Some(root) = crate::corpora::root() else { return };
    let files = std::fs::read_dir(root.join("json/test_parsing")).unwrap();
    let mut seen = [0; 2];
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        let Ok(json) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
        if name.starts_with("y_") {
            let request = Request { extra_json: Some(format!("{{\"x\":{json}}}")), ..hello() };
            let body = encode(&request).expect(&name).body;
            serde_json::from_slice::<Value>(&body).expect(&name);
            seen[0] += 1;
        } else if name.starts_with("n_") && !json.trim().is_empty() {
            let tool = Tool { parameters_json: json, ..tool_named("f") };
            refusal(&Request { tools: vec![tool], ..hello() });
            seen[1] += 1;
        }
    }
    assert!(seen[0] > 80 && seen[1] > 150, "{seen:?}");
}
