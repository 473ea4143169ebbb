//! Checks the messages: roles, content, and that each tool call has its result. An agent that drops a result
//! gets this error from every vendor, so a plugin's repair of histories has to be tested against it.

use serde_json::Value;

use super::{given, invalid, is_name};
use crate::chat_request::data_url;
use crate::errors::Refusal;

/// Checks the messages in their order.
pub fn check(messages: &[Value]) -> Result<(), Refusal> {
    // Ids of the last assistant message's calls that have no result yet.
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let at = format!("messages[{at}]");
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            close_call(message, &at, &mut open)?;
        } else if !open.is_empty() {
            return Err(without_result(&at, &open));
        }
        match role {
            "system" | "developer" | "tool" => content(message, &at, &["text"], true)?,
            "user" => {
                let parts = ["text", "image_url", "input_audio", "file", "video_url"];
                content(message, &at, &parts, true)?;
            }
            "assistant" => {
                open = calls(message, &at)?;
                let required = open.is_empty() && given(message, "refusal").is_none();
                content(message, &at, &["text", "refusal"], required)?;
            }
            _ => return Err(invalid(format!("{at}.role"), "system, developer, user, assistant or tool")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(without_result("messages", &open)) }
}

/// OpenAI's own text, since clients recognise the error by it.
fn without_result(at: &str, open: &[&str]) -> Refusal {
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
         'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Refusal::upstream("", format!("{at}.role"), message)
}

/// Matches a result with its call. Results may be in any order, but each call has one: a second one is refused like one
/// for an unknown call.
fn close_call(message: &Value, at: &str, open: &mut Vec<&str>) -> Result<(), Refusal> {
    let call_id = message["tool_call_id"].as_str();
    let Some(index) = open.iter().position(|id| Some(*id) == call_id) else {
        let message =
            "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
        return Err(Refusal::upstream("", format!("{at}.tool_call_id"), message));
    };
    open.remove(index);
    Ok(())
}

/// The ids of a message's tool calls.
fn calls<'a>(message: &'a Value, at: &str) -> Result<Vec<&'a str>, Refusal> {
    let calls = match given(message, "tool_calls") {
        None => return Ok(Vec::new()),
        Some(Value::Array(calls)) if !calls.is_empty() => calls,
        Some(_) => return Err(invalid(format!("{at}.tool_calls"), "a list with at least one call")),
    };
    let mut ids = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        let id = call_id(call, &format!("{at}.tool_calls[{number}]"))?;
        if ids.contains(&id) {
            return Err(invalid(format!("{at}.tool_calls[{number}].id"), "an id that no other call has"));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn call_id<'a>(call: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    if call["type"] != "function" {
        return Err(invalid(format!("{at}.type"), "'function'"));
    }
    if !call["function"]["name"].as_str().is_some_and(is_name) {
        return Err(invalid(format!("{at}.function.name"), "1 to 64 of a-z, A-Z, 0-9, _ and -"));
    }
    // Claude and Gemini, which the gateway translates for, parse the text and fail if it is not an object.
    let arguments = call["function"]["arguments"].as_str().map(serde_json::from_str::<Value>);
    if !matches!(arguments, Some(Ok(Value::Object(_)))) {
        return Err(invalid(format!("{at}.function.arguments"), "a string that holds a JSON object"));
    }
    let id = call["id"].as_str().filter(|id| !id.is_empty());
    id.ok_or_else(|| invalid(format!("{at}.id"), "a string that is not empty"))
}

/// Content is text or a list of parts. It may be missing only beside tool calls or a refusal.
fn content(message: &Value, at: &str, kinds: &[&str], required: bool) -> Result<(), Refusal> {
    match given(message, "content") {
        None if required => Err(invalid(format!("{at}.content"), "a string or a list of parts, got null")),
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if !parts.is_empty() => {
            let numbered = parts.iter().enumerate();
            numbered.map(|(number, part)| (part, format!("{at}.content[{number}]"))).try_for_each(
                |(part, at)| match part["type"].as_str() {
                    Some(kind) if kinds.contains(&kind) => shape(part, kind, &at),
                    _ => Err(invalid(format!("{at}.type"), &kinds.join(", "))),
                },
            )
        }
        Some(_) => Err(invalid(format!("{at}.content"), "a string or a list of parts that is not empty")),
    }
}

/// The fields of a part. The encoded data is decoded: a plugin that cuts base64 in the wrong place would pass otherwise.
fn shape(part: &Value, kind: &str, at: &str) -> Result<(), Refusal> {
    let body = &part[kind];
    let (fits, expected) = match kind {
        "text" | "refusal" => (body.is_string(), "a string"),
        "image_url" | "video_url" => {
            let fits = body["url"].as_str().is_some_and(is_media);
            (fits, "an http(s) address, or a data: URL with a media type and valid base64")
        }
        "input_audio" => {
            let known = body["format"].as_str().is_some_and(|format| ["wav", "mp3"].contains(&format));
            // Plain base64. The prefix gives it the form that `data_url` reads.
            let data = body["data"].as_str().map(|data| format!("data:audio/any;base64,{data}"));
            let fits = known && data.is_some_and(|url| data_url(&url).is_some());
            (fits, "valid base64 and a format of wav or mp3")
        }
        _ => {
            let data = body["file_data"].as_str().is_some_and(|url| data_url(url).is_some());
            let named = body["filename"].is_string();
            (body["file_id"].is_string() || (data && named), "a file_id, or file_data and a filename")
        }
    };
    if fits { Ok(()) } else { Err(invalid(format!("{at}.{kind}"), expected)) }
}

fn is_media(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://") || data_url(url).is_some()
}
