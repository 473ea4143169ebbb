//! A refused request that goes out once more, in a form that the server may accept.
//!
//! One model id may be served by servers of many versions, and some refuse a field that the others need. To leave the
//! field out for all of them would lose what it brings (usage, in the case of `stream_options`), so it is sent, and
//! taken out where a response refuses it by name.

use alloc::{format, string::String, vec::Vec};

use crate::json::{fields, parse};
use crate::text_search::find_bytes;

/// A response that refuses the request.
pub struct Refusal<'a> {
    /// The status. 200 where the error is all of a response that had begun as a good one [78].
    pub status: u16,
    /// What the server wrote: the beginning of the body, at most 64 KiB, or with status 200 the fields of the error.
    pub response: &'a [u8],
    /// The body that was sent.
    pub request: &'a [u8],
}

impl Refusal<'_> {
    /// The request without a field of its outermost object, if the response refuses it by one of its names. Any other
    /// refusal would come again, and the second request could be billed.
    pub fn without(&self, field: &str, names: &[&[u8]], warning: &str) -> Option<Recovery> {
        if !names.iter().any(|name| is_named(self.response, name)) {
            return None;
        }
        Some(Recovery { body: without_field(self.request, field)?, warning: warning.into() })
    }
}

/// Whether a response names a field other than in an echo of the request, which FastAPI and others send with a refusal
/// of any other field: `"stream_options": {"include_usage": true}`.
fn is_named(response: &[u8], name: &[u8]) -> bool {
    let mut rest = response;
    while let Some(at) = find_bytes(rest, name) {
        rest = rest.get(at.saturating_add(name.len())..).unwrap_or_default();
        let separators = rest.iter().take(8).take_while(|byte| b"\"'\\: ".contains(byte)).count();
        let (between, value) = rest.split_at_checked(separators).unwrap_or_default();
        let echoed = between.contains(&b':') && (value.starts_with(b"{") || is_true(value));
        if !echoed {
            return true;
        }
    }
    false
}

fn is_true(value: &[u8]) -> bool {
    value.get(..4).is_some_and(|value| value.eq_ignore_ascii_case(b"true"))
}

/// The request in another form.
#[derive(Debug, PartialEq)]
pub struct Recovery {
    /// The body to send.
    pub body: Vec<u8>,
    /// What the other form loses, for people.
    pub warning: String,
}

/// A body without one of the fields of its outermost object; `None` where it has no such field.
///
/// For bodies that a route wrote, which have no white space between names, values and commas. The rest of the body
/// keeps its bytes: vendors cache by prefix, and a body that is written anew could differ in an escape.
pub fn without_field(body: &[u8], name: &str) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?;
    let [value] = fields(parse(text).ok()?, [name])?;
    let value = value?.get();
    // The value is a slice of the text, so its place is the distance of the two.
    let start = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let before = text.get(..start)?.strip_suffix(&format!("\"{name}\":"))?;
    let after = text.get(start.checked_add(value.len())?..)?;
    // One of the two commas goes with the field.
    let (before, after) = match before.strip_suffix(',') {
        Some(before) => (before, after),
        None => (before, after.strip_prefix(',').unwrap_or(after)),
    };
    Some([before, after].concat().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(body: &str, name: &str) -> Option<String> {
        without_field(body.as_bytes(), name).map(|body| String::from_utf8(body).expect("UTF-8"))
    }

    #[test]
    fn a_field_goes_with_one_comma_wherever_it_stands() {
        for (body, expected) in [
            (r#"{"a":1,"x":{"y":[1]},"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"x":"\"x\":1,","b":2}"#, r#"{"b":2}"#),
            (r#"{"a":1.50,"x":null}"#, r#"{"a":1.50}"#),
            (r#"{"x":[]}"#, "{}"),
        ] {
            assert_eq!(cut(body, "x").as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn only_the_outermost_object_counts() {
        let body = r#"{"messages":[{"content":"\"x\":1","x":1}],"extra":{"x":2}}"#;
        assert_eq!(cut(body, "x"), None);
        let with = r#"{"messages":[{"content":"\"x\":1","x":1}],"x":3,"extra":{"x":2}}"#;
        assert_eq!(cut(with, "x").as_deref(), Some(body));
    }

    #[test]
    fn what_is_no_body_of_ours_is_left_alone() {
        for body in ["", "[]", r#"{"x" : 1}"#, r#"{"x":1"#, r#"{"\u0078":1}"#] {
            assert_eq!(cut(body, "x"), None, "{body}");
        }
        assert_eq!(without_field(b"{\"x\":\"\xff\"}", "x"), None);
    }
}
