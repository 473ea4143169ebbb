//! Whether the arguments of a tool call are a whole JSON object, and what servers write in place of one.

use alloc::{borrow::Cow, borrow::ToOwned, format, string::String};

use crate::contract::{MalformedArguments, ToolArguments};
use crate::json::{parse, wire_text};

/// The longest placeholder, white space in it included. A limit, because fragments are compared with it one by one.
const LONGEST_PLACEHOLDER: usize = 16;

/// How often arguments may be encoded in each other. Each level makes the text shorter, so the cost of more would be
/// small, but nobody has seen three.
const MAX_WRAPPINGS: usize = 4;

/// Arguments as they were received, checked but not changed. The order of keys and the digits of numbers stay the model's,
/// because the call goes back in the next request, and a changed one would break the vendor's cached prefix.
///
/// A call without arguments (empty, or `null`) gets the empty object. For tools without parameters some vendors send
/// nothing and others send `{}` [13].
pub(super) fn check(raw: String) -> ToolArguments {
    let text = raw.trim_ascii();
    if text.is_empty() || text == "null" {
        return ToolArguments::Object("{}".to_owned());
    }
    // Skipping a value does not recurse, so depth is no danger here.
    let reason = match parse(text) {
        Ok(_) if text.starts_with('{') => return ToolArguments::Object(raw),
        Ok(_) => "JSON, but not an object".to_owned(),
        Err(flaw) if flaw.at_end => "not whole: the text ends inside the JSON".to_owned(),
        Err(flaw) => format!("not JSON: error at line {} column {}", flaw.line, flaw.column),
    };
    ToolArguments::Malformed(MalformedArguments { raw, reason })
}

/// Whether a text stands for no arguments. Some servers send one before the real fragments, or after them [62].
pub fn is_placeholder(text: &[u8]) -> bool {
    if text.len() > LONGEST_PLACEHOLDER {
        return false;
    }
    match text.trim_ascii() {
        b"" | b"null" | b"\"\"" | b"\"{}\"" | b"\"null\"" => true,
        [b'{', inner @ .., b'}'] => inner.trim_ascii().is_empty(),
        _ => false,
    }
}

/// Whether a text may be the beginning of a placeholder, and so cannot be handed out yet: what the real fragments replace
/// must not have been seen by the host.
pub(super) fn may_become_placeholder(text: &str) -> bool {
    if text.len() > LONGEST_PLACEHOLDER {
        return false;
    }
    match text.trim_ascii_start().strip_prefix('{') {
        Some(inner) => matches!(inner.trim_ascii(), "" | "}"),
        None => "null".starts_with(text.trim_ascii()),
    }
}

/// The object of arguments that are a JSON string with the object as its text, as servers write it that encode twice
/// [62]. `None` for all other arguments.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    let mut inner = Cow::Borrowed(text);
    for _ in 0..MAX_WRAPPINGS {
        inner = Cow::Owned(wire_text(Some(parse(&inner).ok()?))?.into_string_lossy().into_owned());
        let object = inner.trim_ascii();
        if is_placeholder(object.as_bytes()) && !object.starts_with('"') {
            return Some("{}".to_owned());
        }
        if object.starts_with('{') && parse(object).is_ok() {
            return Some(inner.into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn an_object_stays_as_it_came() {
        for object in ["{}", r#"{"b":1.10,"a":"\ud83d","b":2}"#, " {\"x\":[[[]]]}\n"] {
            assert_eq!(check(object.to_string()), ToolArguments::Object(object.to_string()));
        }
    }

    #[test]
    fn no_arguments_are_the_empty_object() {
        for none in ["", "  ", "null"] {
            assert_eq!(check(none.to_string()), ToolArguments::Object("{}".to_string()));
        }
    }

    #[test]
    fn anything_else_is_malformed_with_the_reason() {
        for (raw, reason) in [
            ("{\"a\":1", "not whole"),
            ("{\"a\":\"b", "not whole"),
            ("[1]", "not an object"),
            ("\"a\"", "not an object"),
            ("{} {}", "not JSON"),
            ("{a:1}", "not JSON"),
            ("{\"a\":01}", "not JSON"),
        ] {
            let ToolArguments::Malformed(found) = check(raw.to_string()) else { panic!("{raw} was taken") };
            assert!(found.reason.contains(reason), "{raw}: {}", found.reason);
            assert_eq!(found.raw, raw);
        }
    }

    #[test]
    fn an_object_is_found_in_the_strings_around_it() {
        let object = r#"{"p":"a\"\\b\n","q":"\ud83d\ude00"}"#;
        let mut text = object.to_string();
        for level in 1..=5 {
            text = serde_json::to_string(&text).expect("a string");
            assert_eq!(unwrapped(&text).as_deref(), (level < 5).then_some(object), "{level}");
        }
        for none in [r#""""#, r#""{}""#, r#""null""#, r#"" { }""#, r#""\"{}\"""#] {
            assert_eq!(unwrapped(none).as_deref(), Some("{}"), "{none}");
        }
        for other in ["{}", "", r#""a""#, r#""[1]""#, r#""{\"p\":""#, r#""{\"p\":1}"#, r#""{}" {}"#, "1"] {
            assert_eq!(unwrapped(other), None, "{other}");
        }
    }

    #[test]
    fn placeholders_are_short_and_nothing_else() {
        for text in ["", " ", "{}", "{ }", " {\n} ", "null", "\"\"", "\"{}\"", "\"null\""] {
            assert!(is_placeholder(text.as_bytes()), "{text:?}");
        }
        for text in ["{", "}", "nul", "{\"a\":1}", "0", "[]", "{}{}", &" ".repeat(17)] {
            assert!(!is_placeholder(text.as_bytes()), "{text:?}");
        }
        for text in ["", "{", " { ", "{}", "n", "null", "{ } "] {
            assert!(may_become_placeholder(text), "{text:?}");
        }
        for text in ["{\"", "{}}", "nulls", "[", "{ a", "0"] {
            assert!(!may_become_placeholder(text), "{text:?}");
        }
    }

    #[test]
    fn a_depth_bomb_is_only_text() {
        let bomb = "{\"a\":".repeat(100_000);
        assert!(matches!(check(bomb), ToolArguments::Malformed(_)));
    }
}
