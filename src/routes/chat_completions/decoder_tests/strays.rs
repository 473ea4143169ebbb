//! Errors where the standard has none: in a field of their own, as a bare line, glued to half an event [70] to [73].

use super::*;

const TEXT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";
const ERROR: &str = r#"{"error":{"message":"engine died","type":"server_error"}}"#;
const END: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// The same in whatever reads it comes.
fn decoded(body: &str) -> Reading {
    let whole = decode(&[body.as_bytes()]);
    for size in [1, 3] {
        let cut = decode(&reads_of(body.as_bytes(), size));
        assert_eq!((&cut.events, &cut.error), (&whole.events, &whole.error), "reads of {size} of {body:?}");
    }
    whole
}

fn assert_error(body: &str, kind: ErrorKind, words: &str) {
    let reading = decoded(body);
    let error = reading.error.unwrap_or_else(|| panic!("no error in {body:?}"));
    assert_eq!((&error.kind, reading.content.finish), (&kind, None), "{body:?}");
    let details = error.details_json.unwrap_or_default();
    assert!(details.contains(words), "{details} of {body:?}");
}

#[test]
fn an_error_in_a_field_of_its_own_or_as_a_bare_line_ends_the_response() {
    let full = r#"{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}"#;
    for end in ["\n\n", "\n", "", "\n\ndata: [DONE]\n\n"] {
        for field in ["error: ", "error:", "Error: "] {
            let body = std::format!("{TEXT}{field}{full}{end}");
            assert_error(&body, ErrorKind::ContextLengthExceeded, "available context size");
            let first = std::format!("{field}{full}{end}");
            assert_error(&first, ErrorKind::ContextLengthExceeded, "available context size");
        }
        assert_error(&std::format!("{TEXT}{ERROR}{end}"), ErrorKind::Server, "engine died");
        assert_error(&std::format!("{TEXT}: ping\n{ERROR}{end}"), ErrorKind::Server, "engine died");
        assert_error(&std::format!("{TEXT}oops\n{ERROR}{end}"), ErrorKind::Server, "engine died");
        for field in
            ["error: ", "data: error: ", "ERROR: ", "RuntimeError: ", "[ERROR] ", "data: [ERROR] ", ""]
        {
            assert_error(&std::format!("{TEXT}{field}engine died{end}"), ErrorKind::Server, "engine died");
        }
        for text in [
            "{'error': {'message': 'engine died'}}",
            r#"{"detail":"engine died"}"#,
            r#"{"msg":"engine died"}"#,
        ] {
            assert_error(&std::format!("{TEXT}data: {text}{end}"), ErrorKind::Server, "engine died");
        }
        for (text, kind) in [
            ("rate limit reached, slow down", ErrorKind::RateLimited),
            ("insufficient balance", ErrorKind::Billing),
            ("upstream timed out", ErrorKind::Timeout),
        ] {
            assert_error(&std::format!("{TEXT}data: {text}{end}"), kind.clone(), text);
            assert_error(&std::format!("{TEXT}{text}{end}"), kind, text);
        }
    }
}

#[test]
fn an_error_glued_to_half_an_event_ends_the_response() {
    let half = r#"data: {"id":"x","choices":[{"index":0,"delta":{"content":"lo"#;
    for between in ["\ndata: ", "data: ", "", "\n", "\n\n", "\"}}]}\n"] {
        for end in ["\n\n", "\n", "", "\n\ndata: [DONE]\n\n"] {
            let body = std::format!("{TEXT}{half}{between}{ERROR}{end}");
            let reading = decoded(&body);
            // A whole event before a bare line is an event like any other.
            assert_eq!(reading.error.as_ref().map(|error| &error.kind), Some(&ErrorKind::Server), "{body:?}");
            let details = reading.error.and_then(|error| error.details_json).unwrap_or_default();
            assert!(details.contains("engine died"), "{details} of {body:?}");
        }
    }
}

#[test]
fn a_stream_that_ends_well_is_no_error_whatever_stands_between_its_events() {
    for stray in [
        ": error: upstream slow, retrying\n\n",
        "error: upstream slow, retrying\n\n",
        "upstream error, retrying\n\n",
        "data: error: upstream slow\n\n",
        "{\"type\":\"ping\"}\n\n",
        "data: {\"message\":\"still working\"}\n\n",
        "foo: bar\n",
        "error\n\n",
    ] {
        let reading = decoded(&std::format!("{TEXT}{stray}{TEXT}{END}"));
        assert_eq!((reading.error, reading.content.text.as_str()), (None, "HelHel"), "{stray:?}");
        // After the finish reason nothing is taken back.
        let late = END.replace("data: [DONE]\n\n", stray);
        assert_eq!(decoded(&std::format!("{TEXT}{late}")).error, None, "{stray:?}");
    }
}

#[test]
fn a_text_that_reports_no_failure_is_a_detail_of_the_bad_end() {
    for stray in ["data: bye\n\n", "bye now\n\n", "data: bye"] {
        let reading = decoded(&std::format!("{TEXT}{stray}"));
        let error = reading.error.expect("a bad end");
        assert_eq!(error.kind, ErrorKind::IncompleteStream, "{stray:?}");
        assert!(error.details_json.is_some_and(|details| details.contains("bye")), "{stray:?}");
    }
    // The model's text is no error, though it may be about one.
    let half = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"error: rate limit";
    let error = decoded(&std::format!("{TEXT}{half}")).error.expect("a bad end");
    assert_eq!((error.kind, error.details_json), (ErrorKind::IncompleteStream, None));
}

#[test]
fn the_status_of_minimax_is_an_error_unless_it_is_zero() {
    for (code, message, kind) in [
        (1008, "insufficient balance", ErrorKind::Billing),
        (1002, "m", ErrorKind::RateLimited),
        (1004, "m", ErrorKind::Authentication),
        (2013, "m", ErrorKind::InvalidRequest),
        (2013, "invalid params, context window exceeds limit", ErrorKind::ContextLengthExceeded),
        (1027, "output new_sensitive", ErrorKind::ContentFiltered),
        (1000, "m", ErrorKind::Server),
    ] {
        let base = std::format!(r#""base_resp":{{"status_code":{code},"status_msg":"{message}"}}"#);
        for body in [
            std::format!(r#"{{"id":"x","choices":null,"usage":{{"total_tokens":0}},{base}}}"#),
            std::format!("data: {{{base}}}\n\n"),
            std::format!("{TEXT}data: {{\"id\":\"x\",\"choices\":[],{base}}}\n\ndata: [DONE]\n\n"),
        ] {
            assert_error(&body, kind.clone(), message);
        }
    }
    let good = END.replace(
        "}\n\ndata: [DONE]",
        ",\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}\n\ndata: [DONE]",
    );
    assert_eq!(decoded(&std::format!("{TEXT}{good}")).error, None);
}

#[test]
fn a_whole_response_that_is_an_error_without_the_name_keeps_its_words() {
    for (body, kind) in [
        (r#"{"code":401,"msg":"token expired"}"#, ErrorKind::Authentication),
        (r#"{"code":"InvalidApiKey","message":"no such key"}"#, ErrorKind::Authentication),
        (r#"{"detail":"The model m does not exist"}"#, ErrorKind::ModelNotFound),
        (r#"{"errors":[{"message":"boom here"}]}"#, ErrorKind::Server),
        (r#"{"status":"error","message":"rate limit reached"}"#, ErrorKind::RateLimited),
        (r#"{"message":"welcome to this server"}"#, ErrorKind::Protocol),
        (r#"{"code":0,"msg":"success","data":null}"#, ErrorKind::Protocol),
        ("fault filter abort", ErrorKind::Protocol),
        ("error: engine died", ErrorKind::Server),
        ("rate limit reached", ErrorKind::RateLimited),
    ] {
        let error = decode(&[body.as_bytes()]).error.expect("an error");
        assert_eq!(error.kind, kind, "{body}");
        assert!(error.details_json.is_some_and(|details| details.len() > 12), "{body}");
    }
}
