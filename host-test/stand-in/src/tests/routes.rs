//! Whole conversations on the routes beside chat completions, by a client that sends back exactly what it received.

use serde_json::{Value, json};

use super::client::{Reply, bearer, exchange};
use crate::StandIn;

/// Text long enough to be cached.
fn instructions() -> String {
    "Be a good agent. ".repeat(500)
}

async fn post(server: &StandIn, path: &str, body: &Value) -> Reply {
    // Faster than for people who watch it.
    let headers = format!("{}x-fault-delay-chunk: 1\r\n", bearer(server));
    let reply = exchange(server, "POST", path, &headers, &body.to_string()).await;
    assert_eq!(reply.status, 200, "{}\n{body}", reply.text());
    reply
}

fn schema() -> Value {
    json!({ "type": "object", "properties": { "city": { "type": "string" } } })
}

/// The prompt of a turn: one call, two calls at once, or two one after the other.
fn prompt(turn: usize) -> &'static str {
    ["How is it there?", "Call look() and listen().", "Call listen(), then look() and listen()."][turn % 3]
}

/// How many responses a turn has, the last one without a call.
fn responses(turn: usize) -> usize {
    [2, 2, 3][turn % 3]
}

/// Forty responses with tools and thinking on Messages, and what was read from the cache.
async fn messages(server: &StandIn, model: &str, thinking: Value) -> Vec<(u64, u64, u64)> {
    let tools = ["look", "listen"].map(|name| json!({ "name": name, "input_schema": schema() }));
    let mark = json!({ "type": "ephemeral" });
    let mut history: Vec<Value> = Vec::new();
    let mut used = Vec::new();
    for turn in 0.. {
        if used.len() >= 40 {
            break;
        }
        history.push(json!({ "role": "user", "content": [{ "type": "text", "text": prompt(turn) }] }));
        for response in 1..=responses(turn) {
            let mut sent = history.clone();
            let last = sent.last_mut().unwrap()["content"].as_array_mut().unwrap();
            last.last_mut().unwrap()["cache_control"] = mark.clone();
            let body = json!({
                "model": model, "max_tokens": 8000, "stream": true, "thinking": thinking, "tools": tools,
                "system": [{ "type": "text", "text": instructions(), "cache_control": mark }], "messages": sent,
            });
            let whole = {
                let mut body = body.clone();
                body["stream"] = false.into();
                body
            };
            let reply = post(server, "/v1/messages", &body).await;
            let (content, usage) = assembled(&reply);
            let other = post(server, "/v1/messages", &whole).await.json();
            assert_eq!(kinds(&other["content"]), kinds(&content), "whole and streamed");
            assert!(content[0]["type"] == "thinking" && content[0]["signature"].is_string(), "{content}");
            let count = |name: &str| usage[name].as_u64().unwrap();
            used.push((
                count("cache_read_input_tokens"),
                count("cache_creation_input_tokens"),
                count("input_tokens"),
            ));
            let blocks = content.as_array().unwrap();
            let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
            let results: Vec<Value> = calls
                .map(|call| json!({ "type": "tool_result", "tool_use_id": call["id"], "content": "sunny" }))
                .collect();
            history.push(json!({ "role": "assistant", "content": content }));
            assert_eq!(results.is_empty(), response == responses(turn), "{turn} {response}");
            if !results.is_empty() {
                history.push(json!({ "role": "user", "content": results }));
            }
        }
    }
    used
}

fn kinds(content: &Value) -> Vec<&str> {
    content.as_array().unwrap().iter().filter_map(|block| block["type"].as_str()).collect()
}

/// The blocks and the usage of a stream of Messages.
fn assembled(reply: &Reply) -> (Value, Value) {
    let (mut blocks, mut usage): (Vec<Value>, Value) = (Vec::new(), Value::Null);
    let mut input = String::new();
    for event in reply.chunks() {
        let (block, delta) = (blocks.last_mut(), &event["delta"]);
        match (event["type"].as_str().unwrap(), block) {
            ("content_block_start", _) => blocks.push(event["content_block"].clone()),
            ("content_block_delta", Some(block)) => match delta["type"].as_str().unwrap() {
                "input_json_delta" => input += delta["partial_json"].as_str().unwrap(),
                "signature_delta" => block["signature"] = delta["signature"].clone(),
                kind => {
                    let field = kind.trim_end_matches("_delta");
                    let text =
                        format!("{}{}", block[field].as_str().unwrap(), delta[field].as_str().unwrap());
                    block[field] = text.into();
                }
            },
            ("content_block_stop", Some(block)) if block["type"] == "tool_use" => {
                block["input"] = serde_json::from_str(&std::mem::take(&mut input)).unwrap();
            }
            ("message_delta", _) => usage = event["usage"].clone(),
            _ => {}
        }
    }
    (blocks.into(), usage)
}

#[tokio::test]
async fn an_agent_converses_on_messages_and_reads_its_prefix_from_the_cache() {
    let server = StandIn::start(0).await.unwrap();
    for (model, thinking) in [
        ("claude-opus-5", json!({ "type": "adaptive", "display": "summarized" })),
        ("claude-sonnet-4-5", json!({ "type": "enabled", "budget_tokens": 2000 })),
        ("claude-fable-5", json!({ "type": "adaptive" })),
    ] {
        let used = messages(&server, model, thinking).await;
        let (read, written, fresh) =
            used.iter().fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2));
        println!("{model}: {read} read, {written} written, {fresh} fresh");
        assert!(read * 10 > (read + written + fresh) * 9, "{used:?}");
    }
}

#[tokio::test]
async fn an_agent_converses_on_responses() {
    let server = StandIn::start(0).await.unwrap();
    let tools = ["look", "listen"]
        .map(|name| json!({ "type": "function", "name": name, "strict": false, "parameters": schema() }));
    let mut input: Vec<Value> = Vec::new();
    let mut count = 0;
    let mut cached = 0;
    for turn in 0..18 {
        input.push(json!({ "role": "user", "content": [{ "type": "input_text", "text": prompt(turn) }] }));
        for response in 1..=responses(turn) {
            let body = json!({
                "model": "gpt-5.6", "instructions": instructions(), "input": input, "tools": tools, "stream": true,
                "store": false, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "k",
                "reasoning": { "effort": "low", "summary": "auto" },
            });
            let events = post(&server, "/v1/responses", &body).await.chunks();
            let end = &events.last().unwrap()["response"];
            assert_eq!(end["status"], "completed");
            cached = end["usage"]["input_tokens_details"]["cached_tokens"].as_u64().unwrap();
            let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
            let items: Vec<Value> = done.map(|event| event["item"].clone()).collect();
            assert_eq!(json!(items), end["output"]);
            let mut calls = 0;
            for mut item in items {
                item.as_object_mut().unwrap().remove("id");
                let call_id = item["call_id"].clone();
                input.push(item);
                if call_id.is_string() {
                    calls += 1;
                    input.push(
                        json!({ "type": "function_call_output", "call_id": call_id, "output": "sunny" }),
                    );
                }
            }
            assert_eq!(calls == 0, response == responses(turn), "{turn} {response}");
            count += 1;
        }
    }
    assert!(count >= 40 && cached > 2000, "{count} responses, {cached} cached");
}

#[tokio::test]
async fn an_agent_converses_on_gemini() {
    let server = StandIn::start(0).await.unwrap();
    let functions = ["look", "listen"].map(|name| json!({ "name": name, "parametersJsonSchema": schema() }));
    for (model, settings) in [
        ("gemini-3.5-flash", json!({ "thinkingLevel": "LOW", "includeThoughts": true })),
        ("gemini-2.5-pro", json!({ "thinkingBudget": 1000, "includeThoughts": true })),
    ] {
        let mut contents: Vec<Value> = Vec::new();
        let mut cached = 0;
        for turn in 0..18 {
            contents.push(json!({ "role": "user", "parts": [{ "text": prompt(turn) }] }));
            for response in 1..=responses(turn) {
                let body = json!({
                    "contents": contents, "systemInstruction": { "parts": [{ "text": instructions() }] },
                    "tools": [{ "functionDeclarations": functions }], "generationConfig": { "thinkingConfig": settings },
                });
                let path = format!("/v1beta/models/{model}:streamGenerateContent");
                let chunks = post(&server, &format!("{path}?alt=sse"), &body).await.chunks();
                let list = post(&server, &path, &body).await.json();
                let whole = format!("/v1beta/models/{model}:generateContent");
                let whole = post(&server, &whole, &body).await.json();
                assert_eq!(list.as_array().unwrap().len(), chunks.len());
                let last = chunks.last().unwrap();
                assert!(
                    last["candidates"][0]["finishReason"] == "STOP"
                        && whole["candidates"][0]["finishReason"] == "STOP"
                );
                cached = last["usageMetadata"]["cachedContentTokenCount"].as_u64().unwrap_or_default();
                let parts = chunks
                    .iter()
                    .flat_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array().unwrap());
                let kept = |part: &&Value| {
                    part["thought"] != true && (part["text"] != "" || part["thoughtSignature"].is_string())
                };
                let parts: Vec<Value> = parts.filter(kept).cloned().collect();
                let calls = parts.iter().filter_map(|part| part.get("functionCall"));
                let results: Vec<Value> = calls
                    .map(|call| json!({ "functionResponse": { "name": call["name"], "response": { "result": "sunny" } } }))
                    .collect();
                contents.push(json!({ "role": "model", "parts": parts }));
                assert_eq!(results.is_empty(), response == responses(turn), "{turn} {response}");
                if !results.is_empty() {
                    contents.push(json!({ "role": "user", "parts": results }));
                }
            }
        }
        assert!(cached > 2000, "{model}: {cached}");
    }
}

#[tokio::test]
async fn refusals_have_the_shape_of_their_vendor() {
    let server = StandIn::start(0).await.unwrap();
    let gemini = "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse";
    for (path, body, pointer, word) in [
        ("/v1/responses", r#"{"model":"gpt-5.5"}"#, "/error/code", "missing_required_parameter"),
        ("/v1/messages", r#"{"model":"claude-opus-5"}"#, "/error/type", "invalid_request_error"),
        ("/v1/messages", "{", "/error/type", "comet_api_error"),
        (gemini, "{}", "/error/status", "INVALID_ARGUMENT"),
        (gemini, "{", "/error/type", "comet_api_error"),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":""}"#, "/error/param", "input"),
    ] {
        let reply = exchange(&server, "POST", path, &bearer(&server), body).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.json().pointer(pointer), Some(&word.into()), "{path}: {}", reply.text());
        assert_eq!(exchange(&server, "POST", path, "", body).await.status, 401, "{path}");
    }
}

/// The gateway takes the key of the vendor's header, even beside a good one.
#[tokio::test]
async fn a_placeholder_in_the_vendors_header_replaces_the_key() {
    let server = StandIn::start(0).await.unwrap();
    let right = format!("x-api-key: {}\r\n", server.key());
    let placeholder = format!("{}x-api-key: none\r\n", bearer(&server));
    let body = json!({ "model": "claude-opus-5", "max_tokens": 9, "messages": [{ "role": "user", "content": "a" }] });
    for (headers, status) in [(right, 200), (placeholder.clone(), 401)] {
        let reply = exchange(&server, "POST", "/v1/messages", &headers, &body.to_string()).await;
        assert_eq!(reply.status, status, "{headers}");
    }
    let body = r#"{"model":"text-embedding-3-small","input":"a"}"#;
    assert_eq!(exchange(&server, "POST", "/v1/embeddings", &placeholder, body).await.status, 200);
}

/// Cases cut the plain response of each route after 680 bytes, and expect that its text has begun and not ended.
#[tokio::test]
async fn the_plain_response_of_each_route_is_in_its_text_after_680_bytes() {
    let server = StandIn::start(0).await.unwrap();
    for route in crate::wire_routes::WIRE_ROUTES {
        let headers = format!("{}x-scenario: {}\r\n", bearer(&server), route.plain);
        let text = exchange(&server, "POST", route.sample_path, &headers, route.sample_body).await.text();
        let cut = text.get(..680).unwrap_or_else(|| panic!("{} is too short: {text}", route.name));
        // A client does not see an event that is cut.
        let before = cut.rsplit_once("\n\n").map_or("", |(before, _)| before);
        let ended = ["stop", "STOP", "completed", "done"].iter().any(|word| before.contains(word));
        assert!(before.contains("\"Hello\"") && !ended, "{}: {text}", route.name);
    }
}

/// The faults are below the routes, so a few of each kind show that none is left out.
#[tokio::test]
async fn each_fault_works_on_each_route() {
    let server = StandIn::start(0).await.unwrap();
    let routes = crate::wire_routes::WIRE_ROUTES.iter().map(|route| (route.sample_path, route.sample_body));
    let embeddings = ("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":"a"}"#);
    for (path, body) in routes.chain([embeddings]) {
        let key = bearer(&server);
        let with =
            async |fault: &str| exchange(&server, "POST", path, &format!("{key}{fault}\r\n"), body).await;
        assert_eq!(with("x-envoy-fault-abort-request: 503").await.status, 503, "{path}");
        for fault in ["close", "short-body", "bad-chunk-size"] {
            let broken = with(&format!("x-fault-abort-connection: {fault}")).await;
            assert_eq!((broken.status, broken.complete), (200, false), "{path} {fault}");
        }
        let cut = with("x-fault-abort-connection: close\r\nx-fault-abort-after-bytes: 40").await;
        assert_eq!(cut.body.len(), 40, "{path}");
        assert!(with("x-fault-write-bytes: 7").await.complete, "{path}");
        assert_eq!(with("x-fault-abort-connection: before-status").await.status, 0, "{path}");
    }
}
