//! Requests, and the bodies that they become.

mod generated;
mod options;
mod turns;

use serde_json::{Value, json};
use std::string::{String, ToString};
use std::{vec, vec::Vec};

use crate::contract::*;
use crate::errors::Error;
use crate::history::samples::*;
use crate::routes::{Encoded, responses::ROUTE};

fn encode(request: &Request) -> Result<Encoded, Error> {
    ROUTE.encode(request)
}

/// The body, after a strict server has seen it, and the warnings.
fn sent(request: &Request) -> (Value, Vec<String>) {
    let encoded = encode(request).unwrap_or_else(|error| panic!("{error:?}"));
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (ROUTE.check_body)(request, &body);
    (body, encoded.warnings)
}

fn message(error: Result<Encoded, Error>) -> String {
    let error = error.expect_err("a refusal");
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    error.message.clone()
}

fn on(model: &str, messages: Vec<Message>) -> Request {
    Request { model: model.into(), ..request(messages) }
}

fn hello() -> Vec<Message> {
    vec![user(vec![text("hello")])]
}
