//! Both lists of models, with about as many rows as CometAPI's, the same fields, and the same inconsistencies: numbers
//! as text, objects in a string, empty fields.

use std::fmt::Write;

/// The number of rows in each list.
const ROWS: usize = 600;

/// The bodies of the key's list and of the public catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists {
    /// The response to `GET /v1/models`.
    pub key_list: Vec<u8>,
    /// The response to `GET /api/models`.
    pub catalogue: Vec<u8>,
}

/// Families of models with their vendors, in the catalogue's spelling. The built-in table has a model of the first one,
/// so that facts of three sources are merged.
const FAMILIES: [(&str, &str); 10] = [
    ("claude-opus", "Anthropic"),
    ("gpt", "OpenAI"),
    ("gemini-flash", "Google"),
    ("grok-fast", "xAI"),
    ("qwen-max", "Qwen"),
    ("kling-image-to-video", "Kling"),
    ("doubao-seed", "Doubao"),
    ("flux-pro", "Flux"),
    ("text-embedding", "OpenAI"),
    ("house", "custom"),
];

const MODALITIES: [&str; 3] = ["text-to-text", "image-to-text", "text-to-image"];

/// Half of each list's models are in both lists. Neither list is sorted, since sorting a sorted list costs less.
pub(super) fn both_of_600() -> Lists {
    Lists { key_list: body(0, key_row), catalogue: body(ROWS / 2, public_row) }
}

fn body(first: usize, row: fn(&mut String, usize)) -> Vec<u8> {
    let mut body = String::from("{\"success\":true,\"object\":\"list\",\"data\":[");
    for position in 0..ROWS {
        if position > 0 {
            body.push(',');
        }
        // 7 and 600 have no common factor, so each model occurs once.
        row(&mut body, first + position * 7 % ROWS);
    }
    body.push_str("]}");
    body.into_bytes()
}

/// The id and the vendor of a model.
fn model(number: usize) -> (String, &'static str) {
    let (family, vendor) = FAMILIES[number % FAMILIES.len()];
    (format!("{family}-{}", number / FAMILIES.len() + 1), vendor)
}

/// A row of the key's list, which has hardly more than ids.
fn key_row(body: &mut String, number: usize) {
    let (id, _) = model(number);
    let types = ["\"openai\"", "\"openai\",\"openai-response\"", "\"anthropic\",\"openai\""][number % 3];
    write!(
        body,
        "{{\"id\":\"{id}\",\"object\":\"model\",\"created\":1626777600,\"owned_by\":\"custom\",\
         \"supported_endpoint_types\":[{types}]}}"
    )
    .expect("writing to a string cannot fail");
}

/// A row of the catalogue, with prices and limits.
fn public_row(body: &mut String, number: usize) {
    let (id, vendor) = model(number);
    let kind = ["text", "text", "image"][number % 3];
    let modality = MODALITIES[number % 3];
    let endpoints = [
        r#""{\"openai\":{\"path\":\"/v1/chat/completions\",\"method\":\"POST\"}}""#,
        r#"{"openai-response":{"path":"/v1/responses","method":"POST"}}"#,
        r#"["image-generation"]"#,
    ][number % 3];
    let (window, output) = [("\"400K\"", "128000"), ("1050000", "\"64K\""), ("null", "null")][number % 3];
    write!(
        body,
        "{{\"id\":\"{id}\",\"code\":\"{id}-code\",\"provider\":\"{vendor}\",\"provider_code\":\"{vendor}\",\
         \"name\":\"Model {number}\",\"description\":\"{id} does what models do.\",\"model_type\":\"{kind}\",\
         \"features\":[\"text-to-text\",\"{modality}\"],\"endpoints\":{endpoints},\
         \"pricing\":{{\"currency\":\"USD / M Tokens\",\"input\":{}.25,\"output\":{number},\"per_request\":null,\
         \"per_second\":null,\"ratio\":0.8}},\"context_length\":{window},\"max_completion_tokens\":{output},\
         \"api_doc_url\":\"https://models.example.com/{id}\",\"latest_model_name\":null,\"published_at\":null,\
         \"provider_sort\":{number},\"model_sort\":{number},\"upcoming\":false}}",
        number % 10
    )
    .expect("writing to a string cannot fail");
}
