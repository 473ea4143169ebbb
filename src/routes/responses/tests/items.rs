//! Items: which of them an event is about, and the blocks that they become.

use super::*;

const ADDED_CALL: &str = r#"output_item.added "output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":""}"#;
const DONE_CALL: &str = r#"output_item.done "output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"a\":1}"}"#;

fn call(arguments: &str) -> (String, String, Result<String, String>) {
    ("call_1".into(), "f".into(), Ok(arguments.into()))
}

#[test]
fn a_call_is_read_from_whatever_part_of_it_was_sent() {
    let one = r#"function_call_arguments.delta "output_index":0,"item_id":"fc_1","delta":"{\"a\"""#;
    let two = r#"function_call_arguments.delta "output_index":0,"item_id":"fc_1","delta":":1}""#;
    let whole = r#"function_call_arguments.done "output_index":0,"item_id":"fc_1","arguments":"{\"a\":1}""#;
    for events in [
        &[ADDED_CALL, one, two, whole, DONE_CALL][..],
        // LM Studio sends no deltas.
        &[ADDED_CALL, whole, DONE_CALL],
        &[ADDED_CALL, whole],
        &[ADDED_CALL, one, two],
        &[ADDED_CALL, one, whole],
        &[ADDED_CALL, DONE_CALL],
        &[DONE_CALL, DONE_CALL],
        &[one, two, DONE_CALL],
        &[ADDED_CALL, ADDED_CALL, one, one, whole],
    ] {
        let read = decode_stream(&[events, &[COMPLETED]].concat());
        assert_eq!(read.content.calls, [call(r#"{"a":1}"#)], "{events:?}");
        assert_eq!(read.reason(), FinishReason::ToolCalls);
    }
}

#[test]
fn a_call_ends_with_its_item_and_not_with_the_response() {
    let text = r#"output_text.delta "output_index":1,"delta":"so""#;
    let read = decode_stream(&[ADDED_CALL, DONE_CALL, text, COMPLETED]);
    let at = |wanted: fn(&Event) -> bool| read.events.iter().position(wanted);
    let end = at(|event| matches!(event, Event::BlockEnd(end) if end.arguments.is_some()));
    let start = at(|event| matches!(event, Event::BlockStart(start) if start.kind == BlockKind::Text));
    assert!(end < start, "{read:?}");
}

#[test]
fn a_call_keeps_what_it_needs_to_go_back() {
    let done = DONE_CALL
        .replace("\"name\"", r#""namespace":"n","caller":{"type":"program","caller_id":"p"},"name""#);
    let read = decode_stream(&[ADDED_CALL, &done, COMPLETED]);
    assert_eq!(
        read.replays(),
        [r#"{"route":"responses","namespace":"n","caller":{"type":"program","caller_id":"p"}}"#]
    );
    assert_eq!(decode_stream(&[ADDED_CALL, DONE_CALL, COMPLETED]).replays(), Vec::<&str>::new());
}

#[test]
fn free_text_of_a_custom_tool_is_malformed_whatever_it_looks_like() {
    for input in ["*** Begin\n", "{\"a\":1}", "{}"] {
        let json = serde_json::to_string(input).expect("a string");
        let added = r#"output_item.added "output_index":0,"item":{"type":"custom_tool_call","id":"ctc","call_id":"call_1","name":"f","input":""}"#;
        let delta = format!(r#"custom_tool_call_input.delta "output_index":0,"delta":{json}"#);
        let whole = format!(r#"custom_tool_call_input.done "output_index":0,"input":{json}"#);
        let done = format!(
            r#"output_item.done "output_index":0,"item":{{"type":"custom_tool_call","call_id":"call_1","name":"f","input":{json}}}"#
        );
        for events in [&[added, &delta, &whole, &done][..], &[added, &done], &[&done], &[added, &whole]] {
            let read = decode_stream(&[events, &[COMPLETED]].concat());
            assert_eq!(
                read.content.calls,
                [("call_1".into(), "f".into(), Err(input.to_string()))],
                "{events:?}"
            );
            // Without the end of the item, the text that the host has goes back.
            let input = if events.contains(&&*done) { &*json } else { "true" };
            assert_eq!(read.replays(), [format!(r#"{{"route":"responses","input":{input}}}"#)]);
        }
    }
}

#[test]
fn items_interleave_and_end_in_any_order() {
    let read = decode_stream(&[
        r#"output_item.added "output_index":0,"item":{"type":"reasoning","id":"rs","summary":[]}"#,
        r#"output_item.added "output_index":1,"item":{"type":"message","id":"m"}"#,
        r#"output_text.delta "output_index":1,"content_index":0,"delta":"He""#,
        r#"reasoning_text.delta "output_index":0,"content_index":0,"delta":"I th""#,
        r#"output_text.delta "output_index":1,"content_index":0,"delta":"llo""#,
        r#"output_item.done "output_index":1,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":"Hello"}]}"#,
        r#"reasoning_text.delta "output_index":0,"content_index":0,"delta":"ink""#,
        r#"output_item.done "output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"e"}"#,
        COMPLETED,
    ]);
    assert_eq!(read.blocks(), ["reasoning I think", "text Hello"]);
    assert_eq!(read.replays(), [r#"{"route":"responses","id":"rs","summary":[],"encrypted_content":"e"}"#]);
}

#[test]
fn the_index_places_an_event_and_ids_that_change_do_not_matter() {
    let delta = |id: &str, text: &str| {
        format!(r#"output_text.delta "item_id":"{id}","output_index":1,"content_index":0,"delta":"{text}""#)
    };
    let read = decode_stream(&[
        r#"output_item.added "output_index":1,"item":{"type":"message","id":"a"}"#,
        &delta("b", "He"),
        &delta("c", "llo"),
        r#"output_item.done "output_index":1,"item":{"type":"message","id":"d","content":[{"type":"output_text","text":"Hello"}]}"#,
        COMPLETED,
    ]);
    assert_eq!(read.blocks(), ["text Hello"]);
}

#[test]
fn without_an_index_the_id_places_an_event_and_without_both_the_last_item_goes_on() {
    for (first, second) in [(r#""item_id":"a","#, r#""item_id":"b","#), ("", "")] {
        let delta = |id: &str, text: &str| format!(r#"output_text.delta {id}"delta":"{text}""#);
        let events = [
            r#"output_item.added "item":{"type":"message","id":"a"}"#,
            &delta(first, "One"),
            r#"output_item.done "item":{"type":"message","id":"a"}"#,
            r#"output_item.added "item":{"type":"message","id":"b"}"#,
            &delta(second, "Two"),
            r#"output_item.done "item":{"type":"message","id":"b","phase":"final_answer"}"#,
            COMPLETED,
        ];
        let read = decode_stream(&events);
        assert_eq!(read.blocks(), ["text One", "text Two"]);
        assert_eq!(read.replays(), [r#"{"route":"responses","message":true,"phase":"final_answer"}"#]);
    }
}

#[test]
fn an_index_that_is_used_for_everything_begins_an_item_for_each_kind() {
    let read = decode_stream(&[
        r#"reasoning_summary_text.delta "output_index":0,"delta":"Hm""#,
        r#"output_text.delta "output_index":0,"delta":"Hi""#,
        &ADDED_CALL.replace("response.", ""),
        r#"function_call_arguments.delta "output_index":0,"delta":"{}""#,
        COMPLETED,
    ]);
    assert_eq!(read.blocks(), ["reasoning Hm", "text Hi", "call_1 f {}"]);
}

#[test]
fn texts_that_are_not_one_message_have_a_replay_that_says_so() {
    let done = |index: usize, parts: &[&str], phase: &str| {
        let parts: Vec<String> =
            parts.iter().map(|text| format!(r#"{{"type":"output_text","text":"{text}"}}"#)).collect();
        format!(
            r#"output_item.done "output_index":{index},"item":{{"type":"message"{phase},"content":[{}]}}"#,
            parts.join(",")
        )
    };
    let replays = |events: &[String]| {
        let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
        events.push(COMPLETED);
        decode_stream(&events).replays().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(replays(&[done(0, &["a", "b"], "")]), Vec::<String>::new());
    assert_eq!(
        replays(&[done(0, &["a"], ""), done(1, &["b", "c"], "")]),
        [r#"{"route":"responses","message":true}"#]
    );
    let phase = r#","phase":"commentary""#;
    assert_eq!(
        replays(&[done(0, &["a", "b"], phase)]),
        [
            r#"{"route":"responses","message":true,"phase":"commentary"}"#,
            r#"{"route":"responses","phase":"commentary"}"#
        ]
    );
}

#[test]
fn an_item_of_the_vendors_own_is_kept_whole_in_its_place_with_one_warning() {
    let item =
        r#"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"a":[1.50,"\u0041"]}}"#;
    let read = decode_stream(&[
        r#"output_item.added "output_index":0,"item":{"type":"web_search_call","id":"ws_1","status":"in_progress"}"#,
        r#"web_search_call.searching "output_index":0,"item_id":"ws_1""#,
        r#"output_item.added "output_index":1,"item":{"type":"mcp_new_thing"}"#,
        r#"output_text.delta "output_index":2,"delta":"Found""#,
        &format!(r#"output_item.done "output_index":0,"item":{item}"#),
        r#"output_item.done "output_index":1,"item":{"type":"mcp_new_thing"}"#,
        COMPLETED,
    ]);
    assert_eq!(read.blocks(), ["reasoning ", "reasoning ", "text Found"]);
    assert_eq!(read.replays()[0], format!(r#"{{"route":"responses","item":{item}}}"#));
    assert_eq!(read.content.warnings.len(), 1, "{:?}", read.content.warnings);
}

#[test]
fn the_terminal_event_counts_where_nothing_was_streamed_and_for_what_had_no_end() {
    let items = r#"[{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"e"},{"type":"message","content":[{"type":"output_text","text":"Hello"}]}]"#;
    let end = COMPLETED.replace("[]", items);
    for events in [
        &[CREATED][..],
        &[
            r#"output_item.added "output_index":0,"item":{"type":"reasoning","id":"rs"}"#,
            r#"output_text.delta "output_index":1,"delta":"Hel""#,
        ],
    ] {
        let read = decode_stream(&[events, &[&end]].concat());
        assert_eq!(read.blocks(), ["reasoning ", "text Hello"]);
        assert!(read.replays()[0].contains(r#""encrypted_content":"e""#));
        assert_eq!(read.content.warnings, Vec::<String>::new());
    }
    // Some of them only: which ones is not certain, so they are reported and not guessed.
    let read = decode_stream(&[r#"output_text.delta "output_index":0,"delta":"Other""#, &end]);
    assert_eq!((read.content.text.as_str(), read.content.warnings.len()), ("Other", 1));
}

#[test]
fn too_many_items_and_parts_end_the_response() {
    let many: String = (0..5000)
        .map(|at| stream(&[&format!(r#"output_text.delta "output_index":{at},"delta":"a""#)]))
        .collect();
    assert_eq!(decode_with(&[many.as_bytes()], true).kind(), Some(ErrorKind::Protocol));
    let many: String = (0..300)
        .map(|at| {
            stream(&[&format!(r#"output_text.delta "output_index":0,"content_index":{at},"delta":"a""#)])
        })
        .collect();
    assert_eq!(decode_with(&[many.as_bytes()], true).kind(), Some(ErrorKind::Protocol));
}
