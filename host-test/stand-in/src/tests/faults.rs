//! Faults: refusals, broken connections, and clients that close the connection.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{Reply, bearer, chat, exchange, request, send};
use crate::{Outcome, StandIn};

/// A bound for waits that end in an instant when the code is right, and never when it is not.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("an end within ten seconds")
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_the_documented_envelope() {
    let server = StandIn::start(0).await.unwrap();
    let body = request("gpt-5.4-mini", json!({}));
    for headers in ["", "authorization: Bearer sk-other\r\n", "x-api-key: sk-stand-in-0123456789\r\n"] {
        let reply = exchange(&server, "POST", "/v1/chat/completions", headers, &body).await;
        assert_eq!(reply.status, 401);
        let error = &reply.json()["error"];
        assert_eq!(error["type"], "comet_api_error");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("invalid token (request id: stand-in-"), "{message}");
    }
    assert_eq!(exchange(&server, "GET", "/v1/models", "", "").await.status, 401);
}

#[tokio::test]
async fn a_key_sent_to_the_public_catalogue_is_a_leak() {
    let server = StandIn::start(0).await.unwrap();
    assert_eq!(exchange(&server, "GET", "/api/models", "", "").await.status, 200);
    assert_eq!(server.key_leaks(), 0);
    assert_eq!(exchange(&server, "GET", "/api/models", &bearer(&server), "").await.status, 400);
    assert_eq!(exchange(&server, "GET", "/api/models", "x-api-key: any\r\n", "").await.status, 400);
    assert_eq!(server.key_leaks(), 2);
}

#[tokio::test]
async fn a_recorded_request_is_printed_without_the_key() {
    let server = StandIn::start(0).await.unwrap();
    exchange(&server, "GET", "/v1/models", &bearer(&server), "").await;
    let recorded = server.requests().remove(0);
    assert_eq!(recorded.header("authorization"), Some("Bearer sk-stand-in-0123456789"));
    assert!(!format!("{recorded:?}").contains(server.key()));
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = StandIn::start(0).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: stand-in\r\n\r\n").await.unwrap();
        assert!(within(stream.read(&mut [0; 4096])).await.unwrap() > 0);
    }
    let connections: Vec<u64> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [1, 1]);
}

#[tokio::test]
async fn an_invalid_request_is_refused_before_any_scenario_is_played() {
    let server = StandIn::start(0).await.unwrap();
    let reply = chat(&server, "gpt-5.4-mini", json!({ "max_tokens": 5 })).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].as_str()), (400, Some("unsupported_parameter")));
    let reply = chat(&server, "gpt-5.4-mini", json!({ "messages": [] })).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].as_str()), (500, Some("invalid_request")));
    let reply = exchange(&server, "POST", "/v1/chat/completions", &bearer(&server), "{").await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn a_wrong_path_leads_to_a_page_for_people() {
    let server = StandIn::start(0).await.unwrap();
    let page = exchange(&server, "POST", "/v1/chat/completion", &bearer(&server), "{}").await;
    assert!(page.status == 200 && page.head.contains("text/html"), "{}", page.head);
    let moved = exchange(&server, "POST", "/chat/completions", &bearer(&server), "{}").await;
    assert!(moved.status == 302 && moved.head.contains("location: /"), "{}", moved.head);
}

#[tokio::test]
async fn a_client_that_closes_the_connection_is_noticed_in_each_state() {
    let server = StandIn::start(0).await.unwrap();
    let states = ["q25-silent-before-the-status", "q25-silent-before-the-first-byte", "q25-never-ends"];
    for (number, scenario) in states.into_iter().enumerate() {
        let body = request(scenario, json!({}));
        let mut stream = send(&server, "POST", "/v1/chat/completions", &bearer(&server), &body).await;
        within(server.received(number + 1)).await;
        if number > 0 {
            assert!(stream.read(&mut [0; 64]).await.unwrap() > 0, "{scenario}");
        }
        assert_eq!(server.requests()[number].outcome, Outcome::Pending, "{scenario}");
        drop(stream);
        assert_eq!(within(server.ended(number)).await, Outcome::Aborted, "{scenario}");
    }
    within(async {
        while server.connections_open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(server.connections_accepted(), 3);
}

#[tokio::test]
async fn the_bytes_before_a_broken_end_arrive_intact() {
    let server = StandIn::start(0).await.unwrap();
    for scenario in ["q21-reset", "q21-broken-chunk-size", "q21-cut", "q21-shorter-than-its-length"] {
        let reply = chat(&server, scenario, json!({})).await;
        assert!(!reply.complete, "{scenario}");
        // A reset may discard bytes that the client has not read yet.
        if scenario != "q21-reset" {
            assert_eq!(reply.content(), "Hello, world.", "{scenario}");
        }
    }
    let Reply { status, body, .. } = chat(&server, "q21-closed-before-the-status", json!({})).await;
    assert_eq!((status, body.len()), (0, 0));
    let last = server.requests().len() - 1;
    assert_eq!(within(server.ended(last)).await, Outcome::Finished);
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let server = StandIn::start(0).await.unwrap();
    let body = request("q21-reset", json!({}));
    let mut stream = send(&server, "POST", "/v1/chat/completions", &bearer(&server), &body).await;
    let mut bytes = Vec::new();
    let error = within(stream.read_to_end(&mut bytes)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn early_responses_come_first_and_start_again_after_the_usual_one() {
    let server = StandIn::start(0).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(chat(&server, "rate-limited-then-ok", json!({})).await.status);
    }
    assert_eq!(statuses, [429, 429, 200, 429]);
    let with = json!({ "stream_options": { "include_usage": true } });
    assert_eq!(chat(&server, "stream-options-refused", with.clone()).await.status, 400);
    assert_eq!(chat(&server, "stream-options-refused", json!({})).await.status, 200);
    let lost = chat(&server, "finish-lost-without-usage", json!({})).await;
    assert!(!lost.text().contains("\"stop\""), "{}", lost.text());
    assert!(chat(&server, "finish-lost-without-usage", with).await.text().contains("\"stop\""));
}

#[tokio::test]
async fn a_header_selects_a_scenario() {
    let server = StandIn::start(0).await.unwrap();
    let body = request("gpt-5.4-mini", json!({}));
    let headers = format!("{}x-scenario: busy\r\n", bearer(&server));
    let reply = exchange(&server, "POST", "/v1/chat/completions", &headers, &body).await;
    assert_eq!(reply.status, 503);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("负载已饱和"));
    let headers = format!("{}x-scenario: nothing of that name\r\n", bearer(&server));
    let reply = exchange(&server, "POST", "/v1/chat/completions", &headers, &body).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn bytes_are_sent_as_they_are_scripted() {
    let server = StandIn::start(0).await.unwrap();
    let dribbled = chat(&server, "q01-split-at-every-byte", json!({})).await;
    assert_eq!(dribbled.text().matches("\r\n\r\n").count(), 3);
    assert!(dribbled.text().contains("世界! 👋🏽"));
    let packed = chat(&server, "q09-gzip", json!({})).await;
    assert!(packed.head.contains("content-encoding: gzip") && packed.body.starts_with(&[0x1f, 0x8b]));
    let bare = chat(&server, "q09-json-without-content-type", json!({})).await;
    assert!(!bare.head.contains("content-type"), "{}", bare.head);
    let moved = chat(&server, "q23-307", json!({})).await;
    assert!(moved.status == 307 && moved.head.contains(&format!("location: {}/moved", server.base_url())));
    let echoed = chat(&server, "q24-key-echoed", json!({})).await;
    assert!(echoed.text().contains(server.key()));
    let long = chat(&server, "q07-empty-data-lines", json!({})).await;
    assert_eq!(long.text().matches("data:\n").count(), 100_000);
}
