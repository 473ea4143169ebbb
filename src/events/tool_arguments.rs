//! Whether the arguments of a tool call are a whole JSON object.

use alloc::{borrow::ToOwned, format, string::String};

use crate::contract::{MalformedArguments, ToolArguments};
use crate::json::parse;

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

/// Whether a text is a whole JSON object.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{') && parse(text).is_ok()
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
            ("\"{}\"", "not an object"),
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
    fn a_depth_bomb_is_only_text() {
        let bomb = "{\"a\":".repeat(100_000);
        assert!(matches!(check(bomb), ToolArguments::Malformed(_)));
    }
}
