//! Finish reasons, errors and ends [14], [17] to [20].

use super::*;

#[test]
fn an_empty_finish_reason_is_none_and_an_unknown_one_is_kept() {
    let empty = decode_stream(&[&finish(""), &delta("{}")]);
    assert_eq!(empty.kind(), Some(ErrorKind::IncompleteStream));
    let unknown = response_of(&[r#"{"content":"a"}"#], "paused");
    assert_eq!(unknown.reason(), Some(FinishReason::Other("paused".into())));
    let failed = response_of(&[r#"{"content":"a"}"#], "network_error");
    assert_eq!((failed.kind(), failed.content.finish), (Some(ErrorKind::Server), None));
}

/// A refusal beside text that is more than blanks is a part of the response; beside blanks it is all of it.
#[test]
fn a_refusal_is_the_reason_where_there_is_no_text_but_blanks() {
    let refusal = r#"{"refusal":"no"}"#;
    for (contents, reason) in [
        (&[][..], FinishReason::Refusal),
        (&[r#"{"content":" \n"}"#], FinishReason::Refusal),
        (&[r#"{"content":"a"}"#], FinishReason::Stop),
        (&[r#"{"content":"a"}"#, r#"{"content":" "}"#], FinishReason::Stop),
        (&[r#"{"content":" "}"#, r#"{"content":"a"}"#], FinishReason::Stop),
    ] {
        let deltas: Vec<&str> = contents.iter().copied().chain([refusal]).collect();
        assert_eq!(response_of(&deltas, "stop").reason(), Some(reason), "{contents:?}");
    }
}

#[test]
fn data_that_is_no_chunk_is_skipped_and_too_much_of_it_ends_the_response() {
    let done = finish("stop");
    let few = decode_stream(&["ping", "5", &delta(r#"{"content":"a"}"#), r#"{"type":"ping"}"#, "", &done]);
    assert_eq!((few.content.text.as_str(), few.error), ("a", None));
    assert_eq!(few.content.warnings, ["lines of the stream that are not JSON objects were skipped: 2"]);
    for (count, kind) in [(16, None), (17, Some(ErrorKind::Protocol))] {
        let lines: Vec<&str> = [&std::vec!["ping"; count][..], &[&done]].concat();
        assert_eq!(decode_stream(&lines).kind(), kind, "{count}");
    }
}

#[test]
fn an_error_in_the_middle_ends_the_response() {
    for error in [
        r#"{"error":{"message":"m","type":"t","code":"rate_limit_exceeded"}}"#,
        r#"{"error":{"message":"m","code":429}}"#,
        r#"{"error":{"message":"m"}}"#,
        r#"{"error":"text"}"#,
        r#"{"object":"error","message":"m"}"#,
        r#"{"type":"error","message":"m"}"#,
        r#"{"success":false,"message":"m"}"#,
        r#"{"choices":[{"index":0,"delta":{},"error":{"message":"m","code":429}}]}"#,
    ] {
        let reading = decode_stream(&[&delta(r#"{"content":"a"}"#), error, &finish("stop"), "[DONE]"]);
        assert!(reading.error.is_some(), "{error}");
        assert_eq!(reading.content.finish, None, "{error}");
    }
    for end in ["\n\n", "\n", ""] {
        let named = std::format!("{}event: error\ndata: {{\"code\":429}}{end}", stream(&[&delta("{}")]));
        assert_eq!(decode(&[named.as_bytes()]).kind(), Some(ErrorKind::RateLimited), "{end:?}");
    }
    for none in [
        r#""error":null"#,
        r#""error":{}"#,
        r#""error":"""#,
        r#""error":[]"#,
        r#""error":false"#,
        // Words of an error beside a choice are not one.
        r#""object":"error""#,
        r#""type":"error""#,
        r#""success":false"#,
    ] {
        let chunk =
            std::format!(r#"{{{none},"choices":[{{"delta":{{"content":"a"}},"finish_reason":"stop"}}]}}"#);
        let reading = decode_stream(&[&chunk]);
        assert_eq!((reading.content.text.as_str(), reading.error), ("a", None), "{none}");
    }
    let in_choice = r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop","error":{}}]}"#;
    assert_eq!(decode_stream(&[in_choice]).error, None);
}

#[test]
fn a_finish_is_proof_and_nothing_else_is() {
    let text = delta(r#"{"content":"a"}"#);
    let done = finish("stop");
    for (data, expected) in [
        (&[text.as_str(), &done][..], Ok((FinishReason::Stop, Some("stop".into())))),
        (&[&text, "[DONE]"], Ok((FinishReason::Other("unknown".into()), None))),
        (&[&text], Err(ErrorKind::IncompleteStream)),
    ] {
        let reading = decode_stream(data);
        let found = reading.content.finish.clone().ok_or_else(|| reading.kind().expect("an error"));
        assert_eq!(found, expected, "{data:?}");
        assert_eq!(reading.error.is_some(), expected.is_err());
    }
}

#[test]
fn a_break_after_the_finish_reason_takes_nothing_back() {
    for tail in ["data: {\"error\":{\"message\":\"late\"}}".to_string(), "x".repeat(1_100_000)] {
        let body = std::format!("{}{tail}", stream(&[&delta(r#"{"content":"a"}"#), &finish("stop")]));
        let reading = decode(&[body.as_bytes()]);
        assert_eq!((reading.error, reading.content.text.as_str()), (None, "a"));
        assert_eq!(reading.content.finish.map(|(reason, _)| reason), Some(FinishReason::Stop));
    }
}

/// The bytes before a break that follows the finish reason, and whether a warning reports the break.
#[test]
fn missing_usage_is_warned_about_only_where_it_may_be_missing() {
    let late = r#"{"error":{"message":"late"}}"#;
    let (stop, failed) = (finish("stop"), finish("error"));
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1}}"#;
    for (data, warnings, kind) in [
        (&[&stop, late][..], 1, None),
        (&[usage, &stop, late], 0, None),
        (&[&stop, usage, late], 0, None),
        (&[&stop, "[DONE]", late], 0, None),
        (&[&stop], 0, None),
        (&[&failed, late], 0, Some(ErrorKind::Server)),
    ] {
        // Without any content the finish reason would be no proof [64].
        let text = delta(r#"{"content":"a"}"#);
        let data = [&[&*text][..], data].concat();
        let reading = decode_stream(&data);
        assert_eq!((reading.content.warnings.len(), reading.kind()), (warnings, kind), "{data:?}");
    }
}

#[test]
fn data_after_the_end_marker_is_not_read() {
    let body = stream(&[&finish("stop"), "[DONE]", &delta(r#"{"content":"a"}"#), r#"{"error":"late"}"#]);
    let reading = decode(&[body.as_bytes()]);
    assert_eq!((reading.content.text.as_str(), reading.error), ("", None));
}

#[test]
fn half_an_event_at_the_end_is_not_even_skipped() {
    let body = std::format!("{}data: {{\"choi", stream(&[&delta(r#"{"content":"a"}"#), &finish("stop")]));
    let reading = decode(&[body.as_bytes()]);
    assert_eq!((reading.error, reading.content.warnings), (None, Vec::new()));
}

#[test]
fn an_end_without_a_blank_line_is_read_if_it_is_whole() {
    let text = stream(&[&delta(r#"{"content":"a"}"#)]);
    for (tail, expected) in [
        (std::format!("data: {}", finish("stop")), None),
        (std::format!("data: {}\n", finish("stop")), None),
        ("data: [DONE]".to_string(), None),
        (std::format!("data: {}", &finish("stop")[..40]), Some(ErrorKind::IncompleteStream)),
    ] {
        let body = std::format!("{text}{tail}");
        assert_eq!(decode(&[body.as_bytes()]).kind(), expected, "{tail}");
    }
    // Not one line of it has an end.
    let alone = r#"data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
    for reads in [&[alone.as_bytes()][..], &reads_of(alone.as_bytes(), 1)] {
        let reading = decode(reads);
        assert_eq!((reading.error, reading.content.text.as_str()), (None, "a"));
    }
}
