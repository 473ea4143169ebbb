//! Requests: what the vendor gets back of its own reasoning and of its own tools.

use super::*;
use crate::history::samples::{assistant, call_with, reasoning, result, text, tool, user};

#[test]
fn only_reasoning_of_this_route_goes_back_and_never_at_the_end_of_a_turn() {
    let ours = r#"{"route":"messages","signature":"c2ln"}"#;
    let redacted = r#"{"route":"messages","block":{"type":"redacted_thinking","data":"x"}}"#;
    let of = |content: Vec<Part>| {
        let (body, warnings) = encoded(&request(
            "claude-opus-5",
            [user([text("a")].into()), assistant(content), user([text("b")].into())].into(),
        ));
        let kinds: Vec<String> = body["messages"][1]["content"]
            .as_array()
            .map(|blocks| {
                blocks.iter().map(|block| block["type"].as_str().expect("a type").to_string()).collect()
            })
            .unwrap_or_default();
        (kinds, warnings.len())
    };
    assert_eq!(
        of([reasoning("t", Some(ours)), text("c")].into()),
        (["thinking", "text"].map(Into::into).into(), 0)
    );
    assert_eq!(
        of([reasoning("", Some(redacted)), text("c")].into()),
        (["redacted_thinking", "text"].map(Into::into).into(), 0)
    );
    assert_eq!(of([reasoning("t", None), text("c")].into()), (["text".into()].into(), 0));
    for foreign in [
        r#"{"route":"chat-completions","signature":"x"}"#,
        r#"{"route":"messages""#,
        "",
        r#"{"route":"messages","signature":"\ud83d"}"#,
    ] {
        assert_eq!(
            of([reasoning("t", Some(foreign)), text("c")].into()),
            (["text".into()].into(), 1),
            "{foreign}"
        );
    }
    // Reasoning whose reply was cut off.
    assert_eq!(
        of([text("c"), reasoning("t", Some(ours)), reasoning("", Some(redacted))].into()),
        (["text".into()].into(), 1)
    );
    let (kinds, warnings) = of([reasoning("t", Some(ours))].into());
    assert_eq!((kinds.len(), warnings), (0, 1), "nothing is left of the turn");
    // A call keeps the program that made it only beside that program.
    let caller = r#"{"route":"messages","caller":{"type":"code_execution_20260120","tool_id":"srv"}}"#;
    let program = r#"{"route":"messages","block":{"type":"server_tool_use","id":"srv","name":"code_execution","input":{}}}"#;
    let turn = |first: Vec<Part>| {
        let content = first.into_iter().chain([call_with("t", "f", "{}", Some(caller))]).collect();
        let messages = [user([text("a")].into()), assistant(content), tool([result("t", "r")].into())];
        encoded(&request("claude-opus-5", messages.into())).0["messages"][1]["content"].clone()
    };
    assert_eq!(turn([reasoning("", Some(program))].into())[1]["caller"]["tool_id"], "srv");
    assert_eq!(turn(Vec::new())[0]["caller"], Value::Null);
}

#[test]
fn a_tool_of_the_vendors_goes_back_with_its_result_or_not_at_all() {
    let replay = |block: &str| format!(r#"{{"route":"messages","block":{block}}}"#);
    let tool_use = replay(r#"{"type":"server_tool_use","id":"srv","name":"web_search","input":{"q":1}}"#);
    let found = replay(r#"{"type":"web_search_tool_result","tool_use_id":"srv","content":[]}"#);
    let run = |content: Vec<Part>, more: &[Message]| {
        let messages = [&[user([text("a")].into()), assistant(content)], more].concat();
        let (body, _) = encoded(&request("claude-opus-5", messages));
        body["messages"][1]["content"]
            .as_array()
            .map_or(0, |blocks| blocks.iter().filter(|block| block["type"] != "text").count())
    };
    let [used, result] = [&tool_use, &found].map(|replay| reasoning("", Some(replay)));
    let later = [user([text("b")].into())];
    assert_eq!(run([used.clone(), result.clone(), text("c")].into(), &later), 2);
    assert_eq!(run([used.clone(), text("c")].into(), &later), 0, "the turn broke off");
    assert_eq!(run([text("c"), result].into(), &later), 0, "the host has dropped the call");
    assert_eq!(run([text("c"), used].into(), &[]), 1, "the turn was paused, and the vendor goes on with it");
}
