//! Properties that must hold for hostile input, one function for each kind of input.
//!
//! The fuzz targets in `fuzz/` call them with generated input. The tests here call them with the corpora that are checked
//! in, unchanged and with random changes. A function returns where the property holds and panics where it does not.
//! Properties of a wire route go through the table of [`routes`](crate::routes), so a new route is covered at once.

mod address;
mod allocations;
mod conversation;
mod cost;
mod embeddings;
mod expansion;
mod failures;
mod json;
mod lists;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod replay;
mod requests;
mod responses;
mod sse;

pub use address::base_url;
pub use allocations::CountingAllocator;
pub use conversation::history_repair;
pub use cost::{list_cost, response_cost};
pub use embeddings::embeddings;
pub use failures::{error_body, retry_after};
pub use json::json_reader;
pub use lists::{key_list, public_list};
pub use requests::request_encoding;
pub use responses::response_events;
pub use sse::sse_split;

use crate::contract;

/// A property that any bytes must have.
pub type Target = fn(&[u8]);

/// All of them, by the name of the target and of its corpus.
pub const TARGETS: [(&str, Target); 13] = [
    ("base_url", base_url),
    ("embeddings", embeddings),
    ("error_body", error_body),
    ("history_repair", history_repair),
    ("json_reader", json_reader),
    ("key_list", key_list),
    ("list_cost", list_cost),
    ("public_list", public_list),
    ("request_encoding", request_encoding),
    ("response_cost", response_cost),
    ("response_events", response_events),
    ("retry_after", retry_after),
    ("sse_split", sse_split),
];

/// A key that must turn up nowhere. No part of it is a word that our own messages have.
const KEY: &str = "sk-Zx7Qv9Kj3Wm5Tb1R";

/// How input spells the key, so that a fuzzer need not find it: a byte that no text holds for each spelling.
const SPELLINGS: [u8; 4] = [0x01, 0x02, 0x03, 0x04];

/// The input with the key in the place of each byte that stands for it.
fn with_key(data: &[u8]) -> Vec<u8> {
    let [plain, escaped, percent, bearer] = spelled();
    let mut out = Vec::with_capacity(data.len());
    for byte in data {
        match SPELLINGS.iter().position(|spelling| spelling == byte) {
            Some(0) => out.extend_from_slice(plain.as_bytes()),
            Some(1) => out.extend_from_slice(escaped.as_bytes()),
            Some(2) => out.extend_from_slice(percent.as_bytes()),
            Some(_) => out.extend_from_slice(bearer.as_bytes()),
            None => out.push(*byte),
        }
    }
    out
}

/// As it is, in JSON's escapes, percent-encoded, and as a header has it.
fn spelled() -> [String; 4] {
    let each = |spell: fn(u8) -> String| KEY.bytes().map(spell).collect::<String>();
    [
        KEY.to_owned(),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("%{byte:02X}")),
        format!("Bearer {KEY}"),
    ]
}

/// Fails where a text shows the key in any of its spellings.
fn assert_hides_the_key(text: &str) {
    for spelling in spelled() {
        assert!(!text.contains(&spelling), "the key is in {text:?}");
    }
}

/// The reads that a body comes in: the first byte is the number of their sizes, the sizes follow, and they
/// are gone through again and again. Without any the body comes whole.
fn in_reads(data: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let (count, rest) = data.split_first().unwrap_or((&0, &[]));
    let (sizes, body) = rest.split_at(usize::from(*count % 16).min(rest.len()));
    let mut reads = Vec::new();
    let mut left = body;
    for size in sizes.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (read, rest) = left.split_at(usize::from(*size).min(left.len()));
        reads.push(read);
        // A read may be empty [8], but not each of them.
        left = if sizes.iter().all(|size| *size == 0) { &[] } else { rest };
    }
    if sizes.is_empty() || sizes.iter().all(|size| *size == 0) {
        reads = vec![body];
    }
    (reads, body)
}

/// What holds for every error that is handed out.
fn check_error(error: &contract::Error) {
    assert!((1..=1024).contains(&error.message.len()), "{error:?}");
    let bounded = |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= 256);
    assert!(bounded(&error.provider_code) && bounded(&error.request_id), "{error:?}");
    assert!(error.retry_after_ms.is_none_or(|ms| (1..=31_536_000_000).contains(&ms)), "{error:?}");
    assert!(!error.partial, "that is for the completion to say");
    assert_hides_the_key(&format!("{error:?}"));
    if let Some(details) = &error.details_json {
        assert!(details.len() <= 4096, "{} bytes", details.len());
        let value: serde_json::Value = serde_json::from_str(details).expect(details);
        for text in value.as_object().expect("an object").values() {
            assert_hides_the_key(text.as_str().expect("texts only"));
        }
    }
}
