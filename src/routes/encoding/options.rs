//! What every vendor requires of the options of a request.

use super::{Body, invalid, is_name, object, whole};
use crate::{
    contract::{JsonSchema, Request},
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

/// Refuses values that are wrong for every model, before anything is sent. Ranges are not checked: they differ between
/// vendors and change, and a check here would refuse a value that a new model accepts.
///
/// # Errors
/// `invalid-request`, which names the option.
pub fn check(request: &Request) -> Result<(), Error> {
    // Some hosts write 0 for "no limit", and servers refuse it.
    if request.max_output_tokens == Some(0) {
        return Err(invalid("max-output-tokens is 0; leave it out for the model's own limit"));
    }
    let numbers = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
    ];
    for (name, value) in numbers {
        // JSON has no infinity and no NaN, and a body with one of them would be refused as invalid JSON.
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(invalid(format!("{name} is not a finite number; JSON has no other numbers")));
        }
    }
    // An empty one would end the response before it begins.
    if let Some(index) = request.stop.iter().position(|text| text.is_empty()) {
        return Err(invalid(format!("stop[{index}] is empty; remove it")));
    }
    let effort = request.reasoning.as_ref().and_then(|reasoning| reasoning.effort.as_deref());
    if effort == Some("") {
        return Err(invalid("reasoning.effort is empty; leave it out for the model's own"));
    }
    Ok(())
}

/// Writes `prompt_cache_key` and `user`, as OpenAI's routes have them.
pub fn keys(body: &mut Body<'_>, request: &Request, warnings: &mut Warnings) {
    key(body, "prompt_cache_key", request.cache_key.as_deref(), warnings);
    key(body, "user", request.user.as_deref(), warnings);
}

/// Writes one of them. An empty value is a setting that was left blank, and is not sent.
pub fn key(body: &mut Body<'_>, field: &str, value: Option<&str>, warnings: &mut Warnings) {
    if let Some(value) = value.filter(|value| !value.is_empty())
        && let Some(json) = body.field(field)
    {
        let key = short_key(value);
        if let Cow::Owned(_) = key {
            warnings.add(format!("{field} has more than {LONGEST_KEY} characters and was shortened"));
        }
        json.string(&key);
    }
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

/// Refuses a schema's name that servers refuse, because their message would not say which name it means.
///
/// # Errors
/// `invalid-request`.
pub fn check_schema_name(name: &str) -> Result<(), Error> {
    match is_name(name) {
        true => Ok(()),
        false => {
            Err(invalid("response-format: the schema's name has 1 to 64 characters A-Z, a-z, 0-9, _ and -"))
        }
    }
}

/// Writes the schema of a response as it stands.
///
/// # Errors
/// `invalid-request` where it is not a JSON object.
pub fn response_schema(json: &mut Json, schema: &JsonSchema, warnings: &mut Warnings) -> Result<(), Error> {
    const WHAT: &str = "response-format.schema-json";
    let text = whole(&schema.schema_json, WHAT, warnings);
    json.raw(object(&text, WHAT)?.get());
    Ok(())
}
