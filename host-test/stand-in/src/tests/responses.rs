//! Responses without faults.

use std::sync::LazyLock;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use super::client::{bearer, chat, exchange, send};
use crate::repertoire::all;
use crate::{Abort, Break, Early, Outcome, Route, Scenario, StandIn, scenarios};

/// Requests usage.
static USAGE: LazyLock<Value> = LazyLock::new(|| json!({ "stream_options": { "include_usage": true } }));

#[tokio::test]
async fn any_chat_model_repeats_the_users_text_in_many_small_chunks() {
    let server = StandIn::start(0).await.unwrap();
    let reply = chat(&server, "gpt-5.4-mini", USAGE.clone()).await;
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("content-type: text/event-stream"), "{}", reply.head);
    assert!(reply.head.contains("x-cometapi-request-id: stand-in-000001"), "{}", reply.head);
    assert!(reply.content().contains("“ping, please”"), "{}", reply.content());
    let chunks = reply.chunks();
    assert!(chunks.len() > 25, "{}", chunks.len());
    let usage = &chunks.last().unwrap()["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"].as_u64(), Some(sum));
    assert!(reply.text().ends_with("data: [DONE]\n\n") && reply.complete);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].outcome, Outcome::Finished);
    assert_eq!(requests[0].scenario, Some("generic-text"));
    assert_eq!(requests[0].json().unwrap()["model"], "gpt-5.4-mini");
}

#[tokio::test]
async fn usage_is_sent_only_if_it_was_requested() {
    let server = StandIn::start(0).await.unwrap();
    let reply = chat(&server, "gpt-5.4-mini", json!({})).await;
    assert!(reply.chunks().iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn a_response_without_streaming_is_one_object() {
    let server = StandIn::start(0).await.unwrap();
    let whole = chat(&server, "gpt-5.4-mini", json!({ "stream": false })).await.json();
    assert_eq!(whole["object"], "chat.completion");
    assert!(whole["choices"][0]["message"]["content"].as_str().unwrap().contains("ping, please"));
    assert!(whole["usage"]["total_tokens"].is_u64());
    // A scenario that was written for streams only has a generic whole response.
    let whole = chat(&server, "q19-neither", json!({ "stream": false })).await.json();
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn every_vendor_responds_streamed_and_whole_on_every_turn() {
    let server = StandIn::start(0).await.unwrap();
    let tools = json!([{ "type": "function", "function": { "name": "look", "parameters": {
        "type": "object", "properties": { "city": { "type": "string" } } } } }]);
    let turns = [json!({}), json!({ "reasoning_effort": "low" }), json!({ "tools": tools })];
    let is_text = |scenario: &&Scenario| scenario.route == Route::Chat && scenario.name.ends_with("-text");
    let vendors = scenarios().iter().filter(is_text);
    let models = vendors.filter_map(|scenario| scenario.models.first()).map(String::as_str);
    let cases: Vec<_> =
        models.flat_map(|model| turns.iter().zip(0..).map(move |turn| (model, turn))).collect();
    join_all(cases.into_iter().map(async |(model, (turn, place))| {
        let model = if model == "*" { "anything-1" } else { model };
        let reply = chat(&server, model, turn.clone()).await;
        assert!(reply.complete && reply.text().contains("data: [DONE]"), "{model} {place}");
        let mut turn = turn.clone();
        turn["stream"] = false.into();
        let whole = chat(&server, model, turn).await.json();
        let message = &whole["choices"][0]["message"];
        assert_eq!(message["tool_calls"].is_array(), place == 2, "{model} {place}");
        if place == 2 {
            let arguments = message["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
            assert_eq!(arguments, r#"{"city":"Lisbon"}"#, "{model}");
        }
    }))
    .await;
}

#[tokio::test]
async fn every_scenario_responds_with_its_status() {
    let server = StandIn::start(0).await.unwrap();
    // Scenarios that delay the status for a second or more, or that send none, cannot be checked here in a
    // reasonable time; the conformance cases play them.
    let quick = all().iter().filter(|scenario| {
        let response = scenario.first.first().map_or(&scenario.response, |early| &early.response);
        response.fault.delay.fixed_delay_ms < 1000
            && response.fault.abort != Some(Abort::Connection(Break::BeforeStatus))
    });
    for scenario in quick {
        let (method, path, body) = match scenario.route {
            Route::KeyList => ("GET", "/v1/models", String::new()),
            Route::Catalogue => ("GET", "/api/models", String::new()),
            Route::Billing => ("GET", "/v1/dashboard/billing/subscription", String::new()),
            Route::Embeddings => {
                let body = json!({ "model": "bge-m3", "input": "ping", "encoding_format": "base64" });
                ("POST", "/v1/embeddings", body.to_string())
            }
            wire => {
                let wire = wire.wire().expect("a wire route");
                ("POST", wire.sample_path, wire.sample_body.to_owned())
            }
        };
        let key = if scenario.route == Route::Catalogue { String::new() } else { bearer(&server) };
        let headers = format!("{key}x-scenario: {}\r\n", scenario.name);
        let mut stream = send(&server, method, path, &headers, &body).await;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        let parsed: Value = serde_json::from_str(&body).unwrap_or_default();
        let applies = |early: &&Early| {
            early.lacks.is_none() && early.has.as_ref().is_none_or(|path| parsed.pointer(path).is_some())
        };
        let response =
            scenario.first.iter().find(applies).map_or(&scenario.response, |early| &early.response);
        assert_eq!(head, format!("HTTP/1.1 {}", response.status).as_bytes(), "{}", scenario.name);
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_repeated() {
    let server = StandIn::start(0).await.unwrap();
    let tools = json!([{ "type": "function", "function": { "name": "get_weather", "parameters": {
        "type": "object", "properties": { "city": { "type": "string" }, "days": { "type": "integer" } } } } }]);
    let reply = chat(&server, "gpt-5.4-mini", json!({ "tools": tools })).await;
    let fragments: Vec<Value> = reply
        .chunks()
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["function"].clone())
        .collect();
    assert_eq!(fragments[0]["name"], "get_weather");
    let arguments: String = fragments.iter().filter_map(|fragment| fragment["arguments"].as_str()).collect();
    assert_eq!(arguments, r#"{"city":"Lisbon","days":1}"#);
    let mut messages = json!([
        { "role": "user", "content": "how is it there?" },
        { "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function",
            "function": { "name": "get_weather", "arguments": arguments } }] },
        { "role": "tool", "tool_call_id": "1", "content": "sunny, 24 degrees" },
    ]);
    let reply = chat(&server, "gpt-5.4-mini", json!({ "tools": tools, "messages": messages })).await;
    assert!(reply.content().contains("The tool answered: sunny, 24 degrees."), "{}", reply.content());
    // Some agents append what they know of the moment. That is not a new request, so the result still gets
    // its response.
    messages.as_array_mut().unwrap().push(json!({ "role": "user", "content": "It is noon." }));
    let reply = chat(&server, "gpt-5.4-mini", json!({ "tools": tools, "messages": messages })).await;
    assert!(reply.content().contains("The tool answered: sunny, 24 degrees."), "{}", reply.content());
    let rest = [
        json!({ "role": "assistant", "content": "Sunny." }),
        json!({ "role": "user", "content": "And now?" }),
    ];
    messages.as_array_mut().unwrap().extend(rest);
    let reply = chat(&server, "gpt-5.4-mini", json!({ "tools": tools, "messages": messages })).await;
    assert_eq!(reply.chunks()[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"], "get_weather");
}

#[tokio::test]
async fn images_are_counted_and_response_formats_are_followed() {
    let server = StandIn::start(0).await.unwrap();
    let image = |url: &str| json!({ "type": "image_url", "image_url": { "url": url } });
    let content = json!([
        { "type": "text", "text": "what is this?" },
        image("data:image/png;base64,AAAA"),
        image("https://example.com/a.png"),
    ]);
    let messages = json!([{ "role": "user", "content": content }]);
    let reply = chat(&server, "gpt-5.4-mini", json!({ "messages": messages })).await;
    assert!(reply.content().contains("2 images (image/png, 3 bytes; by its address)"), "{}", reply.content());
    let schema = json!({ "type": "object", "properties": { "mood": { "enum": ["good"] } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "mood", "schema": schema } });
    let reply = chat(&server, "gpt-5.4-mini", json!({ "response_format": format })).await;
    assert_eq!(reply.content(), r#"{"mood":"good"}"#);
    let format = json!({ "type": "json_object" });
    let reply = chat(&server, "gpt-5.4-mini", json!({ "response_format": format })).await;
    assert!(serde_json::from_str::<Value>(&reply.content()).unwrap().is_object());
}

#[tokio::test]
async fn the_lists_and_the_account_are_served() {
    let server = StandIn::start(0).await.unwrap();
    let key = bearer(&server);
    let list = exchange(&server, "GET", "/v1/models", &key, "").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 600);
    let again = exchange(&server, "GET", "/v1/models", &key, "").await.json();
    assert_ne!(list, again, "the order is not stable");
    let catalogue = exchange(&server, "GET", "/api/models", "", "").await.json();
    assert_eq!(catalogue["data"].as_array().unwrap().len(), 300);
    let limit = exchange(&server, "GET", "/v1/dashboard/billing/subscription", &key, "").await.json();
    assert_eq!(limit["hard_limit_usd"], 20.0);
    let used = exchange(&server, "GET", "/v1/dashboard/billing/usage", &key, "").await.json();
    assert_eq!(used["total_usage"], 512.5);
}

#[tokio::test]
async fn a_scenario_can_be_set_for_a_path_and_removed() {
    let server = StandIn::start(0).await.unwrap();
    let key = bearer(&server);
    server.script("/v1/models", Some("q27-1-rows")).unwrap();
    let list = exchange(&server, "GET", "/v1/models", &key, "").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    server.script("/v1/models", None).unwrap();
    let list = exchange(&server, "GET", "/v1/models", &key, "").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 600);
    assert!(server.script("/v1/models", Some("no such scenario")).is_err());
}

#[tokio::test]
async fn several_stand_ins_run_at_once_and_stop_when_dropped() {
    let (one, two) = (StandIn::start(0).await.unwrap(), StandIn::start(0).await.unwrap());
    assert_ne!(one.base_url(), two.base_url());
    chat(&one, "gpt-5.4-mini", json!({})).await;
    assert_eq!((one.requests().len(), two.requests().len()), (1, 0));
    let address = one.address();
    drop(one);
    // The port is closed as soon as `drop` returns, so that a test can start a server on the same port.
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(StandIn::start(two.address().port()).await.is_err(), "the port is taken");
}
