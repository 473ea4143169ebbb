//! The text of a JSON string, with its escapes undone.
//!
//! Text without escapes, as nearly all text is, stays a slice of the message. Only text with escapes is copied, once.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::scanned::scanned;

use super::{
    PairJoiner, Raw,
    surrogates::{ESCAPE, unit},
};

/// Text as JSON can contain it: UTF-8 except for lone halves of surrogate pairs, each written as the three bytes that
/// UTF-8 would use for it [16]. A stream may split a pair, so that a half is kept until the next chunk; see
/// [`PairJoiner`].
#[derive(Clone, Debug, PartialEq)]
pub struct WireText<'a>(Form<'a>);

#[derive(Clone, Debug, PartialEq)]
enum Form<'a> {
    /// Without escapes, as most text: known to be UTF-8, so that it is not validated again.
    Plain(&'a str),
    /// It was written with escapes, or is a part of something.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> WireText<'a> {
    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Plain(text) => text.as_bytes(),
            Form::Bytes(bytes) => bytes,
        }
    }

    /// The text, if it is known without a search to contain no halves.
    pub fn plain(&self) -> Option<&'a str> {
        match self.0 {
            Form::Plain(text) => Some(text),
            Form::Bytes(_) => None,
        }
    }

    /// As a string, lone halves replaced.
    pub fn into_string_lossy(self) -> Cow<'a, str> {
        match self.0 {
            Form::Plain(text) => Cow::Borrowed(text),
            Form::Bytes(bytes) => Cow::Owned(
                String::from_utf8(bytes.into_owned()).unwrap_or_else(|error| replaced(error.as_bytes())),
            ),
        }
    }
}

impl<'a> From<&'a [u8]> for WireText<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Form::Bytes(Cow::Borrowed(bytes)))
    }
}

impl<'a> From<&'a str> for WireText<'a> {
    fn from(text: &'a str) -> Self {
        Self(Form::Plain(text))
    }
}

fn replaced(bytes: &[u8]) -> String {
    let mut joiner = PairJoiner::default();
    let mut text = String::with_capacity(bytes.len());
    joiner.push(bytes, &mut text);
    joiner.finish(&mut text);
    text
}

/// The text of a JSON string; nothing for a value of another type.
pub fn wire_text<'a>(raw: Raw<'a>) -> Option<WireText<'a>> {
    unescaped(raw?.get())
}

/// The text that a JSON string spells, which the parser has found complete; nothing for a value of another type.
///
/// Lone surrogates are kept; text without escapes is not copied.
pub(super) fn unescaped(json: &str) -> Option<WireText<'_>> {
    if !json.starts_with('"') {
        return None;
    }
    let inner = within_quotes(json);
    let first = memchr::memchr(b'\\', inner.as_bytes());
    // With escapes it is searched to its end, and then decoded.
    scanned(if first.is_some() { inner.len().saturating_mul(2) } else { inner.len() });
    let Some(first) = first else { return Some(WireText::from(inner)) };
    // No escape is shorter than what it stands for, so this is always enough.
    let mut text = Vec::with_capacity(inner.len());
    let (mut run, mut rest) = inner.as_bytes().split_at(first);
    loop {
        text.extend_from_slice(run);
        if rest.is_empty() {
            return Some(WireText(Form::Bytes(Cow::Owned(text))));
        }
        rest = escape(rest, &mut text)?;
        (run, rest) = rest.split_at(memchr::memchr(b'\\', rest).unwrap_or(rest.len()));
    }
}

/// The part between the quotes of a string, which the parser has found complete.
fn within_quotes(json: &str) -> &str {
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default()
}

/// Writes the character of the escape at the beginning, and returns the bytes after it.
fn escape<'b>(escaped: &'b [u8], text: &mut Vec<u8>) -> Option<&'b [u8]> {
    let (kind, after) = escaped.get(1..)?.split_first()?;
    text.push(match kind {
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 0x0C,
        b'r' => b'\r',
        b'u' => return code_point(escaped, text),
        // `"`, `\` and `/` stand for themselves.
        other => *other,
    });
    Some(after)
}

/// One escape `\uXXXX`, or a pair of them that are one character.
fn code_point<'b>(escaped: &'b [u8], text: &mut Vec<u8>) -> Option<&'b [u8]> {
    let (first, after) = (unit(escaped)?, escaped.get(ESCAPE..)?);
    // A pair in one string is one character. Only halves without their other half are kept as bytes.
    if let 0xD800..=0xDBFF = first
        && let Some(second @ 0xDC00..=0xDFFF) = unit(after)
    {
        // At most 0x10FFFF.
        let point = 0x10000_u32.wrapping_add((first & 0x3FF) << 10 | second & 0x3FF);
        let tail = [point >> 12, point >> 6, point].map(|bits| 0x80 | (bits & 0x3F) as u8);
        text.push(0xF0 | (point >> 18) as u8);
        text.extend_from_slice(&tail);
        return after.get(ESCAPE..);
    }
    match first {
        ..0x80 => text.push(first as u8),
        0x80..0x800 => text.extend_from_slice(&[0xC0 | (first >> 6) as u8, 0x80 | (first & 0x3F) as u8]),
        // Halves of pairs too: see `WireText`.
        _ => text.extend_from_slice(&[
            0xE0 | (first >> 12) as u8,
            0x80 | (first >> 6 & 0x3F) as u8,
            0x80 | (first & 0x3F) as u8,
        ]),
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{RawValue, parse};

    fn raw(json: &str) -> RawValue<'_> {
        parse(json).expect("JSON")
    }

    #[test]
    fn text_without_escapes_is_borrowed_and_lone_surrogates_are_kept() {
        assert!(matches!(wire_text(Some(raw("\"plain ä\""))), Some(WireText(Form::Plain(_)))));
        let lone = wire_text(Some(raw(r#""a\ud83d""#))).expect("text");
        assert_eq!(lone.as_bytes(), b"a\xED\xA0\xBD");
        assert_eq!(lone.into_string_lossy(), "a\u{FFFD}");
        assert_eq!(wire_text(Some(raw(r#""\ud83d\ude00""#))).expect("text").into_string_lossy(), "😀");
    }

    #[test]
    fn text_of_another_type_is_nothing() {
        for other in ["null", "1", "[1,2]", "{}", "true"] {
            assert_eq!(wire_text(Some(raw(other))), None, "{other}");
        }
        assert_eq!(wire_text(None), None);
    }
}
