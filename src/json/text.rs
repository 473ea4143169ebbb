//! Leaves: text, whole numbers, floats, whatever type they were written as.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use serde::de::{Deserializer, Visitor};

use super::{PairJoiner, Raw};

/// Text as JSON can hold it: UTF-8 but for lone halves of surrogate pairs, which stand as the three bytes
/// that UTF-8 would use for them [16]. A stream may cut a pair in two, so they are kept until the other
/// half may have come; see [`PairJoiner`].
#[derive(Clone, Debug, PartialEq)]
pub struct WireText<'a>(Cow<'a, [u8]>);

impl<'a> WireText<'a> {
    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a string, lone halves replaced.
    pub fn into_string_lossy(self) -> Cow<'a, str> {
        match self.0 {
            Cow::Borrowed(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(replaced(bytes)),
            },
            Cow::Owned(bytes) => {
                Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| replaced(error.as_bytes())))
            }
        }
    }
}

impl<'a> From<&'a [u8]> for WireText<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for WireText<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

fn replaced(bytes: &[u8]) -> String {
    let mut joiner = PairJoiner::default();
    let mut text = String::with_capacity(bytes.len());
    joiner.push(bytes, &mut text);
    joiner.finish(&mut text);
    text
}

/// The text of a JSON string; nothing where another type stands.
pub fn text<'a>(raw: Raw<'a>) -> Option<WireText<'a>> {
    let raw = raw?.get();
    // Strings only: the reader below would take a list of small numbers for bytes.
    if !raw.starts_with('"') {
        return None;
    }
    // Asked for as bytes, serde_json neither refuses lone surrogates nor copies text without escapes.
    serde_json::Deserializer::from_str(raw).deserialize_bytes(Bytes).ok()
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = WireText<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(WireText(Cow::Borrowed(bytes)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(WireText(Cow::Owned(Vec::from(bytes))))
    }
}

/// A string, or a number as a string: ids and codes come as either. Empty is nothing.
pub fn string<'a>(raw: Raw<'a>) -> Option<Cow<'a, str>> {
    let value = raw?.get();
    let found = match value.as_bytes().first()? {
        b'"' => text(raw)?.into_string_lossy(),
        b'-' | b'0'..=b'9' => Cow::Borrowed(value),
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

/// A finite number, also one written as a string.
pub fn float(raw: Raw<'_>) -> Option<f64> {
    let value: f64 = string(raw)?.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

/// A whole number from 0 on, also one written as a string or as a float [12].
pub fn unsigned(raw: Raw<'_>) -> Option<u64> {
    if let Ok(whole) = string(raw)?.trim().parse() {
        return Some(whole);
    }
    // 2^53: beyond it a float does not tell one whole number from the next.
    let value = float(raw).filter(|value| (0.0..=9_007_199_254_740_992.0).contains(value))?;
    let whole = value as u64;
    (whole as f64 == value).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn text_without_escapes_is_borrowed_and_lone_surrogates_are_kept() {
        assert!(matches!(text(Some(raw("\"plain ä\""))), Some(WireText(Cow::Borrowed(_)))));
        let lone = text(Some(raw(r#""a\ud83d""#))).expect("text");
        assert_eq!(lone.as_bytes(), b"a\xED\xA0\xBD");
        assert_eq!(lone.into_string_lossy(), "a\u{FFFD}");
        assert_eq!(text(Some(raw(r#""\ud83d\ude00""#))).expect("text").into_string_lossy(), "😀");
    }

    #[test]
    fn text_of_another_type_is_nothing() {
        for other in ["null", "1", "[1,2]", "{}", "true"] {
            assert_eq!(text(Some(raw(other))), None, "{other}");
        }
        assert_eq!(text(None), None);
    }

    #[test]
    fn numbers_come_as_numbers_strings_and_floats() {
        for (json, expected) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("7.0", Some(7)),
            ("\" 7.0 \"", Some(7)),
            ("1e3", Some(1000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("7.5", None),
            ("-1", None),
            ("1e999", None),
            ("\"\"", None),
            ("null", None),
            ("[7]", None),
        ] {
            assert_eq!(unsigned(Some(raw(json))), expected, "{json}");
        }
    }
}
