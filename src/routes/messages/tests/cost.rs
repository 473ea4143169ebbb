//! Each byte of a response is read a few times, however long the response is and whatever the server sends.

use super::*;
use crate::scanned::count;

/// A name, the events, and the most passes over a byte. All of them repeat without end.
fn streams() -> Vec<(&'static str, Vec<String>, f64)> {
    let long = "the river runs past the mill ".repeat(40);
    let thinking = |text: &str| delta(0, &format!(r#"{{"type":"thinking_delta","thinking":"{text}"}}"#));
    let mut many: Vec<String> = (0..60).map(|at| begin(at, r#"{"type":"text","text":"a"}"#)).collect();
    many.extend((0..60).map(|at| text(at, "b")));
    [
        ("short texts", [text(0, "the river runs past the mill ")].to_vec(), 2.3),
        ("long texts", [text(0, &long)].to_vec(), 3.0),
        ("escapes", [text(0, r#"the \"old\" mill\n"#)].to_vec(), 5.6),
        ("no delta like the last one", [text(0, "a"), text(1, "b"), thinking("c")].to_vec(), 5.0),
        ("arguments", [input(0, "the \"river\" ")].to_vec(), 7.0),
        ("signatures", [delta(0, r#"{"type":"signature_delta","signature":"c2lnbmF0dXJl"}"#)].to_vec(), 6.0),
        (
            "citations",
            [text(0, "a"), delta(0, r#"{"type":"citations_delta","citation":{"cited_text":"the river"}}"#)]
                .to_vec(),
            6.0,
        ),
        (
            "usage",
            [
                text(0, "a"),
                r#"{"type":"message_delta","delta":{},"usage":{"input_tokens":1,"output_tokens":2}}"#.into(),
            ]
            .to_vec(),
            6.0,
        ),
        ("pings", [r#"{"type":"ping"}"#.into()].to_vec(), 4.0),
        ("unknown events", [r#"{"type":"new","x":[{"y":1}]}"#.into()].to_vec(), 6.0),
        ("many open blocks", many, 8.0),
        (
            "compactions",
            [
                begin(0, r#"{"type":"compaction"}"#),
                delta(0, r#"{"type":"compaction_delta","content":"the river"}"#),
            ]
            .to_vec(),
            9.0,
        ),
        (
            "the vendor's tools",
            [begin(0, r#"{"type":"server_tool_use","id":"s","input":{}}"#), input(0, "{}"), end(0)].to_vec(),
            12.0,
        ),
    ]
    .into()
}

fn passes(events: &[String], bytes: usize) -> f64 {
    let once = stream(events);
    let body = stream(&[START]) + &once.repeat(bytes / once.len() + 1);
    let read = count(|| {
        let head = crate::http_head::ResponseHead::default();
        let context =
            crate::routes::ResponseContext { head, scrubber: Default::default(), reasoning_text: true };
        let mut reader = crate::response::ResponseReader::new((ROUTE.decoder)(context));
        let mut out = crate::events::Assembler::default();
        for read in body.as_bytes().chunks(4096) {
            // Some of them meet a cap, which is none of this test.
            if reader.push(read, &mut out).is_err() {
                return;
            }
            out.take(usize::MAX);
        }
        let _ = reader.end(&mut out);
    });
    read as f64 / body.len() as f64
}

#[test]
fn ten_times_the_response_is_ten_times_the_bytes_read_and_each_a_few_times() {
    for (name, events, most) in streams() {
        let [one, ten] = [100_000, 1_000_000].map(|bytes| passes(&events, bytes));
        println!("{name}: each byte is read {one:.3} times in 100 KB, {ten:.3} times in 1 MB");
        assert!(ten <= most, "{name}: {ten} passes, and at most {most} are needed");
        assert!(ten <= one * 1.05, "{name}: {one} and {ten}");
    }
}

#[test]
fn a_whole_message_is_read_a_few_times() {
    for block in [r#"{"type":"text","text":"the river"}"#, r#"{"type":"redacted_thinking","data":"x"}"#] {
        let cost = |blocks: usize| {
            let list = [block].repeat(blocks).join(",");
            let body = format!(r#"{{"type":"message","content":[{list}],"stop_reason":"end_turn"}}"#);
            let read = count(|| {
                let _ = recorded::decode(&ROUTE, body.as_bytes(), 4096);
            });
            read as f64 / body.len() as f64
        };
        let [one, ten] = [1_000, 10_000].map(cost);
        assert!(ten <= 12.0 && ten <= one * 1.05, "{block}: {one} and {ten}");
    }
}
