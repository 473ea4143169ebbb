//! The caller's own fields: `extra-json`, merged into the body last. It is the way to every option of a vendor that the
//! contract does not have.

use super::{invalid, object};
use crate::json::RawValue;
use crate::{errors::Error, string_interner::StringInterner};
use alloc::{format, string::String, vec::Vec};

/// The fields that cannot be replaced: the model and the conversation, which were checked, and `stream`, on which the
/// reading of the response depends.
const OURS: [&str; 3] = ["model", "messages", "stream"];

/// The caller's own fields. Names are unescaped, values stand as they were written, to the digit.
#[derive(Debug, Default)]
pub struct Extra<'a> {
    fields: Vec<(String, RawValue<'a>)>,
    stream_options: Vec<(String, RawValue<'a>)>,
}

impl<'a> Extra<'a> {
    /// Reads `extra-json`.
    ///
    /// # Errors
    /// `invalid-request` where it is not a JSON object, or has a field that cannot be replaced.
    pub fn parse(json: Option<&'a str>) -> Result<Self, Error> {
        let Some(json) = json else { return Ok(Extra::default()) };
        let mut fields = members(json, "extra-json")?;
        if let Some(name) = OURS.iter().find(|ours| fields.iter().any(|(name, _)| name == *ours)) {
            return Err(invalid(format!("extra-json cannot replace `{name}`; set it in the request itself")));
        }
        let mut stream_options = Vec::new();
        if let Some(at) = fields.iter().position(|(name, _)| name == "stream_options") {
            let (_, value) = fields.remove(at);
            if value.get() != "null" {
                stream_options = members(value.get(), "`stream_options` in extra-json")?;
                stream_options.retain(|(name, _)| name != "include_usage");
            }
        }
        Ok(Extra { fields, stream_options })
    }

    /// Whether the caller set this field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }

    /// The fields to write, `stream_options` not among them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The options to write beside `include_usage`, which stays true: without it some gateways drop the chunk
    /// with the finish reason.
    pub fn stream_options(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.stream_options.iter().map(|(name, value)| (name.as_str(), value.get()))
    }
}

/// The members of a JSON object in their order; of those with one name, the last.
fn members<'a>(json: &'a str, what: &str) -> Result<Vec<(String, RawValue<'a>)>, Error> {
    let members = crate::json::members(object(json, what)?);
    let mut seen = StringInterner::default();
    let mut kept = Vec::new();
    for (name, value) in members.into_iter().rev() {
        if let Some(value) = value
            && seen.number(&name).1
        {
            kept.push((name, value));
        }
    }
    kept.reverse();
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorKind;

    fn fields(json: &str) -> String {
        let extra = Extra::parse(Some(json)).unwrap();
        let of = |(name, value): (&str, &str)| format!("{name}={value};");
        extra.fields().map(of).chain(["|".into()]).chain(extra.stream_options().map(of)).collect()
    }

    #[test]
    fn fields_keep_their_order_and_their_digits_and_the_last_of_a_name_counts() {
        let cases = [
            ("{}", "|"),
            (r#"{"z":1.50e+01,"a":{"y":1,"b":2},"n":null}"#, r#"z=1.50e+01;a={"y":1,"b":2};n=null;|"#),
            (r#"{"a":1,"b":2,"\u0061":3}"#, "b=2;a=3;|"),
            (r#" {"stream_options":{"include_usage":false,"x":[1]},"b":2} "#, "b=2;|x=[1];"),
            (r#"{"stream_options":null}"#, "|"),
        ];
        for (json, expected) in cases {
            assert_eq!(fields(json), expected, "{json}");
        }
        assert_eq!(Extra::parse(None).unwrap().fields().count(), 0);
    }

    #[test]
    fn what_cannot_be_merged_is_refused_without_quoting_it() {
        let cases = [
            ("", "extra-json is not valid JSON (line 1, column 0)"),
            ("{\"secret\":1", "extra-json is not valid JSON (line 1, column 11)"),
            ("{} secret", "extra-json is not valid JSON (line 1, column 4)"),
            ("[\"secret\"]", "extra-json is not a JSON object"),
            ("\"secret\"", "extra-json is not a JSON object"),
            (r#"{"stream_options":"secret"}"#, "`stream_options` in extra-json is not a JSON object"),
            (r#"{"model":"secret"}"#, "extra-json cannot replace `model`; set it in the request itself"),
            (r#"{"messages":[]}"#, "extra-json cannot replace `messages`; set it in the request itself"),
            (r#"{"str\u0065am":false}"#, "extra-json cannot replace `stream`; set it in the request itself"),
        ];
        for (json, expected) in cases {
            let error = Extra::parse(Some(json)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidRequest);
            assert_eq!(error.message, expected, "{json}");
        }
    }
}
