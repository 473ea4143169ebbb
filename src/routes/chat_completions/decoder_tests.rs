//! The catalogue's lines [9] to [20], natively: bodies, and what each comes to.

use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

use super::ChatDecoder;
use crate::answer::{Answer, Progress};
use crate::contract::{ErrorKind, Event, FinishReason};
use crate::errors::{Error, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::{self, Grammar};
use crate::routes::Context;
use crate::transport::ResponseHead;

/// What a body came to.
#[derive(Debug)]
pub(super) struct Reading {
    pub answer: grammar::Answer,
    pub events: Vec<Event>,
    pub error: Option<Error>,
}

impl Reading {
    fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(|error| error.kind.clone())
    }

    fn reason(&self) -> Option<FinishReason> {
        self.answer.finish.clone().map(|(reason, _)| reason)
    }

    fn usage_json(&self) -> Option<String> {
        self.events.iter().find_map(|event| match event {
            Event::Finish(finish) => finish.usage.clone()?.raw_json,
            _ => None,
        })
    }
}

pub(super) fn reads_of(body: &[u8], size: usize) -> Vec<&[u8]> {
    body.chunks(size).collect()
}

fn context(reasoning_text: bool) -> Context {
    Context { head: ResponseHead::default(), scrubber: Scrubber::default(), reasoning_text }
}

pub(super) fn decode(reads: &[&[u8]]) -> Reading {
    decode_with(reads, true)
}

fn decode_with(reads: &[&[u8]], reasoning_text: bool) -> Reading {
    let mut answer = Answer::new(Box::new(ChatDecoder::new(context(reasoning_text))));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in reads {
            answer.push(read, &mut out)?;
            if answer.progress() == Progress::Complete {
                return Ok(());
            }
        }
        answer.end(&mut out)
    };
    let error = run().err();
    let (mut grammar, mut events) = (Grammar::default(), Vec::new());
    while !out.is_empty() {
        events.extend(out.take(7));
    }
    events.iter().for_each(|event| grammar.read(event));
    Reading { answer: grammar.answer, events, error }
}

/// A stream of these data lines.
fn stream(data: &[&str]) -> String {
    data.iter().map(|data| std::format!("data: {data}\n\n")).collect()
}

fn decode_stream(data: &[&str]) -> Reading {
    let body = stream(data);
    let whole = decode(&[body.as_bytes()]);
    for size in [1, 3] {
        let cut = decode(&reads_of(body.as_bytes(), size));
        assert_eq!(cut.events, whole.events, "reads of {size} bytes make other events of {data:?}");
        assert_eq!(cut.error, whole.error);
    }
    whole
}

fn delta(json: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{json}}}]}}"#)
}

fn finish(reason: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
}

/// Deltas, then a finish and the end marker.
fn answer_of(deltas: &[&str], reason: &str) -> Reading {
    let chunks: Vec<String> = deltas.iter().map(|json| delta(json)).chain([finish(reason)]).collect();
    let mut data: Vec<&str> = chunks.iter().map(String::as_str).collect();
    data.push("[DONE]");
    decode_stream(&data)
}

#[test]
fn a_body_that_is_no_stream_is_told_for_what_it_is() {
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

#[test]
fn a_whole_answer_has_the_events_of_a_stream() {
    let body = r#"{"id":"x","model":"m-1","created":5,"choices":[{"message":{"role":"assistant","content":"hi","reasoning_content":"hm",
        "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":1}}"#;
    let reading = decode(&[b"\xEF\xBB\xBF \n", body.as_bytes()]);
    assert_eq!(reading.error, None);
    assert_eq!((reading.answer.text.as_str(), reading.answer.reasoning.as_str()), ("hi", "hm"));
    assert_eq!(reading.answer.calls, [("a".into(), "f".into(), Ok("{\"x\":1}".into()))]);
    assert_eq!(reading.reason(), Some(FinishReason::ToolCalls));
    assert_eq!(reading.usage_json().as_deref(), Some("{\"prompt_tokens\":1}"));
}

#[test]
fn chunks_with_little_in_them_cost_nothing() {
    let text = answer_of(
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
    assert_eq!((text.answer.text.as_str(), text.reason()), ("abc", Some(FinishReason::Stop)));
    let odd = decode_stream(&[
        r#"{"choices":[]}"#,
        r#"{"choices":null}"#,
        r#"{"id":"x"}"#,
        r#"{"choices":[{"index":0,"message":{"content":"a"}},{"index":1,"message":{"content":"no"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"no"}}]}"#,
        r#"{"choices":[{"index":0,"message":{"content":"b"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!((odd.answer.text.as_str(), odd.error), ("ab", None));
}

#[test]
fn a_whole_message_behind_deltas_repeats_nothing() {
    let reading = decode_stream(&[
        &delta(r#"{"content":"a"}"#),
        r#"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(reading.answer.text, "a");
}

#[test]
fn text_and_tool_calls_may_stand_beside_the_finish_reason() {
    let text = decode_stream(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]);
    assert_eq!((text.answer.text.as_str(), text.reason()), ("a", Some(FinishReason::Stop)));
    let call = decode_stream(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(call.answer.calls.len(), 1);
    assert_eq!(call.reason(), Some(FinishReason::ToolCalls));
    assert_eq!(call.answer.finish.expect("a finish").1.as_deref(), Some("stop"));
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
    ] {
        let expected = expected.map(|tokens| std::format!("{{\"prompt_tokens\":{tokens}}}"));
        assert_eq!(decode_stream(data).usage_json(), expected, "{data:?}");
    }
}

/// Deltas with tool calls, and the calls they make [13].
type CallCase =
    (&'static str, &'static [&'static str], &'static [(&'static str, &'static str, &'static str)]);

const CALLS: &[CallCase] = &[
    (
        "interleaved by index",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}},{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"y\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"2}"}},{"index":0,"function":{"arguments":"1}"}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":2}")],
    ),
    (
        "no index, an id for each",
        &[
            r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}"#,
            r#"{"tool_calls":[{"function":{"arguments":":1}"}}]}"#,
            r#"{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("b", "g", "{}")],
    ),
    (
        "all with index 0 and new ids",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":":2}"}}]}"#,
        ],
        &[("a", "f", "{}"), ("b", "g", "{\"y\":2}")],
    ),
    (
        "index starting at 1, id repeated",
        &[
            r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"}"}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "late id by index, empty ids behind it",
        &[
            r#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":""}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "late id without an index",
        &[
            r#"{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"id":"a","function":{"arguments":"}"}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "no id and no index, several in one chunk",
        &[
            r#"{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("call_1_0", "f", "{}"), ("call_1_1", "g", "{}")],
    ),
    (
        "a name in pieces, a type missing",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"get_"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"name":"weather"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#,
        ],
        &[("a", "get_weather", "{}")],
    ),
    (
        "arguments as an object, as null, as nothing",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":[1, 2]}}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":null}}]}"#,
            r#"{"tool_calls":[{"index":2,"id":"c","function":{"name":"h","arguments":""}},{"index":3,"id":"d","function":{"name":"i"}}]}"#,
        ],
        &[("a", "f", "{\"x\":[1, 2]}"), ("b", "g", "{}"), ("c", "h", "{}"), ("d", "i", "{}")],
    ),
    (
        "the legacy function_call",
        &[
            r#"{"function_call":{"name":"f","arguments":""}}"#,
            r#"{"function_call":{"arguments":"{\"x\""}}"#,
            r#"{"function_call":{"arguments":":1}"}}"#,
        ],
        &[("call_1_0", "f", "{\"x\":1}")],
    ),
];

#[test]
fn tool_calls_are_put_together_however_they_are_cut() {
    for (name, deltas, expected) in CALLS {
        let reading = answer_of(deltas, "tool_calls");
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, name, arguments)| (id.to_string(), name.to_string(), Ok(arguments.to_string())))
            .collect();
        assert_eq!(reading.answer.calls, expected, "{name}");
        assert_eq!(reading.reason(), Some(FinishReason::ToolCalls), "{name}");
    }
}

#[test]
fn arguments_that_are_not_json_are_handed_out_as_malformed() {
    let reading = answer_of(
        &[r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}"#],
        "length",
    );
    assert_eq!(reading.answer.calls, [("a".into(), "f".into(), Err("{\"x\":".into()))]);
    assert_eq!(reading.reason(), Some(FinishReason::Length));
}

#[test]
fn an_empty_finish_reason_is_none_and_an_unknown_one_is_kept() {
    let empty = decode_stream(&[&finish(""), &delta("{}")]);
    assert_eq!(empty.kind(), Some(ErrorKind::IncompleteStream));
    let unknown = answer_of(&[r#"{"content":"a"}"#], "paused");
    assert_eq!(unknown.reason(), Some(FinishReason::Other("paused".into())));
    let failed = answer_of(&[r#"{"content":"a"}"#], "network_error");
    assert_eq!((failed.kind(), failed.answer.finish), (Some(ErrorKind::Server), None));
}

/// Deltas, their reasoning, their text, and the replay of the last block of reasoning [15].
type ReasoningCase = (&'static [&'static str], &'static str, &'static str, &'static str);

const REASONING: &[ReasoningCase] = &[
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"reasoning_content":"b","content":""}"#, r#"{"content":"c"}"#],
        "ab",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content"}"#,
    ),
    (
        &[r#"{"reasoning":"a","reasoning_content":"a"}"#, r#"{"reasoning":"b","reasoning_content":"b"}"#],
        "ab",
        "",
        r#"{"route":"chat-completions","field":"reasoning_content"}"#,
    ),
    (&[r#"{"reasoning_text":"a"}"#], "a", "", r#"{"route":"chat-completions","field":"reasoning_text"}"#),
    (
        &[r#"{"content":"<thi"}"#, r#"{"content":"nk>a</think>"}"#, r#"{"content":"c"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"think"}"#,
    ),
    (
        &[
            r#"{"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"AA==","z":1.50}]}"#,
            r#"{"content":"c"}"#,
        ],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning","details":[{"type":"reasoning.text","text":"a","index":0},{"type":"reasoning.encrypted","data":"AA==","z":1.50}]}"#,
    ),
    (
        &[r#"{"reasoning_details":[{"type":"reasoning.summary","summary":"s"}]}"#],
        "s",
        "",
        r#"{"route":"chat-completions","details":[{"type":"reasoning.summary","summary":"s"}]}"#,
    ),
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"reasoning_signature":"sig"}"#, r#"{"content":"c"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content","signature":"sig"}"#,
    ),
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"content":"c"}"#, r#"{"signature":"late"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content","signature":"late"}"#,
    ),
    (
        &[
            r#"{"thinking_blocks":[{"type":"thinking","thinking":"a","signature":"sig"}]}"#,
            r#"{"content":"c"}"#,
        ],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content","signature":"sig"}"#,
    ),
    (
        &[
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}"#,
            r#"{"content":[{"type":"thinking","thinking":"b"},{"type":"text","text":"c"}]}"#,
        ],
        "ab",
        "c",
        r#"{"route":"chat-completions","field":"parts"}"#,
    ),
];

fn last_replay(reading: &Reading) -> Option<String> {
    reading.events.iter().rev().find_map(|event| match event {
        Event::BlockEnd(end) => end.replay.clone(),
        _ => None,
    })
}

#[test]
fn reasoning_is_read_once_from_whichever_field_and_can_be_sent_back() {
    for (deltas, reasoning, text, replay) in REASONING {
        let reading = answer_of(deltas, "stop");
        let answer = &reading.answer;
        assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), (*reasoning, *text), "{deltas:?}");
        assert_eq!(last_replay(&reading).as_deref(), Some(*replay), "{deltas:?}");
    }
}

#[test]
fn reasoning_that_is_not_wanted_is_kept_to_be_sent_back() {
    let body = stream(&[&delta(r#"{"reasoning":"secret"}"#), &delta(r#"{"content":"c"}"#), &finish("stop")]);
    let reading = decode_with(&[body.as_bytes()], false);
    assert_eq!((reading.answer.reasoning.as_str(), reading.answer.text.as_str()), ("", "c"));
    let replay = r#"{"route":"chat-completions","field":"reasoning","text":"secret"}"#;
    assert_eq!(last_replay(&reading).as_deref(), Some(replay));
}

#[test]
fn a_thought_signature_rides_in_the_replay_of_its_call() {
    let reading = answer_of(
        &[
            r#"{"reasoning_content":"hm"}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"x=="}}}]}"#,
        ],
        "tool_calls",
    );
    let replay = r#"{"route":"chat-completions","extra_content":{"google":{"thought_signature":"x=="}}}"#;
    assert_eq!(last_replay(&reading).as_deref(), Some(replay));
}

#[test]
fn a_refusal_is_a_block_and_the_reason_of_the_finish() {
    let reading = answer_of(&[r#"{"refusal":"I "}"#, r#"{"refusal":"won't"}"#], "stop");
    assert_eq!((reading.answer.refusal.as_str(), reading.reason()), ("I won't", Some(FinishReason::Refusal)));
}

#[test]
fn half_a_character_does_not_kill_the_stream() {
    for (deltas, text) in [
        (&[r#"{"content":"a\ud83d"}"#, r#"{"content":"\ude00b"}"#][..], "a😀b"),
        (&[r#"{"content":"a\ud83d"}"#, r#"{"content":"b"}"#], "a\u{FFFD}b"),
        (&[r#"{"content":"a\ude00"}"#, r#"{"role":"\ud83d","content":"b\ud83d"}"#], "a\u{FFFD}b\u{FFFD}"),
    ] {
        assert_eq!(answer_of(deltas, "stop").answer.text, text, "{deltas:?}");
    }
}

#[test]
fn what_is_no_chunk_is_skipped_and_too_much_of_it_ends_the_answer() {
    let done = finish("stop");
    let few = decode_stream(&["ping", "5", &delta(r#"{"content":"a"}"#), r#"{"type":"ping"}"#, "", &done]);
    assert_eq!((few.answer.text.as_str(), few.answer.warnings.len(), few.error), ("a", 2, None));
    let many = decode_stream(&["ping"; 17]);
    assert_eq!(many.kind(), Some(ErrorKind::Protocol));
}

#[test]
fn an_error_in_the_middle_ends_the_answer() {
    for error in [
        r#"{"error":{"message":"m","type":"t","code":"rate_limit_exceeded"}}"#,
        r#"{"error":{"message":"m","code":429}}"#,
        r#"{"error":{"message":"m"}}"#,
        r#"{"error":"text"}"#,
        r#"{"object":"error","message":"m"}"#,
        r#"{"choices":[{"index":0,"delta":{},"error":{"message":"m","code":429}}]}"#,
    ] {
        let reading = decode_stream(&[&delta(r#"{"content":"a"}"#), error, &finish("stop"), "[DONE]"]);
        assert!(reading.error.is_some(), "{error}");
        assert_eq!(reading.answer.finish, None, "{error}");
    }
    let named = decode(&[b"event: error\ndata: {\"message\":\"m\"}\n\n"]);
    assert!(named.error.is_some());
    let empty =
        decode_stream(&[r#"{"error":null,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]);
    assert_eq!((empty.answer.text.as_str(), empty.error), ("a", None));
}

#[test]
fn a_finish_is_proof_and_nothing_else_is() {
    let text = delta(r#"{"content":"a"}"#);
    let done = finish("stop");
    for (data, expected) in [
        (&[text.as_str(), &done][..], Ok((FinishReason::Stop, Some("stop".into())))),
        (&[&text, "[DONE]"], Ok((FinishReason::Other("unknown".into()), None))),
        (&[&text], Err(ErrorKind::IncompleteStream)),
    ] {
        let reading = decode_stream(data);
        let found = reading.answer.finish.clone().ok_or_else(|| reading.kind().expect("an error"));
        assert_eq!(found, expected, "{data:?}");
        assert_eq!(reading.error.is_some(), expected.is_err());
    }
}

#[test]
fn what_comes_behind_the_end_marker_is_not_read() {
    let body = stream(&[&finish("stop"), "[DONE]", &delta(r#"{"content":"a"}"#), r#"{"error":"late"}"#]);
    let reading = decode(&[body.as_bytes()]);
    assert_eq!((reading.answer.text.as_str(), reading.error), ("", None));
}

#[test]
fn an_end_without_a_blank_line_is_read_if_it_is_whole() {
    let text = stream(&[&delta(r#"{"content":"a"}"#)]);
    for (tail, expected) in [
        (std::format!("data: {}", finish("stop")), None),
        (std::format!("data: {}\n", finish("stop")), None),
        ("data: [DONE]".to_string(), None),
        (std::format!("data: {}", &finish("stop")[..40]), Some(ErrorKind::IncompleteStream)),
    ] {
        let body = std::format!("{text}{tail}");
        assert_eq!(decode(&[body.as_bytes()]).kind(), expected, "{tail}");
    }
}
