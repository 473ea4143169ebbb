//! Error responses in the shapes that vendors and gateways send, and the kind each must get.
//!
//! Written for this test after the vendors' public documentation and public bug reports; names, ids and
//! figures are invented.

use super::ErrorKind as Kind;
use super::classify_tests::{classify, in_body};

/// Status, body, kind, and whether another try may help.
type Case = (u16, &'static str, Kind, bool);

/// Status 0 stands for an error inside a response with status 200.
fn check(cases: &[Case]) {
    for (status, body, kind, retryable) in cases {
        let error = if *status == 0 { in_body(body) } else { classify(*status, body) };
        assert_eq!((&error.kind, error.retryable), (kind, *retryable), "{status} {body}");
    }
}

#[test]
fn errors_of_openais_responses_and_of_xai() {
    check(&[
        (
            0,
            r#"{"code":"invalid_prompt","message":"Invalid prompt: your prompt was flagged"}"#,
            Kind::ContentFiltered,
            false,
        ),
        (0, r#"{"code":"image_content_policy_violation","message":"m"}"#, Kind::ContentFiltered, false),
        (0, r#"{"code":"invalid_base64_image","message":"m"}"#, Kind::InvalidRequest, false),
        (0, r#"{"code":"image_parse_error","message":"m"}"#, Kind::InvalidRequest, false),
        (0, r#"{"code":"unsupported_image_media_type","message":"m"}"#, Kind::InvalidRequest, false),
        (
            0,
            r#"{"code":"server_error","message":"The server had an error processing your request."}"#,
            Kind::Server,
            true,
        ),
        (
            400,
            r#"{"error":{"message":"The requested model 'gpt-9' does not exist.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"Item 'rs_1' of type 'reasoning' was provided without its required following item.","type":"invalid_request_error","param":"input","code":null}}"#,
            Kind::InvalidRequest,
            false,
        ),
        // The error is a text at xAI, beside a code that may be a sentence.
        (
            400,
            r#"{"code":"invalid-argument","error":"Argument not supported on this model: stop"}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            0,
            r#"{"code":"invalid-argument","error":"Argument not supported on this model: stop"}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***bc. You can obtain an API key from https://x.test."}"#,
            Kind::Authentication,
            false,
        ),
        (
            404,
            r#"{"code":"Some requested entity was not found","error":"The model grok-9 does not exist or your team t does not have access to it."}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            403,
            r#"{"code":"The caller does not have permission to execute the specified operation","error":"API key is blocked"}"#,
            Kind::Permission,
            false,
        ),
    ]);
}

#[test]
fn errors_of_openai_and_azure() {
    check(&[
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-12**89. You can find your API key at https://x.test.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            Kind::Authentication,
            false,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached for m in organization o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            Kind::Billing,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            Kind::ContextLengthExceeded,
            false,
        ),
        (
            404,
            r#"{"error":{"message":"The model `m-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            404,
            r#"{"error":{"message":"Invalid URL (POST /v1/v1/chat/completions)","type":"invalid_request_error","param":null,"code":null}}"#,
            Kind::Protocol,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"Your request was rejected as a result of our safety system.","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}"#,
            Kind::ContentFiltered,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            Kind::ContentFiltered,
            false,
        ),
        (
            503,
            r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":null}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            500,
            r#"{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}"#,
            Kind::Server,
            true,
        ),
    ]);
}

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
    ]);
}

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

#[test]
fn errors_of_the_gateway_family_of_cometapi() {
    check(&[
        (
            401,
            r#"{"error":{"message":"无效的令牌 (request id: 20260101)","type":"comet_api_error","param":"","code":""}}"#,
            Kind::Authentication,
            false,
        ),
        (
            401,
            r#"{"error":{"message":"该令牌额度已用尽 (request id: 20260101)","type":"comet_api_error","param":"","code":""}}"#,
            Kind::Billing,
            false,
        ),
        (
            403,
            r#"{"error":{"message":"用户额度不足, 剩余额度: ＄0.00","type":"comet_api_error","param":"","code":"insufficient_user_quota"}}"#,
            Kind::Billing,
            false,
        ),
        (
            503,
            r#"{"error":{"message":"No available channel for model m-9 under group default (distributor)","type":"comet_api_error","param":"","code":"model_not_found"}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            500,
            r#"{"error":{"message":"field messages is required","type":"comet_api_error","param":"","code":"invalid_request"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            429,
            r#"{"error":{"message":"当前分组上游负载已饱和，请稍后再试","type":"comet_api_error","param":"","code":""}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            429,
            r#"{"error":{"message":"您的请求过于频繁","type":"comet_api_error","param":"","code":""}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            500,
            r#"{"error":{"message":"sensitive words detected","type":"comet_api_error","param":"","code":"sensitive_words_detected"}}"#,
            Kind::ContentFiltered,
            false,
        ),
        (0, r#"{"success":false,"message":"未登录且未提供"}"#, Kind::Server, false),
        (
            0,
            r#"{"error":{"message":"请求过于频繁，请稍后再试","type":"comet_api_error"}}"#,
            Kind::RateLimited,
            true,
        ),
        (
            0,
            r#"{"error":{"message":"upstream request timeout","type":"upstream_error","code":"upstream_timeout"}}"#,
            Kind::Timeout,
            true,
        ),
        (
            0,
            r#"{"error":{"message":"access to this model is denied","type":"comet_api_error","code":"access_denied"}}"#,
            Kind::Permission,
            false,
        ),
    ]);
}

#[test]
fn errors_of_other_vendors_and_routers() {
    check(&[
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
            Kind::Billing,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
            Kind::ContentFiltered,
            false,
        ),
        (
            400,
            r#"{"request_id":"1","code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}"#,
            Kind::Billing,
            false,
        ),
        (
            400,
            r#"{"request_id":"1","code":"DataInspectionFailed","message":"Output data may contain inappropriate content."}"#,
            Kind::ContentFiltered,
            false,
        ),
        (
            400,
            r#"{"code":"InvalidParameter","message":"Range of input length should be [1, 30720]","request_id":"1"}"#,
            Kind::ContextLengthExceeded,
            false,
        ),
        (
            404,
            r#"{"error":{"message":"No endpoints found that support tool use. To learn more, visit https://x.test","code":404}}"#,
            Kind::Unsupported,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"m-9 is not a valid model ID","code":400}}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            0,
            r#"{"id":"gen-1","error":{"code":502,"message":"Provider returned error"},"choices":[{"finish_reason":"error"}]}"#,
            Kind::Server,
            true,
        ),
        (
            404,
            r#"{"object":"error","message":"The model `m-9` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
            Kind::ModelNotFound,
            false,
        ),
        (
            400,
            r#"{"object":"error","message":"m-9 does not support tools","type":"BadRequestError","param":null,"code":400}"#,
            Kind::Unsupported,
            false,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}"#,
            Kind::InvalidRequest,
            false,
        ),
        (401, r#"{"message":"Unauthorized","request_id":"1"}"#, Kind::Authentication, false),
        (
            429,
            r#"{"message":"Too many requests, please wait before trying again."}"#,
            Kind::RateLimited,
            true,
        ),
        (0, r#"{"error":"model m-9 does not support image input"}"#, Kind::Unsupported, false),
    ]);
}

#[test]
fn errors_of_proxies_before_the_api() {
    check(&[
        (
            403,
            "<!DOCTYPE html><html><head><title>Attention Required! | Firewall</title></head></html>",
            Kind::Permission,
            false,
        ),
        (
            413,
            "<html><head><title>413 Request Entity Too Large</title></head></html>",
            Kind::InvalidRequest,
            false,
        ),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", Kind::Server, true),
        (524, "<html><head><title>524: A timeout occurred</title></head></html>", Kind::Timeout, true),
        (504, "upstream request timeout", Kind::Timeout, true),
        (503, "upstream connect error or disconnect/reset before headers", Kind::Overloaded, true),
        (
            404,
            "<!DOCTYPE html><html><body><pre>Cannot POST /chat/completions</pre></body></html>",
            Kind::Protocol,
            false,
        ),
        (405, "<html><head><title>405 Not Allowed</title></head></html>", Kind::Protocol, false),
        (301, "<html><head><title>301 Moved Permanently</title></head></html>", Kind::Protocol, false),
    ]);
}
