//! The recorded answers of the corpora: each decodes to what its list of expectations says, at several cuts.

use serde_json::Value;
use std::string::{String, ToString};
use std::vec::Vec;

use super::decoder_tests::{Reading, decode, reads_of};
use crate::contract::Event;
use crate::corpora;

/// The bytes of a recording as they are on the wire.
fn wire(file: &str, framing: &str) -> Option<String> {
    let text = corpora::text(&std::format!("streams/{file}"))?;
    Some(match framing {
        "chunks-lines" => {
            let events: String = text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .fold(String::new(), |all, line| all + "data: " + line + "\n\n");
            events + "data: [DONE]\n\n"
        }
        _ => text,
    })
}

fn text_of<'a>(expected: &'a Value, field: &str) -> &'a str {
    expected[field].as_str().unwrap_or_default()
}

fn check(name: &str, expected: &Value, reading: &Reading) {
    assert_eq!(reading.error, None, "{name}");
    let answer = &reading.content;
    assert_eq!(answer.text, text_of(expected, "text"), "{name}: text");
    assert_eq!(answer.reasoning, text_of(expected, "reasoning"), "{name}: reasoning");
    let calls: Vec<_> = answer
        .calls
        .iter()
        .map(|(id, name, arguments)| (id.clone(), name.clone(), arguments.clone()))
        .collect();
    let expected_calls: Vec<_> = expected["tool_calls"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| {
            let field = |name: &str| text_of(call, name).to_string();
            (field("id"), field("name"), Ok(field("arguments")))
        })
        .collect();
    assert_eq!(calls, expected_calls, "{name}: tool calls");
    let (_, raw_reason) = answer.finish.as_ref().expect(name);
    assert_eq!(raw_reason.as_deref(), expected["finish_reason_raw"].as_str(), "{name}: finish reason");
    let finish = reading.events.iter().find_map(|event| match event {
        Event::Finish(finish) => Some(finish),
        _ => None,
    });
    let usage = finish.and_then(|finish| finish.usage.as_ref());
    let received = usage
        .and_then(|usage| usage.raw_json.as_deref())
        .map(|raw| serde_json::from_str::<Value>(raw).expect(raw));
    assert_eq!(received.unwrap_or_default(), expected["usage"], "{name}: usage");
    if let Some(prompt) = expected["usage"]["prompt_tokens"].as_u64() {
        assert_eq!(usage.and_then(|usage| usage.input), Some(prompt), "{name}: input tokens");
    }
    let model = reading.events.iter().find_map(|event| match event {
        Event::Response(info) => info.model.clone(),
        _ => None,
    });
    assert_eq!(
        model.as_deref(),
        expected["model"].as_str().filter(|model| !model.is_empty()),
        "{name}: model"
    );
}

#[test]
fn each_recorded_response_decodes_as_expected() {
    let Some(list) = corpora::text("streams/expected.json") else { return };
    let list: Value = serde_json::from_str(&list).expect("expectations");
    let list = list.as_object().expect("one entry for each recording");
    assert!(list.len() > 20, "most recordings are missing");
    for (file, expected) in list {
        let body = wire(file, text_of(expected, "framing")).expect(file);
        check(file, expected, &decode(&[body.as_bytes()]));
        for size in [1, 7, 1000] {
            check(file, expected, &decode(&reads_of(body.as_bytes(), size)));
        }
    }
}
