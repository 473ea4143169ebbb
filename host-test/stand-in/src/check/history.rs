//! Checks the messages: roles, content, and that each tool call has its result. An agent that drops a result
//! gets this error from every vendor, so a plugin's repair of histories has to be tested against it.

use serde_json::Value;

use super::{given, invalid, is_name};
use crate::chat_request::data_url;
use crate::errors::Refusal;

/// Checks the messages in their order.
pub fn check(messages: &[Value], model: &str) -> Result<(), Refusal> {
    // Ids of the last assistant message's calls that have no result yet.
    let mut open: Vec<&str> = Vec::new();
    let mut ids = Vec::new();
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
                open = calls(message, &at, model)?;
                if model.contains("claude") {
                    only_once(&open, &mut ids, &at)?;
                }
                reasoning(message, &at)?;
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
fn calls<'a>(message: &'a Value, at: &str, model: &str) -> Result<Vec<&'a str>, Refusal> {
    let calls = match given(message, "tool_calls") {
        None => return Ok(Vec::new()),
        Some(Value::Array(calls)) if !calls.is_empty() => calls,
        Some(_) => return Err(invalid(format!("{at}.tool_calls"), "a list with at least one call")),
    };
    let mut ids = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        let at = format!("{at}.tool_calls[{number}]");
        let id = call_id(call, &at)?;
        accepted_id(id, model, &at)?;
        if ids.contains(&id) {
            return Err(invalid(format!("{at}.id"), "an id that no other call has"));
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

/// Vendors accept different ids. One that accepts all of them gets back what its own models made, and must.
fn accepted_id(id: &str, model: &str, at: &str) -> Result<(), Refusal> {
    let plain = |also: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
    let (fits, expected) = if model.contains("claude") {
        (plain("_-") && id.len() <= 64, "a string that matches ^[a-zA-Z0-9_-]+$")
    } else if model.contains("mistral") {
        (plain("") && id.len() == 9, "a-z, A-Z, 0-9, with a length of 9")
    } else if model.starts_with("gpt-") && !model.starts_with("gpt-oss") {
        (id.len() <= 40, "a string with maximum length 40")
    } else {
        (true, "")
    };
    if fits { Ok(()) } else { Err(invalid(format!("{at}.id"), expected)) }
}

/// Anthropic refuses an id that an earlier turn has.
fn only_once<'a>(calls: &[&'a str], ids: &mut Vec<&'a str>, at: &str) -> Result<(), Refusal> {
    for id in calls {
        if ids.contains(id) {
            return Err(invalid(format!("{at}.tool_calls"), "ids that are unique in the conversation"));
        }
        ids.push(id);
    }
    Ok(())
}

/// Reasoning that a client sends back has to be whole: a fragment has a signature of a text that is elsewhere.
fn reasoning(message: &Value, at: &str) -> Result<(), Refusal> {
    let list = |name: &str| message[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    for (number, block) in list("thinking_blocks").iter().enumerate() {
        let whole = match block["type"].as_str() {
            Some("thinking") => block["thinking"].is_string() && filled(&block["signature"]),
            Some("redacted_thinking") => filled(&block["data"]),
            _ => false,
        };
        if !whole {
            let at = format!("{at}.thinking_blocks[{number}]");
            return Err(invalid(at, "a signed block of thinking, or a redacted one with its data"));
        }
    }
    for (number, entry) in list("reasoning_details").iter().enumerate() {
        if entry["type"] == "reasoning.text" && filled(&entry["signature"]) && !filled(&entry["text"]) {
            let at = format!("{at}.reasoning_details[{number}]");
            return Err(invalid(at, "a signature together with the text that it signs"));
        }
    }
    Ok(())
}

/// Content is text or a list of parts. It may be missing only beside tool calls or a refusal.
fn content(message: &Value, at: &str, kinds: &[&str], required: bool) -> Result<(), Refusal> {
    match given(message, "content") {
        None if required => Err(invalid(format!("{at}.content"), "a string or a list of parts, got null")),
        // An assistant may have reasoning or tool calls in place of a text.
        Some(Value::String(text)) if is_blank(text) && message["role"] != "assistant" => {
            Err(blank(&format!("{at}.content")))
        }
        Some(Value::String(text)) if is_blank(text) && !text.is_empty() => {
            Err(blank(&format!("{at}.content")))
        }
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
        "text" if body.as_str().is_some_and(is_blank) => return Err(blank(&format!("{at}.text"))),
        "text" | "refusal" => (body.is_string(), "a string"),
        "image_url" | "video_url" => {
            let fits = body["url"].as_str().is_some_and(is_media);
            (fits, "an http(s) address, or a data: URL with the media type of its bytes and valid base64")
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

/// Anthropic refuses it for every role, and the gateway translates for Anthropic.
fn blank(at: &str) -> Refusal {
    invalid(at, "text with non-whitespace characters")
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

pub fn is_media(url: &str) -> bool {
    if url.starts_with("https://") || url.starts_with("http://") {
        return true;
    }
    data_url(url).is_some_and(|(media_type, bytes)| {
        let found = IMAGES.iter().find(|(begin, later, _)| {
            bytes.starts_with(begin) && bytes.get(8..).unwrap_or_default().starts_with(later)
        });
        // "The image was specified using the image/png media type, but it appears to be a image/jpeg image."
        found.map_or(media_type != "image/jpg", |(.., found)| *found == media_type)
    })
}

/// How the images begin that vendors accept, and what follows after four more bytes.
const IMAGES: [(&[u8], &[u8], &str); 4] = [
    (b"\x89PNG", b"", "image/png"),
    (b"\xFF\xD8\xFF", b"", "image/jpeg"),
    (b"GIF8", b"", "image/gif"),
    (b"RIFF", b"WEBP", "image/webp"),
];
