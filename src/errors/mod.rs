//! Errors that a host can decide by: what failed, whether to try again, and what to show to a person.
//!
//! An error response goes [`body`] (its fields) → [`classify`] (with the table in `rules`) → an [`Error`]; every
//! text of the provider passes the [`scrub`]ber on the way. Errors that the component finds itself come from the
//! constructors here.
//!
//! Messages start in lower case, end without a full stop, and say what happened, then what to do. They are our
//! own sentences: a provider's text may repeat the prompt or a key, so it stays in the details.

use alloc::{boxed::Box, format, string::String};

use crate::contract;
pub use crate::contract::ErrorKind;
pub use classify::{from_body_error, from_response};
pub use detection::glued_error;
pub use retry_after::RetryAfter;
pub use scrub::Scrubber;
pub use unread::{from_unread, is_reason, unread_error};

pub mod body;
mod causes;
pub mod classify;
pub mod detection;
pub mod excerpt;
pub mod http_date;
mod key_search;
mod overflow;
mod phrases;
pub mod retry_after;
mod rules;
pub mod scrub;
mod unread;
mod verdicts;
mod wait_hint;

#[cfg(test)]
mod classify_tests;

#[cfg(test)]
mod bounds_tests;

#[cfg(test)]
mod cross_tests;

#[cfg(test)]
mod vendor_tests;

/// The contract's error in a box. The record has more than a hundred bytes, and every `?` on its way out would
/// carry code that moves them; that code was a visible part of the component.
pub type Error = Box<contract::Error>;

/// An error of this kind with nothing else known: not retryable, nothing sent, nothing handed out.
pub fn error(kind: ErrorKind, message: impl Into<String>) -> Error {
    boxed(kind, message.into())
}

fn boxed(kind: ErrorKind, message: String) -> Error {
    Box::new(contract::Error {
        kind,
        message,
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: false,
        request_sent: false,
        partial: false,
        suggested_model: None,
        details_json: None,
    })
}

/// An error that may be gone at the next try.
pub(crate) fn passing(kind: ErrorKind, message: impl Into<String>, request_sent: bool) -> Error {
    let mut error = error(kind, message);
    error.retryable = true;
    error.request_sent = request_sent;
    error
}

/// The configuration cannot be used. The message says what is wrong and how to fix it.
pub fn configuration(message: impl Into<String>) -> Error {
    error(ErrorKind::Configuration, message)
}

/// The request is wrong, and was not sent.
pub fn invalid_request(message: impl Into<String>) -> Error {
    error(ErrorKind::InvalidRequest, message)
}

/// The provider, the model or this component lacks a feature that the request needs; nothing was sent.
pub fn unsupported(message: impl Into<String>) -> Error {
    error(ErrorKind::Unsupported, message)
}

/// A deadline of `ms` milliseconds passed. `which` is its name in the configuration without `-ms`:
/// `connect`, `first-byte`, `idle` or `total`. Only for `connect` is it certain that nothing was sent, so that
/// a host may try again without paying twice.
pub fn timeout(which: &str, ms: u64) -> Error {
    // Deadlines are configured in 32 bits.
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    let message = format!(
        "the {which} deadline of {ms} ms passed; try again, or raise timeouts.{which}-ms in the configuration"
    );
    passing(ErrorKind::Timeout, message, which != "connect")
}

/// The connection to this origin failed or broke: it is named, since a typing error in it is the most common cause.
/// `what` is our own description of how; `request_sent` is whether any part of the request may have been sent.
pub fn network(origin: &str, what: &str, request_sent: bool) -> Error {
    let message = format!(
        "the connection to {origin} failed ({what}); check the network and the base URL, then try again"
    );
    passing(ErrorKind::Network, message, request_sent)
}

/// The host forbade a request to this origin (`scheme://host[:port]`).
pub fn denied_by_host(origin: &str) -> Error {
    let message = format!(
        "the host does not allow requests to {origin}; add this origin to the origins that the plugin may reach"
    );
    error(ErrorKind::DeniedByHost, message)
}

/// The response does not follow the provider's protocol.
///
/// Not retryable: a server that sends a web page, or a line of 64 MiB, sends it again, and the broken response
/// may have been paid for. A connection that breaks is [`network`] or [`incomplete_stream`].
pub fn protocol(message: impl Into<String>) -> Error {
    let mut error = error(ErrorKind::Protocol, message);
    error.request_sent = true;
    error
}

/// The stream ended without a finish reason or an end marker [19]. The caller sets `partial`.
pub fn incomplete_stream() -> Error {
    let message = "the response ended before the model finished; the part received is valid, \
                   send the request again for a complete response";
    passing(ErrorKind::IncompleteStream, message, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_that_may_be_gone_at_the_next_try_are_retryable() {
        let cases = [
            (configuration("x"), false, false),
            (invalid_request("x"), false, false),
            (unsupported("x"), false, false),
            (timeout("connect", 15_000), true, false),
            (timeout("idle", 300_000), true, true),
            (network("https://h", "reset", true), true, true),
            (network("https://h", "no route", false), true, false),
            (denied_by_host("https://api.cometapi.com"), false, false),
            (protocol("x"), false, true),
            (incomplete_stream(), true, true),
        ];
        for (error, retryable, sent) in cases {
            assert_eq!((error.retryable, error.request_sent), (retryable, sent), "{error:?}");
        }
    }

    #[test]
    fn a_deadline_names_the_setting_that_changes_it() {
        let error = timeout("first-byte", 300_000);
        assert!(error.message.contains("timeouts.first-byte-ms") && error.message.contains("300000 ms"));
    }
}
