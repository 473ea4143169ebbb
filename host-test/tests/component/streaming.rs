//! Good answers: each vendor's style, whole and streamed, with what has to be sent back.

use std::time::{Duration, Instant};

use conformance::Hosting;
use provider_host::contract::{
    Event, FinishReason, Message, Part, ReasoningOptions, Request, Role, Tool, ToolArguments, ToolResultPart,
};
use stand_in::{StandIn, scenarios};

use crate::bench::{Answer as _, PATIENCE, provider};

const VENDORS: [&str; 8] = ["generic", "openai", "anthropic", "gemini", "deepseek", "qwen", "xai", "mistral"];

fn weather() -> Tool {
    Tool {
        name: "get_weather".to_owned(),
        description: Some("The weather in a city".to_owned()),
        parameters_json: r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#
            .to_owned(),
        strict: None,
    }
}

fn reasoning(request: Request) -> Request {
    let effort = Some("low".to_owned());
    Request {
        reasoning: Some(ReasoningOptions { effort, budget_tokens: None, include_text: None }),
        ..request
    }
}

#[tokio::test]
async fn each_vendor_answers_with_text_reasoning_and_tool_calls() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut played = 0;
    for vendor in VENDORS {
        for (variant, request) in [
            ("text", Request::prompt("", "hello")),
            ("reasoning", reasoning(Request::prompt("", "hello"))),
            ("tool-call", Request { tools: vec![weather()], ..Request::prompt("", "the weather in Paris?") }),
        ] {
            let name = format!("{vendor}-{variant}");
            let scenario = scenarios().iter().find(|scenario| scenario.name == name).expect(&name);
            played += 1;
            let mut provider = provider(&stand_in, Hosting::Waits).await;
            let answer = provider.answer(&Request { model: scenario.name.clone(), ..request }).await;
            assert_eq!(answer.error, None, "{name}");
            let transcript = &answer.transcript;
            let finish = transcript.finish().expect(&name);
            let usage = finish.usage.as_ref().unwrap_or_else(|| panic!("{name} tells no usage"));
            assert!(usage.input > Some(0) && usage.output > Some(0) && usage.raw_json.is_some(), "{name}");
            let info = transcript.response().expect(&name);
            assert!(info.request_id.is_some() && info.route == "chat-completions", "{name}");
            if variant == "tool-call" {
                assert_eq!(finish.reason, FinishReason::ToolCalls, "{name}");
                let calls = transcript.tool_calls();
                assert!(!calls.is_empty(), "{name} calls nothing");
                for call in calls {
                    assert!(matches!(call.arguments, ToolArguments::Object(_)), "{name}: {call:?}");
                }
            } else {
                assert_eq!(finish.reason, FinishReason::Stop, "{name}");
                assert!(!transcript.text().trim().is_empty(), "{name} says nothing");
            }
        }
    }
    assert_eq!(played, 24);
}

/// The second turn of a conversation, with what the first one answered and the results of its calls.
fn second_turn(first: &Request, answer: Message) -> Request {
    let results: Vec<Part> = answer
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
    messages.push(answer);
    messages.push(Message { role: Role::Tool, content: results, cache_here: false });
    Request { messages, ..first.clone() }
}

#[tokio::test]
async fn what_a_vendor_wants_to_see_again_is_sent_back_untouched() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for (model, sent_back) in [
        ("gemini-tool-call", "/messages/1/tool_calls/0/extra_content/google/thought_signature"),
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
        let mut provider = provider(&stand_in, Hosting::Waits).await;
        let first = Request { tools: vec![weather()], ..Request::prompt(model, "the weather in Paris?") };
        let answer = provider.answer(&first).await;
        assert_eq!(answer.error, None, "{model}");
        let second = provider.answer(&second_turn(&first, answer.transcript.message())).await;
        assert_eq!(second.error, None, "{model}");
        let requests = stand_in.requests();
        let body = requests.last().and_then(|request| request.json()).expect("JSON");
        let sent = body.pointer(sent_back).and_then(serde_json::Value::as_str);
        assert!(sent.is_some_and(|sent| !sent.is_empty()), "{model}: {sent_back} is missing in {body}");
        assert_eq!(body.pointer("/messages/2/role"), Some(&"tool".into()), "{model}");
    }
}

#[tokio::test]
async fn the_first_word_is_not_held_back_for_the_second() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let mut provider = provider(&stand_in, hosting).await;
        let request = Request::prompt("one-word-and-a-pause", "hello");
        let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
        let mut first = None;
        let begun = Instant::now();
        loop {
            let next = provider.instance.next(&completion, 64, Duration::from_secs(5));
            let batch = tokio::time::timeout(PATIENCE, next).await.expect("in time").expect("no error");
            if batch.events.iter().any(|event| matches!(event, Event::BlockDelta(_))) {
                first.get_or_insert(begun.elapsed());
            }
            if batch.done {
                break;
            }
        }
        // The pause behind the first word is a second long.
        let (first, all) = (first.expect("a word"), begun.elapsed());
        assert!(all >= Duration::from_millis(900), "{all:?}");
        assert!(all - first >= Duration::from_millis(700), "{first:?} of {all:?} with {hosting:?}");
    }
}

#[tokio::test]
async fn a_batch_holds_no_more_events_than_asked_for() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in, Hosting::Waits).await;
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
async fn many_completions_take_turns_in_one_instance() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in, Hosting::Waits).await;
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
        let mut still = Vec::new();
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
                still.push((number, completion, text));
            }
        }
        open = still;
    }
    assert_eq!(done, 20);
}
