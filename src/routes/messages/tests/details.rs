//! What a block has beside its text, and what goes back with it; usage.

use super::decoding::{TEXT, THINKING, signature, thought};
use super::*;

#[test]
fn a_signature_may_come_late_and_without_one_nothing_goes_back() {
    let signed = Some(r#"{"route":"messages","signature":"s1"}"#.to_string());
    let alone = [signed.clone()];
    for (events, expected) in [
        (&[begin(0, THINKING), thought(0, "t"), signature(0, "s1"), end(0)][..], &alone[..]),
        (&[begin(0, THINKING), thought(0, "t"), end(0), signature(0, "s1")], &alone),
        (
            &[begin(0, THINKING), thought(0, "t"), end(0), text(1, "a"), signature(1, "s1")],
            &[signed.clone(), None],
        ),
        (&[begin(0, THINKING), thought(0, "t"), end(0), text(1, "a")], &[None, None]),
        (&[begin(0, &THINKING.replace("\"signature\":\"\"", "\"signature\":\"s1\"")), end(0)], &alone),
        // With `display: omitted` there is no text.
        (&[begin(0, THINKING), signature(0, "s1"), end(0)], &alone),
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
