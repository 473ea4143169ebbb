//! Messages and their parts.

use serde_json::Value;

use super::media::media;
use super::{Fields, LoadFile, RequestError};
use crate::contract::{Message, Part, ReasoningPart, Role, TextPart, ToolCallPart, ToolResultPart};

const PARTS: [&str; 7] = ["text", "image", "audio", "file", "reasoning", "tool-call", "tool-result"];

/// One message at this path.
pub(super) fn message(value: Value, path: &str, load: LoadFile<'_>) -> Result<Message, RequestError> {
    let mut fields = Fields::of(value, path)?;
    let role = match fields.variant("role", &["system", "user", "assistant", "tool"])? {
        Some(("system", None)) => Role::System,
        Some(("user", None)) => Role::User,
        Some(("assistant", None)) => Role::Assistant,
        Some(("tool", None)) => Role::Tool,
        Some(_) => return Err(fields.problem("role", "must be a word")),
        None => return Err(fields.problem("role", "is missing")),
    };
    let content = match fields.take("content") {
        None => return Err(fields.problem("content", "is missing")),
        Some(Value::String(text)) => vec![plain(text)],
        Some(Value::Array(items)) => {
            let parts = items.into_iter().enumerate();
            let at = fields.path_of("content");
            parts
                .map(|(index, item)| part(item, &format!("{at}[{index}]"), load))
                .collect::<Result<_, _>>()?
        }
        Some(_) => return Err(fields.problem("content", "must be a string or a list of parts")),
    };
    let cache_here = fields.flag("cache-here")?.unwrap_or(false);
    fields.finish()?;
    Ok(Message { role, content, cache_here })
}

/// A text part without anything to replay.
fn plain(text: String) -> Part {
    Part::Text(TextPart { text, replay: None })
}

fn part(value: Value, path: &str, load: LoadFile<'_>) -> Result<Part, RequestError> {
    if let Value::String(text) = value {
        return Ok(plain(text));
    }
    let mut fields = Fields::of(value, path)?;
    let Some(word) = fields.string("part")? else {
        return Err(fields.problem("part", format!("is missing; it is one of {}", PARTS.join(", "))));
    };
    let part = match word.as_str() {
        "text" => {
            Part::Text(TextPart { text: fields.required_string("text")?, replay: fields.string("replay")? })
        }
        "image" => Part::Image(media(&mut fields, load)?),
        "audio" => Part::Audio(media(&mut fields, load)?),
        "file" => Part::File(media(&mut fields, load)?),
        "reasoning" => Part::Reasoning(ReasoningPart {
            text: fields.required_string("text")?,
            replay: fields.string("replay")?,
        }),
        "tool-call" => Part::ToolCall(ToolCallPart {
            id: fields.required_string("id")?,
            name: fields.required_string("name")?,
            arguments_json: arguments(&mut fields)?,
            replay: fields.string("replay")?,
        }),
        "tool-result" => Part::ToolResult(tool_result(&mut fields, load)?),
        _ => {
            return Err(
                fields.problem("part", format!("must be one of {}, and is {word:?}", PARTS.join(", ")))
            );
        }
    };
    fields.finish()?;
    Ok(part)
}

/// A past call's arguments. Text that is not JSON is let through: a model's invalid arguments are part of the history, and
/// the component repairs them for the vendors that refuse them.
fn arguments(fields: &mut Fields) -> Result<String, RequestError> {
    match fields.take("arguments-json") {
        None => Err(fields.problem("arguments-json", "is missing")),
        Some(Value::String(text)) => Ok(text),
        Some(value) => Ok(value.to_string()),
    }
}

fn tool_result(fields: &mut Fields, load: LoadFile<'_>) -> Result<ToolResultPart, RequestError> {
    let mut result = ToolResultPart {
        call_id: fields.required_string("call-id")?,
        name: fields.string("name")?,
        text: fields.string("text")?.unwrap_or_default(),
        media: Vec::new(),
        is_error: fields.flag("is-error")?.unwrap_or(false),
    };
    for (path, item) in fields.list("media")? {
        let mut item = Fields::of(item, &path)?;
        result.media.push(media(&mut item, load)?);
        item.finish()?;
    }
    Ok(result)
}
