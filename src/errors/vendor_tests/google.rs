//! Google.

use super::*;

#[test]
fn errors_of_google() {
    check(&[
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
            Kind::Authentication,
            false,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            Kind::ContextLengthExceeded,
            false,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Generative Language API has not been used in project 1 before.","status":"PERMISSION_DENIED"}}"#,
            Kind::Permission,
            false,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"models/m-9 is not found for API version v1beta","status":"NOT_FOUND"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            504,
            r#"{"error":{"code":504,"message":"Deadline expired before operation could complete.","status":"DEADLINE_EXCEEDED"}}"#,
            Kind::Timeout,
            true,
        ),
        (
            0,
            r#"{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"}}"#,
            Kind::Overloaded,
            true,
        ),
        (0, r#"{"error":{"message":"Deadline exceeded","status":"DEADLINE_EXCEEDED"}}"#, Kind::Timeout, true),
        (
            400,
            r#"{"error":{"code":400,"message":"Ungültig.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.LocalizedMessage","message":"x"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#,
            Kind::Authentication,
            false,
        ),
        (
            401,
            r#"[{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}]"#,
            Kind::Authentication,
            false,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The free tier is not available in your country. Please enable billing on your project.","status":"FAILED_PRECONDITION"}}"#,
            Kind::Billing,
            false,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Unable to submit request because the input token count is 1200000 but the model only supports up to 1048576. Reduce the input token count and try again.","status":"INVALID_ARGUMENT"}}"#,
            Kind::ContextLengthExceeded,
            false,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts.","status":"INVALID_ARGUMENT"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            500,
            r#"{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}"#,
            Kind::Server,
            true,
        ),
        (
            0,
            r#"{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED","details":[{"@type":"type.googleapis.com/google.rpc.DebugInfo","detail":"[ORIGINAL ERROR] generic::cancelled: "}]}}"#,
            Kind::Server,
            true,
        ),
        (0, r#"{"error":{"message":"m","status":"FAILED_PRECONDITION"}}"#, Kind::InvalidRequest, false),
        (0, r#"[{"error":{"message":"m","status":"PERMISSION_DENIED"}}]"#, Kind::Permission, false),
        (0, r#"{"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}}"#, Kind::RateLimited, true),
    ]);
}
