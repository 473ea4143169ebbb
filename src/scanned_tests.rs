use std::string::String;
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
