//! Writes a request as the body of `POST /chat/completions`.
//!
//! The order of the fields is fixed: `model`, `messages`, `stream`, `stream_options`, the tools, the options, and last
//! the caller's own from `extra-json`. Vendors cache by prefix, so a stable order saves money. Errors and warnings name
//! positions in the request and repeat no part of it, because they end up in logs. `cache-here` is a hint that this route
//! has no field for: the vendors that serve it cache prefixes automatically.

mod assistant;
mod limits;
mod media;
mod messages;
mod options;
mod replay;
mod tools;

#[cfg(test)]
mod tests;

use crate::{
    errors::Error,
    history::Conversation,
    routes::{
        CheckedRequest, Encoded,
        encoding::{Body, Extra, ExtraRules, extra_json, invalid},
    },
};

/// `stream_options` stays an object of ours. Without `include_usage` the gateway family of CometAPI drops the chunk with the
/// finish reason.
const EXTRA: ExtraRules = ExtraRules {
    fixed: &["model", "messages", "stream"],
    merged: "stream_options",
    fixed_members: &["include_usage"],
};

/// Writes a request. The response is always requested as a stream, with usage at its end.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let CheckedRequest { request, model, conversation: Conversation { turns, mut warnings } } = checked;
    let extra_json = extra_json(request, &mut warnings);
    let extra = Extra::parse(extra_json.as_deref(), &EXTRA)?;

    let mut body = Body::new(request, extra)?;
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
    // A server that does not know the field gets the request once more without it: see `recovery`.
    body.begin_merged("stream_options");
    if let Some(json) = body.member("include_usage") {
        json.bool(true);
    }
    body.end_merged();
    tools::write(&mut body, request, &mut warnings)?;
    options::write(&mut body, request, model, &mut warnings)?;
    Ok(body.finish(warnings.into_vec()))
}
