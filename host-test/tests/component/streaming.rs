//! Successful responses in each vendor's style, the replay data that has to be sent back in the next turn, and when the
//! events arrive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use provider_host::contract::{
    Config, Event, FinishReason, Message, Part, ReasoningOptions, Request, Role, Tool, ToolArguments,
    ToolResultPart,
};
use provider_host::sandbox::KeyMode;
use stand_in::{StandIn, scenarios};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use crate::bench::{CheckedCompletion as _, PATIENCE, config, open_with, provider, unreachable_timeouts};
use crate::raw::{RawServer, STREAM_HEAD, chunk, read_request};

const VENDORS: [&str; 8] = ["generic", "openai", "anthropic", "google", "deepseek", "qwen", "xai", "mistral"];

fn weather() -> Tool {
    Tool {
        name: "get_weather".to_owned(),
        description: Some("The weather in a city".to_owned()),
        parameters_json: r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#
            .to_owned(),
        strict: None,
    }
}

fn with_reasoning(request: Request) -> Request {
    let effort = Some("low".to_owned());
    Request {
        reasoning: Some(ReasoningOptions { effort, budget_tokens: None, include_text: None }),
        ..request
    }
}

#[tokio::test]
async fn text_reasoning_and_tool_calls_of_each_vendor_are_decoded() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut played = 0;
    for vendor in VENDORS {
        for (variant, request) in [
            ("text", Request::prompt("", "hello")),
            ("reasoning", with_reasoning(Request::prompt("", "hello"))),
            ("tool-call", Request { tools: vec![weather()], ..Request::prompt("", "the weather in Paris?") }),
        ] {
            let name = format!("{vendor}-{variant}");
            let scenario = scenarios().iter().find(|scenario| scenario.name == name).expect(&name);
            played += 1;
            let mut provider = provider(&stand_in).await;
            let response =
                provider.complete_checked(&Request { model: scenario.name.clone(), ..request }).await;
            assert_eq!(response.error, None, "{name}");
            let transcript = &response.transcript;
            let finish = transcript.finish().expect(&name);
            let usage = finish.usage.as_ref().unwrap_or_else(|| panic!("{name} has no usage"));
            assert!(usage.input > Some(0) && usage.output > Some(0) && usage.raw_json.is_some(), "{name}");
            let info = transcript.response().expect(&name);
            assert!(info.request_id.is_some() && info.route == "chat-completions", "{name}");
            if variant == "tool-call" {
                assert_eq!(finish.reason, FinishReason::ToolCalls, "{name}");
                let calls = transcript.tool_calls();
                assert!(!calls.is_empty(), "{name} has no call");
                for call in calls {
                    assert!(matches!(call.arguments, ToolArguments::Object(_)), "{name}: {call:?}");
                }
            } else {
                assert_eq!(finish.reason, FinishReason::Stop, "{name}");
                assert!(!transcript.text().trim().is_empty(), "{name} has no text");
            }
        }
    }
    assert_eq!(played, 24);
}

/// The second turn of a conversation, with the first response and the results of its calls.
fn second_turn(first: &Request, response: Message) -> Request {
    let results: Vec<Part> = response
        .content
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(Part::ToolResult(ToolResultPart {
                call_id: call.id.clone(),
                name: Some(call.name.clone()),
                text: "18 degrees".to_owned(),
                media: Vec::new(),
                is_error: false,
            })),
            _ => None,
        })
        .collect();
    let mut messages = first.messages.clone();
    messages.push(response);
    messages.push(Message { role: Role::Tool, content: results, cache_here: false });
    Request { messages, ..first.clone() }
}

/// Gemini rejects a call without its signature. Other vendors expect the reasoning of the call in the history.
#[tokio::test]
async fn replay_data_of_a_vendor_is_sent_back_unchanged() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for (model, sent_back) in [
        ("google-tool-call", "/messages/1/tool_calls/0/extra_content/google/thought_signature"),
        ("deepseek-tool-call", "/messages/1/reasoning_content"),
        ("xai-tool-call", "/messages/1/reasoning_content"),
        ("q80-id-of-kimi", "/messages/1/tool_calls/0/id"),
        ("q80-id-with-a-signature", "/messages/1/tool_calls/0/id"),
        ("q81-details-in-fragments", "/messages/1/reasoning_details/0/signature"),
        ("q82-signature-after-a-call", "/messages/1/thinking_blocks/0/signature"),
        ("q83-redacted-thinking", "/messages/1/thinking_blocks/0/data"),
        (
            "q84-signature-of-a-call-at-litellm",
            "/messages/1/tool_calls/0/provider_specific_fields/thought_signature",
        ),
    ] {
        let mut provider = provider(&stand_in).await;
        let first = Request { tools: vec![weather()], ..Request::prompt(model, "the weather in Paris?") };
        let response = provider.complete_checked(&first).await;
        assert_eq!(response.error, None, "{model}");
        let second = provider.complete_checked(&second_turn(&first, response.transcript.message())).await;
        assert_eq!(second.error, None, "{model}");
        let requests = stand_in.requests();
        let body = requests.last().and_then(|request| request.json()).expect("JSON");
        let sent = body.pointer(sent_back).and_then(serde_json::Value::as_str);
        assert!(sent.is_some_and(|sent| !sent.is_empty()), "{model}: {sent_back} is missing in {body}");
        assert_eq!(body.pointer("/messages/2/role"), Some(&"tool".into()), "{model}");
    }
}

/// A server that sends the first delta, waits for a notification, and then sends the rest of the response.
async fn pausing_server(resume: Arc<Notify>) -> RawServer {
    RawServer::start(move |mut stream| {
        let resume = Arc::clone(&resume);
        async move {
            if read_request(&mut stream).await.is_none() {
                return;
            }
            let event = |data: &str| chunk(format!("data: {data}\n\n").as_bytes());
            let first = event(r#"{"choices":[{"delta":{"content":"first "}}]}"#);
            let rest = [
                event(r#"{"choices":[{"delta":{"content":"second"}}]}"#),
                event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#),
                event("[DONE]"),
                b"0\r\n\r\n".to_vec(),
            ];
            if stream.write_all(&[STREAM_HEAD.as_bytes(), &first].concat()).await.is_ok() {
                resume.notified().await;
                let _ = stream.write_all(&rest.concat()).await;
            }
        }
    })
    .await
}

/// The server sends the second delta only after the first one was received. So a component that holds the first delta
/// back fails on every machine, and a slow machine does not fail.
#[tokio::test]
async fn the_first_delta_is_not_held_back_until_the_second_arrives() {
    let resume = Arc::new(Notify::new());
    let server = pausing_server(Arc::clone(&resume)).await;
    let config = Config { timeouts: unreachable_timeouts(), ..config(&server.base_url()) };
    let mut provider = open_with(KeyMode::Injected, "sk-pausing-0123456789", config).await;
    let request = Request::prompt("any", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    let mut text = String::new();
    let begun = Instant::now();
    loop {
        let next = provider.instance.next(&completion, 64, Duration::from_secs(5));
        let batch = tokio::time::timeout(PATIENCE, next).await.expect("in time").expect("no error");
        text.extend(batch.events.iter().filter_map(|event| match event {
            Event::BlockDelta(delta) => Some(delta.text.as_str()),
            _ => None,
        }));
        if batch.done {
            break;
        }
        if text == "first " {
            resume.notify_one();
        }
        assert!(begun.elapsed() < PATIENCE, "the first delta is held back, after {text:?}");
    }
    assert_eq!(text, "first second");
}

#[tokio::test]
async fn a_batch_has_no_more_events_than_requested() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let request = Request::prompt("openai-text", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    loop {
        let batch = provider.instance.next(&completion, 2, Duration::from_secs(5)).await.expect("no error");
        assert!(batch.events.len() <= 2);
        if batch.done {
            break;
        }
    }
    let after = provider.instance.next(&completion, 2, Duration::from_secs(5)).await.expect("no error");
    assert!(after.done && after.events.is_empty());
}

#[tokio::test]
async fn twenty_completions_take_turns_in_one_instance() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let mut open = Vec::new();
    for number in 0..20 {
        let request = Request::prompt("gpt-5.4-mini", format!("number {number}"));
        open.push((
            number,
            provider.instance.complete(&provider.client, &request).await.expect("a request"),
            String::new(),
        ));
    }
    let mut done = 0;
    while !open.is_empty() {
        let mut unfinished = Vec::new();
        for (number, completion, mut text) in open {
            let batch =
                provider.instance.next(&completion, 64, Duration::from_millis(1)).await.expect("no error");
            for event in batch.events {
                if let Event::BlockDelta(delta) = event {
                    text += &delta.text;
                }
            }
            if batch.done {
                assert!(text.contains(&format!("“number {number}”")), "{text}");
                done += 1;
            } else {
                unfinished.push((number, completion, text));
            }
        }
        open = unfinished;
    }
    assert_eq!(done, 20);
}
