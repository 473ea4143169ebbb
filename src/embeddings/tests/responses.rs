//! The rest of a response: errors, usage, warnings, and what it costs.

use super::*;

#[test]
fn an_error_with_status_200_is_the_providers_error() {
    for (body, kind) in [
        (r#"{"error":{"message":"slow down","code":429}}"#, ErrorKind::RateLimited),
        (r#"{"error":{"message":"x","code":"model_not_found"},"data":[]}"#, ErrorKind::ModelNotFound),
        (r#"{"success":false,"message":"no credit left"}"#, ErrorKind::Billing),
        (r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, ErrorKind::Authentication),
        (r#"{"code":"401","msg":"invalid api key"}"#, ErrorKind::Authentication),
        (
            r#"[{"error":{"code":404,"message":"model x not found","status":"NOT_FOUND"}}]"#,
            ErrorKind::ModelNotFound,
        ),
        (
            r#"{"data":[{"embed{"error":{"message":"overloaded","type":"overloaded_error"}}"#,
            ErrorKind::Overloaded,
        ),
        ("rate limit reached", ErrorKind::RateLimited),
    ] {
        assert_eq!(failure(body, 1).kind, kind, "{body}");
    }
}

#[test]
fn a_field_named_error_beside_the_vectors_is_none() {
    let body = r#"{"error":{"message":"old"},"data":[{"embedding":[1]}]}"#;
    assert_eq!(vectors(body, 1), [[1.0]]);
}

#[test]
fn what_is_no_list_of_vectors_is_an_error_that_says_what_to_check() {
    for (body, kind, hint) in [
        ("<!doctype html><title>x</title>", ErrorKind::Protocol, "web page"),
        ("", ErrorKind::IncompleteStream, "ended before"),
        (r#"{"data":[{"embedding":[1,2"#, ErrorKind::IncompleteStream, "ended before"),
        ("{]", ErrorKind::Protocol, "not valid JSON"),
        ("{}", ErrorKind::Protocol, "without vectors"),
        ("[1]", ErrorKind::Protocol, "without vectors"),
        (r#"{"object":"chat.completion","choices":[]}"#, ErrorKind::Protocol, "without vectors"),
    ] {
        let error = failure(body, 1);
        assert_eq!(error.kind, kind, "{body}");
        assert!(error.message.contains(hint), "{}", error.message);
        assert_eq!(error.retryable, kind == ErrorKind::IncompleteStream);
    }
}

#[test]
fn usage_counts_input_alone_and_0_is_unknown() {
    for (usage, expected) in [
        (r#"{"prompt_tokens":3,"total_tokens":3}"#, Some((Some(3), Some(3)))),
        (r#"{"total_tokens":"5"}"#, Some((Some(5), Some(5)))),
        (r#"{"input_tokens":4}"#, Some((Some(4), Some(4)))),
        (r#"{"prompt_tokens":0,"total_tokens":7}"#, Some((Some(7), Some(7)))),
        (r#"{"prompt_tokens":0,"total_tokens":0}"#, Some((None, None))),
        ("null", None),
        ("[]", None),
    ] {
        let body = std::format!(r#"{{"data":[{{"embedding":[1]}}],"usage":{usage}}}"#);
        let counts = received(&body, 1).expect(&body).usage;
        assert_eq!(counts.as_ref().map(|usage| (usage.input, usage.total)), expected, "{usage}");
        assert!(
            counts.is_none_or(|counts| counts.output.is_none() && counts.raw_json.as_deref() == Some(usage))
        );
    }
}

#[test]
fn the_key_is_in_no_output_and_long_texts_are_left_out() {
    let body = std::format!(
        r#"{{"data":[{{"embedding":[1]}}],"model":"m-{KEY}","usage":{{"prompt_tokens":1,"note":"{KEY}"}}}}"#
    );
    let embedding = received(&body, 1).expect("vectors");
    assert!(!std::format!("{embedding:?}").contains(KEY) && embedding.model.is_some());
    let long = "x".repeat(20_000);
    let body = std::format!(r#"{{"data":[{{"embedding":[1]}}],"model":"{long}","usage":{{"x":"{long}"}}}}"#);
    let embedding = received(&body, 1).expect("vectors");
    assert_eq!((embedding.model, embedding.usage.and_then(|usage| usage.raw_json)), (None, None));
    let echoed = failure(&std::format!(r#"{{"error":{{"message":"bad key {KEY}"}}}}"#), 1);
    assert!(!std::format!("{echoed:?}").contains(KEY));
}

#[test]
fn a_model_that_ignores_the_dimensions_gives_a_warning() {
    let body = data(r#"{"embedding":[1,2,3]}"#);
    let warnings = |dimensions| received_bytes(body.as_bytes(), 1, dimensions).expect("vectors").warnings;
    assert_eq!((warnings(None).len(), warnings(Some(3)).len()), (0, 0));
    assert!(warnings(Some(2))[0].contains("have 3 numbers"));
}

#[test]
fn more_numbers_than_a_host_can_copy_are_an_error_of_the_batch() {
    let count = 1000;
    let row = std::format!("{{\"embedding\":[{}1]}},", "0,".repeat(MAX_NUMBERS / count));
    let error = failure(&data(row.repeat(count).trim_end_matches(',')), count);
    assert!(error.kind == ErrorKind::InvalidRequest && error.message.contains("fewer texts"), "{error:?}");
}

#[test]
fn invalid_utf_8_costs_nothing_but_its_text() {
    let mut body = data(r#"{"embedding":[1],"note":"?"}"#).into_bytes();
    let at = body.iter().position(|byte| *byte == b'?').expect("a mark");
    body[at] = 0xFF;
    assert_eq!(received_bytes(&body, 1, None).expect("vectors").vectors, [[1.0]]);
}

#[test]
fn only_a_whole_body_is_whole() {
    let body = data(r#"{"embedding":[1]}"#);
    assert!(is_whole(body.as_bytes()) && is_whole(std::format!("\u{feff}\n{body} \n").as_bytes()));
    for end in 0..body.len() {
        assert!(!is_whole(&body.as_bytes()[..end]), "{end}");
    }
}

#[test]
fn the_cost_is_linear_whatever_the_body_is() {
    for unit in [
        "{\"embedding\":[1]},",
        "{},",
        "[",
        "1,",
        "\"=\",",
        "{\"embedding\":\"AAAA\\n\"},",
        "{\"data\":[",
        "null,",
    ] {
        let cost = |bytes: usize| {
            let body = std::format!("{{\"data\":[{}", unit.repeat(bytes / unit.len()));
            let closed = std::format!("{}]}}", body.trim_end_matches(','));
            crate::scanned::count(|| {
                for body in [&body, &closed] {
                    let _ = received(body, 1);
                    let _ = received(body, bytes / unit.len());
                    refuses_encoding(body.as_bytes());
                }
            })
        };
        let (small, large) = (cost(1 << 15), cost(1 << 18));
        assert!(large <= small * 9, "{unit}: {small} and {large}");
    }
}
