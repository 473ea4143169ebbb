//! `POST /v1/messages`, as Anthropic serves it.

mod blocks;
mod check;
mod history;
mod models;
#[cfg(test)]
mod tests;
mod thinking;
mod write;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use super::conversation::{Conversation, Entry};
use super::play::Format;
use super::prompt_cache::{CacheUse, FIVE_MINUTES, Mark, ONE_HOUR, Prompt, PromptCache};
use super::writer::Framing;
use crate::chat_request::{self, ChatRequest, Image, list};

/// The format of the route.
pub const FORMAT: Format = Format {
    prepare: |_, body| check::request(&body).map(|()| read(body)),
    framing: |_| Framing::Named,
    cache,
    writer: |request, number, used| Box::new(write::MessagesWriter::new(request, number, used)),
};

fn read(body: Value) -> ChatRequest {
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let thinking = &body["thinking"];
    let named = |tool: &Value| tool["input_schema"].is_object();
    let tool =
        |tool: &Value| (tool["name"].as_str().unwrap_or_default().to_owned(), tool["input_schema"].clone());
    let mut conversation = Conversation {
        stream: body["stream"] == true,
        calls_allowed: body["tool_choice"]["type"] != "none",
        named_tool: body["tool_choice"]["name"].as_str().map(str::to_owned),
        reasons: thinking["type"] == "enabled" || thinking["type"] == "adaptive",
        shows_reasoning: match thinking["display"].as_str() {
            Some(display) => display != "omitted",
            None => !models::omits_thinking(&model),
        },
        format: (body["output_config"]["format"]["type"] == "json_schema")
            .then(|| chat_request::Format::Schema(body["output_config"]["format"]["schema"].clone())),
        tools: list(&body, "tools").iter().filter(|tool| named(tool)).map(tool).collect(),
        model,
        ..Conversation::default()
    };
    for message in list(&body, "messages") {
        read_message(message, &mut conversation);
    }
    conversation.read(body)
}

fn read_message(message: &Value, conversation: &mut Conversation) {
    let blocks = list(message, "content");
    if message["role"] == "system" {
        return;
    }
    if message["role"] == "assistant" {
        let calls = blocks.iter().any(|block| block["type"] == "tool_use");
        conversation.entries.push(Entry::Model(calls));
        return;
    }
    let results = blocks.iter().filter(|block| block["type"] == "tool_result");
    let results: Vec<String> = results.map(|block| text(&block["content"])).collect();
    if !results.is_empty() {
        conversation.entries.push(Entry::Results(results));
    }
    let said = text(&message["content"]);
    if !said.is_empty() {
        conversation.entries.push(Entry::User(said));
    }
    let sources = blocks.iter().filter(|block| block["type"] == "image").map(|block| &block["source"]);
    conversation.images.extend(sources.map(image));
}

fn image(source: &Value) -> Image {
    let (media_type, data) = (source["media_type"].as_str(), source["data"].as_str());
    match (media_type, data) {
        (Some(media_type), Some(data)) => chat_request::image(&format!("data:{media_type};base64,{data}")),
        _ => Image::Linked,
    }
}

/// The text of a content: a string, or a list of blocks.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter(|block| block["type"] == "text");
            texts.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The prompt's order is tools, system, messages. Each tool and each block is a place where a mark can be. A change of
/// thinking or of the choice of tools invalidates the messages, and nothing before them.
fn cache(request: &ChatRequest, cache: &mut PromptCache, now: Duration) -> CacheUse {
    let body = &request.body;
    let (mut prompt, mut marks) = (Prompt::default(), Vec::new());
    let mut add = |prompt: &mut Prompt, block: &Value| {
        prompt.add(block);
        if let Some(mark) = mark(block, prompt.len() - 1) {
            marks.push(mark);
        }
    };
    list(body, "tools").iter().for_each(|tool| add(&mut prompt, tool));
    blocks_of(&body["system"]).iter().for_each(|block| add(&mut prompt, block));
    prompt.depends_on(&body["thinking"]);
    prompt.depends_on(&body["tool_choice"]);
    for message in list(body, "messages") {
        prompt.depends_on(&message["role"]);
        blocks_of(&message["content"]).iter().for_each(|block| add(&mut prompt, block));
    }
    // A mark on the request covers the last block.
    marks.extend(mark(body, prompt.len().saturating_sub(1)));
    cache.marked(&request.model, &prompt, &marks, models::least_cached(&request.model), now)
}

/// The blocks of a content. A string is short for one text block, also to the cache: a client that writes a message as a
/// block only while it is marked, as OpenClaw does, still reads what it wrote.
fn blocks_of(content: &Value) -> Cow<'_, [Value]> {
    match content {
        Value::String(text) => Cow::Owned(vec![json!({ "type": "text", "text": text })]),
        content => Cow::Borrowed(content.as_array().map(Vec::as_slice).unwrap_or_default()),
    }
}

/// What a cache that was empty serves of each of these bodies, one after the other.
pub fn cache_use(bodies: impl Iterator<Item = Value>) -> impl Iterator<Item = CacheUse> {
    let mut kept = PromptCache::default();
    bodies.map(move |body| cache(&read(body), &mut kept, Duration::ZERO))
}

fn mark(block: &Value, at: usize) -> Option<Mark> {
    let control = block.get("cache_control").filter(|control| control.is_object())?;
    Some(Mark { at, ttl: if control["ttl"] == "1h" { ONE_HOUR } else { FIVE_MINUTES } })
}
