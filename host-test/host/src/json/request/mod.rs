//! Reading a request from JSON: what `host-test chat --request FILE` takes.
//!
//! The names are the contract's (`wit/model-provider.wit`, record `request`), by the rules of the
//! [module above](super). What may be left out: every field but `model`, `messages` and, in a message,
//! `role` and `content`. An unknown key is refused, with the place and the keys that are known there.
//!
//! Read a little wider than written:
//!
//! | field | may also be |
//! |---|---|
//! | `content` | a plain string, for one text part; so may each of its items |
//! | `…-json` | the JSON itself instead of a string with JSON text |
//! | `source` of media | `{"url": …}`, `{"inline": base64}` or `{"file": path}`; a path counts from the request's file |
//! | `media-type` | left out, if the file's first bytes or the name's ending show it |
//! | `tool-choice`, `response-format` | `{"named": "f"}`, `{"json-schema": {…}}` |
//! | an item of `tools` | OpenAI's `{"type": "function", "function": {…}}` |
//!
//! ```json
//! {
//!   "model": "claude-sonnet-5-5",
//!   "messages": [
//!     {"role": "system", "content": "Be brief."},
//!     {"role": "user", "content": [
//!       {"part": "text", "text": "What is this?"},
//!       {"part": "image", "source": {"file": "cat.png"}}
//!     ]}
//!   ],
//!   "reasoning": {"effort": "low"},
//!   "max-output-tokens": 500
//! }
//! ```

use std::fmt;

use serde_json::Value;

use super::fields::Fields;
use crate::contract::{JsonSchema, ReasoningOptions, Request, ResponseFormat, ToolChoice};

pub mod media;
mod messages;
pub mod tools;

#[cfg(test)]
mod tests;

/// Why a document is not a request: the place in it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    path: String,
    problem: String,
}

impl RequestError {
    pub(super) fn at(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }

    fn syntax(why: &serde_json::Error) -> Self {
        Self::at("", format!("not JSON: {why}"))
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for RequestError {}

/// Fetches the bytes of a file that a request names; the error is a sentence for people.
pub type LoadFile<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// Reads a request. `model` stands in where the document names none.
///
/// # Errors
/// The first mistake, with its place in the document: the syntax, a type, a missing or unknown key, or a file that `load`
/// cannot read.
pub fn parse(text: &str, model: Option<&str>, load: LoadFile<'_>) -> Result<Request, RequestError> {
    let value: Value = serde_json::from_str(text).map_err(|why| RequestError::syntax(&why))?;
    let mut fields = Fields::of(value, "")?;
    let named = fields.string("model")?;
    let model =
        named.or_else(|| model.map(str::to_owned)).ok_or_else(|| fields.problem("model", "is missing"))?;
    let messages = fields.list("messages")?;
    if messages.is_empty() {
        return Err(fields.problem("messages", "is missing or empty"));
    }
    let mut request = Request::new(model);
    for (path, message) in messages {
        request.messages.push(messages::message(message, &path, load)?);
    }
    for (path, tool) in fields.list("tools")? {
        request.tools.push(tools::tool(tool, &path)?);
    }
    request.tool_choice = tool_choice(&mut fields)?;
    request.parallel_tool_calls = fields.flag("parallel-tool-calls")?;
    request.response_format = response_format(&mut fields)?;
    request.max_output_tokens = fields.count("max-output-tokens")?;
    request.temperature = fields.number("temperature")?;
    request.top_p = fields.number("top-p")?;
    request.frequency_penalty = fields.number("frequency-penalty")?;
    request.presence_penalty = fields.number("presence-penalty")?;
    request.stop = strings(&mut fields, "stop")?;
    request.seed = fields.integer("seed")?;
    request.reasoning = reasoning(&mut fields)?;
    request.cache_key = fields.string("cache-key")?;
    request.user = fields.string("user")?;
    request.route = fields.string("route")?;
    request.extra_json = fields.json_text("extra-json")?;
    fields.finish()?;
    Ok(request)
}

fn strings(fields: &mut Fields, name: &str) -> Result<Vec<String>, RequestError> {
    let items = fields.list(name)?.into_iter();
    items
        .map(|(path, item)| match item {
            Value::String(text) => Ok(text),
            _ => Err(RequestError::at(&path, "must be a string")),
        })
        .collect()
}

fn tool_choice(fields: &mut Fields) -> Result<Option<ToolChoice>, RequestError> {
    const NAME: &str = "tool-choice";
    Ok(match fields.variant(NAME, &["auto", "none", "required", "named"])? {
        None => None,
        Some(("named", Some(Value::String(tool)))) => Some(ToolChoice::Named(tool)),
        Some(("named", _)) => {
            return Err(fields.problem("tool-choice-named", "must be the name of a tool"));
        }
        Some((word, Some(_))) => {
            return Err(fields.problem(NAME, format!("{word:?} takes nothing beside it")));
        }
        Some(("auto", None)) => Some(ToolChoice::Auto),
        Some(("none", None)) => Some(ToolChoice::None),
        Some((_, None)) => Some(ToolChoice::Required),
    })
}

fn response_format(fields: &mut Fields) -> Result<Option<ResponseFormat>, RequestError> {
    const NAME: &str = "response-format";
    Ok(match fields.variant(NAME, &["text", "json-object", "json-schema"])? {
        None => None,
        Some(("json-schema", payload)) => {
            let path = fields.path_of("response-format-json-schema");
            let payload = payload.ok_or_else(|| RequestError::at(&path, "is missing"))?;
            Some(ResponseFormat::JsonSchema(json_schema(payload, &path)?))
        }
        Some((word, Some(_))) => {
            return Err(fields.problem(NAME, format!("{word:?} takes nothing beside it")));
        }
        Some(("text", None)) => Some(ResponseFormat::Text),
        Some((_, None)) => Some(ResponseFormat::JsonObject),
    })
}

fn json_schema(value: Value, path: &str) -> Result<JsonSchema, RequestError> {
    let mut fields = Fields::of(value, path)?;
    let schema = JsonSchema {
        name: fields.required_string("name")?,
        schema_json: fields
            .json_text("schema-json")?
            .ok_or_else(|| fields.problem("schema-json", "is missing"))?,
        strict: fields.flag("strict")?,
    };
    fields.finish()?;
    Ok(schema)
}

fn reasoning(fields: &mut Fields) -> Result<Option<ReasoningOptions>, RequestError> {
    let Some(value) = fields.take("reasoning") else { return Ok(None) };
    let mut fields = Fields::of(value, &fields.path_of("reasoning"))?;
    let options = ReasoningOptions {
        effort: fields.string("effort")?,
        budget_tokens: fields.count("budget-tokens")?,
        include_text: fields.flag("include-text")?,
    };
    fields.finish()?;
    Ok(Some(options))
}
