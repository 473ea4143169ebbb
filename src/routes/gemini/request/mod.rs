//! Writes a request as the body of `streamGenerateContent`.
//!
//! The order of the fields is fixed, and the caller's own come last: Google caches by prefix. All names are in camel
//! case, since gateways read few of the others. `cache-here`, the cache key and the user have no field on this route.

mod contents;
mod media;
mod options;
mod thinking;
mod tools;

#[cfg(test)]
mod tests;

use crate::{
    errors::Error,
    history::{Conversation, Turn},
    routes::{
        CheckedRequest, Encoded,
        encoding::{Body, Extra, ExtraRules, extra_json, invalid},
    },
};

use super::models::abilities;

/// `generationConfig` is merged, or one option of the caller's would wipe out all others.
const EXTRA: ExtraRules = ExtraRules {
    fixed: &["model", "stream", "contents", "systemInstruction", "system_instruction"],
    merged: "generationConfig",
    fixed_members: &[],
};

/// Writes a request.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(checked: CheckedRequest<'_>) -> Result<Encoded, Error> {
    let CheckedRequest { request, model, conversation: Conversation { turns, mut warnings } } = checked;
    let extra_json = extra_json(request, &mut warnings);
    let extra = Extra::parse(extra_json.as_deref(), &EXTRA)?;
    let abilities = abilities(model);
    // System messages stand at the beginning only, and as one turn.
    let (system, turns) = match turns.split_first() {
        Some((Turn::System(texts), turns)) => (&**texts, turns),
        _ => (&[][..], &*turns),
    };

    let mut body = Body::new(request, extra)?;
    if !system.is_empty()
        && let Some(json) = body.field("systemInstruction")
    {
        json.raw("{\"parts\":[");
        for text in system {
            contents::text(json, text);
        }
        json.raw("]}");
    }
    if let Some(json) = body.field("contents")
        && !contents::write(json, turns, &abilities, &mut warnings)?
    {
        return Err(invalid("the request has no messages, or only empty ones"));
    }
    tools::write(&mut body, request, &mut warnings)?;
    options::write(&mut body, request, &abilities, &mut warnings)?;
    Ok(body.finish(warnings.into_vec()))
}
