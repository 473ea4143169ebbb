//! Anthropic.

use super::*;

#[test]
fn errors_of_anthropic() {
    check(&[
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_1"}"#,
            Kind::Authentication,
            false,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission."}}"#,
            Kind::Permission,
            false,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: m-9"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
            Kind::ContextLengthExceeded,
            false,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
            Kind::Billing,
            false,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your limit of 40,000 input tokens per minute"}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            0,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            0,
            r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
            Kind::Server,
            true,
        ),
        (402, r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#, Kind::Billing, false),
        (504, r#"{"type":"error","error":{"type":"timeout_error","message":"m"}}"#, Kind::Timeout, true),
        // The same types in a stream, where no status says it.
        (
            0,
            r#"{"type":"error","error":{"type":"authentication_error","message":"m"}}"#,
            Kind::Authentication,
            false,
        ),
        (0, r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#, Kind::Billing, false),
        (0, r#"{"type":"error","error":{"type":"permission_error","message":"m"}}"#, Kind::Permission, false),
        (
            0,
            r#"{"type":"error","error":{"type":"not_found_error","message":"m"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            0,
            r#"{"type":"error","error":{"type":"request_too_large","message":"m"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            0,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"m"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (0, r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#, Kind::RateLimited, true),
        (0, r#"{"type":"error","error":{"type":"timeout_error","message":"m"}}"#, Kind::Timeout, true),
    ]);
}
