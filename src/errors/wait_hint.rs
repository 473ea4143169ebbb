//! How long to wait, where the server writes it into the body [77].
//!
//! Google has `RetryInfo` in a list of details (`"retryDelay": "34.5s"`), gateways write `retry_after`, `retryAfter` or
//! `retry_after_ms` at any depth, also in a JSON text inside a text, and most others write a sentence ("Please try again
//! in 1m30s"). One search of the text finds all of them, and needs no list of the shapes.

use super::retry_after::usable;
use crate::scanned::scanned;
use crate::text_search::{contains, find, split_once};

/// Bytes of a text that are searched. Errors that request a wait are short.
const SEARCHED: usize = 16 * 1024;

/// Bytes between the words that announce a wait and its number ("in about ", `":"`).
const GAP: usize = 16;

/// Units, each with its milliseconds. The first that fits counts, so that `ms` comes before `m`.
const UNITS: [(&str, f64); 12] = [
    ("ms", 1.0),
    ("milli", 1.0),
    ("msec", 1.0),
    ("s", 1e3),
    ("min", 60e3),
    ("m", 60e3),
    ("h", 3_600e3),
    ("d", 86_400e3),
    ("毫秒", 1.0),
    ("秒", 1e3),
    ("分", 60e3),
    ("小时", 3_600e3),
];

/// The words that announce a wait. A number after those with `retry` may have no unit, as in the header.
const ANNOUNCEMENTS: [&str; 8] = [
    "retry",
    "again in ",
    "again after ",
    "wait ",
    "reset in ",
    "resets in ",
    "reset after ",
    "available in ",
];

/// The wait that a text requests, in milliseconds.
pub(super) fn wait_hint(text: &str) -> Option<u64> {
    let text = text.get(..text.floor_char_boundary(SEARCHED))?.to_ascii_lowercase();
    scanned(text.len());
    ANNOUNCEMENTS.iter().find_map(|words| announced(&text, words)).or_else(|| chinese(&text))
}

fn announced(text: &str, words: &str) -> Option<u64> {
    let mut rest = text;
    while let Some((_, after)) = split_once(rest, words) {
        let found = if words == "retry" { after_retry(after) } else { number_near(after).and_then(wait) };
        if found.is_some() {
            return found;
        }
        rest = after;
    }
    None
}

/// After `retry`: the rest of the name or of the phrase (`_after_ms`, `delay`, " your request in "), what separates a
/// name from its value, and the value.
fn after_retry(text: &str) -> Option<u64> {
    let in_name = |byte: &u8| byte.is_ascii_alphabetic() || b"_- ".contains(byte);
    let length = text.bytes().take_while(in_name).take(32).count();
    let (name, value) = text.split_at_checked(length)?;
    // Not `retryable` or `retry_count`.
    if !["after", "delay", "in "].iter().any(|word| find(name, word).is_some()) {
        return None;
    }
    let value = value.trim_start_matches(['"', '\'', '\\', ':', '=', ' ', '`', '~']);
    let unit = if find(name, "ms").is_some() || find(name, "milli").is_some() { 1.0 } else { 1e3 };
    wait(value).or_else(|| {
        let (number, after) = number(value)?;
        // A date or a time of day is no number of seconds, and a word after the number is a unit that is not known.
        let ends = !after
            .trim_ascii_start()
            .starts_with(|next: char| next.is_ascii_alphanumeric() || !next.is_ascii())
            && !after.starts_with(['-', ':', '/']);
        usable(number * unit).filter(|_| ends)
    })
}

/// The text from the next number on, if that is near and in the same sentence.
fn number_near(text: &str) -> Option<&str> {
    let at = text
        .bytes()
        .take(GAP)
        .take_while(|byte| !b".\n\"".contains(byte))
        .position(|byte| byte.is_ascii_digit())?;
    text.get(at..)
}

/// Numbers with their units: "20s", "1m30s", "1 minute and 30 seconds".
fn wait(text: &str) -> Option<u64> {
    let (mut total, mut rest) = (0.0, text);
    while let Some((amount, after)) = number(rest) {
        let after = after.trim_ascii_start();
        let Some((unit, ms)) = UNITS.iter().find(|(unit, _)| after.starts_with(unit)) else { break };
        // "20 servers" or "5 more": a unit is its first letters, and then one of its own spellings or no letter.
        let word = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        if !unit.is_ascii() || is_unit(after.get(..word)?) {
            total += amount * ms;
            rest = after.get(word.max(unit.len())..)?.trim_start_matches(['钟', ' ', ',']);
            rest = rest.strip_prefix("and ").unwrap_or(rest);
        } else {
            break;
        }
    }
    usable(total)
}

fn is_unit(word: &str) -> bool {
    const SPELLINGS: [&str; 24] = [
        "ms",
        "msec",
        "msecs",
        "millis",
        "millisecond",
        "milliseconds",
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "m",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "d",
        "day",
        "days",
    ];
    SPELLINGS.contains(&word)
}

/// "请在 20 秒后重试": the number stands before.
fn chinese(text: &str) -> Option<u64> {
    let mut rest = text;
    while let Some((before, after)) = split_once(rest, "后") {
        let number_first = |character: char| {
            character.is_ascii_digit() || contains("毫秒分钟小时 .", character.encode_utf8(&mut [0; 4]))
        };
        let length: usize =
            before.chars().rev().take(24).take_while(|c| number_first(*c)).map(char::len_utf8).sum();
        let found =
            before.get(before.len().saturating_sub(length)..).and_then(|span| wait(span.trim_ascii_start()));
        if found.is_some() {
            return found;
        }
        rest = after;
    }
    None
}

/// The number at the start of a text, and the text after it. A full stop counts only before a digit. Zeros in front are
/// fine here, unlike in JSON.
pub(super) fn number(text: &str) -> Option<(f64, &str)> {
    let (mut digits, mut unit, mut at) = (0.0, 0.0, 0_usize);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10.0 + f64::from(byte.wrapping_sub(b'0'));
                unit *= 10.0;
            }
            b'.' if unit == 0.0
                && at > 0
                && bytes.get(at.wrapping_add(1)).is_some_and(u8::is_ascii_digit) =>
            {
                unit = 1.0;
            }
            _ => break,
        }
        at = at.wrapping_add(1);
    }
    // Divided once, so that 0.35 is what it is in a literal.
    let value = if unit > 0.0 { digits / unit } else { digits };
    text.get(at..).filter(|_| at > 0).map(|after| (value, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_wait_is_read_in_each_form_that_was_seen() {
        for (text, ms) in [
            ("Rate limit reached. Please try again in 20s.", 20_000),
            ("please try again in 1m30s", 90_000),
            ("Please try again in 1m30.5s", 90_500),
            ("Please try again in 350ms. Visit", 350),
            ("try again in 6h0m0s", 21_600_000),
            ("Try again after 2 minutes", 120_000),
            ("please retry after 60 seconds", 60_000),
            ("please retry after 0.35 s", 350),
            ("Please retry in 34.074824224s.", 34_075),
            ("Please retry after 20.", 20_000),
            ("please wait 5 seconds before", 5_000),
            ("Please wait for at least 1 minute and 30 seconds", 90_000),
            ("Your quota will reset after 1h12m3s.", 4_323_000),
            (r#"{"details":[{"@type":"x/google.rpc.RetryInfo","retryDelay":"34s"}]}"#, 34_000),
            (r#"{"retryDelay": "34.5s"}"#, 34_500),
            (r#"{"retry_after":20}"#, 20_000),
            (r#"{"retry_after":"20"}"#, 20_000),
            (r#"{"retry_after": 0.5}"#, 500),
            (r#"{"retryAfter":20,"a":1}"#, 20_000),
            (r#"{"error":{"metadata":{"headers":{"Retry-After":"7"}}}}"#, 7_000),
            (r#"{"retry_after_ms":1500}"#, 1_500),
            (r#"{"retryAfterMs":"1500"}"#, 1_500),
            (r#"{"retry_after_seconds":3}"#, 3_000),
            (r#"{"message":"{\"retry_after\":20}"}"#, 20_000),
            ("{'retry_after': 20}", 20_000),
            ("请求过于频繁，请在20秒后重试", 20_000),
            ("请 2 分钟后再试", 120_000),
            ("请1分30秒后重试", 90_000),
            ("retryable: retry later, retry after 007 seconds", 7_000),
        ] {
            assert_eq!(wait_hint(text), Some(ms), "{text}");
            let around = format!("x {text} y");
            assert_eq!(wait_hint(&around), Some(ms), "{around}");
        }
    }

    #[test]
    fn a_number_that_is_no_wait_is_none() {
        for text in [
            "",
            "try again later",
            "please try again in a few seconds",
            "retry_count: 3",
            r#"{"retryable":true,"code":429}"#,
            "retry after 2026-11-30T10:00:00Z",
            "retry at 10:00",
            "retry after 3 attempts",
            "try again in 5 steps",
            "wait 20 servers",
            "try again. In 20s nothing happens",
            r#"{"retry_after":0}"#,
            r#"{"retry_after":-5}"#,
            r#"{"retry_after":1741305600}"#,
            r#"{"retry_after":null,"limit":20}"#,
            "retry after 99999999999999999999999 s",
            "后",
            "20秒",
        ] {
            assert_eq!(wait_hint(text), None, "{text}");
        }
    }
}
