//! Writes the body of a request.
//!
//! As for completions, errors and warnings name positions and repeat no part of the request, because they end up in logs.

use alloc::{format, string::String, vec::Vec};

use super::encoding::{Encoding, FIELD};
use crate::contract::embeddings::EmbeddingRequest;
use crate::errors::{Error, invalid_request};
use crate::history::Warnings;
use crate::routes::encoding::{Body, Extra, ExtraRules, options, whole};
use crate::routes::{self, model_id};

/// The model and the texts were checked, and the response is checked against them. No object is merged.
const EXTRA: ExtraRules = ExtraRules { fixed: &["model", "input"], merged: "", fixed_members: &[] };

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
    let mut warnings = Warnings::default();
    let extra = extra_json.as_deref().map(|json| whole(json, "extra-json", &mut warnings));
    let extra = Extra::parse(extra.as_deref(), &EXTRA)?;
    let own_encoding = extra.has(FIELD) || extra.has(OTHER_NUMBERS);

    let mut body = Body::with_room(room(request), extra)?;
    if let Some(json) = body.field("model") {
        json.string(model);
    }
    if let Some(json) = body.field("input") {
        json.raw("[");
        for text in input {
            json.item();
            json.string(text);
        }
        json.raw("]");
    }
    let dimensions = dimensions.filter(|_| !body.is_extra("dimensions"));
    if let Some(length) = dimensions
        && let Some(json) = body.field("dimensions")
    {
        json.integer(length.into());
    }
    if let Some(value) = encoding.value().filter(|_| !own_encoding)
        && let Some(json) = body.field(FIELD)
    {
        json.string(value);
    }
    options::key(&mut body, "user", user.as_deref(), &mut warnings);
    let routes::Encoded { body, warnings } = body.finish(warnings.into_vec());
    Ok(Encoded { body, warnings, own_encoding, dimensions })
}

/// About what the body will take, in bytes, so that it is not copied again and again as it grows.
fn room(request: &EmbeddingRequest) -> usize {
    let extra = request.extra_json.as_deref().map_or(0, str::len);
    let texts = request.input.iter().map(|text| text.len().saturating_add(text.len() / 16).saturating_add(8));
    texts.fold(extra.saturating_add(512), usize::saturating_add)
}
