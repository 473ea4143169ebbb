//! `POST /v1/responses`, as OpenAI serves it.

mod check;
mod items;
#[cfg(test)]
mod tests;
mod tools;
mod write;

use std::time::Duration;

use serde_json::Value;

use super::conversation::{Conversation, Entry};
use super::play::Format;
use super::prompt_cache::{CacheUse, Prompt, PromptCache};
use super::writer::Framing;
use crate::chat_request::{self, ChatRequest, list};

/// OpenAI caches from this many tokens on, in steps of 128.
const LEAST_CACHED: u64 = 1024;
const CACHE_STEP: u64 = 128;

/// The format of the route.
pub const FORMAT: Format = Format {
    prepare: |_, body| check::request(&body).map(|()| read(body)),
    framing: |_| Framing::Named,
    cache,
    writer: |request, number, used| Box::new(write::ResponsesWriter::new(request, number, used)),
};

fn read(body: Value) -> ChatRequest {
    let mut conversation = Conversation {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        calls_allowed: body["tool_choice"] != "none",
        named_tool: body["tool_choice"]["name"].as_str().map(str::to_owned),
        reasons: body["reasoning"]["effort"].as_str().is_some_and(|effort| effort != "none"),
        shows_reasoning: body["reasoning"]["summary"].is_string(),
        format: match body["text"]["format"]["type"].as_str() {
            Some("json_schema") => {
                Some(chat_request::Format::Schema(body["text"]["format"]["schema"].clone()))
            }
            Some("json_object") => Some(chat_request::Format::Object),
            _ => None,
        },
        tools: list(&body, "tools").iter().filter(|tool| tool["type"] == "function").map(tool).collect(),
        ..Conversation::default()
    };
    if let Some(text) = body["input"].as_str() {
        conversation.entries.push(Entry::User(text.to_owned()));
    }
    for item in list(&body, "input") {
        read_item(item, &mut conversation);
    }
    conversation.read(body)
}

fn tool(tool: &Value) -> (String, Value) {
    (tool["name"].as_str().unwrap_or_default().to_owned(), tool["parameters"].clone())
}

fn read_item(item: &Value, conversation: &mut Conversation) {
    let entries = &mut conversation.entries;
    let entry = match (item["type"].as_str().unwrap_or("message"), item["role"].as_str()) {
        ("message", Some("user")) => {
            let urls = list(item, "content").iter().filter_map(|part| part["image_url"].as_str());
            conversation.images.extend(urls.map(chat_request::image));
            Entry::User(text(&item["content"]))
        }
        ("message", Some("assistant")) => Entry::Model(false),
        ("function_call" | "custom_tool_call", _) => {
            // Parallel calls are one turn, and a text before them belongs to it.
            if let Some(last @ Entry::Model(_)) = entries.last_mut() {
                *last = Entry::Model(true);
                return;
            }
            Entry::Model(true)
        }
        ("function_call_output" | "custom_tool_call_output", _) => {
            let result = text(&item["output"]);
            if let Some(Entry::Results(results)) = entries.last_mut() {
                results.push(result);
                return;
            }
            Entry::Results(vec![result])
        }
        _ => return,
    };
    entries.push(entry);
}

/// The text of a content: a string, or a list of parts.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The cache needs no marks: it reads the longest known beginning, in steps of 128 tokens. Requests with different cache
/// keys may reach different machines, so a key divides it.
fn cache(request: &ChatRequest, cache: &mut PromptCache, now: Duration) -> CacheUse {
    let body = &request.body;
    let prompt = Prompt::in_steps(&[&body["tools"], &body["instructions"], &body["input"]], CACHE_STEP);
    let key = body["prompt_cache_key"].as_str().unwrap_or_default();
    cache.automatic(&format!("{}\n{key}", request.model), &prompt, LEAST_CACHED, now)
}
