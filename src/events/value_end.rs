//! Finds the end of the JSON value that the fragments of arguments make.

use crate::scanned::scanned;

/// How far a growing text has been searched for the end of its value.
///
/// Kept between searches, so that no byte is read twice: a server may repeat a name in every fragment, and each of them
/// has to be compared with what is there.
#[derive(Debug, Default)]
pub(super) struct ValueEnd {
    /// Bytes read so far.
    at: usize,
    /// Open brackets.
    depth: u32,
    in_string: bool,
    escaped: bool,
    found: bool,
}

impl ValueEnd {
    /// Whether the object, list or string at the beginning of a text is closed. Only brackets and quotes count: whether
    /// the value is valid is checked when the call is over.
    pub(super) fn is_in(&mut self, text: &str) -> bool {
        let rest = text.as_bytes().get(self.at..).unwrap_or_default();
        let mut read = 0_usize;
        for byte in rest {
            if self.found {
                break;
            }
            read = read.saturating_add(1);
            self.step(*byte);
        }
        scanned(read);
        self.at = self.at.saturating_add(read);
        self.found
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if core::mem::take(&mut self.escaped) => {}
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.found = self.depth == 0;
                }
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.found = self.depth == 0;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_at_the_last_bracket_however_the_text_grows() {
        for (text, end) in [
            ("{}", Some(2)),
            (r#" {"a":"}\"}","b":[{}]} {"#, Some(22)),
            (r#""{\"p\":1}" "#, Some(11)),
            (r#""\\" "#, Some(4)),
            (r#"{"a":"}"#, None),
            ("null", None),
            ("", None),
        ] {
            for step in 1..4 {
                let mut found = ValueEnd::default();
                let lengths = (1..=text.len()).filter(|length| length % step == 0).chain([text.len()]);
                let first = lengths.filter(|length| found.is_in(&text[..*length])).min();
                assert_eq!(
                    first,
                    end.map(|end: usize| end.next_multiple_of(step).min(text.len())),
                    "{text} by {step}"
                );
            }
        }
    }

    #[test]
    fn no_byte_is_read_twice() {
        let text = "{\"a\":".repeat(10_000);
        let read = crate::scanned::count(|| {
            let mut end = ValueEnd::default();
            (0..=text.len()).for_each(|length| assert!(!end.is_in(&text[..length])));
        });
        assert_eq!(read, text.len() as u64);
    }
}
