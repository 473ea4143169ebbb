//! Removes keys from text of the provider before it reaches the host, a log or a person [24].
//!
//! A server may echo the `Authorization` header, a proxy may put it in its error page, and either may escape it on
//! the way. Everything here is linear in the text, since a hostile server chooses it.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::{fmt, ops::Range};

use super::key_search::{Escapes, Needle, add};
use crate::scanned::scanned;
use crate::text_search::find_bytes;

/// The replacement of a key.
pub const REDACTED: &str = "[redacted]";

/// A word of this length after `sk-` counts as a key, no matter whose: the provider's own upstream keys were seen in
/// errors of gateways.
const KEY_TAIL_MIN: usize = 8;

/// Removes the configured key, bearer tokens and what looks like a key.
#[derive(Clone, Default)]
pub struct Scrubber {
    /// The key as it is, and as it reads when escapes are undone.
    needles: Vec<Needle>,
}

// Not derived: the needles are the key.
impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber(..)")
    }
}

impl Scrubber {
    /// A scrubber for this key; with `None` it still removes what looks like one.
    pub fn new(key: Option<&str>) -> Self {
        let key = key.unwrap_or_default().as_bytes();
        let mut needles = Vec::new();
        // One search for each way of writing, since undoing all escapes at once would read a key with `%` or `\` in
        // it wrongly.
        for escapes in [Escapes::None, Escapes::Json, Escapes::Percent] {
            needles.extend(Needle::new(key, escapes));
        }
        Self { needles }
    }

    /// The text without keys: the configured one (as it is, JSON-escaped, percent-encoded, or cut off by the end
    /// of the text), `Bearer …` in any case, and `sk-` with a long word after it.
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut found = Vec::new();
        bearer_tokens(text.as_bytes(), &mut found);
        let mut words = Vec::new();
        key_like_words(text.as_bytes(), &mut words);
        found = merged(&found, &words);
        for needle in &self.needles {
            words.clear();
            needle.find(text.as_bytes(), &mut words);
            found = merged(&found, &words);
        }
        // Nearly every text. It is not copied then.
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(replace(text, &found))
    }
}

/// Two lists of ranges, each in the order of their starts, as one. Merged instead of sorted, so that the whole stays
/// linear in the text.
fn merged(mut first: &[Range<usize>], mut second: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut all = Vec::with_capacity(first.len().saturating_add(second.len()));
    loop {
        let next = match (first.split_first(), second.split_first()) {
            (Some((one, rest)), Some((other, _))) if one.start <= other.start => {
                first = rest;
                one
            }
            (_, Some((other, rest))) => {
                second = rest;
                other
            }
            (Some((one, rest)), None) => {
                first = rest;
                one
            }
            (None, None) => return all,
        };
        scanned(1);
        all.push(next.clone());
    }
}

/// The text with each range, in order of their starts, replaced; overlapping ones count as one. An escape may begin
/// inside a character where the text is hostile, so that ranges are widened to whole characters.
fn replace(text: &str, ranges: &[Range<usize>]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        let (start, end) = (text.floor_char_boundary(range.start), text.ceil_char_boundary(range.end));
        // Inside a range that is replaced already.
        if end <= done {
            continue;
        }
        if start >= done {
            clean.push_str(text.get(done..start).unwrap_or_default());
            clean.push_str(REDACTED);
        }
        done = end;
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    clean
}

/// `Bearer` in any case, separators in any spelling, and the token: an echoed `Authorization` header, with any
/// key. Without a separator or a token it is an ordinary word ("bearers of news").
fn bearer_tokens(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    const WORD: &[u8] = b"bearer";
    let mut at = 0_usize;
    while let Some(candidate) = bytes.get(at..at.saturating_add(WORD.len())) {
        scanned(1);
        if !candidate.eq_ignore_ascii_case(WORD) {
            at = at.saturating_add(1);
            continue;
        }
        let scheme_end = at.saturating_add(WORD.len());
        let token = skip_separators(bytes, scheme_end);
        let end = token.saturating_add(run(bytes, token, is_token_byte));
        if token > scheme_end && end > token {
            add(found, at..end);
        }
        // Past the token, so that no byte is looked at twice.
        at = end;
    }
}

fn skip_separators(bytes: &[u8], mut at: usize) -> usize {
    // In headers, in JSON, in query strings and in their escaped forms.
    const SEPARATORS: [&[u8]; 9] = [b" ", b"\t", b":", b"=", b"+", b"%20", b"\\u0020", b"\\t", b"\\n"];
    while let Some(rest) = bytes.get(at..) {
        let Some(separator) = SEPARATORS.iter().find(|separator| rest.starts_with(separator)) else { break };
        scanned(separator.len());
        at = at.saturating_add(separator.len());
    }
    at
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`,;<>(){}[]".contains(&byte)
}

/// Words such as `sk-…`, not in the middle of another word ("risk-assessment").
fn key_like_words(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    const PREFIX: &[u8] = b"sk-";
    let mut from = 0;
    while let Some(ahead) = bytes.get(from..).and_then(|rest| find_bytes(rest, PREFIX)) {
        let at = from.saturating_add(ahead);
        from = at.saturating_add(PREFIX.len());
        let before = bytes.get(at.saturating_sub(2)..at).unwrap_or_default();
        // Two letters before it: one alone may be the end of an escape, as in `\n` or `%2F`.
        let inside_word = before.len() == 2 && before.iter().all(u8::is_ascii_alphabetic);
        if inside_word {
            continue;
        }
        let len = run(bytes, from, |byte| byte.is_ascii_alphanumeric() || b"_-*".contains(&byte));
        if len >= KEY_TAIL_MIN {
            from = from.saturating_add(len);
            add(found, at..from);
        }
    }
}

fn run(bytes: &[u8], from: usize, accept: impl Fn(u8) -> bool) -> usize {
    let length = bytes.get(from..).unwrap_or_default().iter().take_while(|&&byte| accept(byte)).count();
    scanned(length);
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanned::count;
    use alloc::{format, string::ToString};

    const KEY: &str = "sk-Ab3/+\"x\\yZ09-Qr";

    fn json_escaped(key: &str) -> String {
        key.bytes().map(|byte| format!("\\u{byte:04x}")).collect()
    }

    fn percent_encoded(key: &str) -> String {
        key.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    #[test]
    fn the_key_is_found_in_every_spelling() {
        let scrubber = Scrubber::new(Some(KEY));
        let quoted = serde_json::to_string(KEY).unwrap();
        let twice = serde_json::to_string(&quoted).unwrap();
        let spellings = [
            KEY.to_string(),
            quoted.trim_matches('"').to_string(),
            twice.trim_matches(['"', '\\']).to_string(),
            json_escaped(KEY),
            percent_encoded(KEY),
            percent_encoded(KEY).replace('%', "%25"),
            percent_encoded(KEY).to_lowercase(),
        ];
        for spelling in spellings {
            for (before, after) in [("", ""), ("key ", " refused"), ("密钥", "无效"), ("100", ". Next")] {
                let text = format!("{before}{spelling}{after}");
                assert_eq!(scrubber.scrub(&text), format!("{before}{REDACTED}{after}"), "{text}");
            }
        }
    }

    #[test]
    fn a_key_with_a_percent_sign_is_found() {
        let scrubber = Scrubber::new(Some("ab%41cd"));
        for spelling in ["ab%41cd", "ab%2541cd", "\\u0061b\\u00254\\u0031cd"] {
            assert_eq!(scrubber.scrub(spelling), REDACTED, "{spelling}");
        }
    }

    #[test]
    fn text_that_looks_like_the_start_of_an_escape_hides_no_key() {
        let scrubber = Scrubber::new(Some("abcdef0123"));
        for text in ["100%abcdef0123.", "\\uabcdef0123.", "%25abcdef0123.", "abcabcdef0123."] {
            assert!(!scrubber.scrub(text).contains("def0123"), "{text}");
        }
    }

    #[test]
    fn a_key_cut_by_the_end_of_the_text_is_found() {
        let scrubber = Scrubber::new(Some("zq7-secret-of-mine"));
        assert_eq!(scrubber.scrub("echo: zq7-secre"), "echo: [redacted]");
        assert_eq!(scrubber.scrub("echo: zq7%2Dsecre"), "echo: [redacted]");
        assert_eq!(scrubber.scrub("echo: zq7"), "echo: zq7");
    }

    #[test]
    fn tokens_and_words_like_keys_go_whosever_they_are() {
        let cases = [
            ("Authorization: Bearer abc.def~ghi== was sent", "Authorization: [redacted] was sent"),
            ("bEaReR%20abc\"", "[redacted]\""),
            ("BEARER: abc, then", "[redacted], then"),
            ("Bearer", "Bearer"),
            ("Bearer 无效", "Bearer 无效"),
            ("bearers of news", "bearers of news"),
            ("given sk-proj_1234567-x.", "given [redacted]."),
            ("\\nsk-12345678 %2Fsk-12345678", "\\n[redacted] %2F[redacted]"),
            ("sk-1234567 is too short", "sk-1234567 is too short"),
            ("a risk-assessment of the task-management", "a risk-assessment of the task-management"),
            ("sk-sk-sk-sk-sk-", "[redacted]"),
            ("sk-ab********wxyz", "[redacted]"),
        ];
        let scrubber = Scrubber::new(None);
        for (text, clean) in cases {
            assert_eq!(scrubber.scrub(text), clean);
        }
    }

    #[test]
    fn text_without_a_key_is_not_copied() {
        assert!(matches!(Scrubber::new(Some(KEY)).scrub("all is well 好"), Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_text_costs_linear_time() {
        let scrubber = Scrubber::new(Some(&("a".repeat(511) + "b")));
        for unit in ["a", "sk-", "bearer ", "%25", "\\", "\\u0061", "Bearer a ", "xsk-aaaaaaa "] {
            let passes = |bytes: usize| {
                let text = unit.repeat(bytes / unit.len());
                count(|| drop(scrubber.scrub(&text))) as f64 / text.len() as f64
            };
            let (short, long) = (passes(1 << 15), passes(1 << 18));
            // Three searches for the key, at most two steps for each byte, and the two searches for shapes.
            assert!(short >= 3.0 && long <= short * 1.05 && long <= 12.0, "{unit:?}: {short}, {long}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", Scrubber::new(Some(KEY))), "Scrubber(..)");
    }
}
