//! `POST /v1/embeddings`, as OpenAI serves it.
//!
//! It is no row of the table of wire routes: those are routes of completions, and tests iterate over them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::prompt_cache::tokens;
use crate::check::given;
use crate::errors::Refusal;
use crate::fault::{Content, Reply};
use crate::player::Player;
use crate::router::Exchange;
use crate::script::{Route, Scenario};
use crate::scripted::{filling, headers, next_response};
use crate::{Shared, chat_request::ChatRequest, repertoire};

/// Inputs of one request.
const MOST_INPUTS: usize = 2048;
/// Tokens of one input.
const MOST_TOKENS: u64 = 8192;
/// Tokens of all inputs together.
const MOST_TOKENS_TOGETHER: u64 = 300_000;

/// Whether a request is for embeddings.
pub fn is_request(method: &Method, path: &str) -> bool {
    method == Method::POST && path == "/v1/embeddings"
}

/// Responds with a scenario, named by the model or by the test, or with vectors.
pub fn respond(
    shared: &Shared,
    exchange: &Exchange,
    scripted: Option<&'static Scenario>,
) -> Result<Reply, Refusal> {
    let body: Value = serde_json::from_slice(&exchange.body)
        .map_err(|error| Refusal::gateway(400, "invalid_request", format!("invalid JSON: {error}")))?;
    let inputs = check(&body)?;
    let model = body["model"].as_str().unwrap_or_default();
    let named =
        scripted.or_else(|| repertoire::named(model).filter(|scenario| scenario.route == Route::Embeddings));
    let Some(scenario) = named else {
        return Ok(Reply::whole(
            200,
            "application/json",
            embeddings(&body, &inputs, exchange.number()).to_string(),
        ));
    };
    exchange.ticket.played_by(&scenario.name);
    let response = next_response(shared, scenario, &exchange.body);
    // A scenario whose usual response has no items responds with vectors.
    if response.body.is_empty() && response.status == 200 {
        let body = embeddings(&body, &inputs, exchange.number()).to_string();
        return Ok(Reply { faults: response.fault.clone(), ..Reply::whole(200, "application/json", body) });
    }
    let request = ChatRequest { model: model.to_owned(), body, ..ChatRequest::default() };
    let filling = filling(shared, exchange, Some(request));
    let headers = headers(response, &filling);
    let content = Content::Played(Box::new(Player::new(response, filling, None)));
    Ok(Reply { status: response.status, headers, content, faults: response.fault.clone() })
}

fn invalid(param: &str, message: impl Into<String>) -> Refusal {
    Refusal::upstream("", param, message)
}

/// Checks a body, and returns its inputs.
fn check(body: &Value) -> Result<Vec<&str>, Refusal> {
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(Refusal::gateway(400, "", "model name is required"));
    }
    let known = ["model", "input", "dimensions", "encoding_format", "user"];
    let fields = body.as_object().into_iter().flatten();
    if let Some((name, _)) = fields.into_iter().find(|(name, _)| !known.contains(&name.as_str())) {
        let message = format!("Unknown parameter: '{name}'.");
        return Err(Refusal::upstream("unknown_parameter", name.as_str(), message));
    }
    let inputs: Vec<&str> = match &body["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts
            .iter()
            .map(|text| {
                text.as_str().ok_or_else(|| invalid("input", "Invalid type for 'input': expected a string."))
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(invalid("input", "Missing required parameter: 'input'.")),
    };
    if inputs.is_empty() || inputs.iter().any(|text| text.is_empty()) {
        return Err(invalid("input", "Invalid 'input': input cannot be an empty string."));
    }
    if inputs.len() > MOST_INPUTS {
        let message = format!(
            "Invalid 'input': array too long. Expected an array with maximum length {MOST_INPUTS}, but got an array \
             with length {} instead.",
            inputs.len()
        );
        return Err(Refusal::upstream("array_above_max_length", "input", message));
    }
    let count = |text: &&str| tokens(&Value::from(*text));
    if let Some(long) = inputs.iter().map(count).find(|count| *count > MOST_TOKENS) {
        return Err(invalid(
            "input",
            format!(
                "This model's maximum context length is {MOST_TOKENS} tokens, however you requested {long} tokens ({long} \
             in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
            ),
        ));
    }
    let together: u64 = inputs.iter().map(count).sum();
    if together > MOST_TOKENS_TOGETHER {
        let message =
            format!("Invalid 'input': maximum request size is {MOST_TOKENS_TOGETHER} tokens per request.");
        return Err(Refusal::upstream("max_tokens_per_request", "input", message));
    }
    settings(body, model)?;
    Ok(inputs)
}

fn settings(body: &Value, model: &str) -> Result<(), Refusal> {
    if let Some(format) = given(body, "encoding_format")
        && format != "float"
        && format != "base64"
    {
        return Err(invalid(
            "encoding_format",
            format!("Invalid value: {format}. Supported values are: 'float' and 'base64'."),
        ));
    }
    if given(body, "user").is_some_and(|user| user.as_str().is_none_or(str::is_empty)) {
        return Err(invalid("user", "Invalid type for 'user': expected a string."));
    }
    let Some(dimensions) = given(body, "dimensions") else { return Ok(()) };
    if model.contains("ada-002") {
        return Err(invalid("dimensions", "This model does not support specifying dimensions."));
    }
    let most = natural_length(model);
    match dimensions.as_u64() {
        Some(length) if (1..=most as u64).contains(&length) => Ok(()),
        _ => Err(invalid(
            "dimensions",
            format!("Invalid value for 'dimensions' = {dimensions}. Must be less than or equal to {most}."),
        )),
    }
}

/// How many numbers a model's vectors have.
fn natural_length(model: &str) -> usize {
    match model {
        _ if model.contains("3-large") || model.contains("gemini") => 3072,
        _ if model.contains("3-small") || model.contains("ada-002") => 1536,
        _ => 1024,
    }
}

/// The vectors, in an order that is not that of the inputs: a client has to sort them by `index`.
fn embeddings(body: &Value, inputs: &[&str], number: u64) -> Value {
    let model = body["model"].as_str().unwrap_or_default();
    let length = body["dimensions"].as_u64().and_then(|length| usize::try_from(length).ok());
    let length = length.unwrap_or_else(|| natural_length(model));
    let mut rows: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, length);
            let embedding = if body["encoding_format"] == "base64" {
                STANDARD
                    .encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
                    .into()
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let by = usize::try_from(number).unwrap_or_default() % rows.len().max(1);
    rows.rotate_left(by);
    rows.reverse();
    let count: u64 = inputs.iter().map(|text| tokens(&Value::from(*text))).sum();
    json!({
        "object": "list", "data": rows, "model": model,
        "usage": { "prompt_tokens": count, "total_tokens": count },
    })
}

/// A vector of length 1 that depends on the text alone, so that equal texts are near and a test can compare them.
pub fn vector(text: &str, length: usize) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // 24 bits, which a 32-bit float holds exactly.
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    let numbers: Vec<f32> = (0..length).map(|_| next()).collect();
    let norm = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    numbers.into_iter().map(|number| number / norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fields: Value) -> Value {
        let mut body = json!({ "model": "text-embedding-3-small", "input": ["one", "two", "three"] });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    #[test]
    fn what_a_strict_server_refuses_is_refused() {
        for (fields, expected) in [
            (json!({ "input": [] }), "empty"),
            (json!({ "input": "" }), "empty"),
            (json!({ "input": ["a", ""] }), "empty"),
            (json!({ "input": [1] }), "expected a string"),
            (json!({ "input": vec!["a"; 2049] }), "array too long"),
            (json!({ "input": "word ".repeat(8000) }), "maximum context length"),
            (json!({ "input": vec!["word ".repeat(1000); 300] }), "maximum request size"),
            (json!({ "encoding_format": "int8" }), "Supported values"),
            (json!({ "dimensions": 0 }), "dimensions"),
            (json!({ "dimensions": 1537 }), "dimensions"),
            (json!({ "model": "text-embedding-ada-002", "dimensions": 8 }), "does not support"),
            (json!({ "truncate": true }), "Unknown parameter"),
            (json!({ "model": "" }), "model name"),
        ] {
            let refusal = check(&with(fields.clone())).expect_err(&fields.to_string());
            assert!(refusal.message.contains(expected), "{fields}: {}", refusal.message);
        }
        assert_eq!(check(&with(json!({ "dimensions": 8, "user": "u" }))).unwrap().len(), 3);
    }

    #[test]
    fn both_encodings_hold_the_same_vectors_and_the_order_is_by_index_only() {
        let body = |format: &str| with(json!({ "dimensions": 4, "encoding_format": format }));
        let inputs = ["one", "two", "three"];
        let floats = embeddings(&body("float"), &inputs, 1);
        let packed = embeddings(&body("base64"), &inputs, 1);
        let order: Vec<u64> =
            floats["data"].as_array().unwrap().iter().filter_map(|row| row["index"].as_u64()).collect();
        assert_ne!(order, [0, 1, 2]);
        for (row, packed) in floats["data"].as_array().unwrap().iter().zip(packed["data"].as_array().unwrap())
        {
            let bytes = STANDARD.decode(packed["embedding"].as_str().unwrap()).unwrap();
            let numbers: Vec<f32> =
                bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
            let index = usize::try_from(row["index"].as_u64().unwrap()).unwrap();
            assert_eq!(numbers, vector(inputs[index], 4));
            assert_eq!(json!(numbers), row["embedding"]);
        }
    }
}
