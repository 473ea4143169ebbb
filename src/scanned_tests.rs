use std::string::{String, ToString};
use std::vec::Vec;

use super::count;
use crate::measuring;

const MEGABYTE: usize = 1_000_000;

/// A name, the text of a chunk and how often it stands there, whether each chunk has something new beside the text,
/// and the most passes over a byte.
///
/// Those are: the search for the end of the line; where the chunk is like the last, the comparison of what stands
/// around the text, a look whether the text has escapes, and whether it is UTF-8; else UTF-8, JSON, and the look for
/// escapes. Escapes take a pass to spell the text out, and one to join halves of pairs.
const STREAMS: [(&str, &str, usize, bool, f64); 6] = [
    ("short texts", "the river runs past the mill ", 1, false, 2.2),
    ("texts of 1 KB", "the river runs past the mill ", 36, false, 2.9),
    ("texts of 1 KB with escapes", r#"the \"old\" mill, naïve and grün\n"#, 30, false, 5.6),
    ("short texts, no chunk like the last", "the river runs past the mill ", 1, true, 3.2),
    ("texts of 1 KB, no chunk like the last", "the river runs past the mill ", 36, true, 3.9),
    (
        "texts of 1 KB with escapes, no chunk like the last",
        r#"the \"old\" mill, naïve and grün\n"#,
        30,
        true,
        5.6,
    ),
];

/// A byte is read once to find events, and the name of its field once more.
const MOST_FOR_EVENTS: f64 = 1.1;

fn stream(text: &str, times: usize, unlike: bool, bytes: usize) -> Vec<String> {
    let text = text.repeat(times);
    let (mut events, mut length) = (Vec::new(), 0);
    while length < bytes {
        let new = if unlike { std::format!("\"nonce\":{},", events.len()) } else { String::new() };
        let event = std::format!(
            "data: {{\"id\":\"chatcmpl-1\",{new}\"object\":\"chat.completion.chunk\",\"created\":1700000000,\
             \"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
        );
        length += event.len();
        events.push(event);
    }
    events.push("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".into());
    events.push("data: [DONE]\n\n".into());
    events
}

/// The reads of a server that writes 16 events at a time.
fn sixteen_a_read(events: &[String]) -> Vec<Vec<u8>> {
    events.chunks(16).map(|events| events.concat().into_bytes()).collect()
}

/// Cut after 1, 2, 3, … bytes in turn: so in the end at every position of an event.
fn cut_anywhere(events: &[String]) -> Vec<Vec<u8>> {
    let body = events.concat().into_bytes();
    let (mut rest, mut reads, mut length) = (&body[..], Vec::new(), 0);
    while !rest.is_empty() {
        length = length % 1999 + 1;
        let (read, after) = rest.split_at(length.min(rest.len()));
        reads.push(read.to_vec());
        rest = after;
    }
    reads
}

/// How often each byte of a body is read.
fn passes(reads: &[Vec<u8>], job: impl Fn(&[Vec<u8>])) -> f64 {
    let bytes: usize = reads.iter().map(Vec::len).sum();
    count(|| job(reads)) as f64 / bytes as f64
}

fn assert_linear(name: &str, most: f64, reads: [&[Vec<u8>]; 2], job: impl Fn(&[Vec<u8>])) {
    let [one, ten] = reads.map(|reads| passes(reads, &job));
    println!("{name}: each byte is read {one:.3} times in 1 MB, {ten:.3} times in 10 MB");
    assert!(one >= 1.0 && (ten / one - 1.0).abs() < 0.01, "{name}: {one} and {ten}");
    assert!(ten <= most, "{name}: {ten} passes, and at most {most} are needed");
}

#[test]
fn ten_times_the_response_is_ten_times_the_bytes_read_and_each_a_few_times() {
    for (name, text, times, unlike, most) in STREAMS {
        let [one, ten] = [1, 10].map(|size| stream(text, times, unlike, size * MEGABYTE));
        for (how, [one, ten]) in [
            ("16 events a read", [&one, &ten].map(|events| sixteen_a_read(events))),
            ("cut anywhere", [&one, &ten].map(|events| cut_anywhere(events))),
        ] {
            assert_linear(&std::format!("events of {name}, {how}"), MOST_FOR_EVENTS, [&one, &ten], |reads| {
                assert!(measuring::sse(reads).expect("events") > 500);
            });
            assert_linear(&std::format!("{name}, {how}"), most, [&one, &ten], |reads| {
                assert!(measuring::decode(reads).expect("a response") > 500);
            });
        }
    }
}

/// For each part of the decoder a stream that goes through it: the modules, the fields of the first delta, those of all
/// others, and the most passes over a byte. Every chunk differs, so that the fast path takes none.
const MODULES: &[(&[&str], &str, &str, f64)] = &[
    (
        &["line", "think", "content"],
        r#""content":" ""#,
        r#""content":"                                \n""#,
        5.0,
    ),
    (&["think"], r#""content":"<think>""#, r#""content":"the <river </thin< runs past the mill""#, 5.0),
    (&["think"], r#""content":"<""#, r#""content":"<""#, 4.0),
    (&["content", "chunk", "fields"], "", r#""content":[{"type":"text","text":"the river"},1]"#, 6.0),
    (
        &["content", "odd_reasoning"],
        "",
        r#""content":[{"type":"thinking","thinking":[{"text":"the river"}]}]"#,
        7.0,
    ),
    (&["reasoning"], "", r#""reasoning":"the river","reasoning_content":"the river""#, 4.0),
    (
        &["reasoning", "reasoning_details", "replay"],
        "",
        r#""reasoning_details":[{"text":"the river"},{"summary":"s"},3]"#,
        7.0,
    ),
    (&["reasoning"], "", r#""thinking_blocks":[{"thinking":"the river","signature":"s"}]"#, 7.0),
    (
        &[
            "call_fragments",
            "call_resolution",
            "call_repeats",
            "call_assembly",
            "tool_arguments",
            "value_end",
            "assembler",
            "pending",
        ],
        r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
        r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"   "}}]"#,
        5.0,
    ),
    (&["call_fragments"], "", r#""function_call":{"name":"f","arguments":"a"}"#, 5.0),
    (&["extras", "decoder"], "", r#""content":"a","annotations":[1,2,3],"images":[4]"#, 4.0),
    (&["usage", "usage_json"], "", r#""content":"a"}}],"usage":{"total_tokens":1},"x":[{"y":{"z":0"#, 4.0),
    (&["placed"], "", r#""content":"a","extra_content":{"google":{"thought_signature":"s"}}"#, 4.0),
    (&["template"], "", r#""content":"a"}}],"choices":[{"delta":{"content":"b""#, 4.0),
    (&["finish_reason"], "", r#""content":"a"},"finish_reason":"stop","x":{"y":0"#, 4.0),
    (&["surrogate_pairs", "wire_text", "reader"], "", r#""content":"\ud83d\ude00 \ud83d \n""#, 7.0),
    (
        &["lenient", "number", "structure", "plain"],
        "",
        r#""content":"a","index":1,"x":[1.5,true,{"a":[]}]"#,
        4.0,
    ),
];

/// The one that reads no stream, but a response in one text.
const WHOLE: &str = "whole_body";

/// Modules that see nothing that grows with a response: they are constants, belong to requests, or end the response after a
/// few events.
const NO_STREAM: [&str; 9] = [
    "blocks",
    "unread",
    "call_ids",
    "grammar",
    "recovery",
    "repeat_fast_path",
    "strict_server",
    "surrogates",
    "write",
];

fn modules_stream(first: &str, fields: &str, bytes: usize) -> Vec<String> {
    let chunk = |at: usize, fields: &str| {
        std::format!("data: {{\"n\":{at},\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n")
    };
    let mut events = std::vec![chunk(0, first)];
    let mut length = 0;
    while length < bytes {
        events.push(chunk(events.len(), fields));
        length += events.last().map_or(0, String::len);
    }
    events
}

#[test]
fn every_part_of_the_decoder_reads_a_byte_a_few_times_however_long_the_response_is() {
    for (modules, first, fields, most) in MODULES {
        let [one, ten] =
            [1, 10].map(|size| sixteen_a_read(&modules_stream(first, fields, size * MEGABYTE / 10)));
        // Not all of them end as they should, which is none of this test.
        assert_linear(&std::format!("{modules:?}: {fields}"), *most, [&one, &ten], |reads| {
            let _ = measuring::decode(reads);
        });
    }
    let whole = |size: usize| {
        let text = "the river ".repeat(size * MEGABYTE / 100);
        let body = std::format!(
            "{{\"choices\":[{{\"message\":{{\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}"
        );
        body.as_bytes().chunks(997).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    assert_linear("a whole response", 6.0, [&whole(1), &whole(10)], |reads| {
        assert!(measuring::decode(reads).expect("a response") >= 4);
    });
}

#[test]
fn every_module_that_touches_a_stream_has_one_here() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known = |name: &str| {
        name == WHOLE
            || NO_STREAM.contains(&name)
            || MODULES.iter().any(|(modules, ..)| modules.contains(&name))
    };
    for folder in ["routes/chat_completions", "events", "response", "sse", "json"] {
        for entry in std::fs::read_dir(source.join(folder)).expect(folder) {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_string();
            let is_test = name.ends_with("tests")
                || name == "vectors"
                || name.starts_with("recorded")
                || name.starts_with("corpus");
            if path.extension().is_some_and(|extension| extension == "rs") && name != "mod" && !is_test {
                assert!(known(&name), "{folder}/{name}.rs has no stream in MODULES; add one");
            }
        }
    }
}
