//! Requests of this route.

mod conversations;
mod options;

use serde_json::Value;
use std::string::String;
use std::vec::Vec;

use crate::contract::{Message, Request};
use crate::errors::Error;
use crate::history::samples;
use crate::routes::gemini::ROUTE;

fn request(model: &str, messages: Vec<Message>) -> Request {
    Request { model: model.into(), ..samples::request(messages) }
}

/// The body, which a strict server accepts, and the warnings.
fn encoded(request: &Request) -> Result<(Value, Vec<String>), Error> {
    let encoded = ROUTE.encode(request)?;
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (ROUTE.check_body)(request, &body);
    Ok((body, encoded.warnings))
}

fn body(request: &Request) -> Value {
    encoded(request).expect("a request that can be sent").0
}
