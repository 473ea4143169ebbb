//! The options of a request: response format, limits, sampling, reasoning.

use super::{
    body::Body,
    invalid, is_name,
    limits::{MAX_COMPLETION_TOKENS, MAX_TOKENS, output_limit_field},
    object, whole,
};
use crate::{
    contract::{JsonSchema, ReasoningOptions, Request, ResponseFormat},
    errors::Error,
    hash::Hash,
    history::Warnings,
    json::Json,
};
use alloc::{borrow::Cow, format, string::String};

/// The most characters of a cache key, and of the name of a user.
const LONGEST_KEY: usize = 64;

/// The digits of the hash in a key that was too long.
const HASH: usize = 13;

/// Writes the options. Ranges are not checked: they differ between vendors and change, and a check here would refuse a value
/// that a new model accepts.
///
/// # Errors
/// `invalid-request` for a value that is wrong for every model.
pub fn write(
    body: &mut Body<'_>,
    request: &Request,
    model: &str,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    response_format(body, request.response_format.as_ref(), warnings)?;
    output_limit(body, request.max_output_tokens, model)?;
    sampling(body, request)?;
    stop(body, request)?;
    if let Some(seed) = request.seed
        && let Some(json) = body.field("seed")
    {
        json.integer(seed);
    }
    if let Some(reasoning) = &request.reasoning {
        write_reasoning(body, reasoning, warnings)?;
    }
    // An empty value is a setting that was left blank, and is not sent.
    for (field, value) in [("prompt_cache_key", &request.cache_key), ("user", &request.user)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty())
            && let Some(json) = body.field(field)
        {
            let key = short_key(value);
            if let Cow::Owned(_) = key {
                warnings.add(format!("{field} has more than {LONGEST_KEY} characters and was shortened"));
            }
            json.string(&key);
        }
    }
    Ok(())
}

/// A key that OpenAI accepts ("Expected a string with maximum length 64") [86].
///
/// Agents name their sessions by a path, in which the last part is what differs, so a long key gets the hash of all of it:
/// cut off, the sessions of an agent would share one key. The same key always becomes the same one, or the cache would be
/// lost.
fn short_key(key: &str) -> Cow<'_, str> {
    if key.len() <= LONGEST_KEY || key.chars().count() <= LONGEST_KEY {
        return Cow::Borrowed(key);
    }
    let begin: String = key.chars().take(LONGEST_KEY - 1 - HASH).collect();
    Cow::Owned(format!("{begin}-{}", Hash::of(key).code(HASH)))
}

/// `text` is not sent: every model responds with plain text anyway, and some servers do not know the value.
fn response_format(
    body: &mut Body<'_>,
    format: Option<&ResponseFormat>,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    match format {
        None | Some(ResponseFormat::Text) => Ok(()),
        Some(ResponseFormat::JsonObject) => {
            if let Some(json) = body.field("response_format") {
                json.raw(r#"{"type":"json_object"}"#);
            }
            Ok(())
        }
        Some(ResponseFormat::JsonSchema(schema)) => match body.field("response_format") {
            Some(json) => json_schema(json, schema, warnings),
            None => Ok(()),
        },
    }
}

fn json_schema(json: &mut Json, schema: &JsonSchema, warnings: &mut Warnings) -> Result<(), Error> {
    const WHAT: &str = "response-format.schema-json";
    // Checked here, because the server's message would not say which name it means.
    if !is_name(&schema.name) {
        return Err(invalid(
            "response-format: the schema's name has 1 to 64 characters A-Z, a-z, 0-9, _ and -",
        ));
    }
    let text = whole(&schema.schema_json, WHAT, warnings);
    json.raw(r#"{"type":"json_schema","json_schema":{"name":"#);
    json.string(&schema.name);
    json.key("schema");
    json.raw(object(&text, WHAT)?.get());
    if let Some(strict) = schema.strict {
        json.key("strict");
        json.bool(strict);
    }
    json.raw("}}");
    Ok(())
}

/// A limit in `extra-json` replaces ours under either name, because servers refuse a request with both.
fn output_limit(body: &mut Body<'_>, limit: Option<u32>, model: &str) -> Result<(), Error> {
    let Some(limit) = limit else { return Ok(()) };
    // Some hosts write 0 for "no limit", and servers refuse it.
    if limit == 0 {
        return Err(invalid("max-output-tokens is 0; leave it out for the model's own limit"));
    }
    if !body.is_extra(MAX_TOKENS)
        && !body.is_extra(MAX_COMPLETION_TOKENS)
        && let Some(json) = body.field(output_limit_field(model))
    {
        json.integer(limit.into());
    }
    Ok(())
}

/// Sampling values. JSON has no infinity and no NaN, and a body with one of them would be refused as invalid JSON.
fn sampling(body: &mut Body<'_>, request: &Request) -> Result<(), Error> {
    let values = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
    ];
    for (name, value) in values {
        let Some(value) = value else { continue };
        if !value.is_finite() {
            return Err(invalid(format!("{name} is not a finite number; JSON has no other numbers")));
        }
        if let Some(json) = body.field(name) {
            json.float(value);
        }
    }
    Ok(())
}

/// Stop sequences. An empty one would end the response before it begins.
fn stop(body: &mut Body<'_>, request: &Request) -> Result<(), Error> {
    if let Some(index) = request.stop.iter().position(|text| text.is_empty()) {
        return Err(invalid(format!("stop[{index}] is empty; remove it")));
    }
    if !request.stop.is_empty()
        && let Some(json) = body.field("stop")
    {
        json.raw("[");
        for text in &request.stop {
            json.item();
            json.string(text);
        }
        json.raw("]");
    }
    Ok(())
}

fn write_reasoning(
    body: &mut Body<'_>,
    reasoning: &ReasoningOptions,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    if let Some(effort) = &reasoning.effort {
        // Efforts are not checked against a list: vendors add new ones, and the catalogue reports those of a model.
        if effort.is_empty() {
            return Err(invalid("reasoning.effort is empty; leave it out for the model's own"));
        }
        if let Some(json) = body.field("reasoning_effort") {
            json.string(effort);
        }
    }
    // `include-text` has no field: the server sends the text anyway, and the decoder withholds it from the host.
    if reasoning.budget_tokens.is_some() {
        warnings.add(
            "reasoning.budget-tokens has no field on the route chat-completions and was not sent: \
             reasoning.effort has one",
        );
    }
    Ok(())
}
