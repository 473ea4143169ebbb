//! What a strict server of this route refuses, for the fuzz target and the tests of requests.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::models::{ReasoningForm, Sampling, abilities};
use crate::contract::Request;
use crate::json::parse;

/// Fields that the service knows.
const KNOWN: [&str; 17] = [
    "model",
    "instructions",
    "input",
    "stream",
    "store",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "max_output_tokens",
    "temperature",
    "top_p",
    "reasoning",
    "include",
    "prompt_cache_key",
    "user",
    "safety_identifier",
];

/// Panics where the body breaks a rule.
pub fn check(request: &Request, body: &Value) {
    assert_eq!(body["model"], request.model.trim_ascii());
    assert_eq!(body["stream"], true);
    let model = request.model.trim_ascii();
    input(&body["input"], model);
    assert!(body["instructions"].is_null() || !is_blank(&body["instructions"]), "{body}");
    // What the caller wrote in `extra-json` is the caller's.
    if request.extra_json.is_some() {
        return;
    }
    assert_eq!(body["store"], false);
    for field in body.as_object().expect("an object").keys() {
        assert!(KNOWN.contains(&field.as_str()), "unknown parameter: {field}");
    }
    tools(body);
    for field in ["prompt_cache_key", "user"] {
        assert!(body[field].as_str().is_none_or(|key| key.chars().count() <= 64), "{body}");
    }
    assert!(body["max_output_tokens"].as_u64().is_none_or(|limit| limit >= 16), "{body}");
    options(body, model);
}

/// What the model does not have.
fn options(body: &Value, model: &str) {
    let abilities = abilities(model);
    let sampled = body.get("temperature").or(body.get("top_p")).is_some();
    let effort = body["reasoning"]["effort"].as_str();
    match abilities.sampling {
        Sampling::Taken => {}
        Sampling::WithoutEffort => assert!(!sampled || effort == Some("none"), "{body}"),
        Sampling::Refused => assert!(!sampled, "{body}"),
    }
    if let Some(effort) = effort {
        assert_eq!(abilities.effort(effort), Some(effort), "{model} does not know it");
    }
    let summarized = matches!(abilities.reasoning, ReasoningForm::Summarized);
    assert!(summarized || body["reasoning"]["summary"].is_null(), "{body}");
    let encrypted = summarized || abilities.reasoning == ReasoningForm::Encrypted;
    assert_eq!(body.get("include").is_some(), encrypted, "{body}");
    let format = &body["text"]["format"];
    if format["type"] == "json_object" {
        assert!(body["input"].to_string().to_ascii_lowercase().contains("json"), "{body}");
    }
    if format["type"] == "json_schema" {
        assert!(format["name"].is_string() && format["schema"].is_object(), "{body}");
    }
}

fn tools(body: &Value) {
    let mut names = BTreeSet::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        assert_eq!(tool["type"], "function");
        assert!(super::NAMES.is_kept_by(tool["name"].as_str().expect("a flat tool")), "{tool}");
        assert!(names.insert(tool["name"].to_string()), "{tool} comes twice");
        assert!(tool["strict"].is_boolean(), "strict is true where it is missing: {tool}");
        assert!(
            !tool["parameters"]["type"].is_null() && tool["parameters"]["properties"].is_object(),
            "{tool}"
        );
    }
    match &body["tool_choice"] {
        Value::Null => {}
        Value::String(choice) => assert!(["auto", "none", "required"].contains(&choice.as_str()), "{body}"),
        choice => {
            assert!(choice["type"] == "function" && names.contains(&choice["name"].to_string()), "{body}")
        }
    }
}

fn is_blank(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Each call has one result after it, of its own type; each reasoning is followed by what it led to.
fn input(input: &Value, model: &str) {
    let items = input.as_array().expect("a list");
    assert!(!items.is_empty(), "an empty input");
    let mut waiting = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        match item["type"].as_str().unwrap_or("message") {
            "message" => message(item),
            "reasoning" => {
                reasoning(item, model);
                let next = items.get(at + 1).expect("a reasoning without its required following item");
                let kind = next["type"].as_str().unwrap_or_default();
                let follows = !kind.ends_with("_output") && kind != "reasoning" && next["role"] != "user";
                assert!(
                    follows && !kind.is_empty(),
                    "a reasoning without its required following item: {next}"
                );
            }
            kind @ ("function_call" | "custom_tool_call") => {
                let id = item["call_id"].as_str().expect("an id");
                assert!(super::NAMES.is_kept_by(id) && ids.insert(id), "{item}");
                assert!(super::NAMES.is_kept_by(item["name"].as_str().expect("a name")), "{item}");
                assert!(item.get("id").is_none(), "an id that cannot be looked up: {item}");
                match kind {
                    "function_call" => {
                        // Its numbers may be too large for a float, so only the frame is read.
                        let arguments = item["arguments"].as_str().expect("a text");
                        assert!(parse(arguments).is_ok_and(|value| value.get().starts_with('{')), "{item}");
                    }
                    _ => assert!(item["input"].is_string(), "{item}"),
                }
                waiting.insert(id, kind);
            }
            kind @ ("function_call_output" | "custom_tool_call_output") => {
                let call = waiting.remove(item["call_id"].as_str().expect("an id"));
                assert_eq!(call, kind.strip_suffix("_output"), "No tool call found for the output: {item}");
                match &item["output"] {
                    Value::String(text) => assert!(!text.trim().is_empty(), "{item}"),
                    parts => content(parts, true),
                }
            }
            // The vendor's own: as it was received.
            _ => assert!(item.is_object(), "{item}"),
        }
    }
    assert!(waiting.is_empty(), "No tool output found for {waiting:?}");
}

fn message(item: &Value) {
    let role = item["role"].as_str().expect("a role");
    assert!(["user", "assistant", "system", "developer"].contains(&role), "{item}");
    assert!(item["phase"].is_null() || role == "assistant" && item["phase"].is_string(), "{item}");
    match &item["content"] {
        Value::String(text) => assert!(!text.trim().is_empty(), "{item}"),
        parts => content(parts, role != "assistant"),
    }
}

/// What the model wrote is `output_text`, and everything else `input_text`.
fn content(parts: &Value, is_input: bool) {
    let parts = parts.as_array().expect("a list of parts");
    assert!(!parts.is_empty(), "a message without parts");
    for part in parts {
        let is_known = match (part["type"].as_str().expect("a type"), is_input) {
            ("input_text", true) | ("output_text", false) => {
                part["text"].is_string() && !is_blank(&part["text"])
            }
            ("refusal", false) => part["refusal"].is_string() && !is_blank(&part["refusal"]),
            ("input_image", true) => part["image_url"].is_string() && part["detail"].is_string(),
            ("input_file", true) => part["file_url"].is_string() != part["file_data"].is_string(),
            _ => false,
        };
        assert!(is_known, "{part}");
    }
}

fn reasoning(item: &Value, model: &str) {
    assert!(item["summary"].is_array(), "{item}");
    if item["encrypted_content"].is_string() {
        assert!(item.get("id").is_none() && item.get("content").is_none(), "{item}");
    } else {
        let is_plain = abilities(model).reasoning == ReasoningForm::Plain;
        assert!(is_plain && item["id"].is_string() && item["content"].is_array(), "{item}");
    }
}
