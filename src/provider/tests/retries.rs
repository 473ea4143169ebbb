//! Retries: before an event was handed out, and never after.

use super::*;
use crate::contract::ErrorKind;
use crate::transport::Cause;

fn refusal(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Script {
    std::vec![
        (0, Move::Connected),
        (0, Move::Uploaded),
        (0, Move::Head(status, headers.into())),
        (0, Move::Bytes(body.into())),
        (0, Move::End),
    ]
}

/// The attempts made over these scripts, the error, and the time it took in milliseconds.
fn attempts(scripts: impl IntoIterator<Item = Script>) -> (usize, Option<Error>, u64) {
    let network = Scripted::default().on("/chat/completions", scripts);
    let (_, error) = run(&mut complete(&network));
    (network.sent().len(), error, network.now_ms())
}

#[test]
fn a_failure_that_may_pass_is_retried() {
    let reset = || std::vec![(0, Move::Connected), (0, Move::Fail(Cause::Network, true))];
    let error_at_once =
        with(head(200), [(0, Move::Bytes("data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n".into()))]);
    for failing in [reset(), refusal(503, &[], "busy"), refusal(429, &[], "{}"), error_at_once] {
        let (made, error, took) = attempts([failing.clone(), good()]);
        assert_eq!((made, error), (2, None), "{failing:?}");
        assert!((375..=500).contains(&took), "{took}");
    }
}

#[test]
fn two_retries_are_made_and_then_the_error_is_returned() {
    let (made, error, took) = attempts([refusal(500, &[], ""), refusal(500, &[], ""), refusal(502, &[], "")]);
    assert_eq!((made, error.and_then(|error| error.http_status)), (3, Some(502)));
    assert!((1_125..=1_500).contains(&took), "{took}");
}

#[test]
fn a_failure_that_cannot_pass_is_not_retried() {
    for (status, body, kind) in [
        (400, "{}", ErrorKind::InvalidRequest),
        (401, "{}", ErrorKind::Authentication),
        (503, r#"{"error":{"message":"m","code":"model_not_found"}}"#, ErrorKind::ModelNotFound),
        (500, r#"{"error":{"message":"m","code":"invalid_request"}}"#, ErrorKind::InvalidRequest),
        (302, "", ErrorKind::Protocol),
    ] {
        let (made, error, _) = attempts([refusal(status, &[], body)]);
        assert_eq!((made, error.map(|error| error.kind)), (1, Some(kind)), "{status}");
    }
    let denied = std::vec![(0, Move::Fail(Cause::Denied, false))];
    let (made, error, _) = attempts([denied]);
    let error = error.expect("an error");
    assert_eq!((made, error.kind, error.request_sent), (1, ErrorKind::DeniedByHost, false));
}

#[test]
fn retry_after_of_the_server_is_kept() {
    let (made, error, took) = attempts([refusal(429, &[("retry-after", "7")], "{}"), good()]);
    assert_eq!((made, error, took), (2, None, 7_000));
    let (made, error, _) = attempts([refusal(429, &[("retry-after", "121")], "{}")]);
    let error = error.expect("an error");
    assert_eq!((made, error.retryable, error.retry_after_ms), (1, true, Some(121_000)));
}

#[test]
fn nothing_is_retried_after_an_event_was_handed_out() {
    let broken = with(head(200), [(0, Move::Bytes(text("a"))), (10, Move::Fail(Cause::Network, true))]);
    let network = Scripted::default().on("/chat/completions", [broken]);
    let (events, error) = run(&mut complete(&network));
    let error = error.expect("an error");
    assert_eq!((error.kind, error.partial, error.request_sent), (ErrorKind::Network, true, true));
    assert_eq!((events.len(), network.sent().len()), (3, 1));
    assert_eq!(error.http_status, Some(200), "the error has the status of the response");
}

/// The first event of a response on each route, of which half may be all that arrives.
const FIRST_EVENTS: [(&str, &str, &str); 4] = [
    ("chat-completions", "gpt-5.4-mini", r#"data: {"id":"a","choices":[{"delta":{"content":"hi"}}]}"#),
    (
        "responses",
        "gpt-5.4-mini",
        r#"data: {"type":"response.created","response":{"id":"a","status":"in_progress"}}"#,
    ),
    (
        "messages",
        "claude-opus-5",
        r#"data: {"type":"message_start","message":{"id":"a","role":"assistant","content":[]}}"#,
    ),
    (
        "gemini",
        "gemini-3-pro",
        r#"data: {"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}]}"#,
    ),
];

/// The model may have run, so a second request could be paid for as well, and nobody would see it.
#[test]
fn nothing_is_sent_again_after_a_status_of_success_without_an_error_of_the_provider() {
    let content_type = [("content-type", "text/event-stream")];
    let started = || {
        let head = Move::Head(200, content_type.to_vec());
        std::vec![(0, Move::Connected), (0, Move::Uploaded), (0, head)]
    };
    for (route, model, first) in FIRST_EVENTS {
        let half = &first[..first.len() / 2];
        for body in ["", "\n", ": keep-alive\n\n", "data:", half, first, &std::format!("{first}\n\n")] {
            for end in [Move::End, Move::Fail(Cause::Network, true)] {
                let script = with(started(), [(0, Move::Bytes(body.into())), (0, end.clone())]);
                // Any path, so that the request may not go elsewhere either.
                let network = Scripted::default().on("", [script, good(), good()]);
                let request = Request { route: Some(route.into()), model: model.into(), ..request() };
                let mut completion = client(&network).complete(request).expect("a good request");
                let (_, error) = run(&mut completion);
                let place = std::format!("{route}: {body:?}, then {end:?}");
                assert_eq!(network.sent().len(), 1, "{place}");
                let error = error.unwrap_or_else(|| panic!("{place}: no error"));
                assert!(
                    matches!(error.kind, ErrorKind::IncompleteStream | ErrorKind::Network),
                    "{place}: {error:?}"
                );
                // The host decides, and learns that it may have to pay twice.
                assert!(error.retryable && error.request_sent, "{place}: {error:?}");
                assert_eq!(error.http_status, Some(200), "{place}");
            }
        }
    }
}

#[test]
fn nothing_is_sent_again_after_silence_in_a_response() {
    let network = Scripted::default().on("/chat/completions", [head(200), good()]);
    let (_, error) = run(&mut complete(&network));
    assert_eq!((error.map(|error| error.kind), network.sent().len()), (Some(ErrorKind::Timeout), 1));
}

#[test]
fn every_later_call_returns_the_same_error() {
    let network = Scripted::default().on("/chat/completions", [refusal(401, &[], "{}")]);
    let mut completion = complete(&network);
    let (_, first) = run(&mut completion);
    assert_eq!(completion.next(16, 60_000).err(), first);
}

#[test]
fn a_request_rejected_for_its_stream_options_is_sent_once_more_without_them() {
    let body = r#"{"error":{"message":"unknown parameter: stream_options","code":"unknown_parameter"}}"#;
    let network = Scripted::default().on("/chat/completions", [refusal(400, &[], body), good()]);
    let (events, error) = run(&mut complete(&network));
    assert_eq!((error, network.now_ms()), (None, 0));
    let bodies: Vec<serde_json::Value> = network
        .sent()
        .iter()
        .map(|sent| serde_json::from_slice(sent.body.as_ref().expect("a body")).expect("JSON"))
        .collect();
    assert_eq!(bodies[0]["stream_options"]["include_usage"], true);
    assert!(bodies[1].get("stream_options").is_none() && bodies[1]["stream"] == true);
    assert!(events.iter().any(|event| matches!(event, Event::Warning(_))));
    let (made, error, _) = attempts([refusal(400, &[], body), refusal(400, &[], body)]);
    assert_eq!((made, error.map(|error| error.kind)), (2, Some(ErrorKind::InvalidRequest)));
}

#[test]
fn the_error_of_a_last_attempt_reports_that_an_earlier_one_was_sent() {
    let unreachable = || std::vec![(0, Move::Fail(Cause::Network, false))];
    let refused = r#"{"error":{"message":"unknown parameter: stream_options","code":"unknown_parameter"}}"#;
    for (first, sent) in [
        (refusal(503, &[], "busy"), true),
        // The same request in another form counts as well: the provider has seen the first.
        (refusal(400, &[], refused), true),
        (unreachable(), false),
    ] {
        let (made, error, _) = attempts([first.clone(), unreachable(), unreachable(), unreachable()]);
        let error = error.expect("an error");
        assert!(made >= 3, "{first:?}");
        // A host that sends the request to another provider has to know that it may be paid for twice.
        assert_eq!((error.kind, error.request_sent), (ErrorKind::Network, sent), "{first:?}");
        assert_eq!(error.http_status, None, "the last attempt had no response");
    }
}
