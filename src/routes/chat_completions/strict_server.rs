//! What a strict server of chat completions refuses, for the fuzz target and the tests of requests.

use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

use crate::contract::Request;
use crate::history::NameRule;
use crate::json::parse;

/// Panics where the body breaks a rule.
pub fn check(request: &Request, body: &Value) {
    assert_eq!(body["model"], request.model.trim_ascii());
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"]["include_usage"], true);
    messages(&body["messages"]);
}

/// Ids are unique, and the results of a turn follow its calls, each one once and in their order.
fn messages(messages: &Value) {
    let mut ids = BTreeSet::new();
    let mut waiting = VecDeque::new();
    for message in messages.as_array().expect("a list") {
        if message["role"] == "tool" {
            assert_eq!(Some(&message["tool_call_id"]), waiting.pop_front().as_ref(), "{messages}");
            assert!(message["content"].as_str().is_some_and(|text| !text.is_empty()), "{message}");
            continue;
        }
        assert!(waiting.is_empty(), "calls without results before this: {message}");
        let calls = message["tool_calls"].as_array();
        match &message["content"] {
            Value::Null => assert!(calls.is_some(), "{message}"),
            Value::String(_) => {}
            Value::Array(parts) => {
                assert!(!parts.is_empty() && parts.iter().all(|part| part["type"].is_string()))
            }
            other => panic!("{other}"),
        }
        for call in calls.into_iter().flatten() {
            check_call(call);
            assert!(ids.insert(call["id"].to_string()), "{call} comes twice");
            waiting.push_back(call["id"].clone());
        }
    }
    assert!(waiting.is_empty(), "calls without results at the end: {messages}");
}

fn check_call(call: &Value) {
    let keeps = |rule: &NameRule, value: &Value| value.as_str().is_some_and(|text| rule.is_kept_by(text));
    let super::ConversationRules { call_ids, tool_names, .. } = &super::RULES;
    assert!(keeps(call_ids, &call["id"]) && keeps(tool_names, &call["function"]["name"]), "{call}");
    // Its numbers may be too large for a float, so only the frame is read.
    let arguments = call["function"]["arguments"].as_str().expect("a text");
    assert!(parse(arguments).is_ok_and(|value| value.get().starts_with('{')), "{arguments}");
}
