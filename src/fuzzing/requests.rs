//! Requests of any make, and the bodies that they become.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use serde_json::Value;

use super::conversation::{MARK, any_messages, any_text};
use crate::contract::{ErrorKind, JsonSchema, ReasoningOptions, Request, ResponseFormat, Tool, ToolChoice};
use crate::history::samples;
use crate::routes::chat_completions::request::encode;

const NAMES: [&str; 4] = ["f", "g", "", "a.b"];
const OBJECTS: [&str; 8] = [
    "{}",
    "{\"type\":\"object\"}",
    " {\"b\": 1.50,\"a\":{}} ",
    "{\"a\":\"\\ud83d\"}",
    "[]",
    "{",
    "",
    "{\"tools\":[{\"type\":\"web_search\"}]}",
];
const EXTRAS: [&str; 8] = [
    "{}",
    "{\"stream_options\":{\"a\":\"},\"},\"temperature\":1}",
    "{\"stop\":null,\"z\":[{}],\"z\":{\"stream_options\":{}}}",
    "{\"tool_choice\":\"auto\",\"tools\":[]}",
    "{\"model\":\"x\",\"messages\":[],\"stream\":false}",
    "{\"stre\\u0061m\":false}",
    "{\"stream_options\":null}",
    "[]",
];

fn maybe<T>(
    u: &mut Unstructured<'_>,
    make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Option<T>> {
    u.ratio(1, 4)?.then(|| make(u)).transpose()
}

fn any_tool(u: &mut Unstructured<'_>) -> Result<Tool> {
    Ok(Tool {
        name: any_text(u, &NAMES)?,
        description: maybe(u, |u| any_text(u, &["", "Reads \"it\""]))?,
        parameters_json: any_text(u, &OBJECTS)?,
        strict: u.arbitrary()?,
    })
}

fn any_choice(u: &mut Unstructured<'_>) -> Result<ToolChoice> {
    Ok(match u.int_in_range(0..=3)? {
        0 => ToolChoice::Auto,
        1 => ToolChoice::None,
        2 => ToolChoice::Required,
        _ => ToolChoice::Named(any_text(u, &NAMES)?),
    })
}

fn any_format(u: &mut Unstructured<'_>) -> Result<ResponseFormat> {
    Ok(match u.int_in_range(0..=2)? {
        0 => ResponseFormat::Text,
        1 => ResponseFormat::JsonObject,
        _ => ResponseFormat::JsonSchema(JsonSchema {
            name: any_text(u, &NAMES)?,
            schema_json: any_text(u, &OBJECTS)?,
            strict: u.arbitrary()?,
        }),
    })
}

fn any_reasoning(u: &mut Unstructured<'_>) -> Result<ReasoningOptions> {
    Ok(ReasoningOptions {
        effort: maybe(u, |u| any_text(u, &["none", "minimal", "low", "high", "xhigh", "", "\""]))?,
        budget_tokens: u.arbitrary()?,
        include_text: u.arbitrary()?,
    })
}

fn any_request(u: &mut Unstructured<'_>) -> Result<Request> {
    let model = any_text(u, &["gpt-5.4", "deepseek-chat", " claude-opus-5\n", "o3", "", "a\nb"])?;
    let tools = (0..u.int_in_range(0..=2)?).map(|_| any_tool(u)).collect::<Result<_>>()?;
    let stop =
        (0..u.int_in_range(0..=2)?).map(|_| any_text(u, &["END", "\"\u{1f}", ""])).collect::<Result<_>>()?;
    let options = Request {
        model,
        tools,
        stop,
        tool_choice: maybe(u, any_choice)?,
        parallel_tool_calls: u.arbitrary()?,
        response_format: maybe(u, any_format)?,
        max_output_tokens: u.arbitrary()?,
        temperature: maybe(u, |u| u.arbitrary())?,
        top_p: maybe(u, |u| u.arbitrary())?,
        frequency_penalty: maybe(u, |u| u.arbitrary())?,
        presence_penalty: maybe(u, |u| u.arbitrary())?,
        seed: maybe(u, |u| u.arbitrary())?,
        reasoning: maybe(u, any_reasoning)?,
        cache_key: maybe(u, |u| any_text(u, &["session", ""]))?,
        user: maybe(u, |u| any_text(u, &["someone", ""]))?,
        extra_json: maybe(u, |u| any_text(u, &EXTRAS))?,
        ..samples::request(Vec::new())
    };
    Ok(Request { messages: any_messages(u)?, ..options })
}

/// A request is refused in words that hold nothing of it, or becomes JSON that a strict reader takes, the same
/// each time, with the conversation in the form that servers ask for, and also without its `stream_options`.
pub fn request_encoding(data: &[u8]) {
    let Ok(request) = any_request(&mut Unstructured::new(data)) else { return };
    let encoded = match encode(&request) {
        Ok(encoded) => encoded,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error:?}");
            assert!(!error.request_sent && !error.retryable, "{error:?}");
            assert!(!error.message.contains(MARK) && error.message.len() <= 512, "{error:?}");
            return;
        }
    };
    for warning in &encoded.warnings {
        assert!(!warning.contains(MARK) && warning.len() <= 512, "{warning}");
    }
    assert_eq!(encode(&request).as_ref(), Ok(&encoded), "the same each time");
    let body = value(&encoded.body);
    assert_eq!(body["model"], request.model.trim_ascii());
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"]["include_usage"], true);
    check(&body["messages"]);
    let mut without = encoded.body.clone();
    without.drain(encoded.stream_options.expect("they are always asked for"));
    let mut rest = body;
    rest.as_object_mut().expect("an object").remove("stream_options");
    assert_eq!(value(&without), rest);
}

/// A strict reader's: numbers within floats, no half characters, no depth beyond 128.
fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body)))
}

/// What a strict server looks at.
fn check(messages: &Value) {
    let mut ids = BTreeSet::new();
    let mut waiting = std::collections::VecDeque::new();
    for message in messages.as_array().expect("a list") {
        if message["role"] == "tool" {
            assert_eq!(Some(&message["tool_call_id"]), waiting.pop_front().as_ref(), "{messages}");
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
            assert!(ids.insert(call["id"].to_string()), "{call} comes twice");
            assert!(call["function"]["arguments"].is_string() && call["function"]["name"].is_string());
            waiting.push_back(call["id"].clone());
        }
    }
    assert!(waiting.is_empty(), "calls without results at the end: {messages}");
}
