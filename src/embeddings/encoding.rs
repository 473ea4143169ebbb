//! How the numbers of a vector are written on the wire: asked for as base64, and otherwise as whatever the server takes.
//!
//! Base64 is a quarter of the text, and needs no conversion. Many servers ignore the field and send numbers, and some
//! refuse the request for it [53]; those get it again, once with `float` and, where they do not know the field at all,
//! once without it. Such a refusal comes before the model has run, so it costs nothing.

use alloc::vec::Vec;

use crate::routes::without_field;
use crate::scanned::scanned;
use crate::text_search::find_bytes;

/// The field of the request.
pub(super) const FIELD: &str = "encoding_format";

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Encoding {
    /// The numbers as little-endian `f32`, in base64.
    #[default]
    Base64,
    /// A list of numbers.
    Float,
    /// Not asked: the field is left out.
    Unsent,
}

impl Encoding {
    /// The value of the field; `None` where it is left out.
    pub(super) fn value(self) -> Option<&'static str> {
        match self {
            Self::Base64 => Some("base64"),
            Self::Float => Some("float"),
            Self::Unsent => None,
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Base64 => Some(Self::Float),
            Self::Float => Some(Self::Unsent),
            Self::Unsent => None,
        }
    }
}

/// The body in the next encoding, after a refusal of this one; `None` after the last one.
pub fn in_next_encoding(encoding: Encoding, body: &[u8]) -> Option<(Encoding, Vec<u8>)> {
    let next = encoding.next()?;
    let mut body = without_field(body, FIELD)?;
    if let Some(value) = next.value() {
        // The body ends in the bracket of its object, and has at least a model before it.
        body.pop();
        for piece in [",\"", FIELD, "\":\"", value, "\"}"] {
            body.extend_from_slice(piece.as_bytes());
        }
    }
    Some((next, body))
}

/// Whether a response refuses the encoding: it names the field or its value, and not only because it repeats the
/// request, as FastAPI does in its refusals of any other field.
pub fn refuses_encoding(response: &[u8]) -> bool {
    // Quotes, escapes and blanks differ between an error as text, as JSON, and as JSON in a text.
    let response: Vec<u8> = response
        .iter()
        .filter(|byte| !matches!(byte, b'\\' | b' '))
        .map(|byte| if *byte == b'\'' { b'"' } else { byte.to_ascii_lowercase() })
        .collect();
    scanned(response.len());
    ["encoding_format", "encodingformat", "base64"].iter().any(|name| is_named(&response, name.as_bytes()))
}

fn is_named(response: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = find_bytes(response.get(at..).unwrap_or_default(), name) {
        let start = at.saturating_add(found);
        at = start.saturating_add(name.len());
        let (before, after) = response.split_at_checked(at).unwrap_or_default();
        let is_value =
            before.get(..start).is_some_and(|before| before.ends_with(b"\":\"")) && after.starts_with(b"\"");
        let is_echo = [&b"\":\"base64\""[..], b"\":\"float\""].iter().any(|echo| after.starts_with(echo));
        if !(is_echo || is_value && name == b"base64") {
            return true;
        }
    }
    false
}
