//! How much of a response is looked at and shown, and what that costs.

use alloc::{format, vec::Vec};

use crate::scanned::count;

use super::classify_tests::{classify, coded, head, in_body, saying};
use super::{ErrorKind as Kind, *};

/// Bytes of blanks before the error, and of words before the phrase that names it: what is looked at is
/// bounded, and not shorter than any error that a provider writes.
#[test]
fn an_error_is_found_as_far_as_a_body_is_looked_at_and_no_further() {
    for (blanks, kind) in [(60 << 10, Kind::Billing), (64 << 10, Kind::RateLimited)] {
        let body = format!("{}{}", " ".repeat(blanks), coded("insufficient_quota"));
        assert_eq!(classify(429, &body).kind, kind, "after {blanks} blanks");
    }
    for (bytes, kind) in [(8000, Kind::ContextLengthExceeded), (8192, Kind::InvalidRequest)] {
        let body = saying(&format!("{}prompt is too long", "x ".repeat(bytes / 2)));
        assert_eq!(classify(400, &body).kind, kind, "after {bytes} bytes");
    }
}

#[test]
fn three_kib_of_the_providers_message_are_shown() {
    for (length, whole) in [(3072, true), (3073, false)] {
        let text = "x".repeat(length);
        let details = classify(400, &saying(&text)).details_json.unwrap();
        assert!(details.contains(&"x".repeat(3000)), "{details}");
        assert_eq!(details.contains(&text), whole, "{length}");
    }
}

#[test]
fn details_are_json_below_4_kib_whatever_the_body_is() {
    let bodies: [Vec<u8>; 8] = [
        b"plain".to_vec(),
        b"\xff\xfe\x00 not text \xc3".to_vec(),
        vec![1; 100_000],
        "\"".repeat(100_000).into_bytes(),
        "好".repeat(100_000).into_bytes(),
        saying(&"\\u0001".repeat(9000)).into_bytes(),
        coded(&"\\\\".repeat(9000)).into_bytes(),
        b"{\"error\":{\"message\":\"a\\ud83d\\ude00\\ud83d b\"}}".to_vec(),
    ];
    for body in bodies {
        let error = from_response(&head(500, &[]), &body, &Scrubber::default());
        let details = error.details_json.unwrap();
        assert!(details.len() <= 4096, "{}", details.len());
        let value: serde_json::Value = serde_json::from_str(&details).unwrap();
        assert!(value.as_object().is_some_and(|fields| !fields.is_empty()), "{details}");
    }
    assert_eq!(classify(500, " \n").details_json, None);
    assert_eq!(classify(500, "{\"a\":1}").details_json.unwrap(), r#"{"text":"{\"a\":1}"}"#);
}

#[test]
fn a_hostile_body_costs_linear_time() {
    for unit in
        ["{\"error\":", "{\"message\":\"{", "[", "\\", "\"", "sk-", "data:", "超", "exceed", "prompt has "]
    {
        let cost = |bytes: usize, read: fn(&str)| {
            let body = unit.repeat(bytes / unit.len());
            count(|| read(&body))
        };
        // Of a response's body no more than a part is read; a text inside of a 200 is in memory already.
        let [short, long] = [1 << 17, 1 << 19].map(|bytes| cost(bytes, |body| drop(classify(400, body))));
        assert!(long <= short + 64, "{unit:?}: {short}, {long}");
        let [short, long] = [1 << 17, 1 << 19].map(|bytes| cost(bytes, |body| drop(in_body(body))));
        assert!(long <= short * 4 + short / 20, "{unit:?}: {short}, {long}");
    }
}
