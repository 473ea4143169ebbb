//! Requests: the shortest that makes sense, and one from a long session of an agent, which sends its whole history with
//! every request.

use cometapi_provider::contract::{
    Media, MediaSource, Message, Part, Request, Role, TextPart, Tool, ToolCallPart, ToolChoice,
    ToolResultPart,
};

/// The number of rounds, each of a user message, a tool call, its result and a reply.
const ROUNDS: usize = 100;

/// One of this many user messages has a picture.
const ROUNDS_PER_PICTURE: usize = 25;

/// The size of a picture in bytes.
const PICTURE: usize = 48 << 10;

/// The number of declared tools.
const TOOLS: usize = 20;

/// A text with characters that have to be escaped or take more than one byte, because these decide how fast a text can
/// be copied.
const SENTENCE: &str = "The river runs past the \"old\" mill, slow and brown; naïve visitors call it grün.\n";

/// A system message and one user message.
pub(super) fn short() -> Request {
    request(vec![
        message(Role::System, vec![text("Reply in two sentences.")]),
        message(Role::User, vec![text("How long is the river?")]),
    ])
}

/// A hundred rounds with a tool call each, twenty tools, four pictures, and the options that agents set.
pub(super) fn long_history_with_tools_and_images() -> Request {
    let mut messages = vec![message(Role::System, vec![text(&SENTENCE.repeat(40))])];
    for round in 0..ROUNDS {
        messages.extend(self::round(round));
    }
    messages.push(message(Role::User, vec![text("Sum it up.")]));
    Request {
        tools: (0..TOOLS).map(tool).collect(),
        tool_choice: Some(ToolChoice::Auto),
        parallel_tool_calls: Some(true),
        max_output_tokens: Some(4_096),
        temperature: Some(0.7),
        top_p: Some(0.95),
        stop: vec!["END".to_owned()],
        user: Some("someone".to_owned()),
        extra_json: Some(r#"{"top_k":40,"metadata":{"session":"river"}}"#.to_owned()),
        ..request(messages)
    }
}

/// One round: a user message, a tool call, its result (every tenth an error) and a reply.
fn round(round: usize) -> [Message; 4] {
    let id = format!("call_{round}");
    let mut prompt = vec![text(&format!("{round}: {}", SENTENCE.repeat(4)))];
    if round.is_multiple_of(ROUNDS_PER_PICTURE) {
        prompt.push(picture(round));
    }
    let call = Part::ToolCall(ToolCallPart {
        id: id.clone(),
        name: format!("read_{}", round % TOOLS),
        arguments_json: format!("{{\"path\":\"notes/{round}.md\",\"lines\":[1,200],\"whole\":true}}"),
        replay: None,
    });
    let result = Part::ToolResult(ToolResultPart {
        call_id: id,
        name: None,
        text: SENTENCE.repeat(24),
        media: Vec::new(),
        is_error: round % 10 == 9,
    });
    [
        message(Role::User, prompt),
        message(Role::Assistant, vec![text("I shall look."), call]),
        message(Role::Tool, vec![result]),
        message(Role::Assistant, vec![text(&SENTENCE.repeat(6))]),
    ]
}

/// A tool with six fields.
fn tool(n: usize) -> Tool {
    let fields: Vec<String> = (0..6)
        .map(|field| format!("\"field_{field}\":{{\"type\":\"string\",\"description\":\"What to look for, part {field}.\"}}"))
        .collect();
    Tool {
        name: format!("read_{n}"),
        description: Some(SENTENCE.repeat(2)),
        parameters_json: format!(
            "{{\"type\":\"object\",\"properties\":{{{}}},\"required\":[\"field_0\"],\"additionalProperties\":false}}",
            fields.join(",")
        ),
        strict: None,
    }
}

/// Pseudo-random bytes, like those of a compressed picture. The seed makes them the same in each run.
fn picture(seed: usize) -> Part {
    let mut state = seed as u32 | 1;
    let bytes = (0..PICTURE)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    Part::Image(Media { source: MediaSource::Inline(bytes), media_type: "image/png".to_owned(), name: None })
}

fn text(text: &str) -> Part {
    Part::Text(TextPart { text: text.to_owned(), replay: None })
}

fn message(role: Role, content: Vec<Part>) -> Message {
    Message { role, content, cache_here: false }
}

/// A request with these messages and nothing else.
fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "deepseek-chat".to_owned(),
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
