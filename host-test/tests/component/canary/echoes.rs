//! A server that echoes the key: in every field of a response, in each spelling, in chunks of any size, and divided
//! between two deltas. Error messages of real gateways quote the key or the request's headers.

use std::time::Duration;

use provider_host::contract::{Discovery, Event, Request};
use provider_host::sandbox::KeyMode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{CANARY, MODES, canary, check_memory, holds_no_key};
use crate::bench::CheckedCompletion as _;
use crate::raw::{RawServer, chunk, read_request};

const JSON: &str = "200 OK\r\ncontent-type: application/json";
const STREAM: &str = "200 OK\r\ncontent-type: text/event-stream";

/// A description, the status line with the headers, and the body. `KEY` marks where the key is inserted.
type Echo = (&'static str, &'static str, &'static str);

/// Responses to a chat request.
const RESPONSES: &[Echo] = &[
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
        "reasoning and its replay data",
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
        "a whole response",
        JSON,
        r#"{"id":"KEY","model":"KEY","choices":[{"message":{"content":"it is KEY","reasoning_content":"KEY"},"finish_reason":"stop"}],"usage":{"x":"KEY"}}"#,
    ),
    (
        "bytes that are no valid stream",
        STREAM,
        "KEY\nevent: KEY\nid: KEY\nretry: KEY\n: KEY\ndata: KEY\n\ndata: {\"KEY\n\n",
    ),
];

/// Responses to the other requests: the key's models, the public catalogue, the account.
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

/// The name of a spelling, and the function that spells a byte.
type Spelling = (&'static str, fn(u8) -> String);

/// The spellings of the key in a body.
const SPELLINGS: [Spelling; 3] = [
    ("as it is", |byte| char::from(byte).to_string()),
    ("escaped", |byte| format!("\\u{byte:04x}")),
    ("percent-encoded", |byte| format!("%{byte:02x}")),
];

fn spelled(spelling: fn(u8) -> String) -> String {
    CANARY.bytes().map(spelling).collect()
}

/// Sends a response with a body in chunks of `size` bytes.
async fn send(stream: &mut TcpStream, head: &str, body: &[u8], size: usize) {
    let head = format!("HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    let chunks = body.chunks(size).flat_map(chunk);
    let response: Vec<u8> = head.into_bytes().into_iter().chain(chunks).chain(*b"0\r\n\r\n").collect();
    // The client may close the connection before the end.
    let _ = stream.write_all(&response).await;
    let _ = stream.shutdown().await;
}

/// A server with this response to every request, except to those for lists.
async fn echoing_server(response: (String, String), spelling: fn(u8) -> String, size: usize) -> RawServer {
    RawServer::start(move |mut stream| {
        let (head, body) = response.clone();
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
async fn a_key_that_the_server_echoes_appears_in_no_event_and_no_error() {
    for mode in MODES {
        let mut redacted = 0;
        for (name, head, body) in RESPONSES {
            for (spelling_name, spelling) in SPELLINGS {
                for size in [3, 100_000] {
                    let what = format!("{name}, {spelling_name}, in chunks of {size}, {mode:?}");
                    let head = head.replace("KEY", CANARY);
                    let body = body.replace("KEY", &spelled(spelling));
                    let server = echoing_server((head, body), spelling, size).await;
                    let mut provider = canary(&server.base_url(), mode).await;
                    let response = provider.complete_checked(&Request::prompt("any", "hello")).await;
                    let seen = (&response.events, &response.error);
                    holds_no_key(&what, &seen, CANARY);
                    check_memory(&what, &mut provider.instance, mode, CANARY);
                    redacted += usize::from(format!("{seen:?}").contains("[redacted]"));
                }
            }
        }
        let all = RESPONSES.len() * SPELLINGS.len() * 2;
        println!("{mode:?}: the key was redacted in {redacted} of {all} responses");
        // Without an echo there is nothing to redact, and the checks above would pass for that reason.
        assert!(redacted > all / 2, "the server echoes nothing");
    }
}

#[tokio::test]
async fn a_key_echoed_in_lists_and_accounts_is_redacted() {
    for mode in MODES {
        for (spelling_name, spelling) in SPELLINGS {
            let what = format!("{spelling_name}, {mode:?}");
            let server = echoing_server((JSON.to_owned(), "{}".to_owned()), spelling, 5).await;
            let mut provider = canary(&server.base_url(), mode).await;
            let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
            let list = list.expect("a list");
            holds_no_key(&what, &list, CANARY);
            assert!(format!("{list:?}").contains("m-[redacted]"), "{what}: {list:?}");
            let account = provider.instance.account(&provider.client).await.expect("an account");
            holds_no_key(&what, &account, CANARY);
            assert_eq!(account.limit, Some(1.5), "{what}");
            check_memory(&what, &mut provider.instance, mode, CANARY);
        }
    }
}

/// A stream in which two deltas contain the two parts of a text, a reasoning text or a call's arguments.
fn in_two_deltas(kind: &str, one: &str, other: &str) -> String {
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
fn text(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::BlockDelta(delta) => Some(delta.text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_key_divided_between_two_deltas_is_redacted() {
    for mode in MODES {
        for kind in ["content", "reasoning_content", "arguments"] {
            for at in 0..=CANARY.len() {
                let what = format!("{kind} split at {at}, {mode:?}");
                let (one, other) = CANARY.split_at(at);
                let response = (STREAM.to_owned(), in_two_deltas(kind, one, other));
                let server = echoing_server(response, SPELLINGS[0].1, 100_000).await;
                let mut provider = canary(&server.base_url(), mode).await;
                let response = provider.complete_checked(&Request::prompt("any", "hello")).await;
                assert_eq!(response.error, None, "{what}");
                holds_no_key(&what, &response.events, CANARY);
                let text = text(&response.events);
                holds_no_key(&what, &text, CANARY);
                holds_no_key(&what, &response.transcript.message(), CANARY);
                let end = if kind == "arguments" { "\"}" } else { ", really" };
                assert!(text.contains("[redacted]") && text.ends_with(end), "{what}: {text}");
            }
        }
    }
}

/// Documents a limit: the host replaces a key that arrives in one piece before the component sees it. It cannot replace
/// one that is divided between two deltas, and the component's memory contains it as soon as it joins the deltas.
#[tokio::test]
async fn a_key_divided_between_two_deltas_enters_the_memory_of_the_component() {
    let (one, other) = CANARY.split_at(12);
    let response = (STREAM.to_owned(), in_two_deltas("arguments", one, other));
    let server = echoing_server(response, SPELLINGS[0].1, 100_000).await;
    let mut provider = canary(&server.base_url(), KeyMode::Injected).await;
    let response = provider.complete_checked(&Request::prompt("any", "hello")).await;
    holds_no_key("the events", &response.events, CANARY);
    let found = provider.instance.count_in_memory(&CANARY.as_bytes()[3..]).expect("a readable memory");
    // If this fails, the component no longer joins the arguments in its memory, and SECURITY.md can promise more.
    assert!(found > 0, "the joined arguments, and so the key, are in the memory");
}
