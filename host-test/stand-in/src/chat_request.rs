//! What a chat request contains, as far as a response depends on it. The request has passed
//! [`check`](super::check), so a field that is missing here is an optional one: nothing in this file can
//! fail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::sample;

/// Characters of the user's text that a response repeats. The limit keeps a response small when a test sends
/// a prompt of megabytes.
const ECHO: usize = 400;

/// What the next response should be: the turn of the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// A plain text response.
    #[default]
    Text,
    /// A tool call. Tools were sent and allowed, and the last message is from the user and does not follow a
    /// tool result. Without the second condition an agent would loop: each result would lead to another call.
    Tools,
    /// A response with reasoning first.
    Reasoning,
}

/// An image in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Contained in the request: its media type and its size in bytes. The tests see from the size that
    /// base64 was decoded to the same bytes.
    Inline(String, usize),
    /// A URL that the provider has to fetch.
    Linked,
}

/// The form that the response has to have.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Any JSON object.
    Object,
    /// JSON that fits this schema.
    Schema(Value),
}

/// The parts of a chat request that scenarios can use.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The whole body.
    pub body: Value,
    /// The requested model.
    pub model: String,
    /// Whether the client wants a stream.
    pub stream: bool,
    /// Whether `stream_options.include_usage` was set.
    pub include_usage: bool,
    /// The user's last message, cut to 400 characters.
    pub echo: String,
    /// All images, in order.
    pub images: Vec<Image>,
    /// The texts of the tool results at the end of the history that have had no response yet.
    pub tool_results: Vec<String>,
    /// The tools, as `(name, parameters)`. The tool that `tool_choice` names comes first, because scenarios
    /// call the first one.
    pub tools: Vec<(String, Value)>,
    /// The tools to call now, by their places in `tools`. Chat completions do not use it.
    pub due: Vec<usize>,
    /// What the response should be.
    pub turn: Turn,
    /// Whether reasoning was requested.
    pub reasons: bool,
    /// Whether the text of the reasoning was requested, and not its signature alone.
    pub shows_reasoning: bool,
    /// The form that the response has to have; `None`: any text.
    pub format: Option<Format>,
}

impl ChatRequest {
    /// Reads a checked body.
    pub fn read(body: Value) -> ChatRequest {
        let messages = list(&body, "messages");
        let echo = messages.iter().rev().find(|message| message["role"] == "user").map(text_of);
        let tool_results = tool_results(messages);
        let tools = tools(&body);
        ChatRequest {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"] == true,
            include_usage: body["stream_options"]["include_usage"] == true,
            echo: echo.as_deref().map(self::echo).unwrap_or_default(),
            images: messages.iter().flat_map(images).collect(),
            turn: turn(&body, messages, !tools.is_empty() && tool_results.is_empty()),
            tool_results,
            tools,
            format: format(&body),
            body,
            ..ChatRequest::default()
        }
    }

    /// The JSON text that the request requires; `None` if it requires none. A structured response has
    /// to match the schema, because agents parse it and fail otherwise.
    pub fn structured(&self) -> Option<String> {
        Some(match self.format.as_ref()? {
            Format::Schema(schema) => sample::text(schema, &self.echo),
            Format::Object => {
                let answer = [("you_said", self.echo.as_str()), ("played_by", "the stand-in")];
                Value::from_iter(answer).to_string()
            }
        })
    }
}

fn format(body: &Value) -> Option<Format> {
    let format = &body["response_format"];
    match format["type"].as_str()? {
        "json_schema" => Some(Format::Schema(format["json_schema"]["schema"].clone())),
        "json_object" => Some(Format::Object),
        _ => None,
    }
}

/// A text as scenarios repeat it.
pub fn echo(text: &str) -> String {
    text.chars().take(ECHO).collect()
}

/// The texts of the tool results that have had no response yet. Some agents append a user message with the
/// time or the open files after the results, so trailing user messages are skipped first.
fn tool_results(messages: &[Value]) -> Vec<String> {
    let before = messages.iter().rev().skip_while(|message| message["role"] == "user");
    let mut results: Vec<String> =
        before.take_while(|message| message["role"] == "tool").map(text_of).collect();
    results.reverse();
    results
}

fn turn(body: &Value, messages: &[Value], tools: bool) -> Turn {
    let user_spoke_last = messages.last().is_some_and(|message| message["role"] == "user");
    // Two spellings: OpenAI's own, and that of OpenRouter and its imitators.
    let effort = body["reasoning_effort"].as_str().or_else(|| body["reasoning"]["effort"].as_str());
    if tools && user_spoke_last && body["tool_choice"] != "none" {
        Turn::Tools
    } else if effort.is_some_and(|effort| effort != "none") {
        Turn::Reasoning
    } else {
        Turn::Text
    }
}

/// A list in a field; an empty one if there is none.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn tools(body: &Value) -> Vec<(String, Value)> {
    let read = |tool: &Value| {
        let function = &tool["function"];
        let parameters = function.get("parameters").cloned().unwrap_or(Value::Object(Map::new()));
        (function["name"].as_str().unwrap_or_default().to_owned(), parameters)
    };
    let mut tools: Vec<_> = list(body, "tools").iter().map(read).collect();
    let named = body["tool_choice"]["function"]["name"].as_str();
    // A stable sort, so that the other tools keep the client's order: tests compare the first call with the
    // first tool.
    tools.sort_by_key(|(name, _)| Some(name.as_str()) != named);
    tools
}

/// All text of a message. Content is a string or a list of parts; parts without text, such as images, are
/// skipped.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn images(message: &Value) -> Vec<Image> {
    let urls = list(message, "content").iter().filter_map(|part| part["image_url"]["url"].as_str());
    urls.map(image).collect()
}

/// An image by its address or its `data:` URL.
pub fn image(url: &str) -> Image {
    match data_url(url) {
        Some((media_type, bytes)) => Image::Inline(media_type.to_owned(), bytes.len()),
        None => Image::Linked,
    }
}

/// Media type and bytes of a `data:` URL in base64; `None` if it has another form or is not valid. A missing
/// media type counts as invalid, because vendors refuse such an image.
pub fn data_url(url: &str) -> Option<(&str, Vec<u8>)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let bytes = STANDARD.decode(data).ok()?;
    (media_type.contains('/') && !bytes.is_empty()).then_some((media_type, bytes))
}
