//! A request that is refused for a field, and sent once more without it [78].

use super::*;
use crate::contract::ErrorKind;

const NAMED: &str = r#"{"error":{"message":"Unknown field: stream_options","type":"invalid_request_error"}}"#;
const IN_A_PATH: &str = r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted","input":true}]},"code":null}"#;

/// Whether each request had the field.
fn sent_the_field(network: &Scripted) -> Vec<bool> {
    let has_field = |body: &[u8]| body.windows(14).any(|name| name == b"stream_options");
    network.sent().iter().map(|sent| has_field(sent.body.as_ref().expect("a body"))).collect()
}

#[test]
fn a_field_that_is_refused_with_any_status_or_inside_a_200_is_left_out_once() {
    let event = |json: &str| std::format!("data: {json}\n\n");
    for (status, body) in [
        (400, NAMED.to_string()),
        (404, NAMED.into()),
        (422, IN_A_PATH.into()),
        (500, NAMED.into()),
        (200, NAMED.into()),
        (200, IN_A_PATH.replace("\"object\":\"error\"", "\"error\":true")),
        (200, event(NAMED)),
        (200, event(IN_A_PATH)),
        (200, std::format!("error: {NAMED}\n\n")),
        (200, std::format!("event: error\n{}", event(NAMED))),
        (200, "error: unknown field stream_options\n\n".into()),
    ] {
        let network = Scripted::default().on("/chat/completions", [refusal(status, &body), good()]);
        let (events, error) = run(&mut complete(&network));
        assert_eq!(error, None, "{status} {body}");
        assert_eq!(sent_the_field(&network), [true, false], "{status} {body}");
        let warned = |event: &Event| matches!(event, Event::Warning(text) if text.contains("stream_options"));
        assert_eq!(events.iter().filter(|event| warned(event)).count(), 1, "{status} {body}");

        let network = Scripted::default()
            .on("/chat/completions", [refusal(status, &body), refusal(400, NAMED), good()]);
        let (_, error) = run(&mut complete(&network));
        let error = error.expect("the second refusal is final");
        assert_eq!((network.sent().len(), error.http_status), (2, Some(400)), "{status} {body}");
    }
}

#[test]
fn nothing_is_sent_again_after_output_or_for_another_reason() {
    let named = std::format!("data: {NAMED}\n\n");
    let started = text("Hel") + &named;
    let echo = r#"{"detail":[{"loc":["body","seed"],"input":{"stream_options":{"include_usage":true}}}]}"#;
    for (script, kind) in [
        (refusal(200, &started), ErrorKind::InvalidRequest),
        (refusal(400, echo), ErrorKind::InvalidRequest),
        (refusal(422, "unknown field seed"), ErrorKind::InvalidRequest),
    ] {
        let network = Scripted::default().on("/chat/completions", [script, good()]);
        let (_, error) = run(&mut complete(&network));
        assert_eq!((error.map(|error| error.kind), network.sent().len()), (Some(kind), 1));
    }
}

#[test]
fn a_wait_in_the_body_is_waited_for() {
    let body = r#"{"error":{"message":"Rate limit reached. Please try again in 20s.","code":"rate_limit_exceeded"}}"#;
    let network = Scripted::default().on("/chat/completions", [refusal(429, body), good()]);
    let (_, error) = run(&mut complete(&network));
    assert_eq!((error, network.now_ms(), network.sent().len()), (None, 20_000, 2));
}
