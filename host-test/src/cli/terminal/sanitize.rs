//! Escapes control characters in untrusted text before it is printed.
//!
//! A model's output, a model's name or a provider's message can contain any character, and a terminal executes some of
//! them: escape sequences move the cursor, set the clipboard or rename the window, and bidirectional overrides make one
//! command look like another. Each such character is printed as an escape (`\x1b`, `\u{202e}`).

use std::borrow::Cow;
use std::fmt::Write as _;

use provider_host::json::line::is_hazardous;

/// Escapes a stream of text piece by piece. LF and TAB are kept.
///
/// Escaping works on single characters, so it does not matter where a stream is cut. Only CR needs state: CR LF becomes
/// LF, and any other CR is escaped, since it would let the rest of a line overwrite its start.
#[derive(Debug, Default)]
pub(crate) struct Sanitizer {
    /// The last character was a CR; the next one decides how it is printed.
    carriage_return: bool,
}

impl Sanitizer {
    /// The next piece, safe to print.
    pub(crate) fn feed<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        if !self.carriage_return && !text.contains(is_hazardous) {
            return Cow::Borrowed(text);
        }
        let mut safe = String::with_capacity(text.len() + 16);
        for character in text.chars() {
            if std::mem::take(&mut self.carriage_return) && character != '\n' {
                escape('\r', &mut safe);
            }
            match character {
                '\r' => self.carriage_return = true,
                hazard if is_hazardous(hazard) => escape(hazard, &mut safe),
                harmless => safe.push(harmless),
            }
        }
        Cow::Owned(safe)
    }

    /// The text that was held back. Call it at the end of the stream.
    pub(crate) fn end(&mut self) -> &'static str {
        if std::mem::take(&mut self.carriage_return) { r"\r" } else { "" }
    }
}

/// Escapes a text that has to stay on one line: a name, an id, a message. LF and TAB are escaped too, since a line break
/// would let a provider forge a second line, such as a false price.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let hazard = |character: char| is_hazardous(character) || matches!(character, '\n' | '\t');
    if !text.contains(hazard) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hazard(character) { escape(character, &mut safe) } else { safe.push(character) }
    }
    Cow::Owned(safe)
}

fn escape(character: char, into: &mut String) {
    // Writing into a `String` cannot fail.
    let _ = match character {
        '\r' => into.write_str(r"\r"),
        '\n' => into.write_str(r"\n"),
        '\t' => into.write_str(r"\t"),
        _ if u32::from(character) < 0x100 => write!(into, r"\x{:02x}", u32::from(character)),
        _ => write!(into, r"\u{{{:x}}}", u32::from(character)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> String {
        let mut sanitizer = Sanitizer::default();
        let safe = sanitizer.feed(text).into_owned();
        safe + sanitizer.end()
    }

    const CASES: [(&str, &str); 12] = [
        ("", ""),
        ("plain\n\ttext 世界 👋 שלום", "plain\n\ttext 世界 👋 שלום"),
        ("\u{1b}[2J\u{1b}]0;title\u{7}", r"\x1b[2J\x1b]0;title\x07"),
        ("\u{9b}2J\u{9d}52;c;x\u{9c}", r"\x9b2J\x9d52;c;x\x9c"),
        ("a\u{8}\u{7f}\0", r"a\x08\x7f\x00"),
        ("a\r\nb", "a\nb"),
        ("harmless\rrm -rf", r"harmless\rrm -rf"),
        ("\r\r\n\r", "\\r\n\\r"),
        ("a\r", r"a\r"),
        ("x\u{202e}y\u{202c}\u{2066}z\u{2069}", r"x\u{202e}y\u{202c}\u{2066}z\u{2069}"),
        ("\u{ad}\u{a0}", "\u{ad}\u{a0}"),
        ("\r\u{1b}", r"\r\x1b"),
    ];

    #[test]
    fn nothing_that_a_terminal_executes_is_printed() {
        for (text, expected) in CASES {
            assert_eq!(whole(text), expected);
        }
        let everything: String = (0..=0x1_0000).filter_map(char::from_u32).collect();
        assert!(!whole(&everything).contains(is_hazardous));
    }

    #[test]
    fn the_result_does_not_depend_on_where_the_stream_is_cut() {
        for (text, expected) in CASES {
            for (cut, _) in text.char_indices() {
                let mut sanitizer = Sanitizer::default();
                let (before, after) = text.split_at(cut);
                let safe = sanitizer.feed(before).into_owned() + &sanitizer.feed(after);
                assert_eq!(safe + sanitizer.end(), expected, "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_name_stays_on_its_line() {
        let cases =
            [("gpt-5", "gpt-5"), ("a\nb\tc\r", r"a\nb\tc\r"), ("\u{1b}[31m\u{202e}", r"\x1b[31m\u{202e}")];
        for (text, expected) in cases {
            assert_eq!(line(text), expected);
        }
    }
}
