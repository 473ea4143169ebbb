//! Short ways to write a conversation down in tests.

use crate::contract::{
    Media, MediaSource, Message, Part, ReasoningPart, Request, Role, TextPart, ToolCallPart, ToolResultPart,
};
use alloc::vec::Vec;

pub fn system(content: Vec<Part>) -> Message {
    message(Role::System, content)
}

pub fn user(content: Vec<Part>) -> Message {
    message(Role::User, content)
}

pub fn assistant(content: Vec<Part>) -> Message {
    message(Role::Assistant, content)
}

pub fn tool(content: Vec<Part>) -> Message {
    message(Role::Tool, content)
}

fn message(role: Role, content: Vec<Part>) -> Message {
    Message { role, content, cache_here: false }
}

pub fn text(text: &str) -> Part {
    Part::Text(TextPart { text: text.into(), replay: None })
}

pub fn reasoning(text: &str, replay: Option<&str>) -> Part {
    Part::Reasoning(ReasoningPart { text: text.into(), replay: replay.map(Into::into) })
}

pub fn call(id: &str, name: &str, arguments: &str) -> Part {
    call_with(id, name, arguments, None)
}

pub fn call_with(id: &str, name: &str, arguments: &str, replay: Option<&str>) -> Part {
    Part::ToolCall(ToolCallPart {
        id: id.into(),
        name: name.into(),
        arguments_json: arguments.into(),
        replay: replay.map(Into::into),
    })
}

pub fn result(call_id: &str, text: &str) -> Part {
    result_with(call_id, text, Vec::new(), false)
}

pub fn result_with(call_id: &str, text: &str, media: Vec<Media>, is_error: bool) -> Part {
    Part::ToolResult(ToolResultPart {
        call_id: call_id.into(),
        name: None,
        text: text.into(),
        media,
        is_error,
    })
}

pub fn inline(media_type: &str, bytes: &[u8]) -> Media {
    Media { source: MediaSource::Inline(bytes.into()), media_type: media_type.into(), name: None }
}

pub fn url(media_type: &str, url: &str) -> Media {
    Media { source: MediaSource::Url(url.into()), media_type: media_type.into(), name: None }
}

/// A request with these messages and nothing else.
pub fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "deepseek-chat".into(),
        messages,
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        response_format: None,
        max_output_tokens: None,
        temperature: None,
        top_p: None,
        frequency_penalty: None,
        presence_penalty: None,
        stop: Vec::new(),
        seed: None,
        reasoning: None,
        cache_key: None,
        user: None,
        route: None,
        extra_json: None,
    }
}
