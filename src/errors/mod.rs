//! Errors that a host can decide by: what failed, whether to try again, and what to tell a person.

use alloc::string::String;

pub use crate::contract::{Error, ErrorKind};

/// An error of this kind with nothing else known: not retryable, nothing sent, nothing handed out.
pub fn error(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error {
        kind,
        message: message.into(),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: false,
        request_sent: false,
        partial: false,
        details_json: None,
    }
}
