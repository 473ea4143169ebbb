use super::*;
use crate::table::Table;

const TABLE: &str = include_str!("../../counts.json");
const BENCHMARKS: &str = include_str!("../../benches/hot_path.rs");

/// The result of each input (events, models, or bytes for a request) and its approximate size. An operation that stops
/// at the start of its input would have the lowest count of all.
const EXPECTED: [(&str, usize, usize); 15] = [
    ("sse-small-chunks", 5_000, 200_000),
    ("sse-crlf-comments", 2_000, 200_000),
    ("sse-one-byte-reads", 500, 25_000),
    // The deltas, the response event, the start and the end of a block, and the finish.
    ("decode-text", 2_004, 350_000),
    ("decode-text-16-a-read", 2_004, 350_000),
    ("decode-text-responses", 2_004, 450_000),
    ("decode-text-messages", 2_004, 200_000),
    ("decode-text-gemini", 2_004, 400_000),
    ("decode-escapes-unicode", 2_004, 400_000),
    // Two blocks.
    ("decode-reasoning", 2_006, 350_000),
    ("decode-tool-call-1mb-fragments", 4_100, 2_000_000),
    ("decode-usage-every-chunk", 2_004, 600_000),
    ("encode-short", 150, 150),
    ("encode-long-history-with-tools-and-images", 600_000, 600_000),
    ("list-both-of-600", 900, 400_000),
];

#[test]
fn each_input_is_processed_to_its_end() {
    assert!(EXPECTED.iter().map(|(name, ..)| *name).eq(ALL.map(|(name, _)| name)));
    for (name, result, bytes) in EXPECTED {
        let input = Input::named(name).expect(name);
        let (done, size) = (input.run().expect(name), input.bytes().expect(name));
        match input {
            Input::Encode(_) => assert!((result..result * 2).contains(&done), "{name}: {done} bytes"),
            _ => assert_eq!(done, result, "{name}"),
        }
        assert!((bytes..bytes * 2).contains(&size), "{name}: {size} bytes");
    }
}

#[test]
fn each_input_has_the_same_bytes_every_time() {
    for (name, make) in ALL {
        assert!(make() == make(), "{name}");
    }
}

#[test]
fn the_reads_of_an_input_match_its_name() {
    let longest = |name| match Input::named(name) {
        Some(Input::Sse(reads) | Input::Decode(_, reads)) => {
            let longest = reads.iter().map(Vec::len).max();
            (reads.len(), longest.expect("a read"))
        }
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(longest("sse-one-byte-reads").1, 1);
    assert_eq!(longest("sse-small-chunks").0, 5_000);
    // The chunks, the role before them, and finish, usage and end marker after them.
    assert_eq!(longest("decode-text").0, 2_004);
    assert!(longest("decode-text").1 < 400);
    assert_eq!(longest("decode-text-16-a-read").0, 2_004_usize.div_ceil(16));
}

#[test]
fn both_inputs_with_text_have_the_same_bytes() {
    let body = |name| match Input::named(name) {
        Some(Input::Decode(_, reads)) => reads.concat(),
        other => panic!("{name}: {other:?}"),
    };
    assert!(body("decode-text") == body("decode-text-16-a-read"));
}

#[test]
fn each_input_is_in_the_table_with_its_bytes() {
    let table = Table::parse(TABLE).expect("the committed table");
    let known: Vec<_> = table.inputs.iter().map(|count| (&*count.name, count.bytes)).collect();
    let inputs = ALL.map(|(name, make)| (name, make().bytes().expect(name) as u64));
    assert_eq!(known, inputs, "run 'make instructions UPDATE=1'");
}

#[test]
fn each_benchmark_runs_the_input_of_its_name() {
    for (name, _) in ALL {
        let (operation, id) = name.split_once('-').expect(name);
        let line = format!("#[bench::{}(\"{name}\")]", id.replace('-', "_"));
        let (_, rest) = BENCHMARKS.split_once(&line).unwrap_or_else(|| panic!("there is no {line}"));
        let (_, function) = rest.split_once("\nfn ").expect("a function");
        assert!(function.starts_with(&format!("{operation}(")), "{name} is not for {operation}");
    }
    assert_eq!(BENCHMARKS.matches("#[bench::").count(), ALL.len());
}
