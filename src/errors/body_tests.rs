//! Bodies of every shape that was seen, and the fields that each has.

use super::*;

fn error_fields(message: &str, class: &str, param: &str, code: &str) -> ErrorFields {
    let [message, class, param, code] = [message, class, param, code].map(ToString::to_string);
    ErrorFields { message, class, param, code, ..ErrorFields::default() }
}

#[test]
fn every_shape_that_was_seen_is_read() {
    let cases = [
        (r#"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#, error_fields("m", "t", "p", "c")),
        (r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#, error_fields("m", "t", "", "")),
        (r#"{"error":{"message":"m","code":429}}"#, error_fields("m", "", "", "429")),
        (r#"{"error":{"message":"m","code":""}}"#, error_fields("m", "", "", "")),
        (r#"{"error":"text"}"#, error_fields("text", "", "", "")),
        (r#"{"error":"Unauthorized","message":"no such user"}"#, error_fields("no such user", "", "", "")),
        (r#"{"error":null,"message":"m"}"#, error_fields("m", "", "", "")),
        (r#"{"object":"error","message":"m","code":40303}"#, error_fields("m", "", "", "40303")),
        (r#"{"message":"m"}"#, error_fields("m", "", "", "")),
        (r#"{"msg":"m","code":"c"}"#, error_fields("m", "", "", "c")),
        (r#"{"detail":"m"}"#, error_fields("m", "", "", "")),
        (r#"{"detail":[{"loc":["body"],"msg":"m","type":"missing"}]}"#, error_fields("m", "missing", "", "")),
        (r#"{"errors":[{"message":"m"},{"message":"n"}]}"#, error_fields("m; n", "", "", "")),
        (
            r#"{"message":{"detail":[{"type":"t","loc":["body","tools",0],"msg":"m","input":[]}]},"type":"o","code":null}"#,
            error_fields("m", "t", "tools.0", ""),
        ),
        (r#"{"message":["m","n"]}"#, error_fields("m; n", "", "", "")),
        (r#"{"message":{"message":"m","code":"c"}}"#, error_fields("m", "", "", "c")),
        (r#"{"detail":{"error":{"message":"m","type":"t"}}}"#, error_fields("m", "t", "", "")),
        (
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"m\",\"type\":\"t\"}}","provider_name":"X"}}}"#,
            error_fields("m", "t", "", "400"),
        ),
        (
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":{"error":{"message":"m"}}}}}"#,
            error_fields("m", "", "", "400"),
        ),
        (
            r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"m"}}}"#,
            error_fields("m", "", "", "400"),
        ),
        (
            r#"{"error":{"message":"m","metadata":{"provider_name":"X","reasons":["violence"]}}}"#,
            error_fields("m", "", "", ""),
        ),
        (
            r#"{"id":"x","choices":null,"base_resp":{"status_code":1008,"status_msg":"m"}}"#,
            error_fields("m", "", "", "1008"),
        ),
        (
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"c","message":"m"}}}"#,
            error_fields("m", "failed", "", "c"),
        ),
        (r#"{"response":"text of a model","message":"m"}"#, error_fields("m", "", "", "")),
        ("error: {\"message\":\"m\"}\n\n", error_fields("m", "", "", "")),
        (r#"[{"error":{"code":400,"message":"m","status":"S"}}]"#, error_fields("m", "S", "", "400")),
        (
            r#"{"error":{"message":"{\"error\":{\"message\":\"m\",\"code\":\"c\"}}","type":"t"}}"#,
            error_fields("m", "t", "", "c"),
        ),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
            error_fields("m", "overloaded_error", "", ""),
        ),
        ("data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]\n\n", error_fields("m", "", "", "")),
        ("event: error\ndata: {\"message\":\"m\"}\n\n", error_fields("m", "", "", "")),
        ("\u{feff} {\"message\":\"m\"}\n", error_fields("m", "", "", "")),
        (r#""m""#, error_fields("m", "", "", "")),
        (r#"{"message":"a","message":"m"}"#, error_fields("m", "", "", "")),
        // A message that is JSON, with an error in it or without.
        (r#"{"error":{"message":"{\"message\":\"m\"}"}}"#, error_fields("m", "", "", "")),
        (r#"{"message":"{\"a\":1}"}"#, error_fields("{\"a\":1}", "", "", "")),
        // Of two messages the inner one, where it is more than a word for the status.
        (r#"{"message":"outer","error":{"message":"m","type":"t"}}"#, error_fields("m", "t", "", "")),
        (r#"{"message":"outer","error":{"message":"m","code":"c"}}"#, error_fields("m", "", "", "c")),
        (r#"{"message":"outer","error":{"message":"m","param":"p"}}"#, error_fields("m", "", "p", "")),
        (r#"{"msg":"outer","error":"m"}"#, error_fields("m", "", "", "")),
    ];
    for (body, expected) in cases {
        // The status that a code means is checked below.
        assert_eq!(ErrorFields { status: 0, ..ErrorFields::read(body) }, expected, "{body}");
    }
    let declined = ErrorFields { declined: true, ..error_fields("m", "", "", "") };
    assert_eq!(ErrorFields::read(r#"{"success":false,"message":"m"}"#), declined);
    let anthropic = r#"{"type":"error","error":{"message":"m"},"request_id":"req_1"}"#;
    assert_eq!(ErrorFields::read(anthropic).request_id, "req_1");
}

#[test]
fn a_lone_surrogate_spoils_neither_a_key_nor_a_value() {
    let read = ErrorFields::read(r#"{"\ud83d":"\ud83d","error":{"message":"m\ud83d!","code":"c"}}"#);
    assert!(read.message.starts_with("m\u{fffd}") && read.message.ends_with('!'), "{read:?}");
    assert_eq!(read.code, "c");
}

#[test]
fn what_names_no_error_is_empty() {
    let deep = "[".repeat(100_000);
    let chain = r#"{"error":"#.repeat(100) + r#"{"message":"m"}"# + &"}".repeat(100);
    for body in
        ["", "null", "1", "{}", "[]", "plain text", "{\"error\":{}}", "{\"a\":", "{} {}", &deep, &chain]
    {
        assert!(ErrorFields::read(body).is_empty(), "{body:.40}");
    }
}

#[test]
fn a_message_a_class_or_a_code_each_names_an_error_and_a_parameter_alone_does_not() {
    for (read, empty) in [
        (error_fields("m", "", "", ""), false),
        (error_fields("", "t", "", ""), false),
        (error_fields("", "", "", "c"), false),
        (error_fields("", "", "p", ""), true),
    ] {
        assert_eq!(read.is_empty(), empty, "{read:?}");
    }
}

#[test]
fn a_web_page_is_recognised_by_its_type_or_its_start() {
    assert!(is_html(Some("Text/HTML; charset=utf-8"), ""));
    assert!(is_html(None, "\u{feff}\n<!DOCTYPE html><p>"));
    assert!(is_html(Some("application/json"), "<html>"));
    assert!(!is_html(Some("text/plain"), "a < b"));
    assert!(!is_html(None, "{\"message\":\"<html>\"}"));
}

#[test]
fn the_status_is_that_of_the_innermost_code_that_is_one() {
    for (body, status) in [
        (r#"{"error":{"code":429}}"#, 429),
        (r#"{"error":{"code":"503"}}"#, 503),
        (r#"{"error":{"type":"400"}}"#, 400),
        (r#"{"error":{"code":200}}"#, 0),
        (r#"{"error":{"code":1261}}"#, 0),
        (r#"{"error":{"code":400,"message":"{\"code\":\"1261\",\"message\":\"m\"}"}}"#, 400),
        (r#"{"base_resp":{"status_code":1002,"status_msg":"m"}}"#, 429),
        (r#"{"base_resp":{"status_code":"1004","status_msg":"m"}}"#, 401),
        (r#"{"base_resp":{"status_code":9,"status_msg":"m"}}"#, 0),
        // The same number means something else at other vendors.
        (r#"{"error":{"code":1002}}"#, 0),
    ] {
        assert_eq!(ErrorFields::read(body).status, status, "{body}");
    }
}
