//! Escapes of half a character in JSON text [16].
//!
//! A JSON string may spell one half of a UTF-16 pair, `"\ud83d"`: models write it when they are cut off in the middle
//! of an emoji. Some parsers accept it, and strict ones refuse the whole request over it, in every later turn of the
//! conversation too. So it is replaced before the text is passed on.

use alloc::{borrow::Cow, string::String};

use crate::scanned::scanned;
use crate::text_search::hex_digit;

/// The replacement of half a character: U+FFFD, as an escape of the same length.
const REPLACEMENT: &str = "\\ufffd";

/// The length of an escape `\uXXXX`.
pub(super) const ESCAPE: usize = 6;

/// JSON text with each escape of a lone surrogate replaced by `\ufffd`; all else stays as it is, byte for byte.
///
/// Accepts any text: the same rule applies to text that is no JSON. Linear in the length of the text, and nothing is
/// copied where nothing is replaced.
pub fn replace_lone(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut clean = String::new();
    let mut copied = 0;
    let mut at = 0_usize;
    scanned(json.len());
    while let Some(escape) = bytes.get(at..).and_then(|rest| rest.get(memchr::memchr(b'\\', rest)?..)) {
        // Positions within the text cannot wrap, and the checks for it would be run for every escape.
        at = bytes.len().wrapping_sub(escape.len());
        let length = match unit(escape) {
            // `\\`, `\n` and the like: the next character belongs to it, or `\\ud83d` would be misread.
            None => 2,
            Some(0xD800..=0xDBFF) if matches!(escape.get(ESCAPE..).and_then(unit), Some(0xDC00..=0xDFFF)) => {
                2 * ESCAPE
            }
            Some(0xD800..=0xDFFF) => {
                // Both ends are ASCII, so this never cuts a character.
                clean.push_str(json.get(copied..at).unwrap_or_default());
                clean.push_str(REPLACEMENT);
                copied = at.wrapping_add(ESCAPE);
                ESCAPE
            }
            Some(_) => ESCAPE,
        };
        at = at.wrapping_add(length);
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    clean.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(clean)
}

/// The UTF-16 unit of the escape `\uXXXX` that begins here. One comparison finds out whether there are enough bytes:
/// this runs for every escape of a response, and there are as many as letters in some languages.
#[inline]
pub(super) fn unit(escape: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = escape else { return None };
    let digits = digits.first_chunk::<4>()?;
    digits.iter().try_fold(0, |value: u32, &byte| Some(value << 4 | hex_digit(byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_is_replaced_and_nothing_else_is() {
        let cases = [
            (r#""plain""#, r#""plain""#),
            ("", ""),
            ("\\", "\\"),
            (r"\u", r"\u"),
            (r"\ud8", r"\ud8"),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\u0041""#, r#""\ufffd\u0041""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""é\ud83dé""#, r#""é\ufffdé""#),
            ("\\é\\ud83d", "\\é\\ufffd"),
            (r#""\ud83g""#, r#""\ud83g""#),
            (r#""\ud7ff\ue000""#, r#""\ud7ff\ue000""#),
        ];
        for (json, expected) in cases {
            assert_eq!(replace_lone(json), expected, "{json}");
        }
    }

    #[test]
    fn nothing_is_copied_when_nothing_is_wrong() {
        assert!(matches!(replace_lone(r#"{"a":"\ud83d\ude00 \\ud83d"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn a_strict_reader_accepts_the_result() {
        let halves = [r"\ud83d", r"\ude00", r"\\", "x", r"\u0041", "é", r"\n"];
        let mut seed = 1_u64;
        for _ in 0..2_000 {
            let mut json = String::from("\"");
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                json.push_str(halves[(seed >> 33) as usize % halves.len()]);
            }
            json.push('"');
            let clean = replace_lone(&json);
            serde_json::from_str::<String>(&clean).unwrap_or_else(|e| panic!("{json} → {clean}: {e}"));
        }
    }

    #[test]
    fn a_long_run_of_halves_takes_linear_time() {
        let json = r"\ud83d".repeat(500_000);
        assert_eq!(replace_lone(&json), r"\ufffd".repeat(500_000));
    }
}
