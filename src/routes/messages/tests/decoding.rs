//! What a stream of this route may do.

use super::*;

pub(super) const THINKING: &str = r#"{"type":"thinking","thinking":"","signature":""}"#;
pub(super) const TEXT: &str = r#"{"type":"text","text":""}"#;
const CALL: &str = r#"{"type":"tool_use","id":"toolu_1","name":"read","input":{}}"#;

pub(super) fn thought(index: usize, text: &str) -> String {
    delta(index, &format!(r#"{{"type":"thinking_delta","thinking":"{text}"}}"#))
}

pub(super) fn signature(index: usize, signature: &str) -> String {
    delta(index, &format!(r#"{{"type":"signature_delta","signature":"{signature}"}}"#))
}

#[test]
fn a_message_is_thinking_text_and_calls_with_their_replays() {
    let reading = message(
        &[
            begin(0, THINKING),
            thought(0, "hm"),
            thought(0, "m"),
            r#"{"type": "ping"}"#.to_string(),
            signature(0, "c2ln"),
            end(0),
            begin(1, TEXT),
            text(1, "I "),
            text(1, "read"),
            end(1),
            begin(2, CALL),
            input(2, ""),
            input(2, "{\"path\":"),
            input(2, "\"a\"}"),
            end(2),
        ],
        "tool_use",
    );
    let found = content(&reading);
    assert_eq!((found.reasoning.as_str(), found.text.as_str()), ("hmm", "I read"));
    assert_eq!(found.calls, [("toolu_1".into(), "read".into(), Ok(r#"{"path":"a"}"#.into()))]);
    assert_eq!(found.finish, Some((FinishReason::ToolCalls, Some("tool_use".into()))));
    assert_eq!(replays(&reading), [Some(r#"{"route":"messages","signature":"c2ln"}"#.into()), None, None]);
    assert_eq!(found.warnings, Vec::<String>::new());
}

/// The same events with blanks before the last brace, of which Anthropic writes a different number each time [55].
#[test]
fn padding_changes_nothing() {
    let events = [begin(0, TEXT), text(0, "a"), text(0, "b"), text(0, "c\\n\\\"d\\\""), text(0, ""), end(0)];
    let padded: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(at, event)| format!("{}{} ", &event[..event.len() - 1], " ".repeat(at * 3) + "}"))
        .collect();
    assert_eq!(message(&padded, "end_turn").events, message(&events, "end_turn").events);
    assert_eq!(content(&message(&padded, "end_turn")).text, "abc\n\"d\"");
}

#[test]
fn a_delta_like_the_last_one_belongs_to_the_same_block_and_any_other_is_read_in_full() {
    for (events, expected) in [
        // Another index, another kind of delta, another field after the text.
        (&[text(0, "a"), text(0, "b"), text(1, "c"), text(1, "d")][..], "abcd"),
        (&[text(0, "a"), thought(0, "x"), text(0, "b")], "ab"),
        (&[text(0, "a"), delta(0, r#"{"type":"text_delta","text":"b","n":"}"}"#), text(0, "c")], "abc"),
        (&[text(0, "}"), text(0, "\\\"}"), text(0, "b")], "}\"}b"),
    ] {
        assert_eq!(content(&message(events, "end_turn")).text, expected);
    }
    // The keys in another order.
    let swapped = |text: &str| {
        format!(
            r#"{{"index":0,"delta":{{"text":"{text}","type":"text_delta"}},"type":"content_block_delta"}}"#
        )
    };
    assert_eq!(content(&message(&[swapped("a"), swapped("b"), swapped("c")], "end_turn")).text, "abc");
}

#[test]
fn stop_reasons_have_their_meaning() {
    for (word, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("refusal", FinishReason::Refusal),
        ("pause_turn", FinishReason::Other("pause_turn".into())),
        ("compaction", FinishReason::Other("compaction".into())),
        ("tool_use", FinishReason::Other("tool_use".into())),
        ("FAKE", FinishReason::Other("FAKE".into())),
    ] {
        let reading = message(&[text(0, "a")], word);
        assert_eq!(content(&reading).finish, Some((expected, Some(word.into()))), "{word}");
    }
}

#[test]
fn only_a_stop_reason_or_the_last_event_proves_that_the_message_is_whole() {
    let events = [START.to_string(), text(0, "a")];
    assert_eq!(kind(&decode(&events)), Some(ErrorKind::IncompleteStream));
    let with_reason = [&events[..], &[stop_reason("end_turn")]].concat();
    assert_eq!(reason(&decode(&with_reason)), Some(FinishReason::Stop));
    let with_stop = [&events[..], &[STOP.to_string()]].concat();
    assert_eq!(reason(&decode(&with_stop)), Some(FinishReason::Other("unknown".into())));
    // Of a relay that translates [29]: no proof, and no obstacle.
    let done = [&events[..], &["[DONE]".to_string()]].concat();
    assert_eq!(kind(&decode(&done)), Some(ErrorKind::IncompleteStream));
    let done = [&with_reason[..], &["[DONE]".to_string()]].concat();
    assert_eq!(reason(&decode(&done)), Some(FinishReason::Stop));
    assert_eq!(kind(&decode(&[STOP])), Some(ErrorKind::IncompleteStream));
    assert_eq!(kind(&decode(&["[DONE]"])), Some(ErrorKind::IncompleteStream));
}

#[test]
fn a_last_event_without_its_blank_line_counts() {
    for end in ["", "\n"] {
        let body = stream(&[START.to_string(), text(0, "a"), stop_reason("end_turn")]);
        let body = format!("{}{end}", body.trim_end());
        for size in [1, 3, usize::MAX] {
            assert_eq!(reason(&recorded::decode(&ROUTE, body.as_bytes(), size)), Some(FinishReason::Stop));
        }
    }
}

#[test]
fn errors_end_the_message_wherever_they_stand() {
    let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let limited =
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"},"request_id":"req_1"}"#;
    let failed = r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#;
    for (error, expected) in [
        (overloaded, ErrorKind::Overloaded),
        (limited, ErrorKind::RateLimited),
        (failed, ErrorKind::Server),
        (
            r#"{"error":{"message":"m","type":"new_api_error","code":"insufficient_user_quota"}}"#,
            ErrorKind::Billing,
        ),
        (
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
            ErrorKind::ContextLengthExceeded,
        ),
    ] {
        assert_eq!(kind(&decode(&[error])), Some(expected.clone()), "{error}");
        let reading = decode(&[START, &text(0, "a"), error]);
        assert_eq!(kind(&reading), Some(expected.clone()), "{error}");
        // The bare error of a gateway whose upstream has failed, between two events and over many lines [30].
        let body = stream(&[START.to_string(), text(0, "a")]);
        for bare in [error.to_string(), error.replace(",\"", ",\n  \"")] {
            for end in ["", "\n", "\n\n"] {
                for size in [1, 3, usize::MAX] {
                    let body = format!("{body}{bare}{end}");
                    let reading = recorded::decode(&ROUTE, body.as_bytes(), size);
                    assert_eq!(kind(&reading), Some(expected.clone()), "{bare:?} {end:?} {size}");
                }
            }
        }
    }
}

#[test]
fn a_second_message_of_the_same_id_is_ignored_and_one_of_another_is_an_error() {
    let twice =
        [START.to_string(), START.to_string(), text(0, "a"), stop_reason("end_turn"), STOP.to_string()];
    assert_eq!(content(&decode(&twice)).text, "a");
    let other = START.replace("msg_1", "msg_2");
    for events in [
        &[START.to_string(), text(0, "a"), other.clone(), text(0, "b")][..],
        &[START.to_string(), text(0, "a"), stop_reason("end_turn"), other, text(0, "b"), STOP.to_string()],
    ] {
        assert_eq!(kind(&decode(events)), Some(ErrorKind::Protocol));
    }
}

#[test]
fn a_block_may_be_whole_where_it_begins_and_a_message_where_it_starts() {
    let blocks = r#"[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"a"},
        {"type":"tool_use","id":"t","name":"f","input":{"a":1.50},"caller":{"type":"code_execution_20260120","tool_id":"srv"}}]"#;
    let started = START
        .replace("\"content\":[]", &format!("\"content\":{}", blocks.replace('\n', " ")))
        .replace("\"stop_reason\":null", "\"stop_reason\":\"tool_use\"");
    let whole = format!(
        r#"{{"id":"msg_1","type":"message","model":"m","content":{blocks},"stop_reason":"tool_use","usage":{{"input_tokens":1,"output_tokens":2}}}}"#
    );
    let blocks: Value = serde_json::from_str(blocks).expect("JSON");
    let one_by_one: Vec<String> =
        (0..3).flat_map(|at| [begin(at, &blocks[at].to_string().replace("1.5", "1.50")), end(at)]).collect();
    for reading in [
        decode(&[started.as_str(), STOP]),
        message(&one_by_one, "tool_use"),
        recorded::decode(&ROUTE, whole.as_bytes(), 7),
        decode(&[whole.replace('\n', "").as_str()]),
    ] {
        let found = content(&reading);
        assert_eq!((found.reasoning.as_str(), found.text.as_str()), ("hm", "a"));
        assert_eq!(found.calls, [("t".into(), "f".into(), Ok(r#"{"a":1.50}"#.into()))]);
        assert_eq!(found.finish, Some((FinishReason::ToolCalls, Some("tool_use".into()))));
        let [thinking, text, call] = &replays(&reading)[..] else { panic!("{:?}", reading.events) };
        assert_eq!(thinking.as_deref(), Some(r#"{"route":"messages","signature":"s"}"#));
        assert_eq!(*text, None);
        assert!(call.as_deref().expect("the caller").contains("code_execution_20260120"));
    }
}

#[test]
fn fragments_count_more_than_the_input_of_the_beginning() {
    let begun = r#"{"type":"tool_use","id":"t","name":"f","input":{"a":1}}"#;
    let reading = message(&[begin(0, begun), input(0, "{\"a\":2}"), end(0)], "tool_use");
    assert_eq!(content(&reading).calls[0].2, Ok("{\"a\":2}".into()));
    let reading = message(&[begin(0, CALL), end(0)], "tool_use");
    assert_eq!(content(&reading).calls[0].2, Ok("{}".into()));
    let reading = message(&[begin(0, CALL), input(0, "{\"a\":")], "max_tokens");
    assert_eq!(content(&reading).calls[0].2, Err("{\"a\":".into()));
}

/// Indexes are names: with holes, used twice, or of blocks that were never opened [46].
#[test]
fn indexes_are_names_and_a_delta_of_another_kind_opens_a_block_of_its_kind() {
    let second = CALL.replace("toolu_1", "toolu_2");
    let reading = message(
        &[
            text(7, "a"),
            end(7),
            begin(9, CALL),
            input(9, "{\"a\":"),
            // Into an open call.
            text(9, "b"),
            input(9, "1}"),
            thought(9, "t"),
            // The same index for another block, without an end of the first one.
            begin(9, &second),
            input(9, "{}"),
            end(9),
            end(9),
            end(3),
        ],
        "tool_use",
    );
    let found = content(&reading);
    assert_eq!((found.text.as_str(), found.reasoning.as_str()), ("ab", "t"));
    let calls = [
        ("toolu_1".into(), "read".into(), Ok("{\"a\":1}".into())),
        ("toolu_2".into(), "read".into(), Ok("{}".into())),
    ];
    assert_eq!(found.calls, calls);
    // After the end of a call.
    let reading =
        message(&[begin(0, CALL), input(0, "{}"), end(0), input(0, "{}"), input(0, "x")], "tool_use");
    let found = content(&reading);
    assert_eq!((found.calls.len(), found.warnings.len()), (1, 1));
}

#[test]
fn a_message_without_its_start_or_with_a_bare_one_is_read() {
    let without = [text(0, "a"), stop_reason("end_turn"), STOP.to_string()];
    assert_eq!(content(&decode(&without)).text, "a");
    for start in [r#"{"type":"message_start"}"#, r#"{"type":"message_start","message":{"id":"x"}}"#] {
        let events = [start.to_string(), text(0, "a"), stop_reason("end_turn"), STOP.to_string()];
        assert_eq!(content(&decode(&events)).text, "a");
    }
}

#[test]
fn text_that_is_no_message_is_an_error() {
    for (body, expected) in [
        ("{\"choices\":[]}", ErrorKind::Protocol),
        ("{\"id\":\"msg_1\",\"content\":[{\"type\":\"text\"", ErrorKind::IncompleteStream),
        (
            "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"model: x\"}}",
            ErrorKind::ModelNotFound,
        ),
        ("{\"success\":false,\"message\":\"余额不足\"}", ErrorKind::Billing),
    ] {
        assert_eq!(kind(&recorded::decode(&ROUTE, body.as_bytes(), 5)), Some(expected), "{body}");
    }
    let skipped: Vec<String> = (0..17).map(|at| format!("line {at}")).collect();
    assert_eq!(kind(&decode(&skipped)), Some(ErrorKind::Protocol));
    let one = [START.to_string(), "what?".into(), text(0, "a"), stop_reason("end_turn"), STOP.into()];
    assert_eq!(content(&decode(&one)).warnings.len(), 1);
}

/// Each of these takes memory or time until it is stopped.
#[test]
fn a_stream_without_end_meets_a_cap() {
    let run = |events: &mut dyn Iterator<Item = String>| {
        let body: String =
            [START.to_string()].into_iter().chain(events).map(|event| format!("data: {event}\n\n")).collect();
        kind(&recorded::decode(&ROUTE, body.as_bytes(), usize::MAX))
    };
    let mut blocks = (0..20_000).map(|at| begin(at, THINKING));
    assert_eq!(run(&mut blocks), Some(ErrorKind::Protocol), "events that nobody takes");
    let mut calls = (0..2_000).map(|at| begin(at, CALL));
    assert_eq!(run(&mut calls), Some(ErrorKind::Protocol));
    let long = "x".repeat(500_000);
    let mut signatures = (0..40).map(|_| signature(0, &long));
    assert_eq!(run(&mut signatures), Some(ErrorKind::Protocol));
    let vendor = begin(0, &format!(r#"{{"type":"server_tool_use","id":"{long}"}}"#));
    let mut vendors = (0..40).map(|_| vendor.clone());
    assert_eq!(run(&mut vendors), Some(ErrorKind::Protocol));
}
