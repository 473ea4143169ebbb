//! Writes a request as the body of `POST /responses`.
//!
//! The service keeps nothing (`store` is false): the conversation goes out whole, with the reasoning in encrypted form.
//! The order of the fields is fixed, so that the same conversation always becomes the same bytes.

mod assistant;
mod content;
mod options;
mod tools;
mod turns;

#[cfg(test)]
mod tests;

use crate::{
    errors::Error,
    history::Conversation,
    json::{fields, parse},
    routes::{
        CheckedRequest, Encoded,
        encoding::{Body, Extra, ExtraRules, extra_json, invalid},
    },
};

/// `text` is merged, because `verbosity` is in it: replaced, it would lose the format of the response.
const EXTRA: ExtraRules =
    ExtraRules { fixed: &["model", "input", "stream"], merged: "text", fixed_members: &[] };

/// Writes a request. The response is always requested as a stream.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let CheckedRequest { request, model, conversation: Conversation { turns, mut warnings } } = checked;
    let extra_json = extra_json(request, &mut warnings);
    let extra = Extra::parse(extra_json.as_deref(), &EXTRA)?;
    let text = extra_json.as_deref().and_then(|json| fields(parse(json).ok()?, ["text"]));
    let has_text = text.is_some_and(|[text]| text.is_some());
    let abilities = super::models::abilities(model);

    let mut body = Body::new(request, extra)?;
    if let Some(json) = body.field("model") {
        json.string(model);
    }
    let turns = turns::instructions(&mut body, &turns);
    if let Some(json) = body.field("input")
        && !turns::write(json, turns, request, model, abilities, &mut warnings)?
    {
        return Err(invalid("the request has no messages, or only empty ones"));
    }
    if let Some(json) = body.field("stream") {
        json.bool(true);
    }
    if let Some(json) = body.field("store") {
        json.bool(false);
    }
    tools::write(&mut body, request, &mut warnings)?;
    options::write(&mut body, request, abilities, has_text, &mut warnings)?;
    Ok(body.finish(warnings.into_vec()))
}
