//! Entries of `reasoning_details` in fragments: one entry for each unit goes back [81].

use super::replay_units::sent_back;
use super::*;
use crate::routes::chat_completions::replay::Replay;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The entries that go back for these entries, each in a chunk of its own; a text stands for content.
fn details_of(entries: &[&str]) -> Vec<String> {
    let deltas: Vec<String> = entries
        .iter()
        .map(|entry| match entry.starts_with('{') {
            true => std::format!(r#"{{"reasoning_details":[{entry}]}}"#),
            false => std::format!(r#"{{"content":"{entry}"}}"#),
        })
        .collect();
    let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
    let reading = response_of(&deltas, "stop");
    let replay = reading.events.iter().rev().find_map(|event| match event {
        Event::BlockEnd(end) => end.replay.as_deref(),
        _ => None,
    });
    Replay::parse(replay.expect("a replay")).expect("ours").details
}

#[test]
fn fragments_are_joined_by_index_type_and_id() {
    for (entries, expected) in [
        // As an entry came, to the byte.
        (
            &[r#"{"z": 1.50e0,"type":"reasoning.text","text":"a\u0041"}"#][..],
            &[r#"{"z": 1.50e0,"type":"reasoning.text","text":"a\u0041"}"#][..],
        ),
        (
            &[
                r#"{"type":"reasoning.text","text":"Let","format":"f","index":0}"#,
                r#"{"type":"reasoning.text","text":" me\n","format":"f","index":0}"#,
                "content",
                r#"{"type":"reasoning.text","signature":"SIG","format":"f","index":0}"#,
            ],
            &[r#"{"type":"reasoning.text","text":"Let me\n","format":"f","index":0,"signature":"SIG"}"#],
        ),
        // A type and an index of each kind, and half a character in each fragment.
        (
            &[
                r#"{"type":"reasoning.summary","summary":"\ud83d","index":0}"#,
                r#"{"type":"reasoning.encrypted","data":"AA","id":"r1","index":0}"#,
                r#"{"type":"reasoning.summary","summary":"\ude00","index":0}"#,
                r#"{"type":"reasoning.encrypted","data":"BB","id":"r2","index":0}"#,
                r#"{"type":"reasoning.encrypted","data":"==","id":"r1","index":0}"#,
            ],
            &[
                r#"{"type":"reasoning.summary","summary":"\ud83d\ude00","index":0}"#,
                r#"{"type":"reasoning.encrypted","data":"AA==","id":"r1","index":0}"#,
                r#"{"type":"reasoning.encrypted","data":"BB","id":"r2","index":0}"#,
            ],
        ),
        // Out of order.
        (
            &[r#"{"text":"b","index":1}"#, r#"{"text":"a","index":0}"#, r#"{"text":"B","index":1}"#],
            &[r#"{"text":"a","index":0}"#, r#"{"text":"bB","index":1}"#],
        ),
        // Without an index: by the id, or the one before.
        (
            &[r#"{"id":"x","text":"a"}"#, r#"{"id":"y","text":"b"}"#, r#"{"id":"x","text":"c"}"#],
            &[r#"{"id":"x","text":"ac"}"#, r#"{"id":"y","text":"b"}"#],
        ),
        (
            &[
                r#"{"text":"a"}"#,
                r#"{"text":"b"}"#,
                r#"{"signature":"S"}"#,
                r#"{"data":"D"}"#,
                r#"{"data":"E"}"#,
            ],
            &[r#"{"text":"ab","signature":"S"}"#, r#"{"data":"D"}"#, r#"{"data":"E"}"#],
        ),
        (&[r#"{"text":"a"}"#, "content", r#"{"text":"b"}"#], &[r#"{"text":"a"}"#, r#"{"text":"b"}"#]),
        // The signature is of the last text.
        (
            &[r#"{"text":"a","index":0}"#, r#"{"data":"D","index":1}"#, "content", r#"{"signature":"S"}"#],
            &[r#"{"text":"a","index":0,"signature":"S"}"#, r#"{"data":"D","index":1}"#],
        ),
        // One id in several indexes, and an id that arrives late.
        (
            &[r#"{"id":"x","text":"a","index":0}"#, r#"{"id":"x","text":"b","index":1}"#],
            &[r#"{"id":"x","text":"a","index":0}"#, r#"{"id":"x","text":"b","index":1}"#],
        ),
        (
            &[
                r#"{"id":null,"text":"a","index":0}"#,
                r#"{"id":"x","text":"b","index":0}"#,
                r#"{"id":"x","text":"c"}"#,
            ],
            &[r#"{"id":"x","text":"abc","index":0}"#],
        ),
        // Everything once more, and a text that only looks so.
        (
            &[
                r#"{"text":"a","index":0}"#,
                r#"{"signature":"S","index":0}"#,
                "content",
                r#"{"text":"a","signature":"S","index":0}"#,
            ],
            &[r#"{"text":"a","index":0,"signature":"S"}"#],
        ),
        (&[r#"{"text":"ha","index":0}"#, r#"{"text":"ha","index":0}"#], &[r#"{"text":"haha","index":0}"#]),
        // The next block counts anew.
        (
            &[
                r#"{"text":"a","signature":"S","index":0}"#,
                "content",
                r#"{"text":"b","index":0}"#,
                r#"{"signature":"T","index":0}"#,
            ],
            &[r#"{"text":"a","signature":"S","index":0}"#, r#"{"text":"b","index":0,"signature":"T"}"#],
        ),
    ] {
        assert_eq!(details_of(entries), expected, "{entries:?}");
    }
}

/// A whole entry with its index, as a vendor would send it without a stream.
fn entry(index: usize, kind: u8, text: &str, signed: bool) -> Value {
    match kind {
        0 if signed => {
            json!({"type": "reasoning.text", "text": text, "format": "f", "index": index, "signature": "S=="})
        }
        0 => json!({"type": "reasoning.text", "text": text, "format": "f", "index": index}),
        1 => json!({"type": "reasoning.summary", "summary": text, "format": "f", "index": index}),
        _ => json!({"type": "reasoning.encrypted", "data": text, "format": "f", "index": index, "id": "r"}),
    }
}

/// The entry in pieces of so many characters, its signature in one more.
fn fragments(whole: &Value, size: usize) -> Vec<Value> {
    let name =
        ["text", "summary", "data"].into_iter().find(|name| whole.get(*name).is_some()).expect("a text");
    let text: Vec<char> = whole[name].as_str().expect("a text").chars().collect();
    let mut pieces = Vec::new();
    for piece in text.chunks(size.max(1)) {
        let mut fragment = whole.clone();
        fragment[name] = piece.iter().collect::<String>().into();
        fragment.as_object_mut().expect("an object").remove("signature");
        pieces.push(fragment);
    }
    if let Some(signature) = whole.get("signature") {
        pieces.push(json!({"type": whole["type"], "index": whole["index"], "signature": signature}));
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the pieces, their order among each other and their chunks: the list of the vendor goes back.
    #[test]
    fn any_fragmentation_of_a_list_is_the_same_list(
        units in prop::collection::vec((0_u8..3, "[a-z\"\\\\é😀]{1,9}", any::<bool>(), 1_usize..5), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
        per_chunk in 1_usize..4,
    ) {
        let list: Vec<Value> = units
            .iter()
            .enumerate()
            .map(|(index, (kind, text, signed, _))| entry(index, *kind, text, *signed))
            .collect();
        let mut waiting: Vec<_> = list.iter().zip(&units).map(|(whole, unit)| fragments(whole, unit.3)).collect();
        let mut order = order.into_iter();
        let mut pieces = Vec::new();
        loop {
            waiting.retain(|pieces| !pieces.is_empty());
            if waiting.is_empty() {
                break;
            }
            let at = order.next().map_or(0, |index| index.index(waiting.len()));
            pieces.push(waiting[at].remove(0));
        }
        let deltas: Vec<String> =
            pieces.chunks(per_chunk).map(|chunk| json!({"reasoning_details": chunk}).to_string()).collect();
        let mut deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
        deltas.push(r#"{"content":"c"}"#);
        let message = sent_back(&response_of(&deltas, "stop"));
        prop_assert_eq!(&message["reasoning_details"], &Value::from(list));
    }
}

#[test]
fn many_entries_of_any_index_or_id_are_read() {
    for entry in [
        |at: usize| std::format!(r#"{{"text":"a","index":{at}}}"#),
        |at: usize| std::format!(r#"{{"text":"a","index":{}}}"#, 30_000 - at),
        |at: usize| std::format!(r#"{{"text":"a","id":"{at}"}}"#),
        |_| r#"{"text":"a","index":0}"#.to_string(),
        |_| r#"{"data":"a"}"#.to_string(),
    ] {
        let deltas: Vec<String> = (0..300)
            .map(|chunk| {
                let entries: Vec<String> = (0..90).map(|at| entry(chunk * 90 + at)).collect();
                delta(&std::format!(r#"{{"reasoning_details":[{}]}}"#, entries.join(",")))
            })
            .chain([finish("stop")])
            .collect();
        let body = stream(&deltas.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(decode(&[body.as_bytes()]).error, None);
    }
}
