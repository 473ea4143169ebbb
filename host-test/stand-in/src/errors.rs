//! Errors in CometAPI's documented envelope. The texts imitate the real ones word for word: clients classify
//! errors by them.

use serde_json::{Value, json};

/// The `type` of CometAPI's own errors.
pub const TYPE: &str = "comet_api_error";

/// A refusal: the status and the fields of the envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The message, without the request id.
    pub message: String,
    /// `comet_api_error`, or the type that the upstream provider uses.
    pub kind: &'static str,
    /// The field that is wrong, or empty.
    pub param: String,
    /// The code, or empty.
    pub code: &'static str,
}

impl Refusal {
    /// A refusal by the gateway itself.
    pub fn gateway(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), kind: TYPE, param: String::new(), code }
    }

    /// A refusal by the upstream provider, which the gateway passes on: status 400.
    pub fn upstream(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Refusal {
        let kind = "invalid_request_error";
        Refusal { status: 400, message: message.into(), kind, param: param.into(), code }
    }

    /// The envelope.
    pub fn body(&self, request_id: &str) -> Value {
        envelope(&self.message, self.kind, &self.param, Value::from(self.code), request_id)
    }
}

/// The envelope of every error. The request id is repeated at the end of the message, as the gateway does: a
/// client that compares messages has to ignore it.
pub fn envelope(message: &str, kind: &str, param: &str, code: Value, request_id: &str) -> Value {
    let message = format!("{message} (request id: {request_id})");
    json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
}
