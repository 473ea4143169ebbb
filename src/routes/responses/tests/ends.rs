//! How a response ends, well or badly.

use super::*;

const TEXT: &str = r#"output_text.delta "output_index":0,"delta":"Hello""#;

fn ended_by(event: &str) -> Reading {
    decode_stream(&[CREATED, TEXT, event])
}

#[test]
fn only_a_terminal_event_proves_the_end() {
    for events in [
        &[][..],
        &[CREATED],
        &[CREATED, TEXT],
        &[CREATED, TEXT, r#"output_text.done "output_index":0,"text":"Hello""#],
    ] {
        assert_eq!(decode_stream(events).kind(), Some(ErrorKind::IncompleteStream), "{events:?}");
        // What relays that translate write after it proves nothing.
        let body = stream(events) + "data: [DONE]\n\n";
        assert_eq!(decode(&body).kind(), Some(ErrorKind::IncompleteStream), "{body}");
    }
    let body = stream(&[TEXT]) + "data: [DONE]\n\n" + &stream(&[COMPLETED]) + "data: [DONE]\n\n";
    assert_eq!(decode(&body).content.text, "Hello");
}

#[test]
fn the_reason_is_that_of_the_response() {
    let length = FinishReason::Length;
    for (event, reason, raw) in [
        (r#"completed "response":{"status":"completed"}"#, FinishReason::Stop, "completed"),
        (r#"completed "response":{"status":"complete"}"#, FinishReason::Stop, "completed"),
        (r#"completed "response":null"#, FinishReason::Stop, "completed"),
        ("completed", FinishReason::Stop, "completed"),
        (
            r#"incomplete "response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
            length.clone(),
            "max_output_tokens",
        ),
        (
            r#"completed "response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
            length,
            "max_output_tokens",
        ),
        (
            r#"incomplete "response":{"incomplete_details":{"reason":"content_filter"}}"#,
            FinishReason::ContentFilter,
            "content_filter",
        ),
        (
            r#"incomplete "response":{"incomplete_details":{"reason":"new"}}"#,
            FinishReason::Other("new".into()),
            "new",
        ),
        (
            r#"completed "response":{"status":"incomplete"}"#,
            FinishReason::Other("incomplete".into()),
            "incomplete",
        ),
        (
            r#"incomplete "response":{"incomplete_details":null}"#,
            FinishReason::Other("incomplete".into()),
            "incomplete",
        ),
    ] {
        let read = ended_by(event);
        assert_eq!((read.reason(), read.finish().raw_reason.as_deref()), (reason, Some(raw)), "{event}");
    }
}

#[test]
fn failures_have_the_kind_of_their_code() {
    for (code, kind) in [
        ("rate_limit_exceeded", ErrorKind::RateLimited),
        ("insufficient_quota", ErrorKind::Billing),
        ("server_error", ErrorKind::Server),
        ("invalid_prompt", ErrorKind::ContentFiltered),
        ("image_content_policy_violation", ErrorKind::ContentFiltered),
        ("invalid_image_url", ErrorKind::InvalidRequest),
        ("image_too_large", ErrorKind::InvalidRequest),
        ("empty_image_file", ErrorKind::InvalidRequest),
        ("failed_to_download_image", ErrorKind::InvalidRequest),
        ("context_length_exceeded", ErrorKind::ContextLengthExceeded),
        ("something_new", ErrorKind::Server),
    ] {
        let error = format!(r#"{{"code":"{code}","message":"m"}}"#);
        for event in [
            format!(
                r#"data: {{"type":"response.failed","response":{{"status":"failed","error":{error},"instructions":"secret"}}}}"#
            ),
            format!(
                r#"data: {{"type":"error","error":{{"type":"{code}","code":"{code}","message":"m","param":null}}}}"#
            ),
            format!(
                r#"data: {{"type":"error","code":"{code}","message":"m","param":null,"sequence_number":3}}"#
            ),
            format!("event: error\ndata: {{\"code\":\"{code}\",\"message\":\"m\"}}"),
            format!(r#"data: {{"error":{error}}}"#),
        ] {
            let body = stream(&[CREATED, TEXT]) + &event + "\n\n" + &stream(&[COMPLETED]);
            let read = decode(&body);
            assert_eq!(read.kind(), Some(kind.clone()), "{event}");
            assert_eq!(read.content.finish, None);
            assert!(
                !format!("{:?}", read.error).contains("secret"),
                "the instructions are a part of the request"
            );
        }
    }
}

#[test]
fn a_failure_without_a_cause_is_the_servers() {
    for event in [
        r#"failed "response":{"status":"failed","error":null}"#,
        r#"failed "response":{"incomplete_details":{"reason":"max_output_tokens"}}"#,
        r#"cancelled "response":{"status":"cancelled"}"#,
        r#"completed "response":{"status":"failed"}"#,
        "failed",
    ] {
        assert_eq!(ended_by(event).kind(), Some(ErrorKind::Server), "{event}");
    }
}

#[test]
fn nothing_is_handed_out_before_the_first_item_so_that_an_early_failure_can_be_tried_again() {
    let body = stream(&[CREATED, "in_progress"])
        + "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\"}\n\n";
    let read = decode(&body);
    assert_eq!((read.events.len(), read.kind()), (0, Some(ErrorKind::Server)));
}

#[test]
fn whole_bodies_are_read_like_streams() {
    let body = |status: &str, error: &str| {
        format!(
            r#"{{"id":"r","object":"response","model":"o3","status":"{status}","error":{error},"output":[{{"type":"reasoning","summary":[],"encrypted_content":"e"}},{{"type":"message","content":[{{"type":"output_text","text":"Hello"}}]}},{{"type":"function_call","call_id":"c","name":"f","arguments":"{{}}"}}],"usage":null}}"#
        )
    };
    let read = decode(&body("completed", "null"));
    assert_eq!(read.blocks(), ["reasoning ", "text Hello", "c f {}"]);
    assert_eq!((read.reason(), &read.finish().usage), (FinishReason::ToolCalls, &None));
    assert!(read.replays()[0].starts_with(r#"{"route":"responses","vendor":"openai","#), "{read:?}");
    for status in ["queued", "in_progress", "complete", ""] {
        let read = decode(&body(status, "null"));
        let expected = if status.is_empty() { ErrorKind::Protocol } else { ErrorKind::IncompleteStream };
        assert_eq!(read.kind(), Some(expected), "{status}");
    }
    assert_eq!(decode(&body("incomplete", "null")).reason(), FinishReason::Other("incomplete".into()));
    assert_eq!(decode(&body("canceled", "null")).kind(), Some(ErrorKind::Server));
    for (reason, expected) in [
        ("max_output_tokens", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("stop", FinishReason::Other("stop".into())),
        ("error", FinishReason::Other("error".into())),
        ("max_tool_calls", FinishReason::Other("max_tool_calls".into())),
    ] {
        let details = format!(r#"null,"incomplete_details":{{"reason":"{reason}"}}"#);
        assert_eq!(decode(&body("incomplete", &details)).reason(), expected, "{reason}");
    }
    assert_eq!(
        decode(&body("failed", r#"{"code":"server_error","message":"m"}"#)).kind(),
        Some(ErrorKind::Server)
    );
    for (body, kind) in [
        (r#"{"error":{"message":"m","code":"insufficient_quota"}}"#, ErrorKind::Billing),
        (r#"{"code":"invalid-argument","error":"Argument not supported"}"#, ErrorKind::InvalidRequest),
        (r#"{"choices":[{"message":{"content":"Hello"}}]}"#, ErrorKind::Protocol),
        ("[]", ErrorKind::Protocol),
        (r#"{"status":"completed","output":["#, ErrorKind::IncompleteStream),
        (r#"{"status":"completed",}"#, ErrorKind::Protocol),
    ] {
        assert_eq!(decode(body).kind(), Some(kind), "{body}");
    }
}

#[test]
fn what_is_no_event_is_skipped_up_to_a_limit_and_explains_a_bad_end() {
    let body = stream(&[TEXT])
        + "data: something\n\ndata: {\"choices\":[]}\n\ndata: {\"type\":\"keepalive\"}\n\n: comment\n\n";
    let read = decode(&(body.clone() + &stream(&[COMPLETED])));
    assert_eq!((read.content.text.as_str(), read.content.warnings.len()), ("Hello", 1));
    assert_eq!(decode(&(body + "data: rate limit reached\n\n")).kind(), Some(ErrorKind::RateLimited));
    assert_eq!(decode(&"data: {\"choices\":[]}\n\n".repeat(40)).kind(), Some(ErrorKind::Protocol));
    // A gateway that fails in the middle writes its error without `data:`.
    let bare = stream(&[TEXT]) + "{\"error\":{\"message\":\"m\",\n\"code\":\"insufficient_quota\"}}\n\n";
    assert_eq!(decode(&bare).kind(), Some(ErrorKind::Billing));
}

#[test]
fn what_says_nothing_new_is_no_progress() {
    let progress = |events: &[&str]| decode_stream(events).progress;
    let base = progress(&[CREATED, TEXT]);
    for idle in ["in_progress", "queued", r#"output_text.delta "output_index":0,"delta":"""#] {
        assert_eq!(progress(&[CREATED, TEXT, idle, idle]), base, "{idle}");
    }
    assert_eq!(
        decode(&(stream(&[CREATED, TEXT]) + "data: {\"type\":\"keepalive\"}\n\n: ping\n\n")).progress,
        base
    );
    assert_eq!(progress(&[CREATED, TEXT, r#"web_search_call.searching "output_index":1"#]), base + 1);
    assert_eq!(progress(&[CREATED, TEXT, TEXT]), base + 1);
}
