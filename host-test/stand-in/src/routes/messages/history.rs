//! Checks the messages: their order, each call with its result, and thinking as it was received.

use serde_json::Value;

use super::{blocks, models};
use crate::check::given;
use crate::errors::Refusal;
use crate::routes::seal::{self, Proof};

/// Checks `messages`.
pub fn check(body: &Value, model: &str) -> Result<(), Refusal> {
    let messages = match given(body, "messages") {
        None => return Err(super::check::required("messages")),
        Some(Value::Array(messages)) if !messages.is_empty() => messages,
        Some(_) => return Err(Refusal::anthropic("messages: at least one message is required")),
    };
    order(messages, model)?;
    let mut ids: Vec<&str> = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let at = format!("messages.{number}");
        let assistant = message["role"] == "assistant";
        let content = content(message, &at, assistant && number + 1 == messages.len())?;
        for (place, block) in content.iter().enumerate() {
            let at = format!("{at}.content.{place}");
            match block["type"].as_str() {
                Some("thinking" | "redacted_thinking") if assistant => {}
                Some(kind) if message["role"] == "system" && kind != "text" => {
                    return Err(Refusal::anthropic(format!("{at}.type: Input should be 'text'")));
                }
                _ if assistant => blocks::of_assistant(block, &at)?,
                _ => blocks::of_user(block, &at)?,
            }
        }
        if assistant {
            thinking(content, &at)?;
            let calls = ids_of(content, "tool_use", "id");
            if calls.iter().enumerate().any(|(at, id)| ids.contains(id) || calls[..at].contains(id)) {
                return Err(Refusal::anthropic("messages: `tool_use` ids must be unique"));
            }
            ids.extend(&calls);
            results(&calls, messages.get(number + 1), number)?;
        } else {
            let before = number.checked_sub(1).and_then(|before| messages[before]["content"].as_array());
            orphans(content, before.map(Vec::as_slice).unwrap_or_default(), number)?;
        }
    }
    begins_with_thinking(body, messages)
}

/// Roles: the first is the user's, and they alternate.
fn order(messages: &[Value], model: &str) -> Result<(), Refusal> {
    let mut last = "";
    for (number, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        match role {
            "user" | "assistant" => {}
            "system" if models::takes_system_messages(model) => {
                let next = messages.get(number + 1).map(|next| next["role"].as_str().unwrap_or_default());
                let error = match (last, next) {
                    ("user", None | Some("assistant")) => {
                        last = "system";
                        continue;
                    }
                    ("", _) => "use the top-level 'system' parameter for the initial system prompt",
                    ("user", _) => "role 'system' must precede an 'assistant' message or end the array",
                    _ => "role 'system' must follow a 'user' message",
                };
                return Err(Refusal::anthropic(format!("messages.{number}: {error}")));
            }
            "system" => {
                return Err(Refusal::anthropic(
                    "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, \
                     not \"system\" as an input message role.",
                ));
            }
            _ => {
                return Err(Refusal::anthropic(format!(
                    "messages.{number}.role: Input should be 'user' or 'assistant'"
                )));
            }
        }
        if number == 0 && role != "user" {
            return Err(Refusal::anthropic("messages: first message must use the \"user\" role"));
        }
        // The service itself takes two turns of one role as one; those that host its models for others do not.
        if role == last {
            return Err(Refusal::anthropic(format!(
                "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"{role}\" \
                 roles in a row"
            )));
        }
        last = role;
    }
    if last == "assistant" && models::abilities(model).is_some_and(|model| !model.prefill) {
        return Err(Refusal::anthropic(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    Ok(())
}

/// The blocks of a message. A string is one text, so it is checked here.
fn content<'a>(message: &'a Value, at: &str, last: bool) -> Result<&'a [Value], Refusal> {
    let ends_blank = |text: &str| last && text.ends_with(char::is_whitespace);
    match given(message, "content") {
        None => Err(super::check::required(&format!("{at}.content"))),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(Refusal::anthropic("messages: text content blocks must contain non-whitespace text"))
        }
        Some(Value::String(text)) if ends_blank(text) => Err(trailing_blank()),
        Some(Value::String(_)) => Ok(&[]),
        Some(Value::Array(blocks)) if !blocks.is_empty() => {
            let text = blocks.last().and_then(|block| block["text"].as_str()).unwrap_or_default();
            if ends_blank(text) { Err(trailing_blank()) } else { Ok(blocks) }
        }
        Some(_) => Err(Refusal::anthropic(format!(
            "{at}: all messages must have non-empty content except for the optional final assistant message"
        ))),
    }
}

fn trailing_blank() -> Refusal {
    Refusal::anthropic("messages: final assistant content cannot end with trailing whitespace")
}

fn ids_of<'a>(content: &'a [Value], kind: &str, field: &str) -> Vec<&'a str> {
    content.iter().filter(|block| block["type"] == kind).filter_map(|block| block[field].as_str()).collect()
}

/// The next message begins with one result for each call.
fn results(calls: &[&str], next: Option<&Value>, number: usize) -> Result<(), Refusal> {
    if calls.is_empty() {
        return Ok(());
    }
    let content = next.and_then(|next| next["content"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let leading = content.iter().take_while(|block| block["type"] == "tool_result").count();
    let results = ids_of(&content[..leading], "tool_result", "tool_use_id");
    let missing: Vec<&str> = calls.iter().copied().filter(|id| !results.contains(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::anthropic(format!(
        "messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
         `tool_use` block must have a corresponding `tool_result` block in the next message.",
        missing.join(", ")
    )))
}

/// Each result belongs to a call of the message before, and no call has two.
fn orphans(content: &[Value], before: &[Value], number: usize) -> Result<(), Refusal> {
    let calls = ids_of(before, "tool_use", "id");
    let mut seen: Vec<&str> = Vec::new();
    for (place, block) in content.iter().enumerate().filter(|(_, block)| block["type"] == "tool_result") {
        let id = block["tool_use_id"].as_str().unwrap_or_default();
        if seen.contains(&id) {
            return Err(Refusal::anthropic(format!(
                "messages.{number}.content.{place}: each tool_use must have a single result. Found multiple \
                 `tool_result` blocks with id: {id}"
            )));
        }
        if !calls.contains(&id) {
            return Err(Refusal::anthropic(format!(
                "messages.{number}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. \
                 Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )));
        }
        seen.push(id);
    }
    Ok(())
}

/// Thinking has a signature of its text, and stands in the order in which it was received.
fn thinking(content: &[Value], at: &str) -> Result<(), Refusal> {
    let kind = content.last().and_then(|block| block["type"].as_str()).unwrap_or_default();
    if kind == "thinking" || kind == "redacted_thinking" {
        return Err(Refusal::anthropic(format!(
            "{at}: The final block in an assistant message cannot be `thinking`."
        )));
    }
    let mut last = 0;
    for (place, block) in content.iter().enumerate() {
        let at = format!("{at}.content.{place}");
        let proof = match block["type"].as_str() {
            Some("thinking") => {
                blocks::only(block, &["type", "thinking", "signature"], &format!("{at}.thinking"))?;
                let Some(text) = block["thinking"].as_str() else {
                    return Err(super::check::required(&format!("{at}.thinking.thinking")));
                };
                let Some(signature) = block["signature"].as_str() else {
                    return Err(super::check::required(&format!("{at}.thinking.signature")));
                };
                seal::check(signature, text)
            }
            Some("redacted_thinking") => {
                blocks::only(block, &["type", "data"], &format!("{at}.redacted_thinking"))?;
                let Some(data) = block["data"].as_str() else {
                    return Err(super::check::required(&format!("{at}.redacted_thinking.data")));
                };
                seal::check(data, "redacted")
            }
            _ => continue,
        };
        match (proof, block["type"].as_str()) {
            (Proof::Genuine(number), _) if number >= last => last = number,
            (Proof::Genuine(_) | Proof::Altered, _) => {
                return Err(Refusal::anthropic(format!(
                    "{at}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be \
                     modified. These blocks must remain as they were in the original response."
                )));
            }
            (Proof::Foreign, Some("thinking")) => {
                return Err(Refusal::anthropic(format!("{at}: Invalid `signature` in `thinking` block")));
            }
            (Proof::Foreign, _) => {
                return Err(Refusal::anthropic(format!("{at}: Invalid `data` in `redacted_thinking` block")));
            }
        }
    }
    Ok(())
}

/// With a budget, the turn whose calls have their results now begins with its thinking.
fn begins_with_thinking(body: &Value, messages: &[Value]) -> Result<(), Refusal> {
    let last = messages.iter().rposition(|message| message["role"] == "assistant");
    let (Some(last), "enabled") = (last, body["thinking"]["type"].as_str().unwrap_or_default()) else {
        return Ok(());
    };
    let content = messages[last]["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = content.first().and_then(|block| block["type"].as_str()).unwrap_or("text");
    let calls = content.iter().any(|block| block["type"] == "tool_use");
    if !calls || first == "thinking" || first == "redacted_thinking" {
        return Ok(());
    }
    Err(Refusal::anthropic(format!(
        "messages.{last}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When \
         `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost \
         set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To \
         avoid this requirement, disable `thinking`."
    )))
}
