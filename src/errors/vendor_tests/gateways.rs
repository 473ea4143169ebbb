//! The gateway family of CometAPI, routers, other vendors, and the proxies before all of them.

use super::*;

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
