//! Leaves: text, whole numbers, floats, whatever type they were written as.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::scanned::scanned;

use super::{
    PairJoiner, Raw,
    surrogates::{ESCAPE, unit},
};

/// Text as JSON can hold it: UTF-8 but for lone halves of surrogate pairs, which stand as the three bytes
/// that UTF-8 would use for them [16]. A stream may cut a pair in two, so they are kept until the other
/// half may have come; see [`PairJoiner`].
#[derive(Clone, Debug, PartialEq)]
pub struct WireText<'a>(Form<'a>);

#[derive(Clone, Debug, PartialEq)]
enum Form<'a> {
    /// As most text is: known to be UTF-8, so that nobody has to look again.
    Plain(&'a str),
    /// It was spelled with escapes, or is a piece of something.
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

    /// The text where it is known without a look to have no halves in it.
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

/// The text of a JSON string; nothing where another type stands.
pub fn wire_text<'a>(raw: Raw<'a>) -> Option<WireText<'a>> {
    unescaped(raw?.get())
}

/// What a JSON string spells, which the parser has found whole; nothing where another type stands.
///
/// Lone surrogates are kept; text without escapes is not copied.
pub(super) fn unescaped(json: &str) -> Option<WireText<'_>> {
    if !json.starts_with('"') {
        return None;
    }
    let inner = within_quotes(json);
    let first = memchr::memchr(b'\\', inner.as_bytes());
    // With escapes it is searched to its end, and then spelled.
    scanned(if first.is_some() { 2 * inner.len() } else { inner.len() });
    let Some(first) = first else { return Some(WireText::from(inner)) };
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

/// What stands between the quotes of a string, which the parser has found whole.
fn within_quotes(json: &str) -> &str {
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default()
}

/// Writes what the escape at the beginning stands for, and gives what is behind it.
fn escape<'b>(escaped: &'b [u8], text: &mut Vec<u8>) -> Option<&'b [u8]> {
    let (kind, behind) = escaped.get(1..)?.split_first()?;
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
    Some(behind)
}

/// One escape `\uXXXX`, or a pair of them that are one character.
fn code_point<'b>(escaped: &'b [u8], text: &mut Vec<u8>) -> Option<&'b [u8]> {
    let (first, behind) = (unit(escaped, 0)?, escaped.get(ESCAPE..)?);
    if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, unit(behind, 0)) {
        let point = 0x10000 + ((first & 0x3FF) << 10 | second & 0x3FF);
        let tail = [point >> 12, point >> 6, point].map(|bits| 0x80 | (bits & 0x3F) as u8);
        text.push(0xF0 | (point >> 18) as u8);
        text.extend_from_slice(&tail);
        return behind.get(ESCAPE..);
    }
    match first {
        ..0x80 => text.push(first as u8),
        0x80..0x800 => text.extend_from_slice(&[0xC0 | (first >> 6) as u8, 0x80 | (first & 0x3F) as u8]),
        // The halves of pairs too.
        _ => text.extend_from_slice(&[
            0xE0 | (first >> 12) as u8,
            0x80 | (first >> 6 & 0x3F) as u8,
            0x80 | (first & 0x3F) as u8,
        ]),
    }
    Some(behind)
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
