//! How long the provider asks to wait before the next try.
//!
//! CometAPI documents no `Retry-After`, but the proxies in front of it and the vendors after it send one:
//! `retry-after-ms`, as OpenAI does, and the standard header in seconds or as a date. A wait in the body is read by
//! [`super::wait_hint`], and counts where no header has one.

use super::{Error, http_date};
use crate::http_head::ResponseHead;
use crate::json::Number;

/// The longest wait, in milliseconds, that a retry inside the component honours; OpenAI's own client has the same
/// limit. A caller should learn of a longer wait at once, and not after having waited for it.
pub const LONGEST_WAIT_MS: u64 = 120_000;

/// A year. A longer wait is a mistake of the server's, and counts as absent.
const NONSENSE_MS: f64 = 31_536_000_000.0;

/// What the provider asks for before the next try, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// No usable value: take a back-off of our own.
    None,
    /// Wait this long, then try again.
    Wait(u64),
    /// Longer than [`LONGEST_WAIT_MS`]: do not try again here.
    TooLong(u64),
}

impl RetryAfter {
    /// Reads `retry-after-ms`, then `retry-after` in seconds or as a date. A date is measured against the
    /// `Date` of the same response: the sandbox has no wall clock, and two clocks would differ anyway.
    pub fn from_head(head: &ResponseHead) -> Self {
        let milliseconds = || milliseconds(head.header("retry-after-ms")?, 1.0);
        let seconds = || milliseconds_from(head.header("retry-after")?, head.header("date"));
        Self::from_ms(milliseconds().or_else(seconds))
    }

    /// The wait in the `retry_after_ms` of an error. A retry loop reads it from there, since an error with
    /// a long wait stays `retryable`: the same request may well succeed, only much later.
    pub fn from_error(error: &Error) -> Self {
        Self::from_ms(error.retry_after_ms)
    }

    fn from_ms(ms: Option<u64>) -> Self {
        match ms {
            None | Some(0) => Self::None,
            Some(ms) if ms <= LONGEST_WAIT_MS => Self::Wait(ms),
            Some(ms) => Self::TooLong(ms),
        }
    }

    /// The requested wait, honoured or not.
    pub fn ms(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Wait(ms) | Self::TooLong(ms) => Some(ms),
        }
    }
}

fn milliseconds_from(value: &str, date: Option<&str>) -> Option<u64> {
    milliseconds(value, 1000.0).or_else(|| {
        let seconds = http_date::unix_seconds(value.trim_ascii())?
            .checked_sub(http_date::unix_seconds(date?.trim_ascii())?)?;
        // Both dates have four-digit years: the difference cannot overflow, but it can be nonsense.
        usable(seconds as f64 * 1000.0)
    })
}

/// A decimal number in units of `unit` milliseconds.
fn milliseconds(value: &str, unit: f64) -> Option<u64> {
    // JSON's grammar for numbers has no `nan` and no `inf`, which Rust's own parser would accept.
    usable(Number::parse(value)?.as_f64()? * unit)
}

/// Positive, at most a year, rounded up: a try that comes a millisecond early is refused again.
pub(super) fn usable(ms: f64) -> Option<u64> {
    if !(ms > 0.0 && ms <= NONSENSE_MS) {
        return None;
    }
    let whole = ms as u64;
    Some(if (whole as f64) < ms { whole.saturating_add(1) } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpora;
    use alloc::{string::ToString, vec::Vec};

    fn head(headers: &[(&str, &str)]) -> ResponseHead {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        ResponseHead { status: 429, headers: headers.collect::<Vec<_>>() }
    }

    #[test]
    fn milliseconds_take_precedence_over_seconds_and_nonsense_counts_as_absent() {
        let date = ("date", "Fri, 29 Sep 2023 16:26:37 GMT");
        let cases: &[(&[(&str, &str)], RetryAfter)] = &[
            (&[], RetryAfter::None),
            (&[("retry-after-ms", "1500.2"), ("retry-after", "20")], RetryAfter::Wait(1501)),
            (&[("retry-after-ms", "soon"), ("retry-after", "20")], RetryAfter::Wait(20_000)),
            (&[("retry-after-ms", "0"), ("retry-after", "20")], RetryAfter::Wait(20_000)),
            (&[("retry-after", "0")], RetryAfter::None),
            (&[("retry-after", " 0.5 ")], RetryAfter::Wait(500)),
            (&[("retry-after", "120")], RetryAfter::Wait(120_000)),
            (&[("retry-after", "121")], RetryAfter::TooLong(121_000)),
            (&[("retry-after-ms", "120000.1")], RetryAfter::TooLong(120_001)),
            (&[("retry-after", "1e300")], RetryAfter::None),
            (&[("retry-after", "1e999")], RetryAfter::None),
            (&[("retry-after", "-0")], RetryAfter::None),
            (&[("retry-after", "-inf")], RetryAfter::None),
            (&[("retry-after", "Fri, 29 Sep 2023 16:26:57 GMT"), date], RetryAfter::Wait(20_000)),
            (&[("retry-after", "Fri, 29 Sep 2023 16:26:57 GMT")], RetryAfter::None),
            (&[("retry-after", "Fri, 29 Sep 2023 16:26:57 GMT"), ("date", "today")], RetryAfter::None),
            (&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), date], RetryAfter::None),
        ];
        for (headers, expected) in cases {
            assert_eq!(RetryAfter::from_head(&head(headers)), *expected, "{headers:?}");
        }
    }

    #[test]
    fn the_recorded_values_are_read_as_recorded() {
        let Some(corpus) = corpora::json("tables/retry-after.json") else { return };
        let now = corpus["now"].as_str().unwrap();
        let mut seen = 0;
        for case in corpus["cases"].as_array().unwrap().iter().filter(|case| case["remaining_retries"] == 3) {
            let value = case["retry_after"].as_str().unwrap();
            // 0.5 s is that client's own first back-off: nothing usable was asked for, or too much.
            let used = (case["sleep_seconds"] != 0.5).then(|| case["sleep_seconds"].as_f64().unwrap());
            let found = RetryAfter::from_head(&head(&[("retry-after", value), ("date", now)]));
            let waits = if let RetryAfter::Wait(ms) = found { Some(ms as f64 / 1000.0) } else { None };
            assert_eq!(waits, used, "{value}");
            seen += 1;
        }
        for case in corpus["should_retry"].as_array().unwrap() {
            let mut headers: Vec<_> = case["headers"].as_object().unwrap().iter().collect::<Vec<_>>();
            let date = serde_json::Value::from(now);
            let name = "date".to_string();
            headers.push((&name, &date));
            let headers: Vec<_> = headers.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
            let retry = !matches!(RetryAfter::from_head(&head(&headers)), RetryAfter::TooLong(_));
            assert_eq!(retry, case["should_retry"].as_bool().unwrap(), "{case}");
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }
}
