//! What a response costs: each byte is read a few times, however long the response is.

use super::*;
use crate::scanned::count;
use std::collections::BTreeSet;
use std::string::ToString;

/// The modules that a stream goes through, its chunks, and the most passes over a byte. `N` is a number that is another
/// one in each chunk, so that the fast path takes none but the first stream.
const STREAMS: [(&[&str], &str, f64); 9] = [
    (
        &["repeat_fast_path", "usage"],
        r#"{"candidates":[{"content":{"parts":[{"text":"the river runs past the mill"}]}}],"usageMetadata":{"totalTokenCount":N}}"#,
        2.8,
    ),
    (
        &["decoder", "chunk"],
        r#"{"n":N,"candidates":[{"content":{"parts":[{"text":"the river runs past the mill \"\n"}]}}]}"#,
        6.5,
    ),
    (
        &["replay"],
        r#"{"n":N,"candidates":[{"content":{"parts":[{"text":"a","thoughtSignature":"SIGNATURE"}]}}]}"#,
        6.5,
    ),
    (
        &["decoder"],
        r#"{"n":N,"candidates":[{"content":{"parts":[{"executableCode":{"code":"print()"}},{"text":"","thoughtSignature":"S"}]}}]}"#,
        6.5,
    ),
    (
        &["calls"],
        r#"{"n":N,"candidates":[{"content":{"parts":[{"functionCall":{"willContinue":true,"args":{}}}]}}]}"#,
        7.5,
    ),
    (
        &["partial_arguments"],
        r#"{"n":N,"candidates":[{"content":{"parts":[{"functionCall":{"willContinue":true,"partialArgs":[{"jsonPath":"$.a[0].b","stringValue":"mill","willContinue":true}]}}]}}]}"#,
        9.5,
    ),
    (
        &["extras"],
        r#"{"n":N,"candidates":[{"content":{},"groundingMetadata":{"a":N},"citationMetadata":{"citations":[{"uri":"x"}]}}]}"#,
        5.5,
    ),
    (
        &["usage"],
        r#"{"n":N,"candidates":[{}],"usageMetadata":{"promptTokenCount":N,"candidatesTokenCount":N}}"#,
        5.5,
    ),
    (&["finish_reason"], r#"{"n":N,"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}"#, 5.5),
];

const MOST_OF_A_LIST: f64 = 12.0;

/// They see nothing that grows with a response: they belong to requests, or are constants.
const NO_STREAM: [&str; 4] = ["mod", "models", "recovery", "strict_server"];

fn passes(chunk: &str, bytes: usize, size: usize, as_list: bool) -> f64 {
    let mut body = String::new();
    let mut number = 0;
    while body.len() < bytes {
        let chunk = chunk.replace('N', &number.to_string());
        body += &if as_list {
            format!("{}{chunk}", if number == 0 { "[" } else { ",\n" })
        } else {
            framed(&[chunk])
        };
        number += 1;
    }
    body += if as_list { "]" } else { "" };
    // Not all of them end as they should, which is none of this test.
    let read = count(|| {
        let head = ResponseHead { status: 200, headers: Vec::new() };
        let context = ResponseContext { head, scrubber: Scrubber::default(), reasoning_text: true };
        let mut reader = ResponseReader::new((ROUTE.decoder)(context));
        let mut out = Assembler::default();
        for read in body.as_bytes().chunks(size) {
            let _ = reader.push(read, &mut out);
            out.take(usize::MAX);
        }
        let _ = reader.end(&mut out);
    });
    read as f64 / body.len() as f64
}

#[test]
fn each_byte_is_read_a_few_times_however_long_the_response_is() {
    for (modules, chunk, most) in STREAMS {
        for (size, as_list) in [(4096, false), (997, false), (4096, true)] {
            let [one, ten] = [100_000, 1_000_000].map(|bytes| passes(chunk, bytes, size, as_list));
            println!("{modules:?} in reads of {size}, {as_list}: {one:.3} and {ten:.3} passes");
            assert!(one >= 1.0 && (ten / one - 1.0).abs() < 0.02, "{modules:?}: {one} and {ten}");
            // A list is checked as a whole before, and its chunks are found in it.
            let most = if as_list { MOST_OF_A_LIST } else { most };
            assert!(ten <= most, "{modules:?}, {size}, {as_list}: {ten} passes, at most {most} are needed");
        }
    }
}

#[test]
fn every_module_that_touches_a_stream_has_one_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes/gemini");
    let known: BTreeSet<&str> =
        STREAMS.iter().flat_map(|(modules, ..)| modules.iter().copied()).chain(NO_STREAM).collect();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        assert!(!is_source || known.contains(name), "{name}.rs has no stream here; add one");
    }
}
