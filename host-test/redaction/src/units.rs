//! Decodes the escapes of a text, however often it was escaped. A server that embeds a JSON error in a JSON string escapes
//! a key in it twice.

/// Which escapes are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Those of JSON. Backslashes themselves are skipped, since their number only shows how often the text was escaped.
    Json,
    /// Those of URLs, such as `%2D`.
    Percent,
}

/// Backslashes before one character: JSON in JSON in JSON has seven. Without a bound, a server that sends
/// nothing else would have all of it held back.
const MOST_BACKSLASHES: usize = 8;

/// How often a percent sign may itself be escaped, for the same reason.
const MOST_PERCENTS: usize = 4;

/// Stands for any character that is not ASCII. No key contains it.
const FOREIGN: u8 = u8::MAX;

/// One character and where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The characters of a text.
pub(super) struct Units<'a> {
    bytes: &'a [u8],
    at: usize,
    escapes: Escapes,
    /// More of the text may follow: an escape that is cut off at the end is not decoded yet.
    open: bool,
    unfinished: Option<usize>,
}

/// The text at one position: a character and its end, or the first part of an escape.
enum Reading {
    Whole(u8, usize),
    /// A character after backslashes that do not escape it. They are skipped, and do not belong to the character.
    Unescaped(u8, usize),
    CutOff,
}

impl<'a> Units<'a> {
    /// The units of a complete text.
    pub(super) fn whole(bytes: &'a [u8], escapes: Escapes) -> Units<'a> {
        Units { bytes, at: 0, escapes, open: false, unfinished: None }
    }

    /// The units of a text that may continue.
    pub(super) fn open(bytes: &'a [u8], escapes: Escapes) -> Units<'a> {
        Units { open: true, ..Units::whole(bytes, escapes) }
    }

    /// The start of the escape that is cut off at the end of the text.
    pub(super) fn unfinished(&self) -> Option<usize> {
        self.unfinished
    }

    fn read(&self) -> Option<Reading> {
        let byte = *self.bytes.get(self.at)?;
        let single = Reading::Whole(byte, self.at + 1);
        Some(match self.escapes {
            Escapes::Json if byte == b'\\' => self.read_json()?,
            Escapes::Percent if byte == b'%' => self.read_percent(),
            _ => single,
        })
    }

    /// At a backslash. `None` at the end of a whole text that ends in backslashes.
    fn read_json(&self) -> Option<Reading> {
        let rest = self.bytes.get(self.at..)?;
        let slashes = rest.iter().take(MOST_BACKSLASHES + 1).take_while(|byte| **byte == b'\\').count();
        let at = self.at + slashes;
        if slashes > MOST_BACKSLASHES {
            return Some(Reading::Whole(FOREIGN, at));
        }
        match self.bytes.get(at) {
            None if self.open => Some(Reading::CutOff),
            None => None,
            Some(b'u') => Some(self.read_digits(at + 1, 4).unwrap_or(Reading::Unescaped(b'u', at + 1))),
            Some(byte @ (b'"' | b'/')) => Some(Reading::Whole(*byte, at + 1)),
            Some(byte) => Some(Reading::Unescaped(*byte, at + 1)),
        }
    }

    fn read_percent(&self) -> Reading {
        let mut digits = self.at + 1;
        for _ in 0..MOST_PERCENTS {
            // If another escape follows, or may follow, this one stands for a percent sign.
            let is_percent = self.bytes.get(digits..digits + 2) == Some(b"25");
            if !is_percent || self.read_digits(digits + 2, 2).is_none() {
                break;
            }
            digits += 2;
        }
        self.read_digits(digits, 2).unwrap_or(Reading::Whole(b'%', self.at + 1))
    }

    /// This many hexadecimal digits; `None` if another character is among them.
    fn read_digits(&self, from: usize, count: usize) -> Option<Reading> {
        let digits = self.bytes.get(from..self.bytes.len().min(from + count)).unwrap_or_default();
        let mut value = 0;
        for digit in digits {
            value = value * 16 + char::from(*digit).to_digit(16)?;
        }
        if digits.len() < count {
            return self.open.then_some(Reading::CutOff);
        }
        Some(Reading::Whole(u8::try_from(value).unwrap_or(FOREIGN), from + count))
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        loop {
            let start = self.at;
            match self.read()? {
                // An escaped backslash is skipped like a plain one.
                Reading::Whole(b'\\', end) if self.escapes == Escapes::Json => self.at = end,
                Reading::Whole(byte, end) => {
                    self.at = end;
                    return Some(Unit { byte, start, end });
                }
                Reading::Unescaped(byte, end) => {
                    self.at = end;
                    return Some(Unit { byte, start: end - 1, end });
                }
                Reading::CutOff => {
                    self.unfinished = Some(start);
                    self.at = self.bytes.len();
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, escapes: Escapes) -> (String, Option<usize>) {
        let mut units = Units::open(text.as_bytes(), escapes);
        let read = units.by_ref().map(|unit| char::from(unit.byte)).collect();
        (read, units.unfinished())
    }

    #[test]
    fn escapes_are_undone_however_often_they_were_made() {
        for (escapes, text, read_as, unfinished) in [
            (Escapes::Json, r"a\u0062\\u0063\\\u0064", "abcd", None),
            (Escapes::Json, r#"a\"b\/c\\d"#, "a\"b/cd", None),
            (Escapes::Json, r"\uzz62", "uzz62", None),
            (Escapes::Json, r"u0062", "u0062", None),
            (Escapes::Json, r"\u597d", "\u{ff}", None),
            (Escapes::Json, r"ab\", "ab", Some(2)),
            (Escapes::Json, r"ab\\u00", "ab", Some(2)),
            (Escapes::Json, r"ab\u005", "ab", Some(2)),
            (Escapes::Json, r"\\\\\\\\\x", "\u{ff}x", None),
            (Escapes::Percent, "a%62%2563%252564", "abcd", None),
            (Escapes::Percent, "100% of%zz", "100% of%zz", None),
            (Escapes::Percent, "%2", "", Some(0)),
            (Escapes::Percent, "a%", "a", Some(1)),
            (Escapes::Percent, "a%25", "a", Some(1)),
            (Escapes::Percent, "a%25 ", "a% ", None),
        ] {
            assert_eq!(read(text, escapes), (read_as.to_owned(), unfinished), "{text} {escapes:?}");
        }
    }

    #[test]
    fn a_text_that_is_all_there_has_no_unfinished_end() {
        for (escapes, text, read_as) in
            [(Escapes::Json, r"ab\", "ab"), (Escapes::Json, r"\u00", "u00"), (Escapes::Percent, "a%2", "a%2")]
        {
            let read: String =
                Units::whole(text.as_bytes(), escapes).map(|unit| char::from(unit.byte)).collect();
            assert_eq!(read, read_as, "{text}");
        }
    }
}
