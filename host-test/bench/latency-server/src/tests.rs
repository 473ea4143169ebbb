//! Plans, and the bytes that they send.

use http_body_util::BodyExt as _;
use meter::{now, timestamp};
use serde_json::Value;

use super::body::TimestampedBody;
use super::plan::{Kind, Plan};
use super::routes::WireRoute;

fn plan(name: &str) -> Option<Plan> {
    name.parse().ok()
}

#[test]
fn a_name_is_parsed_into_a_plan() {
    let plain = plan("stamped-text").unwrap();
    assert_eq!((plain.kind, plain.chunks, plain.per_write, plain.length), (Kind::Text, 500, 1, 32));
    assert!(plain.gap.is_zero());
    let other = plan("stamped-tool-l1024-c7-w16-g2500").unwrap();
    assert_eq!((other.kind, other.chunks, other.per_write, other.length), (Kind::Tool, 7, 16, 1024));
    assert_eq!(other.gap.as_micros(), 2500);
}

#[test]
fn a_name_that_is_not_a_plan_is_an_error_with_the_syntax() {
    for name in [
        "gpt-5.4",
        "stamped",
        "stamped-speech",
        "stamped-text-c0",
        "stamped-text-l15",
        "stamped-text-w0",
        "stamped-text-x5",
        "stamped-text-c",
        "stamped-text-c-5",
        "stamped-text-",
    ] {
        let why = name.parse::<Plan>().unwrap_err().to_string();
        assert!(why.contains("stamped-KIND") && why.contains(name), "{why}");
    }
}

/// The data of the events of a response of chat completions, grouped by write.
async fn writes(name: &str) -> Vec<Vec<String>> {
    writes_on(WireRoute::ChatCompletions, name).await
}

async fn writes_on(route: WireRoute, name: &str) -> Vec<Vec<String>> {
    let mut body = TimestampedBody::new(plan(name).unwrap(), route, name);
    let mut writes = Vec::new();
    while let Some(frame) = body.frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.ends_with("\n\n"));
        let data = |event: &str| event.split_once("data: ").unwrap().1.to_owned();
        writes.push(text.split_terminator("\n\n").map(data).collect());
    }
    writes
}

#[tokio::test]
async fn every_chunk_begins_with_the_time_at_which_it_was_sent() {
    for (name, pointer) in [
        ("stamped-text-c5-w2-l20", "/choices/0/delta/content"),
        ("stamped-tool-c5-w2-l20", "/choices/0/delta/tool_calls/0/function/arguments"),
    ] {
        let begun = now();
        let writes = writes(name).await;
        assert_eq!(writes.iter().map(Vec::len).skip(1).take(3).collect::<Vec<_>>(), [2, 2, 1]);
        let chunks: Vec<Value> =
            writes[1..4].concat().iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        for chunk in chunks {
            let text = chunk.pointer(pointer).and_then(Value::as_str).unwrap();
            assert_eq!(text.len(), 20);
            let sent = timestamp(text).unwrap();
            assert!(begun <= sent && sent <= now());
        }
        assert_eq!(writes.last().unwrap().last().unwrap(), "[DONE]");
    }
}

#[tokio::test]
async fn every_route_sends_the_same_text() {
    for (path, pointer) in [
        ("/v1/responses", "/delta"),
        ("/v1/messages", "/delta/text"),
        ("/v1beta/models/x:streamGenerateContent", "/candidates/0/content/parts/0/text"),
    ] {
        let (route, _) = WireRoute::of(path).unwrap();
        let events = writes_on(route, "stamped-text-c40-w16-l40").await.concat();
        let events = events.iter().map(|event| serde_json::from_str::<Value>(event).unwrap());
        let texts: Vec<String> =
            events.filter_map(|event| event.pointer(pointer)?.as_str().map(str::to_owned)).collect();
        assert_eq!(texts.len(), 40, "{path}");
        assert!(
            texts.iter().all(|text| timestamp(text).is_some() && text[16..] == *" the quick brown fox jum")
        );
    }
    assert_eq!(WireRoute::of("/v1/embeddings"), None);
}

#[tokio::test]
async fn the_first_half_of_a_reasoning_plan_is_reasoning() {
    let events = writes("stamped-reasoning-c4").await.concat();
    let count =
        |field: &str| events.iter().filter(|event| event.contains(&format!("\"{field}\":\"0"))).count();
    assert_eq!((count("reasoning_content"), count("content")), (2, 2));
}

#[tokio::test]
async fn gaps_are_counted_from_the_first_write() {
    let begun = std::time::Instant::now();
    writes("stamped-text-c5-g4000").await;
    // Four gaps of 4 ms. The timer has a resolution of a millisecond.
    assert!(begun.elapsed().as_millis() >= 15);
}
