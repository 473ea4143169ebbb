//! A server that repeats the key: everywhere that an answer has room for it, spelled in each way, in
//! pieces of any size, and shared by two deltas.

use std::time::Duration;

use provider_host::contract::{Discovery, Event, Request};
use provider_host::sandbox::KeyMode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{CANARY, MODES, canary, holds_no_key, memory_is_as_it_should_be};
use crate::bench::Answer as _;
use crate::raw::{RawServer, chunk, read_request};

const JSON: &str = "200 OK\r\ncontent-type: application/json";
const STREAM: &str = "200 OK\r\ncontent-type: text/event-stream";

/// What it is, the status line and the headers, and the body, with `KEY` where the key is to stand.
type Echo = (&'static str, &'static str, &'static str);

/// Answers to a chat request.
const ANSWERS: &[Echo] = &[
    (
        "an error's message, code and type",
        "401 Unauthorized\r\ncontent-type: application/json",
        r#"{"error":{"message":"no such key: KEY","code":"KEY","type":"KEY","param":"KEY"}}"#,
    ),
    (
        "an error in plain text",
        "500 Oh\r\ncontent-type: text/plain",
        "headers: map[Authorization:[Bearer KEY]]",
    ),
    ("an error page", "403 No\r\ncontent-type: text/html", "<title>KEY</title><p>Bearer KEY</p>"),
    (
        "headers of an error",
        "401 No\r\ncontent-type: application/json\r\nx-request-id: KEY\r\nx-cometapi-request-id: id-KEY",
        r#"{"error":{"message":"no"}}"#,
    ),
    ("a content type", "200 OK\r\ncontent-type: text/html; for=KEY", "<p>KEY</p>"),
    (
        "headers of a stream",
        "200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: KEY\r\nx-cometapi-request-id: KEY\r\nx-KEY: KEY",
        "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    ),
    (
        "text and the names around it",
        STREAM,
        "data: {\"id\":\"KEY\",\"model\":\"KEY\",\"KEY\":\"KEY\",\"choices\":[{\"delta\":{\"content\":\"it is KEY\"}}]}\n\n\
         data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"KEY\":\"KEY\"}}\n\n\
         data: [DONE]\n\n",
    ),
    (
        "reasoning and what is sent back",
        STREAM,
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"it is KEY\"}}]}\n\n\
         data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"KEY\"}]}}]}\n\n\
         data: {\"choices\":[{\"delta\":{\"content\":\"done\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    ),
    (
        "a tool call",
        STREAM,
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call-KEY\",\"function\":\
         {\"name\":\"f-KEY\",\"arguments\":\"{\\\"key\\\":\\\"KEY\\\"}\"}}]}}]}\n\n\
         data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
    ),
    (
        "a refusal and a finish reason",
        STREAM,
        "data: {\"choices\":[{\"delta\":{\"refusal\":\"not to KEY\"},\"finish_reason\":\"because-KEY\"}]}\n\ndata: [DONE]\n\n",
    ),
    (
        "an error in a stream",
        STREAM,
        "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\nevent: error\ndata: {\"error\":{\"message\":\"KEY\",\"code\":\"KEY\"}}\n\n",
    ),
    (
        "a whole answer",
        JSON,
        r#"{"id":"KEY","model":"KEY","choices":[{"message":{"content":"it is KEY","reasoning_content":"KEY"},"finish_reason":"stop"}],"usage":{"x":"KEY"}}"#,
    ),
    (
        "what is no protocol",
        STREAM,
        "KEY\nevent: KEY\nid: KEY\nretry: KEY\n: KEY\ndata: KEY\n\ndata: {\"KEY\n\n",
    ),
];

/// Answers to each other question: the models of the key, the public ones, the account.
const LISTS: [Echo; 3] = [
    (
        "/v1/models",
        JSON,
        r#"{"success":true,"data":[{"id":"m-KEY","object":"model","owned_by":"KEY","supported_endpoint_types":["openai","KEY"],"KEY":"KEY"}]}"#,
    ),
    (
        "/api/models",
        JSON,
        r#"{"success":true,"data":[{"id":"m-KEY","name":"KEY","provider":"KEY","description":"KEY","model_type":"text","features":["KEY"],"endpoints":["KEY"],"pricing":{"currency":"KEY","input":1},"context_length":"KEY","KEY":"KEY"}]}"#,
    ),
    (
        "/v1/dashboard/billing",
        JSON,
        r#"{"object":"billing_subscription","hard_limit_usd":1.5,"currency":"KEY","KEY":"KEY","plan":{"title":"KEY"}}"#,
    ),
];

/// The name of a spelling, and a byte in it.
type Spelling = (&'static str, fn(u8) -> String);

/// How the key is spelled in a body.
const SPELLINGS: [Spelling; 3] = [
    ("as it is", |byte| char::from(byte).to_string()),
    ("escaped", |byte| format!("\\u{byte:04x}")),
    ("percent-encoded", |byte| format!("%{byte:02x}")),
];

fn spelled(spelling: fn(u8) -> String) -> String {
    CANARY.bytes().map(spelling).collect()
}

/// Sends an answer whose body comes in chunks of so many bytes.
async fn send(stream: &mut TcpStream, head: &str, body: &[u8], size: usize) {
    let head = format!("HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    let chunks = body.chunks(size).flat_map(chunk);
    let answer: Vec<u8> = head.into_bytes().into_iter().chain(chunks).chain(*b"0\r\n\r\n").collect();
    // The client may have seen enough.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// A server that gives this answer to whatever is asked, and others to questions for lists.
async fn echoing(answer: (String, String), spelling: fn(u8) -> String, size: usize) -> RawServer {
    RawServer::start(move |mut stream| {
        let (head, body) = answer.clone();
        async move {
            let Some(request) = read_request(&mut stream).await else { return };
            match LISTS.iter().find(|(path, ..)| request.path().starts_with(path)) {
                Some((_, head, body)) => {
                    let body = body.replace("KEY", &spelled(spelling));
                    send(&mut stream, head, body.as_bytes(), size).await;
                }
                None => send(&mut stream, &head, body.as_bytes(), size).await,
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_repeats_the_key_is_not_repeated() {
    for mode in MODES {
        let mut shown = 0;
        for (name, head, body) in ANSWERS {
            for (spelled_how, spelling) in SPELLINGS {
                for size in [3, 100_000] {
                    let what = format!("{name}, {spelled_how}, in chunks of {size}, {mode:?}");
                    let head = head.replace("KEY", CANARY);
                    let server =
                        echoing((head, body.replace("KEY", &spelled(spelling))), spelling, size).await;
                    let mut provider = canary(&server.base_url(), mode).await;
                    let answer = provider.answer(&Request::prompt("any", "hello")).await;
                    let seen = (&answer.events, &answer.error);
                    holds_no_key(&what, &seen, CANARY);
                    memory_is_as_it_should_be(&what, &mut provider.instance, mode, CANARY);
                    shown += usize::from(format!("{seen:?}").contains("[redacted]"));
                }
            }
        }
        let all = ANSWERS.len() * SPELLINGS.len() * 2;
        println!("{mode:?}: in {shown} of {all} answers there was a key to take out of what is shown");
        assert!(shown > all / 2, "the server repeats nothing");
    }
}

#[tokio::test]
async fn lists_and_accounts_that_repeat_the_key_come_without_it() {
    for mode in MODES {
        for (spelled_how, spelling) in SPELLINGS {
            let what = format!("{spelled_how}, {mode:?}");
            let server = echoing((JSON.to_owned(), "{}".to_owned()), spelling, 5).await;
            let mut provider = canary(&server.base_url(), mode).await;
            let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
            let list = list.expect("a list");
            holds_no_key(&what, &list, CANARY);
            assert!(format!("{list:?}").contains("m-[redacted]"), "{what}: {list:?}");
            let account = provider.instance.account(&provider.client).await.expect("an account");
            holds_no_key(&what, &account, CANARY);
            assert_eq!(account.limit, Some(1.5), "{what}");
            memory_is_as_it_should_be(&what, &mut provider.instance, mode, CANARY);
        }
    }
}

/// A stream whose text, reasoning, or arguments are shared by two deltas.
fn shared(kind: &str, one: &str, other: &str) -> String {
    let delta = |piece: &str| match kind {
        "arguments" => format!(
            r#"{{"tool_calls":[{{"index":0,"id":"call-1","function":{{"name":"f","arguments":"{piece}"}}}}]}}"#
        ),
        field => format!(r#"{{"{field}":"{piece}"}}"#),
    };
    let (before, after, finish) = match kind {
        "arguments" => (r#"{\"key\":\""#, r#"\"}"#, "tool_calls"),
        _ => ("it is ", ", really", "stop"),
    };
    let deltas = [format!("{before}{one}"), format!("{other}{after}")]
        .map(|piece| format!("data: {{\"choices\":[{{\"delta\":{}}}]}}\n\n", delta(&piece)));
    format!(
        "{}data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{finish}\"}}]}}\n\ndata: [DONE]\n\n",
        deltas.concat()
    )
}

/// The text of all deltas.
fn said(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::BlockDelta(delta) => Some(delta.text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_key_that_two_deltas_share_comes_out_of_neither() {
    for mode in MODES {
        for kind in ["content", "reasoning_content", "arguments"] {
            for at in 0..=CANARY.len() {
                let what = format!("{kind} split at {at}, {mode:?}");
                let (one, other) = CANARY.split_at(at);
                let answer = (STREAM.to_owned(), shared(kind, one, other));
                let server = echoing(answer, SPELLINGS[0].1, 100_000).await;
                let mut provider = canary(&server.base_url(), mode).await;
                let answer = provider.answer(&Request::prompt("any", "hello")).await;
                assert_eq!(answer.error, None, "{what}");
                holds_no_key(&what, &answer.events, CANARY);
                holds_no_key(&what, &said(&answer.events), CANARY);
                holds_no_key(&what, &answer.transcript.message(), CANARY);
                let said = said(&answer.events);
                let end = if kind == "arguments" { "\"}" } else { ", really" };
                assert!(said.contains("[redacted]") && said.ends_with(end), "{what}: {said}");
            }
        }
    }
}

/// What the search in the memory is worth, and what it is not: a key that comes whole never enters, one
/// that comes in two deltas is joined by whoever joins the deltas.
#[tokio::test]
async fn what_a_server_says_in_two_deltas_it_can_tell_the_component() {
    let (one, other) = CANARY.split_at(12);
    let server = echoing((STREAM.to_owned(), shared("arguments", one, other)), SPELLINGS[0].1, 100_000).await;
    let mut provider = canary(&server.base_url(), KeyMode::Injected).await;
    let answer = provider.answer(&Request::prompt("any", "hello")).await;
    holds_no_key("the events", &answer.events, CANARY);
    let found = provider.instance.count_in_memory(&CANARY.as_bytes()[3..]).expect("a readable memory");
    // Where this fails the component joins no more what came in pieces, and SECURITY.md can promise more.
    assert!(found > 0, "a key in two deltas of a call's arguments is in the memory of who joined them");
}
