//! Texts: deltas, wholes and what is between them.

use super::*;
use crate::contract::Usage;

const DELTA: &str = r#"output_text.delta "output_index":0,"content_index":0,"item_id":"m","#;

fn delta(rest: &str) -> String {
    format!("{DELTA}{rest}")
}

#[test]
fn a_response_is_its_head_its_text_and_its_usage() {
    let events = [CREATED, "in_progress", &delta(r#""delta":"Hel""#), &delta(r#""delta":"lo""#), COMPLETED];
    let read = decode_stream(&events);
    let Some(Event::Response(info)) = read.events.first() else { panic!("{read:?}") };
    assert_eq!((info.id.as_deref(), info.model.as_deref()), (Some("r"), Some("gpt-5.4-2026-03-05")));
    assert_eq!((info.created, info.route.as_str()), (Some(1_700_000_000), "responses"));
    assert_eq!(read.blocks(), ["text Hello"]);
    let finish = read.finish();
    assert_eq!((&finish.reason, finish.raw_reason.as_deref()), (&FinishReason::Stop, Some("completed")));
    let usage = finish.usage.clone().expect("usage");
    let expected = Usage { raw_json: usage.raw_json.clone(), ..usage.clone() };
    assert_eq!(usage, expected);
    assert_eq!((usage.input, usage.output, usage.total), (Some(7), Some(5), Some(12)));
    assert_eq!((usage.cache_read, usage.reasoning), (Some(3), Some(2)));
}

#[test]
fn numbered_and_padded_deltas_are_read_alike_on_the_fast_path() {
    let texts = ["a", "b\\n", "\\u00e9", "", "x\\ud83d", "\\ude00", "c"];
    let events: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            delta(&format!(
                r#""delta":"{text}","logprobs":[],"sequence_number":{},"obfuscation":"{}""#,
                at + 8,
                "p".repeat(at)
            ))
        })
        .collect();
    let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
    events.extend([r#"output_text.done "output_index":0,"content_index":0,"text":"ab\néx😀c""#, COMPLETED]);
    let read = decode_stream(&events);
    assert_eq!(read.content.text, "ab\néx😀c");
    // Halves of a character in the deltas are a whole one in the text, which is no difference.
    assert_eq!(read.content.warnings, Vec::<String>::new());
}

#[test]
fn a_whole_text_hands_out_what_its_deltas_lack() {
    let done = r#"output_text.done "output_index":0,"content_index":0,"text":"Hello""#;
    let part = r#"content_part.done "output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hello","annotations":[]}"#;
    let item = r#"output_item.done "output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello"}]}"#;
    for whole in [done, part, item] {
        for deltas in [&[][..], &[r#""delta":"Hel""#], &[r#""delta":"Hel""#, r#""delta":"lo""#]] {
            let deltas: Vec<String> = deltas.iter().map(|rest| delta(rest)).collect();
            let mut events: Vec<&str> = deltas.iter().map(String::as_str).collect();
            events.extend([whole, whole, item, COMPLETED]);
            let read = decode_stream(&events);
            assert_eq!(read.blocks(), ["text Hello"], "{whole}");
            assert_eq!(read.content.warnings, Vec::<String>::new());
        }
    }
}

#[test]
fn a_whole_text_that_differs_is_reported_once_and_changes_nothing() {
    let done = r#"output_text.done "output_index":0,"content_index":0,"text":"Other""#;
    let item = r#"output_item.done "output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"H"}]}"#;
    let read = decode_stream(&[&delta(r#""delta":"Hello""#), done, item, COMPLETED]);
    assert_eq!(read.content.text, "Hello");
    assert_eq!(read.content.warnings.len(), 1, "{:?}", read.content.warnings);
}

#[test]
fn a_refusal_is_a_block_of_its_own() {
    for events in [
        &[
            r#"refusal.delta "output_index":0,"content_index":0,"delta":"No""#,
            r#"refusal.done "output_index":0,"content_index":0,"refusal":"No.""#,
        ][..],
        &[
            r#"output_item.done "output_index":0,"item":{"type":"message","content":[{"type":"refusal","refusal":"No."}]}"#,
        ],
    ] {
        let read = decode_stream(&[events, &[COMPLETED]].concat());
        assert_eq!(
            (read.blocks(), read.reason()),
            (["refusal No."].map(String::from).into(), FinishReason::Refusal)
        );
    }
    // Beside a text it is no reason of its own.
    let read = decode_stream(&[
        &delta(r#""delta":"Hi""#),
        r#"refusal.delta "output_index":0,"content_index":1,"delta":"No""#,
        COMPLETED,
    ]);
    assert_eq!((read.blocks().len(), read.reason()), (2, FinishReason::Stop));
}

#[test]
fn parts_of_a_reasoning_are_one_block_with_blank_lines_between_them() {
    let read = decode_stream(&[
        r#"output_item.added "output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"half"}"#,
        r#"reasoning_summary_part.added "output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}"#,
        r#"reasoning_summary_text.delta "output_index":0,"summary_index":0,"delta":"One""#,
        r#"reasoning_summary_text.done "output_index":0,"summary_index":0,"text":"One""#,
        r#"reasoning_summary_text.delta "output_index":0,"summary_index":1,"delta":"Tw""#,
        r#"reasoning_summary_part.done "output_index":0,"summary_index":1,"part":{"type":"summary_text","text":"Two"}"#,
        r#"output_item.done "output_index":0,"item":{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"One"},{"type":"summary_text","text":"Two"},{"type":"summary_text","text":"Three"}],"encrypted_content":"whole"}"#,
        &delta(r#""delta":"Hi""#).replace(":0", ":1"),
        COMPLETED,
    ]);
    assert_eq!(read.blocks(), ["reasoning One\n\nTwo\n\nThree", "text Hi"]);
    let [replay] = read.replays()[..] else { panic!("{read:?}") };
    assert!(
        replay.contains(r#""encrypted_content":"whole""#)
            && replay.contains(r#"{"type":"summary_text","text":"Three"}]"#),
        "{replay}"
    );
}

#[test]
fn the_full_text_of_a_reasoning_counts_and_not_its_summary_as_well() {
    let item = r#""item":{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"Short"}],"content":[{"type":"reasoning_text","text":"Long"}]}"#;
    for delta in ["", r#"reasoning_text.delta "output_index":0,"content_index":0,"delta":"Lo""#] {
        let done = format!(r#"output_item.done "output_index":0,{item}"#);
        let late = r#"reasoning_summary_text.delta "output_index":0,"summary_index":0,"delta":"Short""#;
        let events: Vec<&str> = [delta, if delta.is_empty() { "" } else { late }, &done, COMPLETED]
            .into_iter()
            .filter(|event| !event.is_empty())
            .collect();
        assert_eq!(decode_stream(&events).blocks(), ["reasoning Long"]);
    }
}

#[test]
fn a_host_that_wants_no_reasoning_gets_its_replay_all_the_same() {
    let body = stream(&[
        r#"reasoning_summary_text.delta "output_index":0,"summary_index":0,"delta":"One""#,
        r#"output_item.done "output_index":0,"item":{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"One"}],"encrypted_content":"e"}"#,
        COMPLETED,
    ]);
    let read = decode_with(&[body.as_bytes()], false);
    assert_eq!(read.blocks(), ["reasoning "]);
    assert!(read.replays()[0].contains(r#""summary":[{"type":"summary_text","text":"One"}]"#), "{read:?}");
}

#[test]
fn annotations_and_the_tier_are_extras() {
    let added =
        r#"output_text.annotation.added "output_index":0,"annotation":{"type":"url_citation","url":"u"}"#;
    let done = r#"output_item.done "output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hi","annotations":[{"type":"url_citation","url":"u"}]}]}"#;
    let end = COMPLETED.replace("\"status\"", "\"service_tier\":\"default\",\"status\"");
    for events in
        [&[&delta(r#""delta":"Hi""#), added, done][..], &[done], &[&delta(r#""delta":"Hi""#), added]]
    {
        let read = decode_stream(&[events, &[&end]].concat());
        let expected = r#"{"annotations":[{"type":"url_citation","url":"u"}],"service_tier":"default"}"#;
        assert_eq!(read.finish().extra_json.as_deref(), Some(expected));
    }
    assert_eq!(decode_stream(&[&delta(r#""delta":"Hi""#), COMPLETED]).finish().extra_json, None);
}
