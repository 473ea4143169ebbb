//! `POST /v1beta/models/{id}:streamGenerateContent` and `:generateContent`, as Google serves them.

mod check;
mod contents;
mod settings;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;

use super::conversation::{Conversation, Entry};
use super::play::Format;
use super::prompt_cache::{CacheUse, Prompt, PromptCache};
use super::writer::Framing;
use crate::chat_request::{self, ChatRequest, Image, list};
use crate::errors::Refusal;
use crate::router::Exchange;

/// The path up to the model's id.
const BEFORE: &str = "/v1beta/models/";
/// What follows the id: with and without a stream.
const STREAMED: &str = ":streamGenerateContent";
const WHOLE: &str = ":generateContent";

/// Google names no step. This one makes the counts stable.
const CACHE_STEP: u64 = 128;

/// The format of the route.
pub const FORMAT: Format = Format {
    prepare,
    // Without `alt=sse` the stream is one JSON list.
    framing: |exchange| match exchange.query.split('&').any(|field| field == "alt=sse") {
        true => Framing::Data,
        false => Framing::List,
    },
    cache,
    writer: |request, number, used| Box::new(write::GeminiWriter::new(request, number, used)),
};

/// Whether a request is for this route.
pub fn is_request(method: &Method, path: &str) -> bool {
    method == Method::POST && path.starts_with(BEFORE) && (path.ends_with(STREAMED) || path.ends_with(WHOLE))
}

/// Checks and reads a body. The model is in the path.
fn prepare(exchange: &Exchange, body: Value) -> Result<ChatRequest, Refusal> {
    let path = exchange.path.strip_prefix(BEFORE).unwrap_or_default();
    let streamed = path.ends_with(STREAMED);
    let id = path.trim_end_matches(STREAMED).trim_end_matches(WHOLE);
    let model = decoded(id).ok_or_else(|| Refusal::google("the model id is not percent-encoded"))?;
    check::request(&body, &model)?;
    Ok(read(body, model, streamed))
}

/// Resolves `%2F` and the like. An id with a bare `/` would be another path, and real servers do not find it.
fn decoded(id: &str) -> Option<String> {
    if id.is_empty() || id.contains('/') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = id.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The generation of a Gemini model, such as `(2, 5)`; `None` for any other model.
pub fn generation(model: &str) -> Option<(u32, u32)> {
    let id = model.rsplit('/').next().unwrap_or(model);
    let version = id.strip_prefix("gemini-")?.split('-').next()?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn read(body: Value, model: String, stream: bool) -> ChatRequest {
    let generation_config = &body["generationConfig"];
    let thinking = &generation_config["thinkingConfig"];
    let calling = &body["toolConfig"]["functionCallingConfig"];
    let schema = ["responseJsonSchema", "responseSchema"].iter().find_map(|name| generation_config.get(name));
    let functions = list(&body, "tools").iter().flat_map(|tool| list(tool, "functionDeclarations"));
    let mut conversation = Conversation {
        model,
        stream,
        calls_allowed: calling["mode"] != "NONE",
        named_tool: calling["allowedFunctionNames"][0].as_str().map(str::to_owned),
        reasons: thinking["thinkingLevel"].is_string()
            || thinking["includeThoughts"] == true
            || thinking["thinkingBudget"].as_i64().is_some_and(|budget| budget != 0),
        shows_reasoning: thinking["includeThoughts"] == true,
        format: match (generation_config["responseMimeType"].as_str(), schema) {
            (Some("application/json"), Some(schema)) => Some(chat_request::Format::Schema(schema.clone())),
            (Some("application/json"), None) => Some(chat_request::Format::Object),
            _ => None,
        },
        tools: functions.map(function).collect(),
        ..Conversation::default()
    };
    for content in list(&body, "contents") {
        read_content(content, &mut conversation);
    }
    conversation.read(body)
}

fn function(function: &Value) -> (String, Value) {
    let schema = function.get("parametersJsonSchema").unwrap_or(&function["parameters"]);
    (function["name"].as_str().unwrap_or_default().to_owned(), schema.clone())
}

fn read_content(content: &Value, conversation: &mut Conversation) {
    let parts = list(content, "parts");
    if content["role"] == "model" {
        let calls = parts.iter().any(|part| part.get("functionCall").is_some());
        conversation.entries.push(Entry::Model(calls));
        return;
    }
    let responses = parts.iter().filter_map(|part| part.get("functionResponse"));
    let results: Vec<String> = responses.map(|response| result(&response["response"])).collect();
    if !results.is_empty() {
        conversation.entries.push(Entry::Results(results));
    }
    let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
    if !texts.is_empty() {
        conversation.entries.push(Entry::User(texts.join("\n")));
    }
    for data in parts.iter().filter_map(|part| part.get("inlineData")) {
        let bytes = STANDARD.decode(data["data"].as_str().unwrap_or_default()).unwrap_or_default();
        let media_type = data["mimeType"].as_str().unwrap_or_default();
        if media_type.starts_with("image/") {
            conversation.images.push(Image::Inline(media_type.to_owned(), bytes.len()));
        }
    }
    let linked = parts.iter().filter(|part| part.get("fileData").is_some());
    conversation.images.extend(linked.map(|_| Image::Linked));
}

/// The text of a result: a single field's text, or the whole object.
fn result(response: &Value) -> String {
    let single =
        response.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next());
    match single {
        Some(Value::String(text)) => text.clone(),
        _ => response.to_string(),
    }
}

/// Implicit caching: the longest known beginning, without any mark.
fn cache(request: &ChatRequest, cache: &mut PromptCache, now: Duration) -> CacheUse {
    let body = &request.body;
    let parts = [&body["tools"], &body["systemInstruction"], &body["contents"]];
    let prompt = Prompt::in_steps(&parts, CACHE_STEP);
    let least = if request.model.contains("pro") { 4096 } else { 1024 };
    cache.automatic(&request.model, &prompt, least, now)
}
