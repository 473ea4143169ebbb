//! What a chat request asks for, as far as an answer depends on it. The request has passed
//! [`check`](super::check); what is missing here was optional there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::sample;

/// Characters of the user's text that are repeated in an answer.
const ECHO: usize = 400;

/// Whose turn it is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A plain answer is due.
    Text,
    /// A tool call is due: tools were sent and allowed, and the user spoke last, not to go with a tool's result.
    Tools,
    /// An answer with reasoning before it is due.
    Reasoning,
}

/// An image in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Sent along: its media type and its size in bytes.
    Inline(String, usize),
    /// To be fetched by the provider.
    Linked,
}

/// A chat request, read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The whole body.
    pub body: Value,
    /// The model asked for.
    pub model: String,
    /// Whether a stream is wanted.
    pub stream: bool,
    /// Whether `stream_options.include_usage` was set.
    pub include_usage: bool,
    /// What the user said last, cut to 400 characters.
    pub echo: String,
    /// All images, in order.
    pub images: Vec<Image>,
    /// The texts of the tool results at the end of the history, which are to be answered.
    pub tool_results: Vec<String>,
    /// The tools, as `(name, parameters)`; the one that the tool choice names comes first.
    pub tools: Vec<(String, Value)>,
    /// What is due.
    pub turn: Turn,
}

impl Asked {
    /// Reads a checked body.
    pub fn read(body: Value) -> Asked {
        let messages = list(&body, "messages");
        let echo = messages.iter().rev().find(|message| message["role"] == "user").map(said);
        let tool_results = tool_results(messages);
        let tools = tools(&body);
        Asked {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"] == true,
            include_usage: body["stream_options"]["include_usage"] == true,
            echo: echo.unwrap_or_default().chars().take(ECHO).collect(),
            images: messages.iter().flat_map(images).collect(),
            turn: turn(&body, messages, !tools.is_empty() && tool_results.is_empty()),
            tool_results,
            tools,
            body,
        }
    }

    /// The JSON that `response_format` asks for, as text; `None` where none was asked for.
    pub fn structured(&self) -> Option<String> {
        let format = &self.body["response_format"];
        match format["type"].as_str()? {
            "json_schema" => Some(sample::text(&format["json_schema"]["schema"], &self.echo)),
            "json_object" => {
                let answer = [("you_said", self.echo.as_str()), ("played_by", "the stand-in")];
                Some(Value::from_iter(answer).to_string())
            }
            _ => None,
        }
    }
}

/// The texts of the tool results that nobody has answered yet. Agents put what they know of the moment behind
/// them, in the user's name.
fn tool_results(messages: &[Value]) -> Vec<String> {
    let before = messages.iter().rev().skip_while(|message| message["role"] == "user");
    let mut results: Vec<String> = before.take_while(|message| message["role"] == "tool").map(said).collect();
    results.reverse();
    results
}

fn turn(body: &Value, messages: &[Value], tools: bool) -> Turn {
    let user_spoke_last = messages.last().is_some_and(|message| message["role"] == "user");
    let effort = body["reasoning_effort"].as_str().or_else(|| body["reasoning"]["effort"].as_str());
    if tools && user_spoke_last && body["tool_choice"] != "none" {
        Turn::Tools
    } else if effort.is_some_and(|effort| effort != "none") {
        Turn::Reasoning
    } else {
        Turn::Text
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
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
    // Stable: the others keep their order.
    tools.sort_by_key(|(name, _)| Some(name.as_str()) != named);
    tools
}

/// All text of a message.
fn said(message: &Value) -> String {
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

fn image(url: &str) -> Image {
    match data_url(url) {
        Some((media_type, bytes)) => Image::Inline(media_type.to_owned(), bytes.len()),
        None => Image::Linked,
    }
}

/// Media type and bytes of a `data:` URL in base64; `None` where it is none, or not valid.
pub fn data_url(url: &str) -> Option<(&str, Vec<u8>)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let bytes = STANDARD.decode(data).ok()?;
    (media_type.contains('/') && !bytes.is_empty()).then_some((media_type, bytes))
}
