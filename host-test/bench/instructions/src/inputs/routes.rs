//! The text of `decode-text` as the other routes stream it, one event in each read, so that the routes can be compared at
//! equal text.

use super::Reads;
use super::stream::{CHUNKS, word};

/// OpenAI numbers its events and pads them.
pub(super) fn responses() -> Reads {
    let event = |number: usize, kind: &str, rest: &str| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{rest}}}\n\n")
            .into_bytes()
    };
    let response = |status: &str, more: &str| {
        format!(
            r#""response":{{"id":"resp_0123456789abcdef","object":"response","created_at":1700000000,"status":"{status}","model":"gpt-5.5"{more}}}"#
        )
    };
    let item = r#""item_id":"msg_0123456789abcdef0123456789abcdef","output_index":0,"content_index":0"#;
    let mut events = vec![
        event(0, "response.created", &response("in_progress", "")),
        event(
            1,
            "response.output_item.added",
            r#""output_index":0,"item":{"id":"msg_0123456789abcdef0123456789abcdef","type":"message","status":"in_progress","role":"assistant","content":[]}"#,
        ),
    ];
    events.extend((0..CHUNKS).map(|n| {
        let padding = &"aXb3Kq9LmN2pR7sT"[..n % 16];
        let rest = format!(r#"{item},"delta":"{}","logprobs":[],"obfuscation":"{padding}""#, word(n));
        event(n + 2, "response.output_text.delta", &rest)
    }));
    let usage = r#","output":[],"usage":{"input_tokens":9,"output_tokens":2000,"total_tokens":2009}"#;
    events.push(event(CHUNKS + 2, "response.completed", &response("completed", usage)));
    events
}

/// Anthropic's events differ in their text alone.
pub(super) fn messages() -> Reads {
    let event = |kind: &str, rest: &str| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n").into_bytes()
    };
    let mut events = vec![
        event(
            "message_start",
            r#","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}"#,
        ),
        event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#),
    ];
    events.extend((0..CHUNKS).map(|n| {
        let rest = format!(r#","index":0,"delta":{{"type":"text_delta","text":"{}"}}"#, word(n));
        event("content_block_delta", &rest)
    }));
    events.push(event("content_block_stop", r#","index":0"#));
    events.push(event(
        "message_delta",
        r#","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2000}"#,
    ));
    events.push(event("message_stop", ""));
    events
}

/// Google counts the tokens in every chunk.
pub(super) fn gemini() -> Reads {
    let chunk = |n: usize, parts: &str, more: &str| {
        let total = n + 9;
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}},\"index\":0{more}}}],\
             \"usageMetadata\":{{\"promptTokenCount\":9,\"candidatesTokenCount\":{n},\"totalTokenCount\":{total}}},\
             \"modelVersion\":\"gemini-3.5-flash\",\"responseId\":\"r0123456789abcdef\"}}\n\n"
        )
        .into_bytes()
    };
    let mut events: Reads =
        (0..CHUNKS).map(|n| chunk(n + 1, &format!(r#"{{"text":"{}"}}"#, word(n)), "")).collect();
    events.push(chunk(CHUNKS, "", r#","finishReason":"STOP""#));
    events
}
