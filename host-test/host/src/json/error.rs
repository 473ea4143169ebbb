//! An error of the contract as JSON.
//!
//! `{"kind":"rate-limited","message":…,"http-status":429,"provider-code":…,"request-id":…,
//! "retry-after-ms":…,"retryable":true,"request-sent":true,"partial":false,"suggested-model":null,
//! "details-json":…}`.
//! A kind that is not in the contract's list is `"kind":"other","kind-other":"…"`.

use serde_json::{Value, json};

use super::object;
use crate::contract::{Error, ErrorKind};

/// The kind's name in the contract.
#[must_use]
pub fn kind(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Configuration => "configuration",
        ErrorKind::InvalidRequest => "invalid-request",
        ErrorKind::Authentication => "authentication",
        ErrorKind::Permission => "permission",
        ErrorKind::Billing => "billing",
        ErrorKind::RateLimited => "rate-limited",
        ErrorKind::ModelNotFound => "model-not-found",
        ErrorKind::ContextLengthExceeded => "context-length-exceeded",
        ErrorKind::ContentFiltered => "content-filtered",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::Server => "server",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Network => "network",
        ErrorKind::DeniedByHost => "denied-by-host",
        ErrorKind::Protocol => "protocol",
        ErrorKind::IncompleteStream => "incomplete-stream",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Other(_) => "other",
    }
}

/// The error with all of its fields. A program decides by `kind`, `retryable` and `retry-after-ms`; the message is for
/// people, and its wording may change.
#[must_use]
pub fn error(error: &Error) -> Value {
    let mut fields = object([("kind", json!(kind(&error.kind)))]);
    if let ErrorKind::Other(cause) = &error.kind {
        fields.insert("kind-other".to_owned(), json!(cause));
    }
    fields.extend(object([
        ("message", json!(error.message)),
        ("http-status", json!(error.http_status)),
        ("provider-code", json!(error.provider_code)),
        ("request-id", json!(error.request_id)),
        ("retry-after-ms", json!(error.retry_after_ms)),
        ("retryable", json!(error.retryable)),
        ("request-sent", json!(error.request_sent)),
        ("partial", json!(error.partial)),
        ("suggested-model", json!(error.suggested_model)),
        ("details-json", json!(error.details_json)),
    ]));
    Value::Object(fields)
}

/// A failure of the host itself, such as a component that trapped, in the same form: a program needs one parser for both.
///
/// `cause` is an identifier for programs, such as `trapped` or `cancelled`; `partial` is whether events were returned before.
/// The host does not know whether the component had sent the request by then, so `request-sent` is true: a program that
/// repeats the request has to expect a second charge.
#[must_use]
pub fn host_error(cause: &str, message: &str, partial: bool) -> Value {
    error(&Error {
        kind: ErrorKind::Other(cause.to_owned()),
        message: message.to_owned(),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: false,
        request_sent: true,
        partial,
        suggested_model: None,
        details_json: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ErrorKind) -> Error {
        Error {
            kind,
            message: "m".into(),
            http_status: Some(429),
            provider_code: Some("c".into()),
            request_id: Some("r".into()),
            retry_after_ms: Some(1500),
            retryable: true,
            request_sent: true,
            partial: false,
            suggested_model: Some("n".into()),
            details_json: Some(r#"{"a":1}"#.into()),
        }
    }

    #[test]
    fn an_error_keeps_every_field_under_the_contracts_name() {
        assert_eq!(
            error(&of(ErrorKind::RateLimited)).to_string(),
            r#"{"kind":"rate-limited","message":"m","http-status":429,"provider-code":"c","request-id":"r","retry-after-ms":1500,"retryable":true,"request-sent":true,"partial":false,"suggested-model":"n","details-json":"{\"a\":1}"}"#
        );
    }

    #[test]
    fn a_kind_outside_the_list_says_which() {
        let value = error(&of(ErrorKind::Other("quota-of-the-day".into())));
        assert_eq!((&value["kind"], &value["kind-other"]), (&json!("other"), &json!("quota-of-the-day")));
    }

    #[test]
    fn unknown_is_null_and_not_left_out() {
        let value = host_error("trapped", "m", true);
        for name in ["http-status", "provider-code", "request-id", "retry-after-ms", "details-json"] {
            assert_eq!(value.get(name), Some(&Value::Null), "{name}");
        }
        assert_eq!(value["partial"], json!(true));
    }

    #[test]
    fn every_kind_has_the_word_that_the_contract_gives_it() {
        // The contract's own text, so that a kind renamed there fails here.
        let wit = include_str!("../../../../wit/model-provider.wit");
        let list = wit.split("variant error-kind {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
        let words: Vec<&str> = list
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("///"))
            .map(|line| line.trim_end_matches(',').trim_end_matches("(string)"))
            .collect();
        use ErrorKind as K;
        let kinds = [
            K::Configuration,
            K::InvalidRequest,
            K::Authentication,
            K::Permission,
            K::Billing,
            K::RateLimited,
            K::ModelNotFound,
            K::ContextLengthExceeded,
            K::ContentFiltered,
            K::Overloaded,
            K::Server,
            K::Timeout,
            K::Network,
            K::DeniedByHost,
            K::Protocol,
            K::IncompleteStream,
            K::Unsupported,
            K::Other(String::new()),
        ];
        assert_eq!(kinds.iter().map(kind).collect::<Vec<_>>(), words);
    }
}
