//! Errors in CometAPI's documented envelope, and in those of the vendors. The texts imitate the real ones word for word: clients classify
//! errors by them.

use serde_json::{Value, json};

/// The `type` of CometAPI's own errors.
pub const TYPE: &str = "comet_api_error";

/// The shape of an error body. The gateway has one of its own on Messages only, and passes on those of the vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's, which the gateway uses itself.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Google's.
    Google,
}

/// A refusal: the status and the fields of the envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The message, without the request id.
    pub message: String,
    /// `comet_api_error`, or the type or status that the upstream provider uses.
    pub kind: &'static str,
    /// The field that is wrong, or empty.
    pub param: String,
    /// The code, or empty.
    pub code: &'static str,
    /// The shape of its body.
    pub shape: Shape,
}

impl Refusal {
    /// A refusal by the gateway itself.
    pub fn gateway(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            kind: TYPE,
            param: String::new(),
            code,
            shape: Shape::OpenAi,
        }
    }

    /// A refusal by the upstream provider, which the gateway passes on: status 400.
    pub fn upstream(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Refusal {
        let kind = "invalid_request_error";
        Refusal {
            status: 400,
            message: message.into(),
            kind,
            param: param.into(),
            code,
            shape: Shape::OpenAi,
        }
    }

    /// Anthropic's refusal of an invalid request.
    pub fn anthropic(message: impl Into<String>) -> Refusal {
        let shape = Shape::Anthropic;
        Refusal { shape, ..Refusal::upstream("", "", message) }
    }

    /// Google's refusal of an invalid request.
    pub fn google(message: impl Into<String>) -> Refusal {
        let shape = Shape::Google;
        Refusal { kind: "INVALID_ARGUMENT", shape, ..Refusal::upstream("", "", message) }
    }

    /// The gateway's own refusal in the shape that it has on a route.
    #[must_use]
    pub fn in_shape(self, shape: Shape) -> Refusal {
        if self.kind == TYPE { Refusal { shape, ..self } } else { self }
    }

    /// The body.
    pub fn body(&self, request_id: &str) -> Value {
        let Refusal { status, message, kind, .. } = self;
        match self.shape {
            Shape::OpenAi => envelope(message, kind, &self.param, Value::from(self.code), request_id),
            Shape::Anthropic => json!({
                "type": "error",
                "error": { "type": kind, "message": message },
                "request_id": request_id,
            }),
            Shape::Google => json!({ "error": { "code": status, "message": message, "status": kind } }),
        }
    }
}

/// The envelope of every error. The request id is repeated at the end of the message, as the gateway does: a
/// client that compares messages has to ignore it.
pub fn envelope(message: &str, kind: &str, param: &str, code: Value, request_id: &str) -> Value {
    let message = format!("{message} (request id: {request_id})");
    json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
}
