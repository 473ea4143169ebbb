//! A completion, from the request to the finish.

use super::*;
use crate::contract::{ErrorKind, Message};
use crate::events::grammar::Grammar;

#[test]
fn a_response_is_streamed_in_the_grammar_of_events() {
    let network = Scripted::default().on("/v1/chat/completions", [good()]);
    let mut completion = complete(&network);
    let (events, error) = run(&mut completion);
    assert_eq!(error, None);
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.text, "hi");
    let again = completion.next(16, 60_000).expect("nothing fails after the finish");
    assert!(again.done && again.events.is_empty());
    assert_eq!(network.open(), 0, "the connection is given back");
}

#[test]
fn the_request_has_its_headers_and_the_key() {
    let network = Scripted::default().on("/chat/completions", [good()]);
    run(&mut complete(&network));
    let sent = &network.sent()[0];
    assert_eq!(
        (sent.base_url.origin().as_str(), sent.path.as_str()),
        ("https://api.cometapi.com", "/v1/chat/completions")
    );
    let header =
        |name: &str| sent.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("authorization"), Some("Bearer sk-0123456789abcdef"));
    assert_eq!(header("accept-encoding"), Some("identity"));
    let length = sent.body.as_ref().expect("a body").len();
    assert_eq!(header("content-length"), Some(length.to_string().as_str()));
}

#[test]
fn a_call_waits_for_a_first_event_and_returns_it_with_what_has_arrived() {
    let slow = with(
        head(200),
        [
            (100, Move::Bytes(text("a") + &text("b"))),
            (900, Move::Bytes(text("c") + FINISH)),
            (900, Move::End),
        ],
    );
    let network = Scripted::default().on("/chat/completions", [slow]);
    let mut completion = complete(&network);
    assert!(completion.next(16, 50).expect("no error").events.is_empty(), "nothing yet");
    assert_eq!(network.now_ms(), 50);
    let batch = completion.next(16, 10_000).expect("no error");
    // The response, the start of the block and two deltas.
    assert_eq!((batch.events.len(), network.now_ms()), (4, 100));
    let first = completion.next(1, 10_000).expect("no error");
    assert_eq!((first.events.len(), first.done), (1, false));
    let rest = completion.next(16, 0).expect("no error");
    assert!(rest.done, "what has arrived is returned without waiting");
}

#[test]
fn with_wait_ms_0_nothing_is_ever_waited_for() {
    let slow = with(head(200), [(10, Move::Bytes(text("a"))), (20, Move::Bytes(FINISH.into()))]);
    let failing = std::vec![(5, Move::Fail(crate::transport::Cause::Network, true))];
    let network = Scripted::default().on("/chat/completions", [failing, slow]);
    let mut completion = complete(&network);
    let mut done = false;
    for _ in 0..10_000 {
        network.advance(1);
        done = completion.next(16, 0).expect("no error").done;
        if done {
            break;
        }
    }
    assert!(done);
    assert_eq!(network.waits(), 0);
}

#[test]
fn a_max_events_of_0_still_makes_progress() {
    let network = Scripted::default().on("/chat/completions", [good()]);
    let mut completion = complete(&network);
    let calls = (0..100).take_while(|_| !completion.next(0, 10).expect("no error").done).count();
    assert!(calls < 10);
}

#[test]
fn comments_without_end_do_not_hold_a_call_beyond_its_time() {
    let mut script = head(200);
    script.extend((0..10_000).map(|_| (0, Move::Bytes(": PING\n\n".into()))));
    let network = Scripted::default().on("/chat/completions", [script]);
    let mut completion = complete(&network);
    for _ in 0..10 {
        assert!(completion.next(16, 0).expect("no error").events.is_empty());
    }
    assert_eq!(network.now_ms(), 0);
}

#[test]
fn dropping_a_completion_closes_its_connection_in_each_state() {
    for script in [
        std::vec![],
        std::vec![(0, Move::Connected)],
        std::vec![(0, Move::Connected), (0, Move::Uploaded)],
        head(200),
        head(500),
        with(head(200), [(0, Move::Bytes(text("a")))]),
    ] {
        let network = Scripted::default().on("/chat/completions", [script]);
        let mut completion = complete(&network);
        let _ = completion.next(16, 10);
        assert_eq!(network.open(), 1);
        drop(completion);
        assert_eq!(network.open(), 0);
    }
}

#[test]
fn a_finished_response_is_complete_though_its_connection_stays_open_or_breaks() {
    let finished = text("a") + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    for end in [
        std::vec![(0, Move::Bytes("data: [DONE]\n\n".into()))],
        std::vec![(0, Move::Fail(crate::transport::Cause::Network, true))],
        std::vec![],
    ] {
        let script = with(with(head(200), [(0, Move::Bytes(finished.clone()))]), end);
        let network = Scripted::default().on("/chat/completions", [script]);
        let (events, error) = run(&mut complete(&network));
        assert_eq!(error, None);
        assert!(matches!(events.last(), Some(Event::Finish(_))));
        assert!(network.now_ms() <= 10_000, "usage is waited for, and not for long");
        assert_eq!(network.open(), 0);
    }
}

#[test]
fn a_json_response_is_complete_with_its_last_bracket_though_the_body_stays_open() {
    let whole =
        r#"{"choices":[{"message":{"content":"a}"},"finish_reason":"stop"}],"usage":{"total_tokens":1}}"#;
    let refused = r#"{"error":{"message":"m","code":"model_not_found"}}"#;
    let blanks = || (0..30).map(|second| (second * 1_000, Move::Bytes("\n".into()))).collect::<Vec<_>>();
    let broken = std::vec![(5, Move::Fail(crate::transport::Cause::Network, true))];
    for (body, rest, kind, ms) in [
        (whole, std::vec![(7, Move::End)], None, 7),
        (whole, std::vec![], None, 10_000),
        (whole, blanks(), None, 10_000),
        (whole, broken.clone(), None, 5),
        (refused, std::vec![], Some(ErrorKind::ModelNotFound), 10_000),
        // Half of a response is none, and neither are two of them.
        (&whole[..whole.len() - 1], std::vec![], Some(ErrorKind::Timeout), 30_000),
        (&whole[..whole.len() - 1], broken.clone(), Some(ErrorKind::Network), 5),
        (whole, std::vec![(1, Move::Bytes(whole.into())), (2, Move::End)], Some(ErrorKind::Protocol), 2),
        (whole, std::vec![(1, Move::Bytes(whole.into())), broken[0].clone()], Some(ErrorKind::Network), 5),
    ] {
        let script = with(with(head(200), [(0, Move::Bytes(body.into()))]), rest.clone());
        let network = Scripted::default().on("/chat/completions", [script]);
        let settings = Config { max_retries: Some(0), ..config() };
        let mut completion = Client::open(network.clone(), settings)
            .and_then(|client| client.complete(request()))
            .expect("a good request");
        let (events, error) = run(&mut completion);
        let case = std::format!("{body} and {rest:?}");
        assert_eq!((error.map(|error| error.kind), network.now_ms()), (kind.clone(), ms), "{case}");
        let mut grammar = Grammar::default();
        events.iter().for_each(|event| grammar.read(event));
        let text = if kind.is_none() { "a}" } else { "" };
        assert_eq!((grammar.content.text.as_str(), grammar.content.warnings.len()), (text, 0), "{case}");
        assert_eq!(network.open(), 0);
    }
}

#[test]
fn usage_after_the_finish_reason_is_waited_for() {
    let script = with(
        head(200),
        [
            (0, Move::Bytes(text("a"))),
            (0, Move::Bytes("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".into())),
            (2_000, Move::Bytes("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7}}\n\n".into())),
            (2_000, Move::End),
        ],
    );
    let network = Scripted::default().on("/chat/completions", [script]);
    let (events, _) = run(&mut complete(&network));
    let Some(Event::Finish(finish)) = events.last() else { panic!("{events:?}") };
    assert_eq!(finish.usage.as_ref().and_then(|usage| usage.input), Some(7));
}

#[test]
fn warnings_about_repairs_follow_the_response() {
    let network = Scripted::default().on("/chat/completions", [good()]);
    let empty = Message { role: Role::Assistant, content: Vec::new(), cache_here: false };
    let mut request = request();
    request.messages.insert(0, empty);
    let mut completion = client(&network).complete(request).expect("a good request");
    let (events, _) = run(&mut completion);
    assert!(matches!(events[..2], [Event::Response(_), Event::Warning(_)]), "{events:?}");
}

#[test]
fn an_invalid_request_is_rejected_before_anything_is_sent() {
    let network = Scripted::default();
    let mut wrong = request();
    wrong.route = Some("carrier-pigeon".into());
    let refused = client(&network).complete(wrong.clone()).err().expect("an error");
    assert_eq!(refused.kind, ErrorKind::Unsupported);
    wrong = request();
    wrong.messages.clear();
    let refused = client(&network).complete(wrong.clone()).err().expect("an error");
    assert_eq!((refused.kind, network.sent().len()), (ErrorKind::InvalidRequest, 0));
}

#[test]
fn bytes_that_never_end_do_not_hold_a_call() {
    // A call reads on after its time, or after its first event, only for a bounded number of reads. Each of these servers
    // has more to send than that.
    let flood = |bytes: &str| with(head(200), (0..10_000).map(|_| (0, Move::Bytes(bytes.into()))));
    for (bytes, events, wait_ms) in
        [(": PING\n\n", false, 0), (&*text("a"), true, 0), (&*text("a"), true, 60_000)]
    {
        let network = Scripted::default().on("/chat/completions", [flood(bytes)]);
        let mut completion = complete(&network);
        for call in 1..=100 {
            let batch = completion.next(u32::MAX, wait_ms).expect("no error");
            assert!(!batch.done && batch.wake_after_ms == Some(0), "there is more to read");
            assert_eq!(!batch.events.is_empty(), events);
            let most = if events { 64 } else { 0 };
            assert!(batch.events.len() <= most, "call {call} returned {} events", batch.events.len());
        }
        assert!(network.unread() > 5_000, "{} of 10,000 reads are left after 100 calls", network.unread());
    }
}

#[test]
fn a_request_id_that_holds_the_key_is_scrubbed_wherever_it_goes() {
    const KEY: &str = "sk-0123456789abcdef";
    let id = std::vec![("x-request-id", "id-sk-0123456789abcdef")];
    let response = |status, body: &str| {
        let head = (0, Move::Head(status, id.clone()));
        std::vec![
            (0, Move::Connected),
            (0, Move::Uploaded),
            head,
            (0, Move::Bytes(body.into())),
            (0, Move::End)
        ]
    };
    for (status, body, failed) in [
        (200, text("hi") + FINISH, false),
        // The error in a stream takes the id of the response.
        (200, "data: {\"error\":{\"message\":\"m\",\"code\":\"invalid_request\"}}\n\n".into(), true),
        (200, text("hi"), true),
        (401, "{}".into(), true),
    ] {
        let settings = Config { max_retries: Some(0), ..config() };
        let network = Scripted::default().on("/chat/completions", [response(status, &body)]);
        let mut completion = Client::open(network, settings)
            .and_then(|client| client.complete(request()))
            .expect("a good request");
        let (events, error) = run(&mut completion);
        assert_eq!(error.is_some(), failed, "{body}");
        let all = std::format!("{events:?} {error:?}");
        assert!(all.contains("id-[redacted]") && !all.contains(KEY), "{all}");
    }
}

#[test]
fn a_batch_that_a_host_could_not_copy_is_cut_and_continued_by_the_next_call() {
    const PIECE: usize = 900_000;
    let read = text(&"x".repeat(PIECE)).repeat(2);
    let mut script = with(head(200), (0..12).map(|_| (0, Move::Bytes(read.clone()))));
    script.push((0, Move::Bytes(FINISH.into())));
    let network = Scripted::default().on("/chat/completions", [script]);
    let mut completion = complete(&network);
    let mut sizes = Vec::new();
    let mut grammar = Grammar::default();
    loop {
        let batch = completion.next(u32::MAX, 0).expect("no error");
        let bytes: usize = batch.events.iter().map(crate::events::event_size).sum();
        assert!(bytes <= crate::events::MAX_BATCH, "{bytes}");
        batch.events.iter().for_each(|event| grammar.read(event));
        sizes.push(bytes);
        if batch.done {
            break;
        }
        assert_eq!(batch.wake_after_ms, Some(0), "the rest follows at once");
    }
    assert!(sizes[0] > 14 << 20 && sizes.len() >= 3, "{sizes:?}");
    assert_eq!(grammar.content.text.len(), 24 * PIECE, "nothing is lost");
}
