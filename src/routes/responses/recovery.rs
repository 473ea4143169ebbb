//! What can be left out of a request that was refused [60].
//!
//! Other vendors than OpenAI serve this route without some of its fields, and OpenAI refuses summaries of the reasoning to
//! organisations that it has not verified. The fields are sent all the same, since most servers take them.

use alloc::{format, string::String, vec::Vec};

use crate::json::{RawValue, elements, fields, parse};
use crate::routes::{Recovery, Refusal};
use crate::text_search::find_bytes;

/// A field, the names by which servers refuse it, and what is lost without it. A word of everyday language counts in
/// quotes only.
const FIELDS: [(&str, &[&[u8]], &str); 7] = [
    (
        "include",
        &[b"'include", b"\"include", b"`include", b"encrypted_content", b"Encrypted content"],
        "so the reasoning cannot be sent back",
    ),
    ("store", &[b"'store'", b"\"store\"", b"`store`"], "so the vendor may keep the response"),
    ("prompt_cache_key", &[b"prompt_cache_key"], "so the prompt cache may be missed"),
    ("max_output_tokens", &[b"max_output_tokens"], "so the length of the response has no limit"),
    ("temperature", &[b"'temperature'", b"\"temperature\"", b"`temperature`"], "so its default counts"),
    ("top_p", &[b"top_p"], "so its default counts"),
    ("parallel_tool_calls", &[b"parallel_tool_calls"], "so the model decides about parallel calls"),
];

/// The names by which servers refuse a summary. The last one is of organisations that are not verified.
const SUMMARY: [&[u8]; 3] = [b"reasoning.summary", b"generate reasoning summar", b"'summary'"];

/// The names of the effort.
const EFFORT: [&[u8]; 2] = [b"reasoning.effort", b"'effort'"];

/// The name of the flag of tools.
const STRICT: [&[u8]; 4] = [b"strict'", b"strict\"", b"strict`", b".strict"];

/// The request without the field that the response refuses by its name. Any other refusal would come again, and the second
/// request could be billed.
pub fn recover(refusal: &Refusal<'_>) -> Option<Recovery> {
    // A limit or a refused key may name a field as well: "lower max_output_tokens".
    if !matches!(refusal.status, 200 | 400 | 404 | 422 | 500) {
        return None;
    }
    let names = |names: &[&[u8]]| names.iter().any(|name| find_bytes(refusal.response, name).is_some());
    let (body, what, loss) = if names(&SUMMARY) {
        (without_member(refusal.request, "summary")?, "reasoning.summary", "so the reasoning has no text")
    } else if names(&EFFORT) {
        (without_member(refusal.request, "effort")?, "reasoning.effort", "so its default counts")
    } else if let Some(body) = names(&STRICT).then(|| without_strict(refusal.request)).flatten() {
        (body, "strict", "so it may change the schemas of tools")
    } else {
        return FIELDS.iter().find_map(|(field, spellings, loss)| {
            let warning = format!("the model does not accept {field}, which was left out, {loss}");
            refusal.without(field, spellings, &warning)
        });
    };
    Some(Recovery { body, warning: format!("the model does not accept {what}, which was left out, {loss}") })
}

/// The body without a member of `reasoning`, or without `reasoning` where it has no other.
fn without_member(body: &[u8], name: &str) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?;
    let [reasoning] = fields(parse(text).ok()?, ["reasoning"])?;
    let reasoning = reasoning?;
    let less = crate::routes::without_field(reasoning.get().as_bytes(), name)?;
    if less == b"{}" {
        return crate::routes::without_field(body, "reasoning");
    }
    replaced(text, reasoning, core::str::from_utf8(&less).ok()?)
}

/// The body without the flag of each tool, which is its last member where this crate wrote it.
fn without_strict(body: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?;
    let [tools] = fields(parse(text).ok()?, ["tools"])?;
    let tools = tools?;
    let mut less = String::from("[");
    for tool in elements(tools.get())? {
        let tool = tool.get();
        let cut = [",\"strict\":false}", ",\"strict\":true}"].iter().find_map(|end| tool.strip_suffix(end));
        less.push_str(if less.len() > 1 { "," } else { "" });
        less.push_str(cut.unwrap_or(tool));
        less.push_str(if cut.is_some() { "}" } else { "" });
    }
    less.push(']');
    if less.len() == tools.get().len() {
        return None;
    }
    replaced(text, tools, &less)
}

/// A text with another value in the place of one of its own. All other bytes stay: vendors cache by prefix.
fn replaced(text: &str, value: RawValue<'_>, with: &str) -> Option<Vec<u8>> {
    // The value is a slice of the text, so its place is the distance of the two.
    let start = (value.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let after = text.get(start.checked_add(value.get().len())?..)?;
    Some([text.get(..start)?, with, after].concat().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const REQUEST: &str = r#"{"model":"m","input":[],"store":false,"tools":[{"type":"function","name":"f","parameters":{"enum":[",\"strict\":false}"]},"strict":false},{"type":"web_search"}],"max_output_tokens":16,"reasoning":{"effort":"max","summary":"auto"},"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"}"#;

    fn recovered(status: u16, response: &str) -> Option<(String, String)> {
        let refusal = Refusal { status, response: response.as_bytes(), request: REQUEST.as_bytes() };
        recover(&refusal).map(|found| (String::from_utf8(found.body).expect("UTF-8"), found.warning))
    }

    #[test]
    fn the_refused_field_is_taken_out_and_nothing_else() {
        for (response, gone, warning) in [
            (
                r#"{"error":{"message":"Your organization must be verified to generate reasoning summaries.","param":"reasoning.summary","code":"unsupported_value"}}"#,
                r#","summary":"auto""#,
                "no text",
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'max' is not supported","param":"reasoning.effort"}}"#,
                r#""effort":"max","#,
                "reasoning.effort",
            ),
            ("Unknown parameter: 'include'.", r#","include":["reasoning.encrypted_content"]"#, "sent back"),
            (
                "Encrypted content is not supported with this model.",
                r#","include":["reasoning.encrypted_content"]"#,
                "sent back",
            ),
            (r#"{"detail":[{"loc":["body","store"]}]}"#, r#","store":false"#, "keep"),
            ("unrecognized field prompt_cache_key", r#","prompt_cache_key":"k""#, "cache"),
            ("Unknown parameter: 'max_output_tokens'", r#","max_output_tokens":16"#, "no limit"),
            ("Unknown parameter: 'tools[0].strict'", r#","strict":false"#, "schemas"),
        ] {
            let expected = match REQUEST.rfind(gone) {
                Some(at) => REQUEST[..at].to_string() + &REQUEST[at + gone.len()..],
                None => panic!("{gone}"),
            };
            let (body, found) = recovered(400, response).expect(response);
            assert_eq!(body, expected, "{response}");
            assert!(found.contains(warning), "{found}");
        }
    }

    #[test]
    fn a_refusal_of_something_else_changes_nothing() {
        for (status, response) in [
            (400, "Invalid 'input[0].content'"),
            (400, "the store is closed; include more details"),
            (429, "rate limit reached; lower max_output_tokens"),
            (401, "'store'"),
            (400, "Unknown parameter: 'temperature'"),
            (400, ""),
        ] {
            assert_eq!(recovered(status, response), None, "{response}");
        }
    }

    #[test]
    fn an_object_that_would_be_empty_goes_with_its_last_member() {
        let request = br#"{"a":1,"reasoning":{"summary":"auto"}}"#;
        let refusal = Refusal { status: 400, response: b"'reasoning.summary'", request };
        assert_eq!(recover(&refusal).map(|found| found.body), Some(br#"{"a":1}"#.to_vec()));
        // An object that the caller wrote, with blanks that this crate does not write, is left alone.
        let request = br#"{"reasoning":{ "summary" : "auto"}}"#;
        assert_eq!(recover(&Refusal { status: 400, response: b"reasoning.summary", request }), None);
    }
}
