//! The four deadlines, kept by the component itself.

use super::*;
use crate::contract::ErrorKind;

/// Runs a completion without retries over one script; gives its error and when it came, in milliseconds.
fn fails(script: Script) -> (Error, u64) {
    let network = Scripted::default().on("/chat/completions", [script]);
    let config = Config { max_retries: Some(0), ..config() };
    let client = Client::open(network.clone(), config).expect("a good configuration");
    let (_, error) = run(&mut client.complete(request()).expect("a good request"));
    assert_eq!(network.open(), 0, "the connection is closed with the error");
    (error.expect("an error"), network.now_ms())
}

#[test]
fn each_deadline_passes_when_it_should_and_says_which_it_is() {
    for (script, which, at, sent) in [
        (std::vec![], "connect", 1_000, false),
        (std::vec![(500, Move::Connected), (900, Move::Uploaded)], "first-byte", 20_900, true),
        (std::vec![(500, Move::Connected)], "idle", 30_500, true),
        (head(200), "idle", 30_000, true),
        (with(head(200), [(10_000, Move::Bytes(text("a")))]), "idle", 40_000, true),
    ] {
        let (error, when) = fails(script.clone());
        assert_eq!((error.kind, when), (ErrorKind::Timeout, at), "{script:?}");
        assert!(error.message.contains(which), "{}", error.message);
        assert_eq!(error.request_sent, sent, "{script:?}");
    }
}

#[test]
fn keep_alives_are_not_progress() {
    for keep_alive in [
        ": PING\n\n",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
        "\n",
    ] {
        let pings = (0..1_000).map(|at| (at * 100, Move::Bytes(keep_alive.into())));
        let (error, when) = fails(with(head(200), pings));
        assert_eq!((error.kind, when), (ErrorKind::Timeout, 30_000), "{keep_alive}");
        assert!(error.message.contains("idle"));
    }
}

#[test]
fn a_response_that_never_ends_meets_the_total_deadline() {
    let words = (0..100_000).map(|at| (at * 1_000, Move::Bytes(text("a"))));
    let (error, when) = fails(with(head(200), words));
    assert_eq!((error.kind, when), (ErrorKind::Timeout, 600_000));
    assert!(error.message.contains("total") && error.partial);
}

#[test]
fn a_slow_upload_that_progresses_does_not_time_out() {
    let script = (0..20).map(|at| (at * 29_000, Move::Connected)).collect();
    let (error, when) = fails(script);
    assert_eq!((error.kind, when), (ErrorKind::Timeout, 19 * 29_000 + 30_000));
}

#[test]
fn an_error_whose_body_never_ends_is_reported() {
    let trickle = (0..10_000).map(|at| (at * 10, Move::Bytes("x".into())));
    let (error, when) = fails(with(head(401), trickle));
    assert_eq!((error.kind, error.http_status), (ErrorKind::Authentication, Some(401)));
    assert!(when <= 5_100, "{when}");
    let flood = (0..1_000).map(|_| (0, Move::Bytes("x".repeat(10_000))));
    let (error, when) = fails(with(head(401), flood));
    assert_eq!((error.kind, when), (ErrorKind::Authentication, 0));
}

#[test]
fn a_json_response_that_arrives_slowly_is_progress() {
    let whole = r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#;
    let pieces = whole.as_bytes().chunks(16).enumerate();
    let pieces = pieces.map(|(at, piece)| (at as u64 * 29_000, String::from_utf8_lossy(piece).into_owned()));
    let script = with(head(200), pieces.map(|(at, piece)| (at, Move::Bytes(piece))));
    let network = Scripted::default().on("/chat/completions", [script]);
    let (events, error) = run(&mut complete(&network));
    assert_eq!(error, None);
    assert!(matches!(events.last(), Some(Event::Finish(_))));
    // Three pauses, and the time that is left to the server to end the body.
    assert_eq!(network.now_ms(), 3 * 29_000 + 10_000);
}
