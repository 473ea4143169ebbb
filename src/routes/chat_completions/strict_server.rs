//! What a strict server of chat completions refuses, for the fuzz target and the tests of requests.

use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

use crate::contract::Request;
use crate::history::{ConversationRules, IdRule};
use crate::json::parse;

/// Panics where the body breaks a rule.
pub fn check(request: &Request, body: &Value) {
    assert_eq!(body["model"], request.model.trim_ascii());
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"]["include_usage"], true);
    messages(&body["messages"], &super::rules(request.model.trim_ascii()));
    // What the caller wrote in `extra-json` is the caller's.
    if request.extra_json.is_none() {
        for tool in body["tools"].as_array().into_iter().flatten() {
            let parameters = &tool["function"]["parameters"];
            assert!(!parameters["type"].is_null() && !parameters["properties"].is_null(), "{tool}");
        }
        for field in ["prompt_cache_key", "user"] {
            assert!(body[field].as_str().is_none_or(|key| key.chars().count() <= 64), "{body}");
        }
    }
}

fn is_blank(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Ids are unique, and the results of a turn follow its calls, each one once and in their order.
fn messages(messages: &Value, rules: &ConversationRules) {
    let mut ids = BTreeSet::new();
    let mut waiting = VecDeque::new();
    for message in messages.as_array().expect("a list") {
        if message["role"] == "tool" {
            assert_eq!(Some(&message["tool_call_id"]), waiting.pop_front().as_ref(), "{messages}");
            assert!(message["content"].is_string() && !is_blank(&message["content"]), "{message}");
            continue;
        }
        assert!(waiting.is_empty(), "calls without results before this: {message}");
        let calls = message["tool_calls"].as_array();
        if rules.call_ids == IdRule::Any {
            ids.clear();
        }
        match &message["content"] {
            Value::Null => assert!(calls.is_some(), "{message}"),
            // A turn of reasoning alone has an empty text.
            Value::String(text) => assert!(text.is_empty() || !text.trim().is_empty(), "{message}"),
            Value::Array(parts) => {
                let sound = |part: &Value| part["type"].is_string() && !is_blank(&part["text"]);
                assert!(!parts.is_empty() && parts.iter().all(sound), "{message}");
            }
            other => panic!("{other}"),
        }
        for call in calls.into_iter().flatten() {
            check_call(call, rules);
            assert!(ids.insert(call["id"].to_string()), "{call} comes twice");
            waiting.push_back(call["id"].clone());
        }
    }
    assert!(waiting.is_empty(), "calls without results at the end: {messages}");
}

fn check_call(call: &Value, rules: &ConversationRules) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, name) = (text(&call["id"]), text(&call["function"]["name"]));
    assert!(rules.call_ids.is_kept_by(&id) && rules.tool_names.is_kept_by(&name), "{call}");
    // Its numbers may be too large for a float, so only the frame is read.
    let arguments = call["function"]["arguments"].as_str().expect("a text");
    assert!(parse(arguments).is_ok_and(|value| value.get().starts_with('{')), "{arguments}");
}
