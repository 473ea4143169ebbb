//! Finish reasons, errors and ends [14], [17] to [20].

use super::*;

#[test]
fn an_empty_finish_reason_is_none_and_an_unknown_one_is_kept() {
    let empty = decode_stream(&[&finish(""), &delta("{}")]);
    assert_eq!(empty.kind(), Some(ErrorKind::IncompleteStream));
    let unknown = answer_of(&[r#"{"content":"a"}"#], "paused");
    assert_eq!(unknown.reason(), Some(FinishReason::Other("paused".into())));
    let failed = answer_of(&[r#"{"content":"a"}"#], "network_error");
    assert_eq!((failed.kind(), failed.answer.finish), (Some(ErrorKind::Server), None));
}

#[test]
fn what_is_no_chunk_is_skipped_and_too_much_of_it_ends_the_answer() {
    let done = finish("stop");
    let few = decode_stream(&["ping", "5", &delta(r#"{"content":"a"}"#), r#"{"type":"ping"}"#, "", &done]);
    assert_eq!((few.answer.text.as_str(), few.answer.warnings.len(), few.error), ("a", 2, None));
    let many = decode_stream(&["ping"; 17]);
    assert_eq!(many.kind(), Some(ErrorKind::Protocol));
}

#[test]
fn an_error_in_the_middle_ends_the_answer() {
    for error in [
        r#"{"error":{"message":"m","type":"t","code":"rate_limit_exceeded"}}"#,
        r#"{"error":{"message":"m","code":429}}"#,
        r#"{"error":{"message":"m"}}"#,
        r#"{"error":"text"}"#,
        r#"{"object":"error","message":"m"}"#,
        r#"{"choices":[{"index":0,"delta":{},"error":{"message":"m","code":429}}]}"#,
    ] {
        let reading = decode_stream(&[&delta(r#"{"content":"a"}"#), error, &finish("stop"), "[DONE]"]);
        assert!(reading.error.is_some(), "{error}");
        assert_eq!(reading.answer.finish, None, "{error}");
    }
    let named = decode(&[b"event: error\ndata: {\"message\":\"m\"}\n\n"]);
    assert!(named.error.is_some());
    let empty =
        decode_stream(&[r#"{"error":null,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]);
    assert_eq!((empty.answer.text.as_str(), empty.error), ("a", None));
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
        let found = reading.answer.finish.clone().ok_or_else(|| reading.kind().expect("an error"));
        assert_eq!(found, expected, "{data:?}");
        assert_eq!(reading.error.is_some(), expected.is_err());
    }
}

#[test]
fn what_breaks_behind_the_finish_reason_takes_nothing_back() {
    for tail in ["data: {\"error\":{\"message\":\"late\"}}".to_string(), "x".repeat(1_100_000)] {
        let body = std::format!("{}{tail}", stream(&[&delta(r#"{"content":"a"}"#), &finish("stop")]));
        let reading = decode(&[body.as_bytes()]);
        assert_eq!((reading.error, reading.answer.text.as_str()), (None, "a"));
        assert_eq!(reading.answer.finish.map(|(reason, _)| reason), Some(FinishReason::Stop));
    }
}

#[test]
fn what_comes_behind_the_end_marker_is_not_read() {
    let body = stream(&[&finish("stop"), "[DONE]", &delta(r#"{"content":"a"}"#), r#"{"error":"late"}"#]);
    let reading = decode(&[body.as_bytes()]);
    assert_eq!((reading.answer.text.as_str(), reading.error), ("", None));
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
}
