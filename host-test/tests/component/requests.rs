//! Requests as the server receives them, with every field of the contract. The guest's own tests check the encoder;
//! this one checks that no field is lost on the way into the component.

use provider_host::json::request;
use serde_json::{Value, json};
use stand_in::StandIn;

use crate::bench::{CheckedCompletion as _, provider};

/// A request that uses every field.
fn full_request() -> String {
    json!({
        "model": "gpt-5.4-mini",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
                {"part": "text", "text": "look"},
                {"part": "image", "media-type": "image/png", "source": "inline", "source-inline": "iVBORw0KGgo="},
                {"part": "image", "media-type": "image/png", "source": "url", "source-url": "https://example.com/a.png"},
                {"part": "file", "media-type": "application/pdf", "name": "a.pdf", "source": "inline", "source-inline": "JVBERg=="},
                {"part": "audio", "media-type": "audio/wav", "source": "inline", "source-inline": "UklGRg=="},
            ]},
            {"role": "assistant", "content": [
                {"part": "tool-call", "id": "call with spaces", "name": "look_up", "arguments-json": "{\"a\":1}"},
            ]},
            {"role": "tool", "content": [
                {"part": "tool-result", "call-id": "call with spaces", "text": "found", "media": [
                    {"media-type": "image/png", "source": "inline", "source-inline": "iVBORw0KGgo="}]},
            ]},
            {"role": "user", "content": "go on"},
        ],
        "tools": [{"name": "look_up", "description": "looks up", "parameters-json": "{\"type\":\"object\"}", "strict": true}],
        "tool-choice": "auto",
        "parallel-tool-calls": false,
        "max-output-tokens": 100,
        "temperature": 1.0,
        "top-p": 0.5,
        "stop": ["END"],
        "seed": 7,
        "reasoning": {"effort": "low"},
        "cache-key": "conversation-1",
        "user": "someone",
        "extra-json": "{\"service_tier\":\"flex\"}",
    })
    .to_string()
}

#[tokio::test]
async fn every_field_of_a_request_reaches_the_server() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let mut no_files = |path: &str| Err(format!("{path} is not there"));
    let request = request::parse(&full_request(), None, &mut no_files).expect("a request");
    let response = provider.complete_checked(&request).await;
    assert_eq!(response.error, None);
    let body = stand_in.requests()[0].json().expect("JSON");
    let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or(Value::Null);
    for (pointer, expected) in [
        ("/model", json!("gpt-5.4-mini")),
        ("/stream", json!(true)),
        ("/stream_options/include_usage", json!(true)),
        ("/max_completion_tokens", json!(100)),
        ("/temperature", json!(1.0)),
        ("/top_p", json!(0.5)),
        ("/stop", json!(["END"])),
        ("/seed", json!(7)),
        ("/reasoning_effort", json!("low")),
        ("/prompt_cache_key", json!("conversation-1")),
        ("/user", json!("someone")),
        ("/service_tier", json!("flex")),
        ("/parallel_tool_calls", json!(false)),
        ("/tool_choice", json!("auto")),
        ("/tools/0/function/strict", json!(true)),
        ("/messages/0/role", json!("system")),
        ("/messages/1/content/1/image_url/url", json!("data:image/png;base64,iVBORw0KGgo=")),
        ("/messages/1/content/2/image_url/url", json!("https://example.com/a.png")),
        ("/messages/1/content/3/file/filename", json!("a.pdf")),
        ("/messages/1/content/4/input_audio/format", json!("wav")),
        ("/messages/3/role", json!("tool")),
        ("/messages/4/role", json!("user")),
    ] {
        assert_eq!(at(pointer), expected, "{pointer} of {body:#}");
    }
    let id = at("/messages/2/tool_calls/0/id");
    assert_eq!(id, at("/messages/3/tool_call_id"), "call and result have the same id");
    assert!(!id.as_str().unwrap_or(" ").contains(' '), "{id}");
    assert!(body.to_string().matches("iVBORw0KGgo=").count() == 2, "the picture of the tool result is sent");
    let warnings = response.transcript.warnings();
    assert!(warnings.iter().any(|warning| warning.contains("id")), "a warning reports the repaired id");
}
