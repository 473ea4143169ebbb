//! The meaning of each response: our own tables, and the recorded ones.

use alloc::{format, string::ToString, vec::Vec};

use super::{ErrorKind as Kind, *};
use crate::corpora;
use crate::http_head::ResponseHead;

pub(super) type Headers<'a> = &'a [(&'a str, &'a str)];

const KEY: &str = "sk-test-0123456789abcdef";

pub(super) fn head(status: u16, headers: Headers) -> ResponseHead {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    ResponseHead { status, headers: headers.collect::<Vec<_>>() }
}

pub(super) fn classify(status: u16, body: &str) -> Error {
    from_response(&head(status, &[]), body.as_bytes(), &Scrubber::new(Some(KEY)))
}

pub(super) fn in_body(json: &str) -> Error {
    from_body_error(json, Some(&head(200, &[])), &Scrubber::new(Some(KEY)))
}

pub(super) fn coded(code: &str) -> String {
    format!(r#"{{"error":{{"message":"m","type":"comet_api_error","param":"","code":"{code}"}}}}"#)
}

pub(super) fn saying(message: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","type":"comet_api_error"}}}}"#)
}

const HTML: &str = "<!DOCTYPE html><html><h1>Sorry</h1></html>";

#[test]
fn the_status_decides_where_the_body_has_no_cause() {
    let cases = [
        (100, Kind::Protocol, false),
        (204, Kind::Protocol, false),
        (299, Kind::Protocol, false),
        (300, Kind::Protocol, false),
        (301, Kind::Protocol, false),
        (302, Kind::Protocol, false),
        (307, Kind::Protocol, false),
        (308, Kind::Protocol, false),
        (399, Kind::Protocol, false),
        (400, Kind::InvalidRequest, false),
        (401, Kind::Authentication, false),
        (402, Kind::Billing, false),
        (403, Kind::Permission, false),
        (404, Kind::ModelNotFound, false),
        (405, Kind::Protocol, false),
        (408, Kind::Timeout, true),
        (409, Kind::Server, true),
        (413, Kind::InvalidRequest, false),
        (418, Kind::InvalidRequest, false),
        (422, Kind::InvalidRequest, false),
        (425, Kind::Server, true),
        (499, Kind::Server, true),
        (429, Kind::RateLimited, true),
        (500, Kind::Server, true),
        (501, Kind::Unsupported, false),
        (502, Kind::Server, true),
        (503, Kind::Overloaded, true),
        (504, Kind::Timeout, true),
        (520, Kind::Server, true),
        (524, Kind::Timeout, true),
        (529, Kind::Overloaded, true),
        (599, Kind::Server, true),
        (600, Kind::Protocol, false),
        (u16::MAX, Kind::Protocol, false),
    ];
    for (status, kind, retryable) in cases {
        for body in ["", "some words", "{\"error\":{\"message\":\"m\",\"code\":null}}", "\u{0}\u{1}{"] {
            let error = classify(status, body);
            assert_eq!((&error.kind, error.retryable), (&kind, retryable), "{status} {body}");
            assert_eq!((error.http_status, error.request_sent), (Some(status), true));
        }
    }
}

#[test]
fn a_code_or_a_text_decides_before_the_status() {
    let cases = [
        (403, coded("insufficient_user_quota"), Kind::Billing),
        (403, coded("pre_consume_token_quota_failed"), Kind::Billing),
        (429, coded("insufficient_quota"), Kind::Billing),
        (401, saying("该令牌额度已用尽"), Kind::Billing),
        (403, coded("anything"), Kind::Permission),
        (403, HTML.into(), Kind::Permission),
        (503, coded("model_not_found"), Kind::ModelNotFound),
        (503, saying("No available channel for model x (distributor)"), Kind::ModelNotFound),
        (400, saying("model x has not been priced by the administrator yet"), Kind::ModelNotFound),
        (404, HTML.into(), Kind::ModelNotFound),
        (404, saying("Invalid URL (POST /chat)"), Kind::Protocol),
        (500, coded("invalid_request"), Kind::InvalidRequest),
        (500, coded("INVALID_VALUE"), Kind::InvalidRequest),
        (500, r#"{"error":{"type":"image_generation_user_error"}}"#.into(), Kind::InvalidRequest),
        (500, HTML.into(), Kind::Server),
        (429, saying("当前分组上游负载已饱和，请稍后再试"), Kind::Overloaded),
        (429, saying("The model is currently busy"), Kind::Overloaded),
        (500, saying("The model is currently busy"), Kind::Overloaded),
        (400, coded("context_length_exceeded"), Kind::ContextLengthExceeded),
        (400, saying("Prompt is too long: 2 > 1"), Kind::ContextLengthExceeded),
        (500, "upstream: the input exceeds the context window".into(), Kind::ContextLengthExceeded),
        (429, saying("rate limit: your prompt is too long for this minute"), Kind::RateLimited),
        (400, coded("content_filter"), Kind::ContentFiltered),
        (400, coded("content_policy_violation"), Kind::ContentFiltered),
        (400, coded("data_inspection_failed"), Kind::ContentFiltered),
        (400, coded("DataInspectionFailed"), Kind::ContentFiltered),
        (500, coded("sensitive_words_detected"), Kind::ContentFiltered),
        (400, saying("Content Exists Risk"), Kind::ContentFiltered),
        (400, saying("this model does not support tools"), Kind::Unsupported),
        (400, coded("unsupported_parameter"), Kind::InvalidRequest),
        (400, coded("invalid_api_key"), Kind::Authentication),
        (400, saying("API key not valid. Please pass a valid one."), Kind::Authentication),
        (
            502,
            "{\"error\":{\"message\":\"a \\ud83d b\",\"code\":\"model_not_found\"}}".into(),
            Kind::ModelNotFound,
        ),
    ];
    for (status, body, kind) in cases {
        let error = classify(status, &body);
        assert_eq!(error.kind, kind, "{status} {body}");
        assert_eq!(
            error.retryable,
            matches!(kind, Kind::Overloaded | Kind::RateLimited | Kind::Server),
            "{body}"
        );
    }
}

#[test]
fn an_error_inside_a_200_is_classified_by_code_type_and_text() {
    let cases = [
        (r#"{"error":{"message":"m","code":400}}"#, Kind::InvalidRequest, false),
        (r#"{"error":{"message":"m","code":"429"}}"#, Kind::RateLimited, true),
        (r#"{"error":{"message":"m","code":503}}"#, Kind::Overloaded, true),
        (r#"{"error":{"message":"m","code":200}}"#, Kind::Server, true),
        (r#"{"error":{"message":"m","code":302}}"#, Kind::Server, true),
        (r#"{"error":{"message":"m","code":"model_not_found"}}"#, Kind::ModelNotFound, false),
        (r#"{"error":{"message":"m","type":"invalid_request_error"}}"#, Kind::InvalidRequest, false),
        (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, Kind::Overloaded, true),
        (r#"{"error":{"type":"rate_limit_error"}}"#, Kind::RateLimited, true),
        (r#"{"error":{"type":"permission_error"}}"#, Kind::Permission, false),
        (r#"{"error":{"type":"authentication_error"}}"#, Kind::Authentication, false),
        (r#"{"error":{"type":"server_error","code":null}}"#, Kind::Server, true),
        (r#"{"error":"upstream timed out"}"#, Kind::Timeout, true),
        (r#"{"error":"something else"}"#, Kind::Server, true),
        (r#"{"object":"error","message":"prompt too long"}"#, Kind::ContextLengthExceeded, false),
        (r#"{"success":false,"message":"no"}"#, Kind::Server, false),
        (r#"[{"error":{"code":403,"status":"PERMISSION_DENIED"}}]"#, Kind::Permission, false),
        ("null", Kind::Server, true),
        ("", Kind::Server, true),
    ];
    for (json, kind, retryable) in cases {
        let error = in_body(json);
        assert_eq!((error.kind, error.retryable, error.http_status), (kind, retryable, Some(200)), "{json}");
        assert!(error.request_sent);
        assert_eq!(from_body_error(json, None, &Scrubber::default()).http_status, None);
    }
}

#[test]
fn the_headers_decide_the_wait_the_request_id_and_whether_to_retry() {
    let error = |headers: Headers, body: &str| {
        from_response(&head(429, headers), body.as_bytes(), &Scrubber::new(Some(KEY)))
    };
    let long = error(&[("retry-after", "3600")], "");
    assert_eq!((long.retry_after_ms, long.retryable), (Some(3_600_000), true));
    assert_eq!(RetryAfter::from_error(&long), RetryAfter::TooLong(3_600_000));
    assert!(!error(&[("x-should-retry", "false")], "").retryable);
    assert!(error(&[("x-should-retry", "maybe")], "").retryable);

    let body = saying("Sorry (Request ID: 2026-in-text)");
    let cases: [(Headers, Option<&str>); 7] = [
        (&[("x-request-id", "b"), ("x-cometapi-request-id", "a")], Some("a")),
        (&[("x-request-id", "c"), ("x-oneapi-request-id", "b")], Some("b")),
        (&[("request-id", "d")], Some("d")),
        (&[("request-id", "")], Some("2026-in-text")),
        (&[("request-id", "two words")], Some("2026-in-text")),
        (&[("request-id", KEY)], Some("[redacted]")),
        (&[], Some("2026-in-text")),
    ];
    for (headers, id) in cases {
        assert_eq!(error(headers, &body).request_id.as_deref(), id, "{headers:?}");
    }
    assert_eq!(error(&[], r#"{"error":{},"request_id":"req_1"}"#).request_id.as_deref(), Some("req_1"));
    assert_eq!(error(&[], &saying("no REQUEST ID: ")).request_id, None);
}

/// Whether a response is retryable without `x-should-retry`, and with `x-should-retry: true`.
#[test]
fn a_server_that_requests_another_try_gets_one_only_where_it_may_help() {
    for (status, body, alone, asked) in [
        (429, "", true, true),
        (503, "", true, true),
        (500, "", true, true),
        (504, "", true, true),
        (501, "", false, false),
        (400, "", false, false),
        (401, "", false, false),
        (402, "", false, false),
        (403, "", false, false),
        (404, "", false, false),
        (302, "", false, false),
        (429, coded("insufficient_quota").as_str(), false, false),
        (400, coded("context_length_exceeded").as_str(), false, false),
        (500, coded("content_filter").as_str(), false, false),
    ] {
        let retryable =
            |headers| from_response(&head(status, headers), body.as_bytes(), &Scrubber::default()).retryable;
        let found = (retryable(&[]), retryable(&[("x-should-retry", " true ")]));
        assert_eq!(found, (alone, asked), "{status} {body}");
        assert!(!retryable(&[("x-should-retry", "false")]), "{status} {body}");
    }
    let declined = r#"{"success":false,"message":"m"}"#;
    let asked = head(200, &[("x-should-retry", "true")]);
    assert!(from_body_error(declined, Some(&asked), &Scrubber::default()).retryable);
}

#[test]
fn the_code_is_the_providers_own_and_its_type_where_that_is_empty() {
    assert_eq!(classify(400, &coded("c")).provider_code.as_deref(), Some("c"));
    assert_eq!(classify(400, &coded("")).provider_code.as_deref(), Some("comet_api_error"));
    assert_eq!(classify(400, r#"{"error":{"code":1261}}"#).provider_code.as_deref(), Some("1261"));
    assert_eq!(classify(400, "text").provider_code, None);
}

#[test]
fn the_message_gives_advice_and_facts_and_never_the_providers_text() {
    let body = r#"{"error":{"message":"you wrote PROMPT","type":"t","param":"max_tokens","code":"c"}}"#;
    let error = classify(400, body);
    assert!(error.message.ends_with("(HTTP 400, code c, parameter max_tokens)"), "{}", error.message);
    let details = error.details_json.unwrap();
    assert_eq!(details, r#"{"message":"you wrote PROMPT","type":"t","param":"max_tokens","code":"c"}"#);

    let talkative =
        r#"{"error":{"message":"PROMPT","type":"a PROMPT","param":"the PROMPT","code":"PROMPT!"}}"#;
    for status in [100, 302, 400, 401, 402, 403, 404, 429, 500, 503] {
        let message = classify(status, talkative).message;
        assert!(!message.contains("PROMPT"), "{message}");
        assert!(message.ends_with(&format!("(HTTP {status})")), "{message}");
    }
    assert!(classify(402, "").message.contains("https://www.cometapi.com/console"));
    assert!(classify(401, "").message.contains("https://www.cometapi.com/console/token"));
    assert!(classify(302, "").message.contains("base URL"));
}

#[test]
fn a_message_without_facts_is_the_advice_alone() {
    let message = from_body_error(r#"{"error":"something else"}"#, None, &Scrubber::default()).message;
    assert!(!message.is_empty() && !message.contains(['(', ')']), "{message}");
}

#[test]
fn an_echoed_key_is_nowhere_in_the_error() {
    let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let bodies = [
        format!(r#"{{"error":{{"message":"Bearer {KEY}","type":"{KEY}","param":"{KEY}","code":"{KEY}"}}}}"#),
        format!(r#"{{"error":{{"message":"{escaped}","code":"{escaped}"}}}}"#),
        format!(r#"{{"headers":{{"authorization":"{escaped}"}}}}"#),
        format!("<html>Authorization: Bearer {KEY}</html>"),
        format!("{{\"error\":\"(request id: {KEY})\"}}"),
        format!("{}{KEY}", "x".repeat(3 * 1024 - 10)),
        format!("{}{KEY}", "x".repeat(64 * 1024 - 10)),
    ];
    for body in bodies {
        for error in [classify(401, &body), in_body(&body)] {
            let all = format!("{error:?}");
            assert!(!all.contains("0123456") && !all.contains("\\\\u0073"), "{all}");
        }
    }
}

#[test]
fn the_recorded_responses_get_the_recorded_kinds() {
    let Some(corpus) = corpora::json("tables/cometapi-errors.json") else { return };
    let cases = corpus["cases"].as_array().unwrap();
    for case in cases {
        let body = case["body"].to_string();
        let status = case["status"].as_u64().unwrap() as u16;
        let error = if status == 200 { in_body(&body) } else { classify(status, &body) };
        let kind = match case["class"].as_str().unwrap() {
            "auth" => Kind::Authentication,
            "bad-request" => Kind::InvalidRequest,
            "model-not-found" => Kind::ModelNotFound,
            "provider-error" => Kind::Server,
            other => panic!("a class that is new: {other}"),
        };
        assert_eq!((error.kind, error.retryable), (kind, case["retry"].as_bool().unwrap()), "{case}");
    }
    assert!(cases.len() >= 10);
    let Some(corpus) = corpora::json("tables/retry-after.json") else { return };
    for case in corpus["status_retry"].as_array().unwrap() {
        let status = case["status"].as_u64().unwrap() as u16;
        assert_eq!(classify(status, "").retryable, case["retry"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn a_body_cut_or_spoiled_anywhere_is_still_an_error_with_valid_details() {
    let body =
        format!(r#"[{{"error":{{"message":"超 \ud83d {{\"msg\":1}} Bearer {KEY} %7","code":-1e9}}}}]"#);
    for at in 0..=body.len() {
        for spoil in [&b""[..], b"\"", b"\\", b"\xff", b"{", b"]"] {
            let head = head(400, &[("content-type", "application/json")]);
            let cut = body.as_bytes().split_at(at);
            for bytes in [[cut.0, spoil].concat(), [cut.0, spoil, cut.1].concat()] {
                let error = from_response(&head, &bytes, &Scrubber::new(Some(KEY)));
                // A byte in the middle of the key makes another word of it; a whole one must be gone.
                assert!(!format!("{error:?}").contains(KEY), "{error:?}");
                let details = error.details_json.unwrap_or_else(|| "{}".to_string());
                assert!(serde_json::from_str::<serde_json::Value>(&details).is_ok(), "{details}");
            }
        }
    }
}
