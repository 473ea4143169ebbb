//! Hostile input through the built component: whatever bytes a server sends, in whatever pieces, it ends in a
//! finish or in a typed error, and the instance goes on.

mod answers;
mod json_suite;
pub mod server;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use conformance::{Hosting, Played, Provider};
use proptest::test_runner::{Config as Cases, TestRunner};
use provider_host::contract::{Config, ErrorKind, FinishReason, Request, ToolArguments};
use provider_host::sandbox::KeyMode;

use self::server::{Framing, Served, Server};
use crate::bench::{Answer as _, config, open_with};

/// A client of a server, that tries everything once.
async fn client(server: &Server, hosting: Hosting, mode: KeyMode) -> Provider {
    const KEY: &str = "sk-hostile-0123456789";
    let config = Config { max_retries: Some(0), ..config(server.base_url()) };
    open_with(hosting, mode, KEY, config).await
}

async fn ask_for(server: &Server, provider: &mut Provider, served: Served) -> Played {
    server.serve("/v1/chat/completions", served);
    let answer = provider.answer(&Request::prompt("m", "hello")).await;
    let finished = answer.transcript.finish().is_some();
    assert_eq!(finished, answer.error.is_none(), "a finish or an error: {:?}", answer.error);
    answer
}

#[test]
fn a_generated_answer_is_told_as_it_was_made_however_it_is_framed_and_cut() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let provider = runtime.block_on(client(&server, Hosting::Waits, KeyMode::Injected));
    let provider = Mutex::new(provider);
    let cases = Cases { cases: 200, failure_persistence: None, ..Cases::default() };
    let run = TestRunner::new(cases).run(&answers::framed(), |(made, framed)| {
        let mut provider = provider.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let served = framed.served(&made);
        let answer = runtime.block_on(ask_for(&server, &mut provider, served));
        made.check(&answer);
        Ok(())
    });
    run.unwrap_or_else(|broken| panic!("{broken}"));
}

/// The inputs that a fuzzer found worth keeping, through the component.
#[tokio::test]
async fn what_upset_a_decoder_once_comes_to_the_same_whole_and_in_pieces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/response_events");
    let server = Server::start().await;
    let mut allowed = client(&server, Hosting::Waits, KeyMode::Injected).await;
    let mut traps = client(&server, Hosting::Steps, KeyMode::Bearer).await;
    let mut played = 0;
    for file in std::fs::read_dir(&folder).expect("the corpus") {
        let input = std::fs::read(file.expect("a file").path()).expect("a file");
        let (count, rest) = input.split_first().unwrap_or((&0, &[]));
        let (sizes, body) = rest.split_at(usize::from(*count % 16).min(rest.len()));
        let whole = ask_for(&server, &mut allowed, Served::new(Framing::Length, [body])).await;
        let sizes: Vec<usize> = sizes.iter().map(|size| usize::from(*size).max(1)).collect();
        let reads = server::in_reads(body, &sizes);
        let cut = ask_for(&server, &mut traps, Served::new(Framing::Chunked, reads)).await;
        let told =
            |answer: &Played| answer.error.as_ref().map(|error| (error.kind.clone(), error.message.clone()));
        assert_eq!(told(&whole), told(&cut), "{}", String::from_utf8_lossy(body));
        assert!(same_events(&whole, &cut), "{}", String::from_utf8_lossy(body));
        played += 1;
    }
    assert!(played >= 10, "{played}");
}

/// The same but for ids that are made up, which differ from answer to answer on purpose.
fn same_events(one: &Played, other: &Played) -> bool {
    let without_ids = |answer: &Played| {
        let text = format!("{:?}", answer.events);
        let mut pieces = text.split("call_");
        let first = pieces.next().unwrap_or_default().to_owned();
        let hexadecimal = |byte: char| byte.is_ascii_hexdigit();
        pieces.fold(first, |all, piece| all + "call_" + piece.trim_start_matches(hexadecimal))
    };
    without_ids(one) == without_ids(other)
}

#[tokio::test]
async fn depth_costs_neither_the_instance_nor_much_time() {
    let server = Server::start().await;
    let mut provider = client(&server, Hosting::Waits, KeyMode::Injected).await;
    let begun = Instant::now();
    let (list, object) = ("[".repeat(4_000_000), "{\"a\":".repeat(150_000));
    let choices = format!("{{\"choices\":{}", "[".repeat(4_000_000));
    for (body, kind) in [
        (list.clone(), ErrorKind::IncompleteStream),
        (object.clone(), ErrorKind::IncompleteStream),
        (choices, ErrorKind::IncompleteStream),
        (format!("data: {object}\n\n"), ErrorKind::IncompleteStream),
        (format!("data: {}\n\n", "[".repeat(1_100_000)), ErrorKind::Protocol),
        ("[".repeat(17 << 20), ErrorKind::Protocol),
    ] {
        let answer = ask_for(&server, &mut provider, Served::new(Framing::Length, [body.as_bytes()])).await;
        assert_eq!(answer.error.expect("an error").kind, kind, "{body:.40}");
    }
    // Escaped they take twice the room, and a line may have a megabyte.
    let call = answers::tool_call(&object[..400_000]);
    let answer = ask_for(&server, &mut provider, Served::new(Framing::Chunked, [call.as_bytes()])).await;
    let calls = answer.transcript.tool_calls();
    assert!(matches!(&calls[0].arguments, ToolArguments::Malformed(_)), "{:.80}", format!("{calls:?}"));
    let whole = format!("{}1{}", &object[..300_000], "}".repeat(60_000));
    let call = answers::tool_call(&whole);
    let answer = ask_for(&server, &mut provider, Served::new(Framing::Chunked, [call.as_bytes()])).await;
    assert_eq!(answer.transcript.tool_calls()[0].arguments, ToolArguments::Object(whole));
    for bomb in [&list[..3_900_000], &object, &format!("{{\"data\":[{{\"id\":{}", &list[..3_900_000])] {
        let error = json_suite::models(&server, &mut provider, bomb.as_bytes()).await.expect_err("no list");
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
    // An order, not a figure: a machine under load is slow in everything.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_json_answer_of_a_known_length_is_not_waited_for_beyond_it() {
    let server = Server::start().await;
    let mut provider = client(&server, Hosting::Waits, KeyMode::Injected).await;
    let body = br#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    for framing in [Framing::Length, Framing::Chunked] {
        let begun = Instant::now();
        let served = Served::new(framing, [&body[..]]).kept_open();
        let answer = ask_for(&server, &mut provider, served).await;
        let finish = answer.transcript.finish().unwrap_or_else(|| panic!("{framing:?}: {:?}", answer.error));
        assert_eq!((answer.transcript.text().as_str(), &finish.reason), ("hi", &FinishReason::Stop));
        // Well below the idle deadline of a second and a half.
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?} with {framing:?}", begun.elapsed());
    }
    // Without a length and an end, the brackets tell, and the deadline ends the wait.
    let served = Served::new(Framing::Close, [&body[..]]).kept_open();
    let answer = ask_for(&server, &mut provider, served).await;
    assert_eq!((answer.transcript.text().as_str(), answer.error), ("hi", None));
}
