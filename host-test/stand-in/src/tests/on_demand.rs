//! Faults that a client requests on any request, checked on the wire.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::client::{Reply, bearer, exchange, request, send};
use crate::{Break, Outcome, StandIn};

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("an end within ten seconds")
}

/// The list of models, with these faults.
async fn list(server: &StandIn, faults: &str) -> Reply {
    exchange(server, "GET", "/v1/models", &format!("{}{faults}", bearer(server)), "").await
}

/// Sends a chat request with these faults.
async fn chat(server: &StandIn, faults: &str) -> TcpStream {
    let headers = format!("{}{faults}", bearer(server));
    let body = request("q02-no-space", serde_json::json!({}));
    send(server, "POST", "/v1/chat/completions", &headers, &body).await
}

fn breaks(how: &str) -> String {
    format!("x-fault-abort-connection: {how}\r\n")
}

/// All bytes until the connection closes, and whether it closed without a reset.
async fn all(stream: &mut TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let closed = within(stream.read_to_end(&mut bytes)).await.is_ok();
    (String::from_utf8_lossy(&bytes).into_owned(), closed)
}

#[tokio::test]
async fn a_head_breaks_at_the_requested_place() {
    let server = StandIn::start(0).await.unwrap();
    for (how, sent) in [
        ("before-status", ""),
        ("in-status-line", "HTTP/1.1 2"),
        ("in-headers", "HTTP/1.1 200 OK\r\ncontent-type: text/event"),
        ("not-http", "220 mail.example ESMTP ready\r\n"),
    ] {
        let mut stream = chat(&server, &breaks(how)).await;
        assert_eq!(all(&mut stream).await, (sent.to_owned(), true), "{how}");
        let last = server.requests().len() - 1;
        assert_eq!(within(server.ended(last)).await, Outcome::Finished, "{how}");
    }
    let mut stream = chat(&server, &breaks("reset-before-status")).await;
    assert_eq!(all(&mut stream).await, (String::new(), false));
}

#[tokio::test]
async fn endless_headers_continue_until_the_client_closes_the_connection() {
    let server = StandIn::start(0).await.unwrap();
    for (number, (how, bytes)) in
        [("endless-headers", 1 << 20), ("slow-headers", 200)].into_iter().enumerate()
    {
        let mut stream = chat(&server, &breaks(how)).await;
        let mut head = vec![0; bytes];
        within(stream.read_exact(&mut head)).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("\r\n\r\n"), "{how}");
        assert_eq!(server.requests()[number].outcome, Outcome::Pending, "{how}");
        drop(stream);
        assert_eq!(within(server.ended(number)).await, Outcome::Aborted, "{how}");
    }
}

#[tokio::test]
async fn a_body_breaks_at_the_requested_place() {
    let server = StandIn::start(0).await.unwrap();
    for (how, in_the_end) in [
        ("close", ""),
        ("short-body", ""),
        ("bad-chunk-size", "XYZ\r\nno chunk\r\n"),
        ("half-close", ""),
        ("reset", ""),
    ] {
        let faults = format!("{}x-fault-abort-after-bytes: 40\r\n", breaks(how));
        let mut stream = chat(&server, &faults).await;
        let (text, closed) = all(&mut stream).await;
        assert_eq!(closed, how != "reset", "{how}");
        if how == "reset" {
            continue;
        }
        let (head, body) = text.split_once("\r\n\r\n").expect(how);
        assert_eq!(head.contains("content-length: 1000000"), how == "short-body", "{how}: {head}");
        let body = body.strip_suffix(in_the_end).unwrap_or(body);
        let length = if how == "short-body" { 40 } else { "28\r\n".len() + 40 + "\r\n".len() };
        assert_eq!(body.len(), length, "{how}: {body:?}");
    }
}

#[tokio::test]
async fn after_a_half_close_the_server_reads_until_the_client_closes_the_connection() {
    let server = StandIn::start(0).await.unwrap();
    let mut stream = chat(&server, &breaks("half-close")).await;
    assert!(all(&mut stream).await.0.contains("world."));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.connections_open(), 1);
    drop(stream);
    within(async {
        while server.connections_open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_stalls_or_continues_until_the_client_closes_the_connection() {
    let server = StandIn::start(0).await.unwrap();
    let mut stalled = chat(&server, &breaks("stall")).await;
    let mut text = String::new();
    while !text.contains("[DONE]") {
        let mut buffer = [0; 4096];
        let length = within(stalled.read(&mut buffer)).await.unwrap();
        text += &String::from_utf8_lossy(&buffer[..length]);
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), stalled.read(&mut [0; 1])).await.is_err());
    drop(stalled);
    assert_eq!(within(server.ended(0)).await, Outcome::Aborted);
    let mut endless = chat(&server, &breaks("endless-body")).await;
    within(endless.read_exact(&mut vec![0; 4 << 20])).await.unwrap();
    drop(endless);
    assert_eq!(within(server.ended(1)).await, Outcome::Aborted);
}

#[tokio::test]
async fn a_body_of_one_piece_breaks_in_its_middle() {
    let server = StandIn::start(0).await.unwrap();
    let whole = list(&server, "").await;
    assert!(whole.complete);
    for how in ["close", "short-body", "bad-chunk-size"] {
        let broken = list(&server, &breaks(how)).await;
        assert_eq!((broken.status, broken.complete), (200, false), "{how}");
        let half = whole.body.len() / 2;
        assert!((half - 1000..=half + 1000).contains(&broken.body.len()), "{how}: {}", broken.body.len());
    }
}

#[tokio::test]
async fn a_request_is_aborted_with_a_status_and_envoys_text() {
    let server = StandIn::start(0).await.unwrap();
    let reply = list(&server, "x-envoy-fault-abort-request: 503\r\n").await;
    assert_eq!((reply.status, reply.text().as_str()), (503, "fault filter abort"));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let faults = "x-envoy-fault-abort-request: 429\r\nx-envoy-fault-abort-request-percentage: 50\r\n";
        statuses.push(list(&server, faults).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2, "{statuses:?}");
}

#[tokio::test]
async fn a_response_is_delayed_at_the_requested_place() {
    let server = StandIn::start(0).await.unwrap();
    for (faults, before_the_head, before_the_end) in [
        ("x-envoy-fault-delay-request: 1000\r\n", 1000, 1000),
        ("x-fault-delay-first-byte: 1000\r\n", 0, 1000),
        // Five pieces.
        ("x-fault-delay-chunk: 200\r\n", 0, 1000),
    ] {
        let begun = Instant::now();
        let mut stream = chat(&server, faults).await;
        within(stream.read_exact(&mut [0; 12])).await.unwrap();
        let (head, least) = (begun.elapsed(), Duration::from_millis(before_the_head));
        assert!(head >= least && head < least + Duration::from_millis(900), "{faults}: {head:?}");
        assert!(all(&mut stream).await.0.contains("[DONE]"), "{faults}");
        assert!(begun.elapsed() >= Duration::from_millis(before_the_end), "{faults}");
    }
}

#[tokio::test]
async fn a_limited_rate_is_kept() {
    let server = StandIn::start(0).await.unwrap();
    let size = list(&server, "").await.body.len() as u64;
    let begun = Instant::now();
    let reply = list(&server, "x-envoy-fault-throughput-response: 200\r\n").await;
    assert!(reply.complete && reply.body.len() as u64 == size);
    let least = Duration::from_millis(size * 1000 / (200 * 1024));
    let took = begun.elapsed();
    assert!(took + Duration::from_millis(60) >= least && took < least * 10, "{took:?} for {least:?}");
}

#[tokio::test]
async fn every_byte_of_head_and_body_is_written_separately() {
    let server = StandIn::start(0).await.unwrap();
    let mut stream = chat(&server, "x-fault-write-bytes: 1\r\n").await;
    let text = all(&mut stream).await.0;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("[DONE]"), "{text}");
    let writes = server.shared.traffic.writes();
    assert!(writes >= text.len() as u64, "{writes} writes for {} bytes", text.len());
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let server = StandIn::start(0).await.unwrap();
    for faults in [breaks("explode"), "x-fault-nonsense: 1\r\n".to_owned()] {
        let reply = list(&server, &faults).await;
        assert_eq!(reply.status, 400, "{faults}");
        assert!(reply.text().contains("x-fault-"), "{}", reply.text());
    }
}

#[test]
fn every_way_to_break_a_connection_is_tested_here() {
    // The test reads its own source: a new way to break without a test here fails.
    let here = include_str!("on_demand.rs");
    for (word, _) in Break::ALL {
        assert!(here.contains(&format!("\"{word}\"")), "{word}");
    }
}
