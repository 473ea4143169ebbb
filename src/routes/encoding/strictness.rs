//! JSON of a model that goes into a request as JSON, and not as a text in it.

use crate::json::{Number, parse, string_length};
use crate::scanned::scanned;

/// Deepest nesting. Google's parser stops at 100 levels and other strict ones at 128, and the value stands some levels
/// deep in the request.
const DEEPEST: usize = 80;

/// Whether strict parsers accept a text as JSON: whole, not too deep, and without numbers beyond the range of floats. A
/// model writes what it likes, and the server would refuse every later request of the conversation for it.
pub fn is_strict(json: &str) -> bool {
    if parse(json).is_err() {
        return false;
    }
    scanned(json.len());
    let bytes = json.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            b'"' => string_length(rest).map_or(rest.len(), |(length, _)| length),
            b'-' | b'0'..=b'9' => {
                let length = rest.iter().take_while(|byte| b"+-.eE0123456789".contains(byte)).count();
                let number = json.get(at..at.saturating_add(length)).and_then(Number::parse);
                if number.and_then(Number::as_f64).is_none() {
                    return false;
                }
                length
            }
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                1
            }
            _ => 1,
        };
        if depth > DEEPEST {
            return false;
        }
        // Never 0, or the loop would not end.
        at = at.saturating_add(length.max(1));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn what_a_strict_parser_refuses_is_found() {
        for json in [
            r#"{"a":[1,-2.5e3,true,null,"1e999 [[[ \" \\"],"b":{}}"#,
            "{}",
            r#"{"1e999":0}"#,
            &(String::from("{\"a\":") + &"[".repeat(70) + &"]".repeat(70) + "}"),
        ] {
            assert!(is_strict(json), "{json}");
            assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
        }
        for json in [
            r#"{"a":1e999}"#,
            r#"{"a":"\"","b":-1e400}"#,
            "{",
            "",
            &(String::from("{\"a\":") + &"[".repeat(100) + &"]".repeat(100) + "}"),
            &"[".repeat(100_000),
        ] {
            assert!(!is_strict(json), "{json}");
        }
    }
}
