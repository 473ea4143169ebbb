//! What Google refuses, for the fuzz target and the tests of requests.

use serde_json::Value;
use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use super::RULES;
use super::models::{Abilities, Thinking, abilities};
use crate::contract::Request;

/// Panics where the body breaks a rule.
pub fn check(request: &Request, body: &Value) {
    let abilities = abilities(request.model.trim_ascii());
    // Both are in the path.
    assert!(body["model"].is_null() && body["stream"].is_null(), "{body}");
    if !body["systemInstruction"].is_null() {
        parts(&body["systemInstruction"]);
    }
    contents(&body["contents"], &abilities);
    // What the caller wrote in `extra-json` is the caller's.
    if request.extra_json.is_none() {
        for declaration in body["tools"][0]["functionDeclarations"].as_array().into_iter().flatten() {
            assert!(RULES.tool_names.is_kept_by(&text(&declaration["name"])), "{declaration}");
            let schema = &declaration["parametersJsonSchema"];
            assert!(!schema["type"].is_null() && !schema["properties"].is_null(), "{declaration}");
        }
        config(&body["generationConfig"], &abilities, !body["tools"].is_null());
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn parts(content: &Value) -> &[Value] {
    let parts = content["parts"].as_array().expect("a list of parts");
    assert!(!parts.is_empty(), "a content without parts: {content}");
    for part in parts {
        let signed = !part["thoughtSignature"].is_null();
        if let Some(text) = part["text"].as_str() {
            assert!(signed || !text.trim().is_empty(), "an empty text: {part}");
        }
        assert!(signed || part["thought"] != true, "an unsigned thought: {part}");
        assert!(!part["functionCall"].is_object() || part["functionCall"]["args"].is_object(), "{part}");
        let response = &part["functionResponse"];
        assert!(response.is_null() || response["response"].is_object(), "{part}");
        for media in ["inlineData", "fileData"] {
            assert!(part[media].is_null() || part[media].is_object(), "{part}");
        }
    }
    parts
}

/// Roles alternate, and each content with calls is followed by one with their results, each once and in order.
fn contents(contents: &Value, abilities: &Abilities) {
    let contents = contents.as_array().expect("a list of contents");
    assert!(!contents.is_empty(), "no contents");
    let mut waiting: Vec<&Value> = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let is_user = index % 2 == 0;
        assert_eq!(content["role"], if is_user { "user" } else { "model" }, "content {index}");
        let parts = parts(content);
        let of = |name: &str| -> Vec<&Value> { parts.iter().filter(|part| part[name].is_object()).collect() };
        let (calls, results) = (of("functionCall"), of("functionResponse"));
        if is_user {
            assert!(calls.is_empty(), "a call of the user: {content}");
            assert_eq!(results.len(), waiting.len(), "calls and results differ in number: {content}");
            for (call, result) in waiting.iter().zip(&results) {
                let (call, result) = (&call["functionCall"], &result["functionResponse"]);
                assert_eq!((&call["name"], &call["id"]), (&result["name"], &result["id"]), "{content}");
            }
            let begins = parts.iter().take(results.len()).all(|part| part["functionResponse"].is_object());
            assert!(begins, "something stands before the results: {content}");
        } else {
            assert!(results.is_empty(), "a result of the model: {content}");
            for call in &calls {
                assert!(RULES.tool_names.is_kept_by(&text(&call["functionCall"]["name"])), "{call}");
            }
            if let Some(first) = calls.first().filter(|_| abilities.is_third) {
                assert!(first["thoughtSignature"].is_string(), "missing a thought_signature: {first}");
            }
        }
        waiting = calls;
    }
    assert!(waiting.is_empty(), "calls without results at the end");
}

fn config(config: &Value, abilities: &Abilities, has_tools: bool) {
    let thinking = &config["thinkingConfig"];
    let (level, budget) = (&thinking["thinkingLevel"], &thinking["thinkingBudget"]);
    match abilities.thinking {
        Thinking::None => assert!(thinking.is_null(), "{config}"),
        Thinking::Level { has_minimal } => {
            assert!(budget.is_null(), "a budget where levels are: {config}");
            assert!(has_minimal || level != "MINIMAL", "{config}");
        }
        Thinking::Budget { least, most, can_be_off } => {
            assert!(level.is_null(), "a level where budgets are: {config}");
            let fits =
                |budget: u64| budget >= least.into() && budget <= most.into() || can_be_off && budget == 0;
            assert!(budget.as_u64().is_none_or(fits), "{config}");
            assert!(
                *budget != 0 || thinking["includeThoughts"].is_null(),
                "thoughts without thinking: {config}"
            );
        }
    }
    assert!(config["seed"].as_i64().is_none_or(|seed| i32::try_from(seed).is_ok()), "{config}");
    assert!(config["stopSequences"].as_array().is_none_or(|stops| stops.len() <= 5), "{config}");
    assert!(abilities.is_third || !has_tools || config["responseMimeType"].is_null(), "{config}");
}
