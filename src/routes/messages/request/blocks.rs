//! Writes the blocks of a message.

use super::cache::Prefix;
use super::content::{Block, Content, Role, WireConversation};
use super::media;
use crate::errors::Error;
use crate::history::{ToolResult, UserPart, Warnings, is_blank};
use crate::json::{Json, Raw};
use crate::routes::encoding::arguments;

/// Ends a cached prefix, for five minutes and for an hour.
pub const CACHE_CONTROL: [&str; 2] = [r#"{"type":"ephemeral"}"#, r#"{"type":"ephemeral","ttl":"1h"}"#];

/// Writes the list of messages.
///
/// # Errors
/// `invalid-request` for media that cannot be sent.
pub fn write(
    json: &mut Json,
    conversation: &WireConversation<'_>,
    prefix: &Prefix,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    json.raw("[");
    let mut messages = conversation.messages.iter().peekable();
    while let Some(message) = messages.next() {
        json.item();
        json.raw(match message.role {
            Role::Assistant => r#"{"role":"assistant","content":["#,
            Role::User => r#"{"role":"user","content":["#,
            Role::System => r#"{"role":"system","content":["#,
        });
        let mut blocks = message.blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            // The model goes on from a text at the very end, and white space after it is refused.
            let is_end =
                message.role == Role::Assistant && messages.peek().is_none() && blocks.peek().is_none();
            write_block(json, block, is_end, prefix, warnings)?;
        }
        json.raw("]}");
    }
    json.raw("]");
    Ok(())
}

/// Writes the beginning of a text block, open for more members.
pub fn begin_text(json: &mut Json, text: &str) {
    json.item();
    json.raw(r#"{"type":"text","text":"#);
    json.string(text);
}

/// Closes a block, with its mark if there is one.
pub fn close(json: &mut Json, cache_control: &str) {
    if !cache_control.is_empty() {
        json.key("cache_control");
        json.raw(cache_control);
    }
    json.raw("}");
}

fn write_block(
    json: &mut Json,
    block: &Block<'_>,
    is_end: bool,
    prefix: &Prefix,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    match block.content {
        Content::Text(text, citations) => {
            begin_text(json, if is_end { text.trim_end() } else { text });
            member(json, "citations", citations);
        }
        Content::Thinking { shown, withheld, signature } => {
            json.item();
            json.raw(r#"{"type":"thinking","thinking":"#);
            match withheld {
                Some(text) => json.raw(text.get()),
                None => json.string(shown),
            }
            member(json, "signature", Some(signature));
        }
        // As it was received: much of it is encrypted or signed.
        Content::Vendor(block) => {
            json.item();
            json.raw(block.json.get());
            return Ok(());
        }
        Content::Call(call, caller) => {
            json.item();
            json.raw(r#"{"type":"tool_use","id":"#);
            json.string(&call.id);
            json.key("name");
            json.string(&call.name);
            json.key("input");
            arguments(json, &call.arguments);
            member(json, "caller", caller);
        }
        Content::Result(result) => write_result(json, result, warnings)?,
        Content::Media(part) => media::begin(json, part, warnings)?,
    }
    close(json, prefix.control(block.cache_here));
    Ok(())
}

fn member(json: &mut Json, name: &str, value: Raw<'_>) {
    if let Some(value) = value {
        json.key(name);
        json.raw(value.get());
    }
}

/// The beginning of a result. A failure has a field of its own, and then its content must not be empty.
fn write_result(json: &mut Json, result: &ToolResult<'_>, warnings: &mut Warnings) -> Result<(), Error> {
    json.item();
    json.raw(r#"{"type":"tool_result","tool_use_id":"#);
    json.string(&result.call_id);
    json.key("content");
    let is_empty = is_blank(result.text);
    match result.place.filter(|_| !result.media.is_empty()) {
        None => json.string(if is_empty { "(no output)" } else { result.text }),
        Some(place) => {
            json.raw("[");
            if !is_empty {
                begin_text(json, result.text);
                json.raw("}");
            }
            for media in result.media {
                media::begin(json, &UserPart::of_tool(media, place), warnings)?;
                json.raw("}");
            }
            json.raw("]");
        }
    }
    if result.is_error {
        json.key("is_error");
        json.bool(true);
    }
    Ok(())
}
