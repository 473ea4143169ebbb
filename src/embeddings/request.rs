//! Writes the body of a request.
//!
//! As for completions, errors and warnings name positions and repeat no part of the request, because they end up in logs.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use super::encoding::{Encoding, FIELD};
use crate::contract::embeddings::EmbeddingRequest;
use crate::errors::{Error, invalid_request};
use crate::json::{Json, RawValue, members, parse, surrogates::replace_lone};
use crate::routes::model_id;
use crate::string_interner::StringInterner;

/// The fields that `extra-json` cannot replace: they were checked, and the response is checked against the input.
const OURS: [&str; 2] = ["model", "input"];

/// Voyage's and Mistral's field for vectors of integers. As base64 those are bytes that look like numbers of another
/// kind, so base64 is not asked for beside it.
const OTHER_NUMBERS: &str = "output_dtype";

/// A body, and what is known of it.
#[derive(Debug)]
pub struct Encoded {
    /// JSON.
    pub body: Vec<u8>,
    /// What could not be sent as it was, for people.
    pub warnings: Vec<String>,
    /// The caller chose how the vectors are written, so that it is not changed after a refusal.
    pub own_encoding: bool,
    /// The length that was asked for by the contract's own field.
    pub dimensions: Option<u32>,
}

/// Checks and writes a request.
///
/// # Errors
/// `invalid-request` for what no server would take: the message says what and where.
pub fn write(request: &EmbeddingRequest, encoding: Encoding) -> Result<Encoded, Error> {
    let EmbeddingRequest { model, input, dimensions, user, extra_json } = request;
    let model = model_id(model)?;
    if input.is_empty() {
        return Err(invalid_request("the request has no input; give at least one text"));
    }
    // Vendors refuse the whole batch for it, and most do not say which text they mean.
    if let Some(index) = input.iter().position(String::is_empty) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        return Err(invalid_request(format!("input[{index}] is empty; remove it, or give it a text")));
    }
    if *dimensions == Some(0) {
        return Err(invalid_request("dimensions is 0; leave it out for the model's own length"));
    }
    let mut warnings = Vec::new();
    let extra = extra_json.as_deref().map(replace_lone);
    if let Some(Cow::Owned(_)) = extra {
        warnings.push("extra-json: half of a surrogate pair was replaced by U+FFFD".into());
    }
    let extra = extra.as_deref().map(own_fields).transpose()?.unwrap_or_default();
    let has = |field: &str| extra.iter().any(|(name, _)| name == field);

    let mut json = Json::with_room(room(request)).ok_or_else(|| {
        invalid_request(
            "the batch is too large for the memory of this component; send fewer texts in a request",
        )
    })?;
    json.raw("{");
    json.key("model");
    json.string(model);
    json.key("input");
    json.raw("[");
    for text in input {
        json.item();
        json.string(text);
    }
    json.raw("]");
    let dimensions = dimensions.filter(|_| !has("dimensions"));
    if let Some(length) = dimensions {
        json.key("dimensions");
        json.integer(length.into());
    }
    let own_encoding = has(FIELD) || has(OTHER_NUMBERS);
    if let Some(value) = encoding.value().filter(|_| !own_encoding) {
        json.key(FIELD);
        json.string(value);
    }
    // An empty value is a setting that was left blank, and is not sent.
    if let Some(user) = user.as_deref().filter(|user| !user.is_empty() && !has("user")) {
        json.key("user");
        json.string(user);
    }
    for (name, value) in &extra {
        json.key(name);
        json.raw(value.get());
    }
    json.raw("}");
    Ok(Encoded { body: json.into_bytes(), warnings, own_encoding, dimensions })
}

/// The caller's own fields in their order; of those with one name, the last.
fn own_fields(json: &str) -> Result<Vec<(String, RawValue<'_>)>, Error> {
    // The parser's own message could quote the text, so only the position is given.
    let value = parse(json).map_err(|flaw| {
        let at = [flaw.line, flaw.column].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        invalid_request(format!("extra-json is not valid JSON (line {}, column {})", at[0], at[1]))
    })?;
    if !value.get().starts_with('{') {
        return Err(invalid_request("extra-json is not a JSON object"));
    }
    let mut seen = StringInterner::default();
    let mut fields: Vec<_> = members(value)
        .into_iter()
        .rev()
        .filter_map(|(name, value)| seen.number(&name).1.then_some((name, value?)))
        .collect();
    fields.reverse();
    match OURS.iter().find(|ours| fields.iter().any(|(name, _)| name == *ours)) {
        Some(name) => {
            Err(invalid_request(format!("extra-json cannot replace `{name}`; set it in the request itself")))
        }
        None => Ok(fields),
    }
}

/// About what the body will take, in bytes, so that it is not copied again and again as it grows.
fn room(request: &EmbeddingRequest) -> usize {
    let extra = request.extra_json.as_deref().map_or(0, str::len);
    let texts = request.input.iter().map(|text| text.len().saturating_add(text.len() / 16).saturating_add(8));
    texts.fold(extra.saturating_add(512), usize::saturating_add)
}
