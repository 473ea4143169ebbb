//! The control requests, as a program in another process sends them.

use serde_json::json;

use super::client::{bearer, exchange, request};
use crate::StandIn;

#[tokio::test]
async fn requests_are_listed_without_keys_and_the_listing_is_not_recorded() {
    let server = StandIn::start(0).await.unwrap();
    let body = request("at-once", json!({}));
    let typed = "content-type: application/json\r\n";
    let key = bearer(&server);
    exchange(&server, "POST", "/v1/chat/completions", &format!("{key}{typed}"), &body).await;
    exchange(&server, "GET", "/v1/models", "authorization: Bearer sk-of-somebody-else\r\n", "").await;

    let listing = exchange(&server, "GET", "/stand-in/record", "", "").await;
    let record = listing.json();
    let requests = record["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2, "{record}");
    assert_eq!(requests[0]["scenario"], "at-once");
    assert_eq!(requests[0]["outcome"], "finished");
    assert_eq!(requests[0]["credential"], "right");
    assert_eq!(requests[0]["body"]["model"], "at-once");
    assert_eq!(requests[1]["credential"], "wrong");
    assert!(!listing.text().contains(server.key()) && !listing.text().contains("sk-of-somebody-else"));

    let rest = exchange(&server, "GET", "/stand-in/record?from=1", "", "").await.json();
    assert_eq!(rest["requests"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_scenario_is_played_for_a_path_until_it_is_removed() {
    let server = StandIn::start(0).await.unwrap();
    let typed = "content-type: application/json\r\n";
    let set =
        |scenario: serde_json::Value| json!({ "path": "/api/models", "scenario": scenario }).to_string();
    let rows = async |server: &StandIn| {
        let list = exchange(server, "GET", "/api/models", "", "").await.json();
        list["data"].as_array().map(Vec::len)
    };
    let usual = rows(&server).await;

    let unknown = exchange(&server, "POST", "/stand-in/script", typed, &set("no-such".into())).await;
    assert_eq!(unknown.status, 404);
    let named = exchange(&server, "POST", "/stand-in/script", typed, &set("q27-1-rows".into())).await;
    assert_eq!(named.status, 204);
    assert_ne!(rows(&server).await, usual);
    exchange(&server, "POST", "/stand-in/script", typed, &set(serde_json::Value::Null)).await;
    assert_eq!(rows(&server).await, usual);
}
