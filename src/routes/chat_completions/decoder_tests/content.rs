//! Bodies that are no stream, chunks with little in them, usage [9] to [12], [16].

use super::*;

#[test]
fn a_body_that_is_not_a_stream_is_an_error_that_says_what_it_is() {
    for (body, kind) in [
        (&b"<!doctype html><html>"[..], ErrorKind::Protocol),
        (b"\n\n <html>", ErrorKind::Protocol),
        (b"\x1f\x8b\x08\x00", ErrorKind::Protocol),
        (b"", ErrorKind::IncompleteStream),
        (b" \r\n", ErrorKind::IncompleteStream),
        (b": PING\n\n", ErrorKind::IncompleteStream),
        (b"data: [DONE]\n\n", ErrorKind::IncompleteStream),
        (b"{\"choices\":[{\"mess", ErrorKind::IncompleteStream),
        (b"{\"a\":1}", ErrorKind::Protocol),
        (b"{oops}", ErrorKind::Protocol),
        (b"upstream connect error", ErrorKind::Protocol),
        (b"dat", ErrorKind::Protocol),
        (br#"{"error":{"message":"m","code":"model_not_found"}}"#, ErrorKind::ModelNotFound),
    ] {
        assert_eq!(decode(&[body]).kind(), Some(kind), "{}", String::from_utf8_lossy(body));
    }
}

/// A body that cannot be a response fails with its first byte, and its end is not waited for.
#[test]
fn a_page_and_a_compressed_body_are_named_and_not_read() {
    for (body, word) in [("<", "web page"), ("\u{1f}", "compressed"), ("\r\n\t\u{feff} <", "web page")] {
        let mut answer = ResponseReader::new(Box::new(ChatDecoder::new(context(true))));
        let found = answer.push(body.as_bytes(), &mut Assembler::default());
        let error = found.expect_err(body);
        assert!(error.kind == ErrorKind::Protocol && error.message.contains(word), "{}", error.message);
    }
}

#[test]
fn a_whole_response_has_the_events_of_a_stream() {
    let body = r#"{"id":"x","model":"m-1","created":5,"choices":[{"message":{"role":"assistant","content":"hi","reasoning_content":"hm",
        "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":1}}"#;
    let reading = decode(&[b"\xEF\xBB\xBF \n", body.as_bytes()]);
    assert_eq!(reading.error, None);
    assert_eq!((reading.content.text.as_str(), reading.content.reasoning.as_str()), ("hi", "hm"));
    assert_eq!(reading.content.calls, [("a".into(), "f".into(), Ok("{\"x\":1}".into()))]);
    assert_eq!(reading.reason(), Some(FinishReason::ToolCalls));
    assert_eq!(reading.usage_json().as_deref(), Some("{\"prompt_tokens\":1}"));
}

#[test]
fn the_time_of_a_response_is_reported_where_it_is_a_time() {
    for (created, expected) in [("5", Some(5)), ("1", Some(1)), ("0", None), ("-1", None), ("null", None)] {
        let chunk =
            std::format!(r#"{{"created":{created},"choices":[{{"index":0,"finish_reason":"stop"}}]}}"#);
        let found = decode_stream(&[&chunk]).events.into_iter().find_map(|event| match event {
            Event::Response(info) => Some(info.created),
            _ => None,
        });
        assert_eq!(found, Some(expected), "{created}");
    }
}

#[test]
fn chunks_with_little_in_them_cost_nothing() {
    let text = response_of(
        &[
            r#"{"role":"assistant"}"#,
            "{}",
            "null",
            r#"{"content":null}"#,
            r#"{"content":""}"#,
            r#"{"content":"a"}"#,
            r#"{"content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]}"#,
            r#"{"content":5}"#,
        ],
        "stop",
    );
    assert_eq!((text.content.text.as_str(), text.reason()), ("abc", Some(FinishReason::Stop)));
    let odd = decode_stream(&[
        r#"{"choices":[]}"#,
        r#"{"choices":null}"#,
        r#"{"id":"x"}"#,
        r#"{"choices":[{"index":0,"message":{"content":"a"}},{"index":1,"message":{"content":"no"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"no"}}]}"#,
        r#"{"choices":[{"index":0,"message":{"content":"b"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!((odd.content.text.as_str(), odd.error), ("ab", None));
}

#[test]
fn an_empty_delta_or_choice_hides_no_message() {
    let beside = decode_stream(&[
        r#"{"choices":[{"delta":{"role":"assistant"},"message":{"content":"a"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!((beside.content.text.as_str(), beside.error), ("a", None));
    let behind = decode_stream(&[
        r#"{"choices":[{"index":1,"delta":{}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!((behind.content.text.as_str(), behind.error), ("a", None));
}

/// What makes a choice the one that is read, alone in its delta.
const TELLING: &[&str] = &[
    r#""content":"a""#,
    r#""reasoning_content":"a""#,
    r#""reasoning":"a""#,
    r#""reasoning_text":"a""#,
    r#""reasoning_details":[{}]"#,
    r#""thinking_blocks":[{}]"#,
    r#""reasoning_signature":"a""#,
    r#""signature":"a""#,
    r#""refusal":"a""#,
    r#""tool_calls":[{"index":0,"function":{"name":"f"}}]"#,
    r#""function_call":{"name":"f"}"#,
    r#""annotations":[{}]"#,
    r#""images":[{}]"#,
    r#""audio":{}"#,
];

#[test]
fn the_first_choice_with_content_is_the_one_that_is_read() {
    let other = r#"{"choices":[{"index":0,"delta":{"content":"no"}}]}"#;
    let finish = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#;
    for found in TELLING {
        let first = std::format!(r#"{{"choices":[{{"index":1,"delta":{{{found}}}}}]}}"#);
        let reading = decode_stream(&[&first, other, finish]);
        assert_eq!(reading.error, None, "{found}");
        assert!(!reading.content.text.contains("no"), "{found}: {:?}", reading.content);
    }
    assert_eq!(decode_stream(&[finish, other]).content.text, "");
    // An empty error is none, and an empty word is no reason.
    for empty in [r#""error":{}"#, r#""finish_reason":"""#, r#""delta":{"content":"","tool_calls":[]}"#] {
        let first = std::format!(r#"{{"choices":[{{"index":1,{empty}}}]}}"#);
        let zero = r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
        assert_eq!(decode_stream(&[&first, zero]).content.text, "a", "{empty}");
    }
}

/// The count by which a stream with content differs from one that is only kept open [26].
#[test]
fn chunks_with_content_are_counted_and_empty_ones_are_not() {
    let mut answer = ResponseReader::new(Box::new(ChatDecoder::new(context(true))));
    let mut out = Assembler::default();
    for (chunk, found) in [
        (delta(r#"{"role":"assistant"}"#), 0),
        (delta(r#"{"content":"a"}"#), 1),
        (delta(r#"{"content":""}"#), 1),
        (delta(r#"{"reasoning":"b"}"#), 2),
        (r#"{"choices":[],"usage":{"prompt_tokens":1}}"#.to_string(), 2),
        (delta(r#"{"content":"c"}"#), 3),
        (finish("stop"), 4),
    ] {
        answer.push(stream(&[&chunk]).as_bytes(), &mut out).expect("a chunk");
        assert_eq!(answer.progress_count(), found, "{chunk}");
    }
}

#[test]
fn what_may_have_become_a_tag_is_text_at_the_end() {
    assert_eq!(response_of(&[r#"{"content":" <thi"}"#], "stop").content.text, " <thi");
    let open = response_of(&[r#"{"content":"<think>a</thi"}"#], "stop");
    assert_eq!((open.content.text.as_str(), open.content.reasoning.as_str()), ("", "a</thi"));
}

#[test]
fn parts_that_are_left_out_are_warned_about_once() {
    let part = r#"{"type":"image","text":"no"}"#;
    let two = std::format!(r#"{{"content":[{part},{{"type":"text","text":"a"}},{part}]}}"#);
    let reading = response_of(&[&two, &two], "stop");
    let warning = "the response contains parts that are neither text nor reasoning; they were left out";
    assert_eq!((reading.content.text.as_str(), &reading.content.warnings[..]), ("aa", &[warning.into()][..]));
}

#[test]
fn a_whole_message_after_deltas_repeats_nothing() {
    let reading = decode_stream(&[
        &delta(r#"{"content":"a"}"#),
        r#"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(reading.content.text, "a");
}

#[test]
fn text_and_tool_calls_may_stand_beside_the_finish_reason() {
    let text = decode_stream(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]);
    assert_eq!((text.content.text.as_str(), text.reason()), ("a", Some(FinishReason::Stop)));
    let call = decode_stream(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(call.content.calls.len(), 1);
    assert_eq!(call.reason(), Some(FinishReason::ToolCalls));
    assert_eq!(call.content.finish.expect("a finish").1.as_deref(), Some("stop"));
}

#[test]
fn usage_is_taken_from_wherever_it_stands_and_the_last_one_counts() {
    let done = finish("stop");
    for (data, expected) in [
        (&[r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#][..], Some(1)),
        (&[&done, r#"{"choices":[],"usage":{"prompt_tokens":2}}"#, "[DONE]"], Some(2)),
        (
            &[
                r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":3}}"#,
                r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":4}}"#,
            ],
            Some(4),
        ),
        (&[r#"{"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5}}]}"#], Some(5)),
        (&[&done, r#"{"choices":[],"x_groq":{"usage":{"prompt_tokens":6}}}"#], Some(6)),
        (&[&done, r#"{"choices":[],"usage":null}"#, "[DONE]"], None),
        (&[&done, r#"{"usage":{"prompt_tokens":7}}"#, r#"{"usage":{}}"#, "[DONE]"], Some(7)),
    ] {
        let expected = expected.map(|tokens| std::format!("{{\"prompt_tokens\":{tokens}}}"));
        assert_eq!(decode_stream(data).usage_json(), expected, "{data:?}");
    }
}

#[test]
fn half_a_character_does_not_kill_the_stream() {
    for (deltas, text) in [
        (&[r#"{"content":"a\ud83d"}"#, r#"{"content":"\ude00b"}"#][..], "a😀b"),
        (&[r#"{"content":"a\ud83d"}"#, r#"{"content":"b"}"#], "a\u{FFFD}b"),
        (&[r#"{"content":"a\ude00"}"#, r#"{"role":"\ud83d","content":"b\ud83d"}"#], "a\u{FFFD}b\u{FFFD}"),
    ] {
        assert_eq!(response_of(deltas, "stop").content.text, text, "{deltas:?}");
    }
}
/// A chunk that repeats the one before but for its text is not read as a whole. It comes to the same.
#[test]
fn chunks_that_repeat_give_the_events_that_they_give_when_each_is_written_differently() {
    let pieces = ["a", "b \\ud83d", "\\ude00 c", "", "<think>", "\\\"}]", "é", "\\u00e9", " ", "d\\n"];
    for begin in ["", "<think>"] {
        for field in ["content", "reasoning_content", "reasoning"] {
            let chunk = |piece: &str, blank: &str| {
                std::format!(
                    r#"{{{blank}"id":"x","choices":[{{"index":0,"delta":{{"{field}":"{piece}","role":"assistant"}}}}]}}"#
                )
            };
            let pieces = || std::iter::once(begin).chain(pieces).cycle().take(40);
            let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
            let stream = |blank: fn(usize) -> &'static str| {
                let chunks = pieces().enumerate().map(|(place, piece)| chunk(piece, blank(place)));
                let chunks: Vec<String> = chunks.chain([end.into()]).collect();
                let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
                decode_stream(&chunks)
            };
            let (same, other) = (stream(|_| ""), stream(|place| if place % 2 == 0 { "" } else { " " }));
            assert_eq!(std::format!("{:?}", same.events), std::format!("{:?}", other.events), "{field}");
            assert_eq!((same.error, other.error), (None, None), "{field}");
        }
    }
}

#[test]
fn a_list_of_anything_in_the_place_of_objects_costs_nothing_and_too_many_calls_end_the_response() {
    let wide = |field: &str, item: &str, times: usize| {
        let items = std::vec![item; times].join(",");
        std::format!(r#"{{"choices":[{{"message":{{"{field}":[{items}]}},"finish_reason":"stop"}}]}}"#)
    };
    for (body, text) in [
        (wide("content", "1", 200_000), ""),
        (wide("tool_calls", "1", 200_000), ""),
        (wide("tool_calls", "null,[]", 100_000), ""),
        (wide("thinking_blocks", "\"a\"", 200_000), ""),
        (wide("content", r#"0,{"text":"ab"},[]"#, 20_000), &*"ab".repeat(20_000)),
    ] {
        let reading = decode(&[body.as_bytes()]);
        assert_eq!((reading.content.text.as_str(), reading.error), (text, None), "{body:.80}");
    }
    for (calls, kind) in [(8192, None), (8193, Some(ErrorKind::Protocol))] {
        let body = wide("tool_calls", r#"{"index":0,"function":{"name":"f","arguments":""}}"#, calls);
        assert_eq!(decode(&[body.as_bytes()]).kind(), kind, "{calls}");
    }
    // Each turn from text to reasoning is three events: no model turns so often within one chunk.
    let body = wide("content", r#"{"text":"a"},{"type":"thinking","thinking":"b"}"#, 20_000);
    assert_eq!(decode(&[body.as_bytes()]).kind(), Some(ErrorKind::Protocol));
}
