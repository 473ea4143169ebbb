//! OpenAI, Azure and xAI, on Responses and on chat completions.

use super::*;

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
