//! The caller's own fields: `extra-json`, merged into the body last. It is the way to every option of a vendor that the
//! contract does not have.

use super::{invalid, object};
use crate::json::RawValue;
use crate::{errors::Error, string_interner::StringInterner};
use alloc::{format, string::String, vec::Vec};

/// What the caller's own fields cannot do on a route.
#[derive(Debug)]
pub struct ExtraRules {
    /// The fields that cannot be replaced: the model and the conversation, which were checked, and `stream`, on which the
    /// reading of the response depends.
    pub fixed: &'static [&'static str],
    /// The object that is merged with the route's own, member by member: replaced, it would lose what the route needs.
    pub merged: &'static str,
    /// The members of it that stay the route's, without an error.
    pub fixed_members: &'static [&'static str],
}

/// The caller's own fields. Names are unescaped, values stand as they were written, to the digit.
#[derive(Debug, Default)]
pub struct Extra<'a> {
    fields: Vec<(String, RawValue<'a>)>,
    merged: Vec<(String, RawValue<'a>)>,
}

impl<'a> Extra<'a> {
    /// Reads `extra-json`.
    ///
    /// # Errors
    /// `invalid-request` where it is not a JSON object, or has a field that cannot be replaced.
    pub fn parse(json: Option<&'a str>, rules: &ExtraRules) -> Result<Self, Error> {
        let Some(json) = json else { return Ok(Extra::default()) };
        let mut fields = members(json, "extra-json")?;
        if let Some(name) = rules.fixed.iter().find(|fixed| has(&fields, fixed)) {
            return Err(invalid(format!("extra-json cannot replace `{name}`; set it in the request itself")));
        }
        let mut merged = Vec::new();
        if let Some(at) = fields.iter().position(|(name, _)| name == rules.merged) {
            let (_, value) = fields.remove(at);
            if value.get() != "null" {
                merged = members(value.get(), &format!("`{}` in extra-json", rules.merged))?;
                merged.retain(|(name, _)| !rules.fixed_members.contains(&name.as_str()));
            }
        }
        Ok(Extra { fields, merged })
    }

    /// Whether the caller set this field.
    pub fn has(&self, field: &str) -> bool {
        has(&self.fields, field)
    }

    /// Whether the caller set this member of the merged object.
    pub fn has_member(&self, name: &str) -> bool {
        has(&self.merged, name)
    }

    /// The fields to write, the merged object not among them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The members to write into the merged object.
    pub fn merged(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.merged.iter().map(|(name, value)| (name.as_str(), value.get()))
    }
}

fn has(fields: &[(String, RawValue<'_>)], name: &str) -> bool {
    fields.iter().any(|(field, _)| field == name)
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

    const RULES: ExtraRules = ExtraRules {
        fixed: &["model", "messages", "stream"],
        merged: "stream_options",
        fixed_members: &["include_usage"],
    };

    fn fields(json: &str) -> String {
        let extra = Extra::parse(Some(json), &RULES).unwrap();
        let of = |(name, value): (&str, &str)| format!("{name}={value};");
        extra.fields().map(of).chain(["|".into()]).chain(extra.merged().map(of)).collect()
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
        assert_eq!(Extra::parse(None, &RULES).unwrap().fields().count(), 0);
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
            let error = Extra::parse(Some(json), &RULES).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidRequest);
            assert_eq!(error.message, expected, "{json}");
        }
    }
}
