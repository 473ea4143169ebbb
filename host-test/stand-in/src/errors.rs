//! Errors in CometAPI's documented envelope.

use serde_json::{Value, json};

/// The `type` of CometAPI's own errors.
pub const TYPE: &str = "comet_api_error";

/// A refusal: the status and what stands in the envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// For people, without the request id.
    pub message: String,
    /// `comet_api_error`, or the type of the provider behind.
    pub kind: &'static str,
    /// The field that is wrong, or nothing.
    pub param: String,
    /// The code, or nothing.
    pub code: &'static str,
}

impl Refusal {
    /// A refusal by the gateway itself.
    pub fn gateway(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), kind: TYPE, param: String::new(), code }
    }

    /// A refusal by the provider behind the gateway: status 400.
    pub fn upstream(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Refusal {
        let kind = "invalid_request_error";
        Refusal { status: 400, message: message.into(), kind, param: param.into(), code }
    }

    /// The envelope.
    pub fn body(&self, request_id: &str) -> Value {
        envelope(&self.message, self.kind, &self.param, Value::from(self.code), request_id)
    }
}

/// The envelope of every error: the request id is repeated in the message.
pub fn envelope(message: &str, kind: &str, param: &str, code: Value, request_id: &str) -> Value {
    let message = format!("{message} (request id: {request_id})");
    json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
}
