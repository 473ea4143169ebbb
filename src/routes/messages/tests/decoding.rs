//! What a stream of this route may do.

use super::*;

const THINKING: &str = r#"{"type":"thinking","thinking":"","signature":""}"#;
const TEXT: &str = r#"{"type":"text","text":""}"#;
const CALL: &str = r#"{"type":"tool_use","id":"toolu_1","name":"read","input":{}}"#;

fn thought(index: usize, text: &str) -> String {
    delta(index, &format!(r#"{{"type":"thinking_delta","thinking":"{text}"}}"#))
}

fn signature(index: usize, signature: &str) -> String {
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
        // Another index, another kind of delta, another field behind the text.
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
fn a_signature_may_come_late_and_without_one_nothing_goes_back() {
    let signed = Some(r#"{"route":"messages","signature":"s1"}"#.to_string());
    for (events, expected) in [
        (&[begin(0, THINKING), thought(0, "t"), signature(0, "s1"), end(0)][..], &[signed.clone()][..]),
        (&[begin(0, THINKING), thought(0, "t"), end(0), signature(0, "s1")], &[signed.clone()]),
        (
            &[begin(0, THINKING), thought(0, "t"), end(0), text(1, "a"), signature(1, "s1")],
            &[signed.clone(), None],
        ),
        (&[begin(0, THINKING), thought(0, "t"), end(0), text(1, "a")], &[None, None]),
        (
            &[begin(0, &THINKING.replace("\"signature\":\"\"", "\"signature\":\"s1\"")), end(0)],
            &[signed.clone()],
        ),
        // With `display: omitted` there is no text.
        (&[begin(0, THINKING), signature(0, "s1"), end(0)], &[signed.clone()]),
        (&[signature(0, "s1"), text(1, "a")], &[signed.clone(), None]),
        // No signature of a reasoning.
        (&[text(0, "a"), signature(0, "s1")], &[None]),
        (&[begin(0, THINKING), signature(0, ""), end(0), text(1, "a")], &[None, None]),
    ] {
        assert_eq!(replays(&message(events, "end_turn")), expected, "{events:?}");
    }
}

#[test]
fn withheld_reasoning_goes_back_with_its_text() {
    use crate::errors::Scrubber;
    use crate::response::ResponseReader;
    let context = crate::routes::ResponseContext {
        head: crate::http_head::ResponseHead::default(),
        scrubber: Scrubber::default(),
        reasoning_text: false,
    };
    let mut reader = ResponseReader::new((ROUTE.decoder)(context));
    let mut out = crate::events::Assembler::new(1, Vec::new());
    let events = [
        START.to_string(),
        begin(0, THINKING),
        thought(0, "a\\n\\ud83d"),
        thought(0, "\\ude00"),
        signature(0, "s1"),
        end(0),
        stop_reason("end_turn"),
        STOP.to_string(),
    ];
    reader.push(stream(&events).as_bytes(), &mut out).expect("a response");
    let reading = Reading { events: out.take(99), error: None };
    assert_eq!(content(&reading).reasoning, "");
    assert_eq!(replays(&reading), [Some(r#"{"route":"messages","signature":"s1","text":"a\n😀"}"#.into())]);
}

#[test]
fn blocks_of_the_vendors_own_tools_are_kept_whole_with_one_warning() {
    let search = r#"{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{},"caller":{"type":"direct"}}"#;
    let result =
        r#"{"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"encrypted_content":"x\/="}]}"#;
    let reading = message(
        &[
            begin(0, search),
            input(0, "{\"query\":"),
            input(0, "\"a\"}"),
            end(0),
            begin(1, result),
            end(1),
            text(2, "a"),
        ],
        "end_turn",
    );
    let search = search.replace("\"input\":{}", "\"input\":{\"query\":\"a\"}");
    let replay = |block: &str| Some(format!(r#"{{"route":"messages","block":{block}}}"#));
    assert_eq!(replays(&reading), [replay(&search), replay(result), None]);
    assert_eq!(content(&reading).warnings.len(), 1);

    let compaction = [
        begin(0, r#"{"type":"compaction","content":null}"#),
        delta(0, r#"{"type":"compaction_delta","content":"so far","encrypted_content":"e"}"#),
        end(0),
    ];
    let expected = replay(r#"{"type":"compaction","content":"so far","encrypted_content":"e"}"#);
    assert_eq!(replays(&message(&compaction, "end_turn")), [expected]);

    let redacted = r#"{"type":"redacted_thinking","data":"ab\u003d"}"#;
    let reading = message(&[begin(0, redacted), end(0), text(1, "a")], "end_turn");
    assert_eq!(replays(&reading), [replay(redacted), None]);
    assert_eq!(content(&reading).warnings, Vec::<String>::new(), "redacted thinking is nothing unusual");

    // Broken off in its input: the vendor would refuse it.
    let reading = message(&[begin(0, &search), input(0, "{\"query\":")], "max_tokens");
    assert_eq!(replays(&reading), [None]);

    let fallback = r#"{"type":"fallback","from":{"model":"claude-opus-5"},"to":{"model":"claude-sonnet-5"}}"#;
    let warnings = content(&message(&[begin(0, fallback), end(0)], "end_turn")).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("claude-sonnet-5"), "{warnings:?}");
}

#[test]
fn citations_and_details_are_handed_out_and_citations_go_back() {
    let citation =
        |n: u8| format!(r#"{{"type":"page_location","start_page_number":{n},"encrypted_index":"e\/"}}"#);
    let cites = |n: u8| delta(0, &format!(r#"{{"type":"citations_delta","citation":{}}}"#, citation(n)));
    let end_of = r#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END","container":{"id":"c1"}},"context_management":{"applied_edits":[]},"usage":{"output_tokens":1}}"#;
    let reading =
        decode(&[START, &begin(0, TEXT), &text(0, "a"), &cites(1), &cites(2), &end(0), end_of, STOP]);
    let extra = extra(&reading);
    assert_eq!(extra["stop_sequence"], "END");
    assert_eq!(extra["container"]["id"], "c1");
    assert!(extra["context_management"].is_object());
    assert_eq!(extra["citations"][1]["start_page_number"], 2);
    let replay = format!(r#"{{"route":"messages","citations":[{},{}]}}"#, citation(1), citation(2));
    assert_eq!(replays(&reading), [Some(replay)]);
}

#[test]
fn usage_is_that_of_the_start_overlaid_by_the_totals_of_the_end() {
    let with = |start: &str, end: &str| {
        let start = START.replace(r#"{"input_tokens":10,"output_tokens":1}"#, start);
        let end = format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{end}}}"#);
        let usage = usage(&decode(&[start.as_str(), &text(0, "a"), &end, STOP]));
        [usage.input, usage.output, usage.total, usage.cache_read, usage.cache_write, usage.reasoning]
    };
    for (start, end, expected) in [
        (
            r#"{"input_tokens":10,"output_tokens":1}"#,
            r#"{"output_tokens":7}"#,
            [Some(10), Some(7), Some(17), None, None, None],
        ),
        (
            r#"{"input_tokens":3,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":1}"#,
            r#"{"output_tokens":7,"output_tokens_details":{"thinking_tokens":5}}"#,
            [Some(123), Some(7), Some(130), Some(100), Some(20), Some(5)],
        ),
        // Tools at the vendor's [R]: totals, no increments.
        (
            r#"{"input_tokens":2479,"output_tokens":1}"#,
            r#"{"input_tokens":404500,"output_tokens":9}"#,
            [Some(404_500), Some(9), Some(404_509), None, None, None],
        ),
        // A zero is a count where the other counts of the input are there.
        (
            r#"{"input_tokens":100,"cache_read_input_tokens":55096,"output_tokens":7}"#,
            r#"{"input_tokens":181,"cache_read_input_tokens":0,"output_tokens":8}"#,
            [Some(181), Some(8), Some(189), Some(0), None, None],
        ),
        // Relays: nothing at the start, or zeros and nulls at the end [44].
        (
            r#"{"input_tokens":0,"output_tokens":0}"#,
            r#"{"input_tokens":12,"output_tokens":7}"#,
            [Some(12), Some(7), Some(19), None, None, None],
        ),
        ("null", r#"{"input_tokens":12,"output_tokens":7}"#, [Some(12), Some(7), Some(19), None, None, None]),
        (
            r#"{"input_tokens":12,"cache_read_input_tokens":5,"output_tokens":1}"#,
            r#"{"input_tokens":0,"cache_read_input_tokens":0,"cache_creation_input_tokens":null,"output_tokens":7}"#,
            [Some(17), Some(7), Some(24), Some(5), None, None],
        ),
        (
            r#"{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5}}"#,
            r#"{"output_tokens":7}"#,
            [Some(10), Some(7), Some(17), None, Some(9), None],
        ),
        (
            r#"{"input_tokens":1,"claude_cache_creation_5_m_tokens":4}"#,
            r#"{"output_tokens":7}"#,
            [Some(5), Some(7), Some(12), None, Some(4), None],
        ),
    ] {
        assert_eq!(with(start, end), expected, "{start} {end}");
    }
    let reading = decode(&[START, &text(0, "a"), &stop_reason("end_turn"), STOP]);
    assert_eq!(usage(&reading).raw_json.as_deref(), Some(r#"{"input_tokens":10,"output_tokens":7}"#));
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
