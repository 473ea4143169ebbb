//! Vectors over a scripted network: retries, refused encodings, bodies that break off, and what is remembered.

use super::*;
use crate::contract::ErrorKind;
use crate::contract::embeddings::{Embedding, EmbeddingPoll, EmbeddingRequest};
use crate::provider::EmbeddingQuery;
use crate::transport::Cause;

const VECTORS: &str = r#"{"data":[{"embedding":[1,2]}],"model":"m","usage":{"prompt_tokens":2}}"#;

fn texts() -> EmbeddingRequest {
    EmbeddingRequest {
        model: "text-embedding-3-small".into(),
        input: std::vec!["hello".into()],
        dimensions: None,
        user: None,
        extra_json: None,
    }
}

fn response(status: u16, body: &str) -> Script {
    with(head(status), [(0, Move::Bytes(body.into())), (0, Move::End)])
}

fn network(scripts: impl IntoIterator<Item = Script>) -> Scripted {
    Scripted::default().on("/v1/embeddings", scripts)
}

fn poll_all(query: &mut EmbeddingQuery<Scripted>) -> Result<Embedding, Error> {
    loop {
        if let EmbeddingPoll::Ready(embedding) = query.poll(60_000)? {
            return Ok(embedding);
        }
    }
}

fn embed(client: &Client<Scripted>) -> Result<Embedding, Error> {
    poll_all(&mut client.embed(&texts()).expect("a good request"))
}

/// What each request asked for.
fn encodings(network: &Scripted) -> Vec<Option<String>> {
    let encoding = |body: &[u8]| {
        let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!(body["input"][0], "hello");
        body.get("encoding_format").and_then(|value| value.as_str()).map(str::to_owned)
    };
    network.sent().iter().map(|sent| encoding(sent.body.as_ref().expect("a body"))).collect()
}

#[test]
fn a_query_posts_the_texts_with_the_key_and_returns_the_vectors_once() {
    let network = network([response(200, VECTORS)]);
    let mut query = client(&network).embed(&texts()).expect("a good request");
    assert_eq!(network.sent().len(), 0, "the first poll sends");
    let embedding = poll_all(&mut query).expect("vectors");
    assert_eq!((embedding.vectors, embedding.model.as_deref()), (std::vec![std::vec![1.0, 2.0]], Some("m")));
    assert_eq!(embedding.usage.and_then(|usage| usage.input), Some(2));
    let [sent] = &network.sent()[..] else { panic!("one request") };
    let header =
        |name: &str| sent.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("authorization"), Some("Bearer sk-0123456789abcdef"));
    assert_eq!(
        (header("accept"), header("content-type")),
        (Some("application/json"), Some("application/json"))
    );
    assert_eq!(header("content-length"), Some(&*sent.body.as_ref().expect("a body").len().to_string()));
    let again = query.poll(0).expect_err("returned once");
    assert_eq!((again.kind, network.open()), (ErrorKind::InvalidRequest, 0));
}

#[test]
fn a_poll_with_wait_ms_0_never_waits_and_says_when_to_come_back() {
    let slow = with(
        std::vec![(0, Move::Connected), (0, Move::Uploaded)],
        [(100, Move::Head(200, Vec::new())), (150, Move::Bytes(VECTORS.into())), (150, Move::End)],
    );
    let network = network([slow]);
    let mut query = client(&network).embed(&texts()).expect("a good request");
    let mut due = Vec::new();
    while let EmbeddingPoll::Pending(pending) = query.poll(0).expect("no error") {
        due.push(pending.wake_after_ms);
        network.advance(100);
    }
    assert_eq!((due, network.waits()), (std::vec![Some(20_000), Some(30_000)], 0));
}

#[test]
fn dropping_a_query_closes_its_connection() {
    let network = network([std::vec![(0, Move::Connected)]]);
    let mut query = client(&network).embed(&texts()).expect("a good request");
    assert!(matches!(query.poll(0), Ok(EmbeddingPoll::Pending(_))));
    assert_eq!(network.open(), 1);
    drop(query);
    assert_eq!(network.open(), 0);
}

#[test]
fn a_failure_that_may_pass_is_retried_and_any_other_is_not() {
    let busy_inside = r#"{"error":{"message":"m","code":429}}"#;
    let reset = std::vec![(0, Move::Connected), (0, Move::Fail(Cause::Network, true))];
    let broken =
        with(head(200), [(0, Move::Bytes(VECTORS[..20].into())), (0, Move::Fail(Cause::Network, true))]);
    let cut = with(head(200), [(0, Move::Bytes(VECTORS[..20].into())), (0, Move::End)]);
    for failing in [response(503, "busy"), response(200, busy_inside), reset, broken, cut] {
        let network = network([failing.clone(), response(200, VECTORS)]);
        assert!(embed(&client(&network)).is_ok(), "{failing:?}");
        assert_eq!(encodings(&network), [Some("base64".into()), Some("base64".into())]);
        assert!((375..=500).contains(&network.now_ms()), "{}", network.now_ms());
    }
    for (status, body, kind) in [
        (401, "{}", ErrorKind::Authentication),
        (400, r#"{"error":{"message":"too many inputs"}}"#, ErrorKind::InvalidRequest),
        (200, "{}", ErrorKind::Protocol),
        (200, "<html>", ErrorKind::Protocol),
        (302, "", ErrorKind::Protocol),
    ] {
        let network = network([response(status, body)]);
        let error = embed(&client(&network)).expect_err("an error");
        assert_eq!(
            (error.kind, error.request_sent, network.sent().len()),
            (kind, true, 1),
            "{status} {body}"
        );
    }
}

#[test]
fn the_last_error_reports_that_an_earlier_attempt_was_sent() {
    let unreachable = || std::vec![(0, Move::Fail(Cause::Network, false))];
    let refusal = r#"{"error":{"message":"unsupported encoding_format"}}"#;
    for (first, sent) in
        [(response(503, "busy"), true), (response(400, refusal), true), (unreachable(), false)]
    {
        let network = network([first, unreachable(), unreachable(), unreachable()]);
        let error = embed(&client(&network)).expect_err("an error");
        assert_eq!((error.kind, error.request_sent, error.http_status), (ErrorKind::Network, sent, None));
    }
}

#[test]
fn a_refused_encoding_is_replaced_at_once_and_remembered() {
    let refusal = r#"{"error":{"message":"encoding_format must be float"}}"#;
    // Some report it as a failure of their own, or inside a 200, which would otherwise be retried for nothing.
    for status in [400, 422, 500, 200] {
        let network = network([response(status, refusal), response(200, VECTORS), response(200, VECTORS)]);
        let client = client(&network);
        assert!(embed(&client).is_ok(), "{status}");
        assert!(embed(&client).is_ok(), "{status}");
        let [base64, float] = ["base64", "float"].map(|name| Some(name.to_owned()));
        assert_eq!(encodings(&network), [base64, float.clone(), float], "{status}");
        assert_eq!(network.now_ms(), 0, "without a back-off");
    }
}

#[test]
fn a_server_that_does_not_know_the_field_gets_none_and_a_third_refusal_is_the_error() {
    let refusal = r#"{"detail":[{"type":"extra_forbidden","loc":["body","encoding_format"],"msg":"Extra inputs are not permitted"}]}"#;
    let network = network([
        response(422, refusal),
        response(422, refusal),
        response(200, VECTORS),
        response(422, refusal),
    ]);
    let client = client(&network);
    assert!(embed(&client).is_ok());
    let error = embed(&client).expect_err("an error");
    assert_eq!((error.kind, error.http_status), (ErrorKind::InvalidRequest, Some(422)));
    let names = ["base64", "float"].map(|name| Some(name.to_owned()));
    assert_eq!(encodings(&network), [names[0].clone(), names[1].clone(), None, None]);
}

#[test]
fn an_encoding_that_did_not_help_is_not_remembered() {
    let network =
        network([response(400, "base64 is not supported"), response(401, "{}"), response(200, VECTORS)]);
    let client = client(&network);
    assert_eq!(embed(&client).map_err(|error| error.kind), Err(ErrorKind::Authentication));
    assert!(embed(&client).is_ok());
    assert_eq!(encodings(&network)[2].as_deref(), Some("base64"));
}

#[test]
fn an_encoding_of_the_callers_own_is_never_changed() {
    let network = network([response(400, "base64 is not supported")]);
    let request = EmbeddingRequest { extra_json: Some(r#"{"encoding_format":"base64"}"#.into()), ..texts() };
    let mut query = client(&network).embed(&request).expect("a good request");
    assert_eq!(poll_all(&mut query).map_err(|error| error.kind), Err(ErrorKind::InvalidRequest));
    assert_eq!(network.sent().len(), 1);
}

#[test]
fn vectors_that_arrived_whole_count_whatever_becomes_of_the_connection() {
    let whole = with(head(200), [(0, Move::Bytes(VECTORS.into()))]);
    for (end, ms) in [(std::vec![(0, Move::Fail(Cause::Network, true))], 0), (std::vec![], 10_000)] {
        let network = network([with(whole.clone(), end)]);
        assert!(embed(&client(&network)).is_ok());
        assert_eq!((network.now_ms(), network.open()), (ms, 0));
    }
}

#[test]
fn a_pause_after_a_bracket_in_the_middle_is_waited_for() {
    let (first, second) = VECTORS.split_at(VECTORS.find("]}").expect("a row") + 2);
    let network = network([with(
        head(200),
        [(0, Move::Bytes(first.into())), (25_000, Move::Bytes(second.into())), (25_000, Move::End)],
    )]);
    assert!(embed(&client(&network)).is_ok());
    assert_eq!(network.now_ms(), 25_000);
}

#[test]
fn blank_lines_are_no_progress_and_a_deadline_names_its_setting() {
    let lines = (1..=60).map(|at| (at * 1_000, Move::Bytes("\n".into())));
    for (script, which, ms) in [
        (with(head(200), lines), "idle-ms", 30_000),
        (std::vec![(0, Move::Connected), (0, Move::Uploaded)], "first-byte-ms", 20_000),
        (std::vec![], "connect-ms", 1_000),
    ] {
        let network = network([script]);
        let config = Config { max_retries: Some(0), ..config() };
        let client = Client::open(network.clone(), config).expect("a good configuration");
        let error = embed(&client).expect_err("a timeout");
        assert!(error.kind == ErrorKind::Timeout && error.message.contains(which), "{}", error.message);
        assert_eq!(network.now_ms(), ms);
    }
}

#[test]
fn an_error_body_that_never_ends_delays_the_error_by_5_seconds() {
    let open = with(head(400), [(0, Move::Bytes(r#"{"error":{"message":"no"#.into()))]);
    let trickle = (1..=60).map(|at| (at * 1_000, Move::Bytes("x".into())));
    for script in [open.clone(), with(open, trickle)] {
        let network = network([script]);
        assert_eq!(embed(&client(&network)).map_err(|error| error.kind), Err(ErrorKind::InvalidRequest));
        assert_eq!(network.now_ms(), 5_000);
    }
}

#[test]
fn a_body_beyond_the_cap_is_an_error_of_the_batch_and_one_call_does_not_read_all_of_it() {
    let flood = std::iter::repeat_n((0, Move::Bytes(" ".repeat(1 << 20))), 70);
    let network = network([with(head(200), flood)]);
    let mut query = client(&network).embed(&texts()).expect("a good request");
    let pending = query.poll(0).expect("not all of it is read");
    assert!(matches!(pending, EmbeddingPoll::Pending(pending) if pending.wake_after_ms == Some(0)));
    let error = poll_all(&mut query).expect_err("too large");
    assert_eq!((error.kind, error.request_sent, error.retryable), (ErrorKind::InvalidRequest, true, false));
    assert!(error.message.contains("fewer texts"), "{}", error.message);
    assert_eq!(network.unread(), 5, "nothing is read beyond the byte that is too many");
}

#[test]
fn an_unknown_model_gets_the_hint_of_a_completion() {
    let network =
        network([response(404, r#"{"error":{"message":"no such model","code":"model_not_found"}}"#)]);
    let request = EmbeddingRequest { model: "openai/gpt-5.4-mini".into(), ..texts() };
    let mut query = client(&network).embed(&request).expect("a good request");
    let error = poll_all(&mut query).expect_err("an error");
    assert_eq!(error.suggested_model.as_deref(), Some("gpt-5.4-mini"));
}
