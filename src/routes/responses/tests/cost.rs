//! What a response costs: each byte is read a few times, however long the response is.

use super::*;
use crate::scanned::count;
use std::collections::BTreeSet;

/// The modules that a stream goes through, its first event, all others, and the most passes over a byte. `N` is a number
/// that is another one in each event.
const STREAMS: [(&[&str], &str, &str, f64); 9] = [
    // The fast path: the end of the line, the values that differ and what is between them, and the fingerprint.
    (
        &["decoder", "sent"],
        "",
        r#"output_text.delta "output_index":0,"delta":"the river runs past the mill","sequence_number":N,"obfuscation":"abcdefgh""#,
        3.2,
    ),
    (
        &["decoder", "event", "field"],
        "",
        r#"output_text.delta "n":N,"output_index":0,"delta":"the \"river\" runs past the mill""#,
        5.0,
    ),
    (
        &["output"],
        "",
        r#"reasoning_summary_text.delta "n":N,"output_index":0,"summary_index":0,"delta":"the river""#,
        4.5,
    ),
    (
        &["output"],
        r#"output_item.added "output_index":0,"item":{"type":"function_call","call_id":"c","name":"f"}"#,
        r#"function_call_arguments.delta "n":N,"output_index":0,"delta":"the river runs""#,
        4.5,
    ),
    (
        &["items", "item_end"],
        "",
        r#"output_item.done "output_index":N,"item":{"type":"reasoning","id":"N","summary":[{"type":"summary_text","text":"the river runs past the mill"}],"encrypted_content":"the river runs past the mill, and on, and on, and on"}"#,
        8.0,
    ),
    (
        &["output", "replay"],
        "",
        r#"output_item.done "output_index":N,"item":{"type":"web_search_call","id":"N","action":{"query":"the river runs past the mill"}}"#,
        7.0,
    ),
    (
        &["output"],
        r#"output_text.delta "output_index":0,"delta":"a""#,
        r#"content_part.done "output_index":0,"part":{"type":"output_text","text":"another text, of which there is a warning","n":N}"#,
        7.0,
    ),
    (
        &["extras"],
        r#"output_text.delta "output_index":0,"delta":"a""#,
        r#"output_text.annotation.added "output_index":0,"annotation":{"type":"url_citation","n":N}"#,
        5.0,
    ),
    (&["decoder"], "", r#"web_search_call.searching "output_index":N"#, 4.5),
];

/// They see nothing that grows with a response: they belong to requests, or are constants.
const NO_STREAM: [&str; 5] = ["mod", "models", "recovery", "strict_server", "finish_reason"];

fn passes(first: &str, event: &str, bytes: usize, size: usize) -> f64 {
    let mut body = if first.is_empty() { String::new() } else { stream(&[first]) };
    let mut number = 0_u32;
    while body.len() < bytes {
        // Fewer items than there may be, so that none of these ends early.
        body += &stream(&[&event.replace('N', &(number % 4000).to_string())]);
        number += 1;
    }
    let read = count(|| {
        let context = ResponseContext {
            head: ResponseHead::default(),
            scrubber: Scrubber::default(),
            reasoning_text: true,
        };
        let mut reader = ResponseReader::new((ROUTE.decoder)(context));
        let mut out = Assembler::default();
        for read in body.as_bytes().chunks(size) {
            reader.push(read, &mut out).expect("a part of a response");
            out.take(usize::MAX);
        }
        let _ = reader.end(&mut out);
    });
    read as f64 / body.len() as f64
}

#[test]
fn each_byte_is_read_a_few_times_however_long_the_response_is() {
    for (modules, first, event, most) in STREAMS {
        for size in [4096, 997] {
            let [one, ten] = [50_000, 500_000].map(|bytes| passes(first, event, bytes, size));
            println!("{modules:?} in reads of {size}: {one:.3} and {ten:.3} passes");
            assert!(one >= 1.0 && (ten / one - 1.0).abs() < 0.03, "{modules:?}: {one} and {ten}: {event}");
            assert!(ten <= most, "{modules:?}: {ten} passes, at most {most} are needed: {event}");
        }
    }
}

#[test]
fn a_whole_body_is_read_a_few_times_however_long_it_is() {
    let passes = |bytes: usize| {
        let text = "the river ".repeat(bytes / 10);
        let body = format!(
            r#"{{"status":"completed","output":[{{"type":"message","content":[{{"type":"output_text","text":"{text}"}}]}}]}}"#
        );
        count(|| assert!(decode_with(&[body.as_bytes()], true).error.is_none())) as f64 / body.len() as f64
    };
    let (one, ten) = (passes(100_000), passes(1_000_000));
    println!("a whole body: {one:.3} and {ten:.3} passes");
    assert!((ten / one - 1.0).abs() < 0.02 && ten <= 15.0, "{one} and {ten}");
}

#[test]
fn every_module_that_touches_a_stream_has_one_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes/responses");
    let streams = STREAMS.iter().flat_map(|(modules, ..)| modules.iter().copied());
    let known: BTreeSet<&str> = streams.chain(NO_STREAM).collect();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        assert!(!is_source || known.contains(name), "{name}.rs has no stream here; add one");
    }
}
