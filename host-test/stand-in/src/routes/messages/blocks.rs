//! Checks one content block.

use serde_json::Value;

use super::check::{extra, required};
use crate::chat_request::data_url;
use crate::check::{given, is_media};
use crate::errors::Refusal;

/// Blocks of the vendor's own tools. They are accepted as they are.
const VENDOR_BLOCKS: [&str; 16] = [
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "container_upload",
    "compaction",
    "fallback",
    "advisor_tool_result",
    "search_result",
    "tool_reference",
    "tool_removal",
];

/// Refuses fields that are not known.
pub fn only(object: &Value, known: &[&str], at: &str) -> Result<(), Refusal> {
    let unknown =
        object.as_object().and_then(|fields| fields.keys().find(|name| !known.contains(&name.as_str())));
    unknown.map_or(Ok(()), |name| Err(extra(&format!("{at}.{name}"))))
}

/// A mark has a type and at most a lifetime.
pub fn cache_control(block: &Value, at: &str) -> Result<(), Refusal> {
    let Some(control) = given(block, "cache_control") else { return Ok(()) };
    let at = format!("{at}.cache_control");
    if control["type"] != "ephemeral" {
        return Err(Refusal::anthropic(format!("{at}.type: Input should be 'ephemeral'")));
    }
    if given(control, "ttl").is_some_and(|ttl| ttl != "5m" && ttl != "1h") {
        return Err(Refusal::anthropic(format!("{at}.ephemeral.ttl: Input should be '5m' or '1h'")));
    }
    only(control, &["type", "ttl", "scope"], &format!("{at}.ephemeral"))
}

/// A text block. `place` is the word with which the vendor's message begins.
pub fn text(block: &Value, at: &str, place: &str) -> Result<(), Refusal> {
    only(block, &["type", "text", "cache_control", "citations"], &format!("{at}.text"))?;
    let Some(text) = block["text"].as_str() else { return Err(required(&format!("{at}.text.text"))) };
    if text.is_empty() && given(block, "cache_control").is_some() {
        return Err(Refusal::anthropic(format!(
            "{at}.cache_control: cache_control cannot be set for empty text blocks"
        )));
    }
    if text.is_empty() {
        return Err(Refusal::anthropic(format!("{place}: text content blocks must be non-empty")));
    }
    if text.trim().is_empty() {
        return Err(Refusal::anthropic(format!(
            "{place}: text content blocks must contain non-whitespace text"
        )));
    }
    cache_control(block, at)
}

/// A block of a user's message.
pub fn of_user(block: &Value, at: &str) -> Result<(), Refusal> {
    match block["type"].as_str() {
        Some("text") => text(block, at, "messages"),
        Some("image") => {
            only(block, &["type", "source", "cache_control"], &format!("{at}.image"))?;
            source(&block["source"], &format!("{at}.image.source"), true)?;
            cache_control(block, at)
        }
        Some("document") => {
            let known = ["type", "source", "title", "context", "citations", "cache_control"];
            only(block, &known, &format!("{at}.document"))?;
            source(&block["source"], &format!("{at}.document.source"), false)?;
            cache_control(block, at)
        }
        Some("tool_result") => {
            let known = ["type", "tool_use_id", "content", "is_error", "cache_control"];
            only(block, &known, &format!("{at}.tool_result"))?;
            result(block, at)?;
            cache_control(block, at)
        }
        other => vendors(other, at, "'document', 'image', 'search_result', 'text', 'tool_result'"),
    }
}

/// A block of an assistant's message; thinking is checked elsewhere.
pub fn of_assistant(block: &Value, at: &str) -> Result<(), Refusal> {
    match block["type"].as_str() {
        Some("text") => text(block, at, "messages"),
        Some("tool_use") => {
            let known = ["type", "id", "name", "input", "cache_control", "caller"];
            only(block, &known, &format!("{at}.tool_use"))?;
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !block["id"].as_str().is_some_and(|id| !id.is_empty() && id.bytes().all(fits)) {
                return Err(Refusal::anthropic(format!(
                    "{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
                )));
            }
            if !block["name"]
                .as_str()
                .is_some_and(|name| (1..=200).contains(&name.len()) && name.bytes().all(fits))
            {
                return Err(Refusal::anthropic(format!(
                    "{at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,200}}$'"
                )));
            }
            if !block["input"].is_object() {
                return Err(Refusal::anthropic(format!(
                    "{at}.tool_use.input: Input should be a valid dictionary"
                )));
            }
            cache_control(block, at)
        }
        other => vendors(other, at, "'redacted_thinking', 'text', 'thinking', 'tool_use'"),
    }
}

fn vendors(kind: Option<&str>, at: &str, expected: &str) -> Result<(), Refusal> {
    match kind {
        None => Err(required(&format!("{at}.type"))),
        Some(kind) if VENDOR_BLOCKS.contains(&kind) => Ok(()),
        Some(kind) => Err(Refusal::anthropic(format!(
            "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
        ))),
    }
}

/// The content of a result: a text, or a list of texts, images and documents. It may be missing.
fn result(block: &Value, at: &str) -> Result<(), Refusal> {
    match given(block, "content") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(blocks)) => blocks.iter().enumerate().try_for_each(|(number, inner)| {
            let at = format!("{at}.tool_result.content.{number}");
            match inner["type"].as_str() {
                Some("text" | "image" | "document" | "search_result" | "tool_reference") => {
                    of_user(inner, &at)
                }
                other => vendors(other, &at, "'document', 'image', 'search_result', 'text'"),
            }
        }),
        Some(_) => Err(Refusal::anthropic(format!("{at}.tool_result.content: Input should be a valid list"))),
    }
}

/// Where the bytes of an image or a document are.
fn source(source: &Value, at: &str, image: bool) -> Result<(), Refusal> {
    let media_type = source["media_type"].as_str().unwrap_or_default();
    match source["type"].as_str() {
        Some("url") if source["url"].as_str().is_some_and(|url| url.starts_with("https://")) => Ok(()),
        Some("url") => Err(Refusal::anthropic(format!("{at}.url.url: Only HTTPS URLs are supported."))),
        Some("file") if source["file_id"].is_string() => Ok(()),
        Some("text") if !image => match (media_type, source["data"].as_str()) {
            ("text/plain", Some(data)) if !data.is_empty() => Ok(()),
            _ => Err(Refusal::anthropic(format!("{at}.text.media_type: Input should be 'text/plain'"))),
        },
        Some("base64") => {
            let known: &[&str] = match image {
                true => &["image/jpeg", "image/png", "image/gif", "image/webp"],
                false => &["application/pdf"],
            };
            if !known.contains(&media_type) {
                let known = known.join("' or '");
                return Err(Refusal::anthropic(format!("{at}.base64.media_type: Input should be '{known}'")));
            }
            let url = format!("data:{media_type};base64,{}", source["data"].as_str().unwrap_or_default());
            if data_url(&url).is_none() {
                return Err(Refusal::anthropic(format!(
                    "{at}.base64.data: The base64 encoded data was invalid."
                )));
            }
            if image && !is_media(&url) {
                return Err(Refusal::anthropic(format!(
                    "{at}.base64.data: The image was specified using the {media_type} media type, but the image \
                     appears to be of another one."
                )));
            }
            Ok(())
        }
        _ => Err(Refusal::anthropic(format!(
            "{at}: Input tag found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'"
        ))),
    }
}
