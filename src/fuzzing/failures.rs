//! Responses that are errors, and the waits that they request.

use crate::errors::{RetryAfter, Scrubber, from_body_error, from_response};
use crate::http_head::ResponseHead;

const CONTENT_TYPES: [&str; 4] = ["", "application/json", "text/html; charset=utf-8", "text/event-stream"];
const SHOULD_RETRY: [&str; 4] = ["", "true", "false", " TRUE"];

/// Any status, headers and body come to an error that is bounded, and holds the key in none of its fields
/// however the body spells it. The first four bytes choose the status and the headers, the next line is a
/// request id, and the rest is the body.
pub fn error_body(data: &[u8]) {
    let data = super::with_key(data);
    let (choices, rest) = data.split_at(4.min(data.len()));
    let choice = |at: usize| choices.get(at).copied().unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (id, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let status = u16::from_le_bytes([choice(0), choice(1)]) % 1000;
    let one_of = |list: [&str; 4], at: usize| list[usize::from(choice(at)) % 4].as_bytes().to_vec();
    let headers = vec![
        ("content-type".to_owned(), one_of(CONTENT_TYPES, 2)),
        ("x-should-retry".to_owned(), one_of(SHOULD_RETRY, 3)),
        ("x-request-id".to_owned(), id.to_owned()),
        ("retry-after".to_owned(), id.to_owned()),
    ];
    let head = ResponseHead { status, headers };
    let scrubber = Scrubber::new(Some(super::KEY));
    let error = from_response(&head, body, &scrubber);
    super::check_error(&error);
    assert_eq!((error.http_status, error.request_sent), (Some(status), true));
    let text = String::from_utf8_lossy(body);
    let within = from_body_error(&text, Some(&head), &scrubber);
    super::check_error(&within);
    super::check_error(&from_body_error(&text, None, &scrubber));
    super::assert_hides_the_key(&scrubber.scrub(&text));
}

/// Any values of the three headers, a line each, come to a wait of at most a year, or to none. Whole seconds
/// are read as they are.
pub fn retry_after(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut headers = Vec::new();
    for name in ["retry-after", "retry-after-ms", "date"] {
        if let Some(value) = lines.next().filter(|value| !value.is_empty()) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let head = ResponseHead { status: 429, headers };
    let retry_after = RetryAfter::from_head(&head);
    assert!(retry_after.ms().is_none_or(|ms| (1..=31_536_000_000).contains(&ms)), "{retry_after:?}");
    match retry_after {
        RetryAfter::Wait(ms) => assert!(ms <= 120_000),
        RetryAfter::TooLong(ms) => assert!(ms > 120_000),
        RetryAfter::None => {}
    }
    let seconds = head.header("retry-after").and_then(|value| value.parse::<u64>().ok());
    if let Some(seconds) = seconds.filter(|_| head.header("retry-after-ms").is_none()) {
        // JSON's grammar has no zeros in front, and no plus.
        let plain = head.header("retry-after") == Some(seconds.to_string().as_str());
        let expected = (1..=31_536_000).contains(&seconds).then(|| seconds * 1000);
        assert!(!plain || retry_after.ms() == expected, "{seconds}: {retry_after:?}");
    }
}
