//! One JSON value on one line, safe to print anywhere.
//!
//! JSON requires escapes only for the controls below U+0020. A terminal also executes DEL and the controls U+0080 to U+009F,
//! and bidirectional overrides make a line look like another one. As escapes they mean the same to every JSON parser, and
//! have no effect on a terminal.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use serde_json::{Serializer, Value};

/// The value as compact JSON on one line, without the line's end.
///
/// ```
/// assert_eq!(provider_host::json::line::to_line(&serde_json::json!("\u{9b}2J")), r#""\u009b2J""#);
/// ```
#[must_use]
pub fn to_line(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, LineFormatter);
    match value.serialize(&mut serializer) {
        // A `Value` has string keys and a `Vec` takes every byte: neither can fail.
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => value.to_string(),
    }
}

/// Whether a terminal may execute this character, or show the text around it in another order.
///
/// These are the C0 controls except LF and TAB, DEL, the C1 controls, and the bidirectional embeddings,
/// overrides and isolates of Unicode's UAX 9.
#[must_use]
pub fn is_hazardous(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => false,
    }
}

struct LineFormatter;

impl Formatter for LineFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(is_hazardous) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut characters = from.chars();
            if let Some(hazard) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(hazard))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_leaves_as_an_escape_and_comes_back_unchanged() {
        let hostile: String =
            (0..=0xffff_u32).filter_map(char::from_u32).filter(|c| is_hazardous(*c)).collect();
        let value = json!({ &hostile: [hostile] });
        let line = to_line(&value);
        assert!(!line.contains(is_hazardous), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(to_line(&json!({"a": "1\n2\r\n3\t\u{2028}"})), "{\"a\":\"1\\n2\\r\\n3\\t\u{2028}\"}");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "plain", "Grüße, 世界 👋", "\\ \" /", "שלום"] {
            assert_eq!(to_line(&json!(text)), json!(text).to_string());
        }
    }
}
