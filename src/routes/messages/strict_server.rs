//! What Anthropic's API refuses, for the tests of requests and for fuzzing.
//!
//! Written from the vendor's rules and error texts, apart from the encoder.

use serde_json::Value;
use std::borrow::ToOwned;
use std::collections::BTreeSet;
use std::string::String;
use std::vec::Vec;

use super::models::{Abilities, Thinking};
use crate::contract::Request;

/// Panics where the body breaks a rule.
pub fn check(request: &Request, body: &Value) {
    assert_eq!(body["model"], request.model.trim_ascii());
    assert_eq!(body["stream"], true);
    system(&body["system"]);
    messages(&late_system(&request.model, &body["messages"]));
    let own = request.extra_json.as_deref().unwrap_or_default();
    assert!(
        marks(body) <= 4 || own.contains("cache_control"),
        "more than 4 blocks with cache_control: {body}"
    );
    // What the caller wrote in `extra-json` is the caller's.
    if request.extra_json.is_none() {
        assert!(body["max_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "max_tokens: Field required");
        options(request, body);
        tools(body);
    }
}

fn is_blank(text: &Value) -> bool {
    text.as_str().is_none_or(|text| text.trim().is_empty())
}

fn system(system: &Value) {
    assert!(system.is_null() || system.as_array().is_some_and(|blocks| !blocks.is_empty()), "{system}");
    for block in system.as_array().into_iter().flatten() {
        assert!(block["type"] == "text" && !is_blank(&block["text"]), "system: {block}");
    }
}

/// The blocks with a mark, wherever they are.
fn marks(body: &Value) -> usize {
    let own = |list: &Value| {
        list.as_array().into_iter().flatten().filter(|block| block.get("cache_control").is_some()).count()
    };
    let messages = body["messages"].as_array().into_iter().flatten().map(|message| own(&message["content"]));
    own(&body["system"]) + own(&body["tools"]) + messages.sum::<usize>()
}

/// The messages without those of the system, each of which stands where the model takes it.
fn late_system(model: &str, messages: &Value) -> Value {
    let messages = messages.as_array().expect("messages: Field required");
    let role = |at: usize| messages.get(at).map(|message| message["role"].as_str().unwrap_or_default());
    for (at, message) in messages.iter().enumerate().filter(|(_, message)| message["role"] == "system") {
        assert!(
            Abilities::of(model.trim_ascii()).system_role,
            "role 'system' is not supported on this model"
        );
        assert!(
            at > 0 && role(at - 1) == Some("user"),
            "messages.{at}: role 'system' must follow a user message"
        );
        assert!(
            role(at + 1).is_none_or(|role| role == "assistant"),
            "messages.{at}: role 'system' must precede an 'assistant' message or end the array"
        );
        let blocks = message["content"].as_array().expect("a list of blocks");
        assert!(!blocks.is_empty());
        blocks
            .iter()
            .for_each(|block| assert!(block["type"] == "text" && !is_blank(&block["text"]), "{block}"));
    }
    messages.iter().filter(|message| message["role"] != "system").cloned().collect()
}

/// Roles alternate from the user's on, the results of each call are the first blocks of the next message, and reasoning
/// leads to something.
fn messages(messages: &Value) {
    let messages = messages.as_array().expect("messages: Field required");
    let mut ids = BTreeSet::new();
    let mut vendor_tools = BTreeSet::new();
    let mut waiting: Vec<String> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        assert_eq!(message["role"], role, "messages: roles must alternate, beginning with the user");
        let blocks = message["content"].as_array().expect("a list of blocks");
        assert!(!blocks.is_empty(), "messages.{at}: must have non-empty content");
        let results: Vec<String> = blocks
            .iter()
            .take_while(|block| block["type"] == "tool_result")
            .map(|block| block["tool_use_id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(
            results, waiting,
            "messages.{at}: `tool_use` ids without `tool_result` blocks immediately after"
        );
        waiting.clear();
        for block in blocks.iter().skip(results.len()) {
            assert_ne!(
                block["type"], "tool_result",
                "messages.{at}: a result without its call, or not at the beginning"
            );
        }
        for block in blocks {
            let mark = block.get("cache_control");
            match block["type"].as_str().expect("type: Field required") {
                "text" => {
                    assert!(!is_blank(&block["text"]), "text content blocks must contain non-whitespace text")
                }
                "tool_result" => check_result(block),
                "image" | "document" if role == "user" => check_source(block),
                "thinking" if role == "assistant" => {
                    assert!(
                        block["thinking"].is_string() && !is_blank(&block["signature"]),
                        "invalid signature: {block}"
                    );
                    assert!(mark.is_none(), "thinking blocks cannot have cache_control");
                }
                "redacted_thinking" if role == "assistant" => assert!(!is_blank(&block["data"]), "{block}"),
                "tool_use" if role == "assistant" => {
                    check_call(block);
                    let id = block["id"].as_str().expect("an id");
                    assert!(ids.insert(id.to_owned()), "`tool_use` ids must be unique: {id}");
                    waiting.push(id.to_owned());
                }
                kind if role == "assistant" => {
                    if let Some(tool) = block["tool_use_id"].as_str() {
                        assert!(vendor_tools.remove(tool), "{kind} without its tool: {block}");
                    } else if kind.ends_with("tool_use") {
                        vendor_tools.insert(block["id"].as_str().unwrap_or_default().to_owned());
                    }
                }
                kind => panic!("messages.{at}: a {role} message cannot hold {kind}"),
            }
        }
        let last = &blocks[blocks.len() - 1];
        assert!(
            !matches!(last["type"].as_str(), Some("thinking" | "redacted_thinking")),
            "messages.{at}: the final block in an assistant message cannot be `thinking`"
        );
        if at + 1 == messages.len() && role == "assistant" && last["type"] == "text" {
            let text = last["text"].as_str().unwrap_or_default();
            assert_eq!(text, text.trim_end(), "final assistant content cannot end with trailing whitespace");
        }
        // A program of the vendor's may make one call after the other, but its result comes before the user's next message.
        assert!(
            role == "assistant" || !results.is_empty() || vendor_tools.is_empty(),
            "messages.{at}: {vendor_tools:?} without a result"
        );
    }
    assert!(waiting.is_empty(), "calls without results at the end: {waiting:?}");
}

fn check_call(call: &Value) {
    let plain = |text: &Value, longest: usize| {
        text.as_str().is_some_and(|text| {
            (1..=longest).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        })
    };
    assert!(plain(&call["id"], usize::MAX) && plain(&call["name"], 128), "{call}");
    assert!(call["input"].is_object(), "input should be a valid dictionary: {call}");
}

fn check_result(result: &Value) {
    match &result["content"] {
        Value::String(text) => assert!(!text.is_empty() || result["is_error"] != true, "{result}"),
        Value::Array(blocks) => {
            assert!(!blocks.is_empty(), "{result}");
            for block in blocks {
                match block["type"].as_str() {
                    Some("text") => assert!(!is_blank(&block["text"]), "{result}"),
                    Some("image" | "document") => check_source(block),
                    _ => panic!("{result}"),
                }
            }
        }
        other => panic!("{other}"),
    }
}

fn check_source(block: &Value) {
    let source = &block["source"];
    let kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"];
    match (source["type"].as_str(), block["type"].as_str()) {
        (Some("url"), _) => {
            let url = source["url"].as_str().unwrap_or_default().to_ascii_lowercase();
            assert!(url.starts_with("https://"), "only HTTPS URLs are supported: {block}");
        }
        (Some("base64"), Some("image")) => {
            assert!(kinds.iter().any(|kind| source["media_type"] == *kind), "{block}")
        }
        (Some("base64"), Some("document")) => assert_eq!(source["media_type"], "application/pdf", "{block}"),
        (Some("text"), Some("document")) => assert!(!is_blank(&source["data"]), "{block}"),
        _ => panic!("{block}"),
    }
}

fn options(request: &Request, body: &Value) {
    let abilities = Abilities::of(request.model.trim_ascii());
    let thinking = body["thinking"]["type"].as_str().unwrap_or_default();
    let tokens = body["max_tokens"].as_u64().unwrap_or_default();
    let forced = ["any", "tool"].iter().any(|kind| body["tool_choice"]["type"] == *kind);
    assert!(!forced || !abilities.no_forced_tool, "tool_choice forces tool use: {body}");
    match thinking {
        "" => {}
        "disabled" => assert_ne!(abilities.thinking, Thinking::None, "{body}"),
        "adaptive" => {
            assert_eq!(abilities.thinking, Thinking::Adaptive, "adaptive thinking is not supported")
        }
        "enabled" => {
            assert_eq!(abilities.thinking, Thinking::Budget, "thinking.type.enabled is not supported");
            let budget = body["thinking"]["budget_tokens"].as_u64().expect("budget_tokens: Field required");
            assert!((1024..tokens).contains(&budget), "budget_tokens: {budget} of {tokens}");
            assert!(!forced, "thinking may not be enabled when tool_choice forces tool use");
            check_beginning(&body["messages"]);
        }
        other => panic!("{other}"),
    }
    let thinks = matches!(thinking, "adaptive" | "enabled");
    let (temperature, top_p) = (body["temperature"].as_f64(), body["top_p"].as_f64());
    assert!(temperature.is_none_or(|value| value <= 1.0 && (!thinks || value >= 1.0)), "temperature: {body}");
    assert!(top_p.is_none_or(|value| !thinks || value >= 0.95), "top_p: {body}");
    assert!(!abilities.no_sampling || temperature.is_none() && top_p.is_none(), "sampling: {body}");
    assert!(
        !abilities.one_sampling || temperature.is_none() || top_p.is_none(),
        "temperature and top_p: {body}"
    );
    for stop in body["stop_sequences"].as_array().into_iter().flatten() {
        assert!(!is_blank(stop), "stop_sequences: each stop sequence must contain non-whitespace");
    }
    let effort = body["output_config"]["effort"].as_str();
    let known = ["low", "medium", "high", "xhigh", "max", "minimal", "none"];
    assert!(
        effort.is_none_or(|effort| abilities.efforts.contains(&effort)
            || !abilities.efforts.is_empty() && !known.contains(&effort)),
        "effort: {body}"
    );
    assert!(body["output_config"]["format"].is_null() || abilities.schema, "format: {body}");
    if !body["output_config"]["format"].is_null() {
        check_closed(&body["output_config"]["format"]["schema"]);
    }
}

/// With a budget the turn whose results come last begins with reasoning.
fn check_beginning(messages: &Value) {
    let messages = messages.as_array().expect("a list");
    if let [.., before, last] = messages.as_slice()
        && last["content"][0]["type"] == "tool_result"
    {
        let first = before["content"][0]["type"].as_str();
        assert!(
            matches!(first, Some("thinking" | "redacted_thinking")),
            "expected `thinking` or `redacted_thinking`, but found {first:?}"
        );
    }
}

fn check_closed(schema: &Value) {
    if schema["type"] == "object" {
        assert!(!schema["additionalProperties"].is_null(), "additionalProperties must be false: {schema}");
    }
    for member in ["properties", "$defs"] {
        schema[member].as_object().into_iter().flatten().for_each(|(_, schema)| check_closed(schema));
    }
}

fn tools(body: &Value) {
    for tool in body["tools"].as_array().into_iter().flatten() {
        assert!(
            tool["input_schema"]["type"].is_string() || tool["input_schema"]["type"].is_array(),
            "{tool}"
        );
        assert!(tool["description"].is_null() || !is_blank(&tool["description"]), "{tool}");
    }
    let choice = &body["tool_choice"];
    assert!(choice.is_null() || !body["tools"].is_null(), "tool_choice without tools: {body}");
    assert!(choice["type"] != "none" || choice["disable_parallel_tool_use"].is_null(), "{choice}");
}
