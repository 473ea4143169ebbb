//! Requests and responses, in every form that was seen of a server, and what no server may get through.

mod requests;
mod responses;
mod vectors;

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Encoding, Expected, MAX_NUMBERS, in_next_encoding, is_whole, read, refuses_encoding, write};
use crate::contract::embeddings::{Embedding, EmbeddingRequest};
use crate::errors::{Error, ErrorKind, Scrubber};
use crate::http_head::ResponseHead;
use crate::json::Json;
use crate::transport::Fetched;

const KEY: &str = "sk-0123456789abcdef";

fn request(input: &[&str]) -> EmbeddingRequest {
    EmbeddingRequest {
        model: "text-embedding-3-small".into(),
        input: input.iter().map(|text| (*text).to_string()).collect(),
        dimensions: None,
        user: None,
        extra_json: None,
    }
}

fn body(request: &EmbeddingRequest) -> String {
    String::from_utf8(write(request, Encoding::Base64).expect("a good request").body).expect("UTF-8")
}

fn refused(request: &EmbeddingRequest) -> String {
    let error = write(request, Encoding::Base64).expect_err("a bad request");
    assert_eq!((error.kind, error.request_sent), (ErrorKind::InvalidRequest, false));
    error.message
}

fn base64(numbers: &[f32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut json = Json::default();
    json.base64(&bytes);
    json.into_string()
}

fn received(body: &str, count: usize) -> Result<Embedding, Error> {
    received_bytes(body.as_bytes(), count, None)
}

fn received_bytes(body: &[u8], count: usize, dimensions: Option<u32>) -> Result<Embedding, Error> {
    let headers = std::vec![("x-request-id".to_string(), std::format!("id-{KEY}").into_bytes())];
    let fetched = Fetched { head: ResponseHead { status: 200, headers }, body: body.to_vec() };
    read(&fetched, Expected { count, dimensions }, &Scrubber::new(Some(KEY)))
}

fn vectors(body: &str, count: usize) -> Vec<Vec<f32>> {
    received(body, count).expect(body).vectors
}

fn failure(body: &str, count: usize) -> Error {
    let error = received(body, count).expect_err(body);
    assert!(error.request_sent, "{error:?}");
    error
}

/// A list of rows.
fn data(rows: &str) -> String {
    std::format!(
        r#"{{"object":"list","data":[{rows}],"model":"m","usage":{{"prompt_tokens":3,"total_tokens":3}}}}"#
    )
}
