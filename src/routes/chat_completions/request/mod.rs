//! Writes a request as the body of `POST /chat/completions`.
//!
//! The order of the fields is fixed: `model`, `messages`, `stream`, `stream_options`, the tools, the options, and last
//! the caller's own from `extra-json`. Vendors cache by prefix, so a stable order saves money. Errors and warnings name
//! positions in the request and repeat no part of it, because they end up in logs. `cache-here` is a hint that this route
//! has no field for: the vendors that serve it cache prefixes automatically.

mod assistant;
mod body;
mod extra;
mod limits;
mod media;
mod media_type;
mod messages;
mod options;
mod replay;
mod tools;

#[cfg(test)]
mod tests;

use crate::{
    errors::{Error, ErrorKind, error},
    history::{Conversation, Warnings},
    json::{RawValue, parse, surrogates::replace_lone},
    routes::{CheckedRequest, Encoded},
};
use alloc::{borrow::Cow, format, string::String};

/// Writes a request. The response is always requested as a stream, with usage at its end.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let CheckedRequest { request, model, conversation: Conversation { turns, mut warnings } } = checked;
    let extra_json = request.extra_json.as_deref().map(|json| whole(json, "extra-json", &mut warnings));
    let extra = extra::Extra::parse(extra_json.as_deref())?;

    let mut body = body::Body::new(request, extra)?;
    if let Some(json) = body.field("model") {
        json.string(model);
    }
    if let Some(json) = body.field("messages")
        && messages::write(json, &turns, &mut warnings)? == 0
    {
        return Err(invalid("the request has no messages, or only empty ones"));
    }
    if let Some(json) = body.field("stream") {
        json.bool(true);
    }
    body.stream_options();
    tools::write(&mut body, request, &mut warnings)?;
    options::write(&mut body, request, model, &mut warnings)?;
    Ok(body.finish(warnings.into_vec()))
}

fn invalid(message: impl Into<String>) -> Error {
    error(ErrorKind::InvalidRequest, message)
}

/// The caller's JSON without halves of characters [16].
fn whole<'a>(json: &'a str, what: &str, warnings: &mut Warnings) -> Cow<'a, str> {
    let clean = replace_lone(json);
    if let Cow::Owned(_) = clean {
        warnings.add(format!("{what}: half of a surrogate pair was replaced by U+FFFD"));
    }
    clean
}

/// A JSON object as it stands, without the white space around it.
fn object<'a>(json: &'a str, what: &str) -> Result<RawValue<'a>, Error> {
    // The parser's own message could quote the text, so only the position is given.
    let value = parse(json).map_err(|flaw| {
        invalid(format!("{what} is not valid JSON (line {}, column {})", flaw.line, flaw.column))
    })?;
    if !value.get().starts_with('{') {
        return Err(invalid(format!("{what} is not a JSON object")));
    }
    Ok(value)
}

/// Whether OpenAI takes this as the name of a function or a schema.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
