//! Writes JSON text into one growing buffer.
//!
//! Not through `serde_json`: its serialisers need a tree or types of everything that is written, and an image of 20 MB
//! would be copied twice on the way. Here it is encoded from the request directly into the body. Only floats are
//! written by `serde_json`: the shortest text that reads back as the same float is hard to get right, and own code
//! for it would save 1.4 KB (see `docs/performance.md`).

use alloc::{string::String, vec::Vec};

use super::plain::plain;
use crate::scanned::scanned;

/// The length of so many bytes in base64.
pub fn base64_len(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

/// The length of a text as a part of a JSON string, its escapes included.
///
/// A control character takes six bytes. What is kept to be written later is counted so, since a cap on the text alone
/// would be one on a sixth of the memory.
pub fn escaped_len(text: &[u8]) -> usize {
    scanned(text.len());
    let more = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..=0x1f => 5,
        _ => 0,
    };
    text.iter().fold(text.len(), |length, byte| length.saturating_add(more(byte)))
}

/// JSON text that is being written. It writes the commas; its caller writes the brackets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Json {
    out: Vec<u8>,
}

impl Json {
    /// An empty text with room for this many bytes; `None` where memory does not suffice. A failed allocation
    /// anywhere else ends the instance, so that the largest one is made where it can be reported.
    pub fn with_room(bytes: usize) -> Option<Self> {
        let mut out = Vec::new();
        out.try_reserve_exact(bytes).ok()?;
        Some(Json { out })
    }

    /// Whether nothing is written so far.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Text that is JSON already, or a piece of it.
    pub fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Gets ready for the next item of a list or the next member of an object.
    pub fn item(&mut self) {
        // Wherever this is called, an opening bracket as the last byte means that no item was written yet.
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    /// The name of the next member.
    pub fn key(&mut self, name: &str) {
        self.item();
        self.string(name);
        self.out.push(b':');
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    /// A list of strings.
    pub fn strings(&mut self, list: &[String]) {
        self.raw("[");
        for text in list {
            self.item();
            self.string(text);
        }
        self.raw("]");
    }

    /// A string of several pieces.
    pub fn joined<'a>(&mut self, pieces: impl IntoIterator<Item = &'a str>) {
        self.out.push(b'"');
        for piece in pieces {
            self.escaped(piece);
        }
        self.out.push(b'"');
    }

    /// A part of a string: characters that need it are escaped, all others are copied in runs.
    pub fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        loop {
            let (run, after) = rest.split_at(plain(rest));
            self.out.extend_from_slice(run);
            let Some((&byte, after)) = after.split_first() else { return };
            let short = match byte {
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x08 => b'b',
                0x0c => b'f',
                // JSON allows no control character in a string.
                0..=0x1f => b'u',
                quote_or_backslash => quote_or_backslash,
            };
            self.out.extend_from_slice(&[b'\\', short]);
            if short == b'u' {
                let digit = |bits: u8| b"0123456789abcdef".get(usize::from(bits)).copied().unwrap_or(b'0');
                self.out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
            }
            rest = after;
        }
    }

    /// A number. The caller has made sure that it is finite: JSON has no other.
    pub fn float(&mut self, number: f64) {
        self.raw(serde_json::to_string(&number).as_deref().unwrap_or("null"));
    }

    /// An integer.
    pub fn integer(&mut self, number: i64) {
        if number < 0 {
            self.out.push(b'-');
        }
        let mut digits = [0; 20];
        let mut rest = number.unsigned_abs();
        let mut start = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            // The low half of an ASCII digit is its value.
            *digit = b'0' | (rest % 10) as u8;
            rest /= 10;
            start = at;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(start..).unwrap_or_default());
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// A part of a string: bytes in base64. Not by the crate of that name, which has a choice of alphabets and
    /// engines; these lines are all that the component needs of it, and tests compare the two.
    pub fn base64(&mut self, bytes: &[u8]) {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |bits: u32| ALPHABET.get((bits & 63) as usize).copied().unwrap_or(b'=');
        self.out.reserve(base64_len(bytes.len()));
        let (groups, rest) = bytes.as_chunks::<3>();
        for &[a, b, c] in groups {
            let bits = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
            self.out.extend_from_slice(&[
                digit(bits >> 18),
                digit(bits >> 12),
                digit(bits >> 6),
                digit(bits),
            ]);
        }
        match *rest {
            [a] => {
                let bits = u32::from(a) << 4;
                self.out.extend_from_slice(&[digit(bits >> 6), digit(bits), b'=', b'=']);
            }
            [a, b] => {
                let bits = u32::from(a) << 10 | u32::from(b) << 2;
                self.out.extend_from_slice(&[digit(bits >> 12), digit(bits >> 6), digit(bits), b'=']);
            }
            _ => {}
        }
    }

    /// The text.
    pub fn into_string(self) -> String {
        // Only text and ASCII are written, so that the conversion never fails.
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// The bytes of the text.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        json.into_string()
    }

    #[test]
    fn every_character_comes_back_out_of_a_string() {
        let all: String = (0..0x2100_u32).filter_map(char::from_u32).chain("😀\u{10ffff}".chars()).collect();
        let json = written(|json| json.string(&all));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
        assert_eq!(escaped_len(all.as_bytes()), json.len() - 2);
        assert_eq!(written(|json| json.string("\u{1}\u{1f}\"\\\n")), r#""\u0001\u001f\"\\\n""#);
    }

    #[test]
    fn commas_stand_between_items_and_nowhere_else() {
        let json = written(|json| {
            json.raw("{");
            json.key("a");
            json.raw("[");
            for text in ["{", "["] {
                json.item();
                json.string(text);
            }
            json.raw("]");
            json.key("b");
            json.bool(true);
            json.raw("}");
        });
        assert_eq!(json, r#"{"a":["{","["],"b":true}"#);
    }

    #[test]
    fn media_is_encoded_whole_at_every_length() {
        let bytes: Vec<u8> = (0..3_000_u32).map(|n| (n * 7 + n / 256) as u8).collect();
        for length in (0..70).chain(2_990..3_000) {
            let json = written(|json| json.base64(&bytes[..length]));
            assert_eq!(json, STANDARD.encode(&bytes[..length]), "{length}");
            assert_eq!(json.len(), base64_len(length));
        }
    }

    #[test]
    fn numbers_are_written_as_json_has_them() {
        let cases = [(0.7, "0.7"), (1.0, "1.0"), (-2.5e-9, "-2.5e-9"), (0.0, "0.0")];
        for (number, expected) in cases {
            assert_eq!(written(|json| json.float(number)), expected);
        }
        for number in [0, 7, -1, 10, 1_234_567_890, i64::MAX, i64::MIN] {
            assert_eq!(written(|json| json.integer(number)), std::format!("{number}"));
        }
    }
}
