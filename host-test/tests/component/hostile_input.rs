//! Hostile input through the built component: any bytes, in any pieces, end in a finish or in a typed error, and the
//! instance can be used afterwards.

mod generated;
mod json_suite;
pub mod server;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use conformance::{Played, Provider};
use proptest::test_runner::{Config as Cases, TestRunner};
use provider_host::contract::{Config, ErrorKind, FinishReason, Request, ToolArguments};
use provider_host::sandbox::KeyMode;

use self::server::{Framing, Served, Server};
use crate::bench::{CheckedCompletion as _, PATIENCE, config, open_with, unreachable_timeouts};

const KEY: &str = "sk-hostile-0123456789";

/// A client that never retries, so that each response is decoded once.
async fn client(server: &Server, mode: KeyMode) -> Provider {
    let config = Config { max_retries: Some(0), ..config(server.base_url()) };
    open_with(mode, KEY, config).await
}

/// Lets the server send this response, and runs a completion that receives it.
async fn complete(server: &Server, provider: &mut Provider, served: Served) -> Played {
    server.serve("/v1/chat/completions", served);
    let response = provider.complete_checked(&Request::prompt("m", "hello")).await;
    let finished = response.transcript.finish().is_some();
    assert_eq!(finished, response.error.is_none(), "a finish or an error: {:?}", response.error);
    response
}

#[test]
fn a_generated_response_is_decoded_in_every_framing_and_in_pieces_of_any_size() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let provider = runtime.block_on(client(&server, KeyMode::Injected));
    let provider = Mutex::new(provider);
    let cases = Cases { cases: 200, failure_persistence: None, ..Cases::default() };
    let run = TestRunner::new(cases).run(&generated::responses(), |(generated, wire_format)| {
        let mut provider = provider.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let served = wire_format.served(&generated);
        let response = runtime.block_on(complete(&server, &mut provider, served));
        generated.check(&response);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Runs the fuzzer's corpus through the component, with the key outside of it and with the key in it.
#[tokio::test]
async fn each_input_of_the_fuzz_corpus_has_the_same_result_whole_and_in_pieces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/response_events");
    let server = Server::start().await;
    let mut injected = client(&server, KeyMode::Injected).await;
    let mut bearer = client(&server, KeyMode::Bearer).await;
    let mut played = 0;
    for file in std::fs::read_dir(&folder).expect("the corpus") {
        let input = std::fs::read(file.expect("a file").path()).expect("a file");
        let (count, rest) = input.split_first().unwrap_or((&0, &[]));
        let (sizes, body) = rest.split_at(usize::from(*count % 16).min(rest.len()));
        let whole = complete(&server, &mut injected, Served::new(Framing::Length, [body])).await;
        let sizes: Vec<usize> = sizes.iter().map(|size| usize::from(*size).max(1)).collect();
        let reads = server::in_reads(body, &sizes);
        let cut = complete(&server, &mut bearer, Served::new(Framing::Chunked, reads)).await;
        let error = |response: &Played| {
            response.error.as_ref().map(|error| (error.kind.clone(), error.message.clone()))
        };
        assert_eq!(error(&whole), error(&cut), "{}", String::from_utf8_lossy(body));
        assert!(same_events(&whole, &cut), "{}", String::from_utf8_lossy(body));
        played += 1;
    }
    assert!(played >= 10, "{played}");
}

/// Compares the events without the ids that the component generates, which differ between responses on purpose.
fn same_events(one: &Played, other: &Played) -> bool {
    let without_ids = |response: &Played| {
        let text = format!("{:?}", response.events);
        let mut pieces = text.split("call_");
        let first = pieces.next().unwrap_or_default().to_owned();
        let hexadecimal = |byte: char| byte.is_ascii_hexdigit();
        pieces.fold(first, |all, piece| all + "call_" + piece.trim_start_matches(hexadecimal))
    };
    without_ids(one) == without_ids(other)
}

#[tokio::test]
async fn deeply_nested_json_costs_neither_the_instance_nor_much_time() {
    let server = Server::start().await;
    let mut provider = client(&server, KeyMode::Injected).await;
    let begun = Instant::now();
    let (list, object) = ("[".repeat(4_000_000), "{\"a\":".repeat(150_000));
    let choices = format!("{{\"choices\":{}", "[".repeat(4_000_000));
    for (body, kind) in [
        (list.clone(), ErrorKind::IncompleteStream),
        (object.clone(), ErrorKind::IncompleteStream),
        (choices, ErrorKind::IncompleteStream),
        (format!("data: {object}\n\n"), ErrorKind::IncompleteStream),
        (format!("data: {}\n\n", "[".repeat(4_300_000)), ErrorKind::Protocol),
        ("[".repeat(17 << 20), ErrorKind::Protocol),
    ] {
        let response =
            complete(&server, &mut provider, Served::new(Framing::Length, [body.as_bytes()])).await;
        assert_eq!(response.error.expect("an error").kind, kind, "{body:.40}");
    }
    // Escaping doubles the length, and a line may have four megabytes.
    let call = generated::tool_call(&object[..400_000]);
    let response = complete(&server, &mut provider, Served::new(Framing::Chunked, [call.as_bytes()])).await;
    let calls = response.transcript.tool_calls();
    assert!(matches!(&calls[0].arguments, ToolArguments::Malformed(_)), "{:.80}", format!("{calls:?}"));
    let whole = format!("{}1{}", &object[..300_000], "}".repeat(60_000));
    let call = generated::tool_call(&whole);
    let response = complete(&server, &mut provider, Served::new(Framing::Chunked, [call.as_bytes()])).await;
    assert_eq!(response.transcript.tool_calls()[0].arguments, ToolArguments::Object(whole));
    for bomb in [&list[..3_900_000], &object, &format!("{{\"data\":[{{\"id\":{}", &list[..3_900_000])] {
        let error = json_suite::models(&server, &mut provider, bomb.as_bytes()).await.expect_err("no list");
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
    // A limit for any machine: quadratic work on four million brackets would take hours, linear work takes seconds.
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_json_response_ends_with_its_length_and_not_with_a_deadline() {
    let server = Server::start().await;
    let body = br#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let patient =
        Config { timeouts: unreachable_timeouts(), max_retries: Some(0), ..config(server.base_url()) };
    let mut provider = open_with(KeyMode::Injected, KEY, patient).await;
    for framing in [Framing::Length, Framing::Chunked] {
        let served = Served::new(framing, [&body[..]]).kept_open();
        // The server keeps the connection open, so only the framing can end the wait.
        let response = tokio::time::timeout(PATIENCE, complete(&server, &mut provider, served));
        let response = response.await.unwrap_or_else(|_| panic!("{framing:?}: the end is not recognised"));
        let finish =
            response.transcript.finish().unwrap_or_else(|| panic!("{framing:?}: {:?}", response.error));
        assert_eq!((response.transcript.text().as_str(), &finish.reason), ("hi", &FinishReason::Stop));
    }
    // Without a length and an end of the connection, the idle deadline ends the wait. The brackets match, so the
    // response is complete and no error.
    let mut provider = client(&server, KeyMode::Injected).await;
    let served = Served::new(Framing::Close, [&body[..]]).kept_open();
    let response = complete(&server, &mut provider, served).await;
    assert_eq!((response.transcript.text().as_str(), response.error), ("hi", None));
}
