//! The events of a completion as JSON: the table is in the [module above](super).

use serde_json::{Map, Value, json};

use super::object;
use crate::contract::{BlockEnd, BlockKind, BlockStart, Event, Finish, FinishReason, ToolArguments, Usage};

/// One event, as one object that begins with `event`. Print it with [`line::to_line`](super::line::to_line), one event a
/// line, as `host-test chat --json` does.
///
/// ```
/// use provider_host::contract::{BlockDelta, Event};
/// use provider_host::json::events::event;
///
/// let delta = Event::BlockDelta(BlockDelta { index: 0, text: "Hello".into() });
/// assert_eq!(event(&delta).to_string(), r#"{"event":"block-delta","index":0,"text":"Hello"}"#);
/// ```
#[must_use]
pub fn event(event: &Event) -> Value {
    Value::Object(match event {
        Event::Response(response) => object([
            ("event", json!("response")),
            ("id", json!(response.id)),
            ("model", json!(response.model)),
            ("request-id", json!(response.request_id)),
            ("created", json!(response.created)),
            ("route", json!(response.route)),
        ]),
        Event::BlockStart(start) => block_start(start),
        Event::BlockDelta(delta) => object([
            ("event", json!("block-delta")),
            ("index", json!(delta.index)),
            ("text", json!(delta.text)),
        ]),
        Event::BlockEnd(end) => block_end(end),
        Event::Warning(message) => object([("event", json!("warning")), ("message", json!(message))]),
        Event::Finish(end) => finish(end),
    })
}

/// The last line of a stream that failed: `{"event":"error","error":{…}}`, with an object of [`super::error`]. A program
/// that reads neither this nor `finish` knows that the writer was killed.
#[must_use]
pub fn failure(error: Value) -> Value {
    Value::Object(object([("event", json!("error")), ("error", error)]))
}

/// The reason's name in the contract. The provider's own word is in `raw-reason`.
#[must_use]
pub fn finish_reason(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool-calls",
        FinishReason::ContentFilter => "content-filter",
        FinishReason::Refusal => "refusal",
        FinishReason::Other(_) => "other",
    }
}

/// Counts of tokens, and the billed amount in `currency`. `null` is unknown, which is not 0: a sum over
/// several responses would be too low without a sign of it.
#[must_use]
pub fn usage(usage: &Usage) -> Value {
    Value::Object(object([
        ("input", json!(usage.input)),
        ("output", json!(usage.output)),
        ("total", json!(usage.total)),
        ("cache-read", json!(usage.cache_read)),
        ("cache-write", json!(usage.cache_write)),
        ("reasoning", json!(usage.reasoning)),
        ("billed", json!(usage.billed)),
        ("currency", json!(usage.currency)),
        ("raw-json", json!(usage.raw_json)),
    ]))
}

fn block_start(start: &BlockStart) -> Map<String, Value> {
    let kind = match &start.kind {
        BlockKind::Text => "text",
        BlockKind::Reasoning => "reasoning",
        BlockKind::Refusal => "refusal",
        BlockKind::ToolCall(_) => "tool-call",
    };
    let mut fields =
        object([("event", json!("block-start")), ("index", json!(start.index)), ("kind", json!(kind))]);
    if let BlockKind::ToolCall(head) = &start.kind {
        fields.extend(object([("id", json!(head.id)), ("name", json!(head.name))]));
    }
    fields
}

fn block_end(end: &BlockEnd) -> Map<String, Value> {
    let mut fields =
        object([("event", json!("block-end")), ("index", json!(end.index)), ("replay", json!(end.replay))]);
    fields.extend(match &end.arguments {
        None => object([("arguments", Value::Null)]),
        Some(ToolArguments::Object(text)) => {
            object([("arguments", json!("object")), ("arguments-json", json!(text))])
        }
        Some(ToolArguments::Malformed(malformed)) => object([
            ("arguments", json!("malformed")),
            ("raw", json!(malformed.raw)),
            ("reason", json!(malformed.reason)),
        ]),
    });
    fields
}

fn finish(end: &Finish) -> Map<String, Value> {
    let mut fields = object([("event", json!("finish")), ("reason", json!(finish_reason(&end.reason)))]);
    if let FinishReason::Other(word) = &end.reason {
        fields.insert("reason-other".to_owned(), json!(word));
    }
    fields.extend(object([
        ("raw-reason", json!(end.raw_reason)),
        ("usage", end.usage.as_ref().map_or(Value::Null, usage)),
        ("extra-json", json!(end.extra_json)),
    ]));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{BlockDelta, MalformedArguments, ResponseInfo, ToolCallHead};

    fn start(kind: BlockKind) -> Event {
        Event::BlockStart(BlockStart { index: 1, kind })
    }

    fn end(replay: Option<&str>, arguments: Option<ToolArguments>) -> Event {
        Event::BlockEnd(BlockEnd { index: 1, replay: replay.map(str::to_owned), arguments })
    }

    fn finish(reason: FinishReason, usage: Option<Usage>) -> Event {
        Event::Finish(Finish { reason, raw_reason: Some("raw".into()), usage, extra_json: None })
    }

    #[test]
    fn every_event_has_its_line() {
        let usage = Usage {
            input: Some(12),
            output: Some(0),
            total: None,
            cache_read: Some(3),
            cache_write: None,
            reasoning: None,
            billed: Some(0.25),
            currency: Some("USD".into()),
            raw_json: Some("{}".into()),
        };
        let response = ResponseInfo {
            id: Some("chatcmpl-1".into()),
            model: None,
            request_id: Some("r1".into()),
            created: Some(7),
            route: "chat-completions".into(),
        };
        let malformed = MalformedArguments { raw: "{\"a".into(), reason: "cut off".into() };
        let cases = [
            (
                Event::Response(response),
                r#"{"event":"response","id":"chatcmpl-1","model":null,"request-id":"r1","created":7,"route":"chat-completions"}"#,
            ),
            (start(BlockKind::Text), r#"{"event":"block-start","index":1,"kind":"text"}"#),
            (start(BlockKind::Reasoning), r#"{"event":"block-start","index":1,"kind":"reasoning"}"#),
            (start(BlockKind::Refusal), r#"{"event":"block-start","index":1,"kind":"refusal"}"#),
            (
                start(BlockKind::ToolCall(ToolCallHead { id: "c1".into(), name: "f".into() })),
                r#"{"event":"block-start","index":1,"kind":"tool-call","id":"c1","name":"f"}"#,
            ),
            (
                Event::BlockDelta(BlockDelta { index: 0, text: "a\n\u{1b}".into() }),
                r#"{"event":"block-delta","index":0,"text":"a\n\u001b"}"#,
            ),
            (end(None, None), r#"{"event":"block-end","index":1,"replay":null,"arguments":null}"#),
            (
                end(Some("sig"), Some(ToolArguments::Object("{ \"a\":1.0}".into()))),
                r#"{"event":"block-end","index":1,"replay":"sig","arguments":"object","arguments-json":"{ \"a\":1.0}"}"#,
            ),
            (
                end(None, Some(ToolArguments::Malformed(malformed))),
                r#"{"event":"block-end","index":1,"replay":null,"arguments":"malformed","raw":"{\"a","reason":"cut off"}"#,
            ),
            (Event::Warning("w".into()), r#"{"event":"warning","message":"w"}"#),
            (
                finish(FinishReason::ToolCalls, None),
                r#"{"event":"finish","reason":"tool-calls","raw-reason":"raw","usage":null,"extra-json":null}"#,
            ),
            (
                finish(FinishReason::Other("eos".into()), Some(usage)),
                r#"{"event":"finish","reason":"other","reason-other":"eos","raw-reason":"raw","usage":{"input":12,"output":0,"total":null,"cache-read":3,"cache-write":null,"reasoning":null,"billed":0.25,"currency":"USD","raw-json":"{}"},"extra-json":null}"#,
            ),
        ];
        for (given, line) in cases {
            assert_eq!(super::super::line::to_line(&event(&given)), line);
        }
    }

    #[test]
    fn every_reason_has_its_word() {
        use FinishReason as R;
        let reasons = [R::Stop, R::Length, R::ToolCalls, R::ContentFilter, R::Refusal, R::Other("x".into())];
        let words: Vec<_> = reasons.iter().map(finish_reason).collect();
        assert_eq!(words, ["stop", "length", "tool-calls", "content-filter", "refusal", "other"]);
    }

    #[test]
    fn a_failure_is_the_last_line_of_a_stream() {
        assert_eq!(
            failure(json!({"kind": "network"})).to_string(),
            r#"{"event":"error","error":{"kind":"network"}}"#
        );
    }
}
