//! Responses of public bug reports about errors, with the outcome that each should have.

use serde_json::Value;

use super::*;
use crate::corpora;
use crate::errors::from_response;
use crate::routes::Refusal;
use crate::routes::chat_completions::recovery::recover;

/// The reports that this test is about, by the start of their names.
const REPORTS: [&str; 11] = ["D07", "D08", "D09", "D16", "D17", "D18", "D19", "D20", "D21", "D22", "D28"];

/// A recorded response: head and body.
fn response(bytes: &[u8]) -> (ResponseHead, Vec<u8>) {
    let at = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..at]).expect("text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.as_bytes().to_vec())).collect();
    (ResponseHead { status, headers }, bytes[at + 4..].to_vec())
}

/// The error of a response; the reads of a stream have `size` bytes.
fn error_of(head: &ResponseHead, body: &[u8], size: usize) -> Option<Error> {
    if !head.is_success() {
        return Some(from_response(head, body, &Scrubber::default()));
    }
    let context = ResponseContext { head: head.clone(), ..context(true) };
    let mut reader = ResponseReader::new(Box::new(ChatDecoder::new(context)));
    let mut out = Assembler::new(1, Vec::new());
    let read = body.chunks(size).try_for_each(|read| reader.push(read, &mut out));
    read.and_then(|()| reader.end(&mut out)).err()
}

/// What is wrong with an outcome.
fn faults(expected: &Value, error: Option<&Error>) -> Vec<String> {
    let details = error.and_then(|error| error.details_json.as_deref()).unwrap_or_default();
    let message = error.map_or("", |error| &error.message);
    let kind = error.map(|error| std::format!("{:?}", error.kind).to_lowercase().replace("errorkind::", ""));
    let kind_is = |name: &str| kind.as_deref() == Some(&name.replace('-', ""));
    let words = |list: &Value| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(ToString::to_string))
            .collect()
    };
    let mut faults = Vec::new();
    for (key, value) in expected.as_object().expect("an object") {
        let good = match key.as_str() {
            "error" => kind_is(value.as_str().expect("a kind")),
            "retryable" => error.is_some_and(|error| Some(error.retryable) == value.as_bool()),
            "after" => error.is_some_and(|error| error.retry_after_ms == value.as_u64()),
            // One try: another would be the same. A body after output is never tried again.
            "tries" => error.is_some_and(|error| !error.retryable),
            "details" => details.len() > 12,
            "details_hold" => words(value).iter().all(|word| details.contains(word.as_str())),
            "message_lacks" => !words(value).iter().any(|word| message.contains(word.as_str())),
            // The second request is played in the tests of the provider.
            "stream_options" | "finish" => true,
            key => panic!("an expectation that is new: {key}"),
        };
        if !good {
            faults.push(std::format!("{key} {value}, but {error:?}"));
        }
    }
    faults
}

#[test]
fn the_reported_errors_come_to_their_recorded_outcomes() {
    let Some(root) = corpora::root() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("bugs")).expect("a folder") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        if !REPORTS.iter().any(|report| name.starts_with(report)) {
            continue;
        }
        let read =
            |file: &str| std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Value = serde_json::from_slice(&read("expect.json")).expect("JSON");
        let (head, body) = response(&read("response1.http"));
        for size in [1, 7, body.len()] {
            let error = error_of(&head, &body, size);
            assert_eq!(faults(&expected, error.as_ref()), Vec::<String>::new(), "{name}, reads of {size}");
        }
        if expected.get("stream_options").is_some() {
            let request = br#"{"model":"m","stream_options":{"include_usage":true}}"#;
            let refusal = Refusal { status: head.status, response: &body, request };
            let sent = recover(&refusal).map(|recovery| recovery.body);
            assert_eq!(sent.as_deref(), Some(&br#"{"model":"m"}"#[..]), "{name}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}
