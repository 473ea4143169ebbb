//! A finish reason that comes too early, and how long the rest of the response is waited for [64].

use super::*;
use crate::contract::ErrorKind;
use crate::events::grammar::Grammar;

const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn chunk(delta: &str, reason: &str) -> Move {
    Move::Bytes(std::format!(
        "data: {{\"choices\":[{{\"delta\":{delta},\"finish_reason\":\"{reason}\"}}]}}\n\n"
    ))
}

fn bytes(text: &str) -> Move {
    Move::Bytes(text.into())
}

/// The text, the error, and the milliseconds until the end.
fn play(script: Vec<(u64, Move)>) -> (String, Option<ErrorKind>, u64) {
    let network = Scripted::default().on("/chat/completions", [with(head(200), script)]);
    let settings = Config { max_retries: Some(0), ..config() };
    let mut completion = Client::open(network.clone(), settings)
        .and_then(|client| client.complete(request()))
        .expect("a good request");
    let (events, error) = run(&mut completion);
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.finish.is_some(), error.is_none());
    assert_eq!(network.open(), 0);
    (grammar.content.text, error.map(|error| error.kind), network.now_ms())
}

#[test]
fn text_after_an_early_finish_reason_and_a_long_pause_is_not_lost() {
    let reasoning = || chunk(r#"{"reasoning_content":"r"}"#, "stop");
    for (script, text) in [
        // The finish reason of the reasoning, with its last chunk and in a chunk of its own.
        (std::vec![(0, reasoning()), (11_500, bytes(&self::text("late"))), (11_500, bytes(DONE))], "late"),
        (
            std::vec![
                (0, bytes("data: {\"choices\":[{\"delta\":{\"reasoning\":\"r\"}}]}\n\n")),
                (1, bytes(STOP)),
                (11_500, bytes(&self::text("late"))),
                (25_000, bytes(&self::text("r"))),
                (25_001, Move::End),
            ],
            "later",
        ),
        // One with every chunk.
        (
            std::vec![
                (0, chunk(r#"{"content":"Hel"}"#, "STOP")),
                (11_500, chunk(r#"{"content":"lo"}"#, "STOP")),
                (11_500, bytes(DONE)),
            ],
            "Hello",
        ),
        // Content after a finish reason that looked final: from then on it is waited for as before it.
        (
            std::vec![
                (0, bytes(&self::text("Hel"))),
                (0, bytes(STOP)),
                (9_000, bytes(&self::text("l"))),
                (30_000, bytes(&self::text("o"))),
                (30_000, bytes(STOP)),
                (30_001, Move::End),
            ],
            "Hello",
        ),
    ] {
        let end = script.last().map_or(0, |(at, _)| *at);
        assert_eq!(play(script.clone()), (text.into(), None, end), "{script:?}");
    }
}

#[test]
fn silence_after_a_premature_finish_reason_is_a_timeout_and_no_finish() {
    let reasoning = chunk(r#"{"reasoning_content":"r"}"#, "stop");
    assert_eq!(play(std::vec![(0, reasoning.clone())]), (String::new(), Some(ErrorKind::Timeout), 30_000));
    let broken = std::vec![(0, reasoning), (5, Move::Fail(crate::transport::Cause::Network, true))];
    assert_eq!(play(broken), (String::new(), Some(ErrorKind::Network), 5));
}

#[test]
fn silence_after_a_finish_reason_with_content_ends_at_the_idle_deadline_and_loses_nothing() {
    let last = chunk(r#"{"content":"a"}"#, "stop");
    assert_eq!(play(std::vec![(0, last.clone())]), ("a".into(), None, 30_000));
    let broken = std::vec![(0, last), (5, Move::Fail(crate::transport::Cause::Network, true))];
    assert_eq!(play(broken), ("a".into(), None, 5));
}
