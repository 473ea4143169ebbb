//! Reading an object field by field, so that an error names the place and an unknown key is refused.

use serde_json::{Map, Value};

use super::request::RequestError;

/// An object that is being read. Each field is taken out once; a field that is left at the end is unknown. Unknown fields are
/// refused, since a misspelt `max-output-token` would otherwise be a request without a limit.
pub(super) struct Fields {
    path: String,
    rest: Map<String, Value>,
    known: Vec<String>,
}

type Read<T> = Result<T, RequestError>;

impl Fields {
    /// The object at this path of the document; the path of the whole document is empty.
    pub(super) fn of(value: Value, path: &str) -> Read<Self> {
        match value {
            Value::Object(rest) => Ok(Self { path: path.to_owned(), rest, known: Vec::new() }),
            other => Err(RequestError::at(path, format!("must be an object, and is {}", name_of(&other)))),
        }
    }

    /// The path of one of this object's fields.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// An error about one of this object's fields.
    pub(super) fn problem(&self, name: &str, problem: impl Into<String>) -> RequestError {
        RequestError::at(&self.path_of(name), problem.into())
    }

    /// The field, if it is present and not `null`.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.known.push(name.to_owned());
        // `shift_remove`, since plain `remove` would shuffle the keys that an error may name later.
        self.rest.shift_remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(&mut self, name: &str) -> Read<Option<String>> {
        self.typed(name, "a string", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    pub(super) fn required_string(&mut self, name: &str) -> Read<String> {
        self.string(name)?.ok_or_else(|| self.problem(name, "is missing"))
    }

    pub(super) fn flag(&mut self, name: &str) -> Read<Option<bool>> {
        self.typed(name, "true or false", |value| value.as_bool().ok_or(value))
    }

    pub(super) fn number(&mut self, name: &str) -> Read<Option<f64>> {
        self.typed(name, "a number", |value| value.as_f64().ok_or(value))
    }

    pub(super) fn count(&mut self, name: &str) -> Read<Option<u32>> {
        self.typed(name, "a whole number from 0 to 4294967295", |value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or(value)
        })
    }

    pub(super) fn integer(&mut self, name: &str) -> Read<Option<i64>> {
        self.typed(name, "a whole number of 64 bits", |value| value.as_i64().ok_or(value))
    }

    /// A list's items, each with its path; none if the field is absent.
    pub(super) fn list(&mut self, name: &str) -> Read<Vec<(String, Value)>> {
        let items = self.typed(name, "a list", |value| match value {
            Value::Array(items) => Ok(items),
            other => Err(other),
        })?;
        let path = self.path_of(name);
        Ok(items
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .map(|(index, item)| (format!("{path}[{index}]"), item))
            .collect())
    }

    /// A field that contains JSON: JSON text in a string, or the JSON itself, which is easier to write by hand.
    pub(super) fn json_text(&mut self, name: &str) -> Read<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                Ok(_) => Ok(Some(text)),
                Err(why) => Err(self.problem(name, format!("holds text that is not JSON: {why}"))),
            },
            Some(value) => Ok(Some(value.to_string())),
        }
    }

    /// A variant in a field: its case, and its payload unless that is a record, whose fields are in this object.
    ///
    /// Accepts the form in which variants are written (`"f": "case"` and `"f-case": payload`) and the shorter
    /// `"f": {"case": payload}`.
    pub(super) fn variant(
        &mut self,
        name: &str,
        cases: &[&'static str],
    ) -> Read<Option<(&'static str, Option<Value>)>> {
        let (word, mut payload) = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(word)) => (word, None),
            Some(Value::Object(one)) if one.len() == 1 => {
                one.into_iter().next().map_or_else(Default::default, |(word, payload)| (word, Some(payload)))
            }
            Some(other) => {
                return Err(
                    self.problem(name, format!("must be {}, and is {}", one_of(cases), name_of(&other)))
                );
            }
        };
        let Some(case) = cases.iter().find(|case| **case == word) else {
            return Err(self.problem(name, format!("must be {}, and is {word:?}", one_of(cases))));
        };
        if payload.is_none() {
            // Not through `take`: an error lists a payload's name only if its case was chosen.
            payload = self.rest.shift_remove(&format!("{name}-{case}")).filter(|value| !value.is_null());
        }
        Ok(Some((case, payload)))
    }

    /// Refuses the fields that have not been taken.
    pub(super) fn finish(self) -> Read<()> {
        let Some(unknown) = self.rest.keys().next() else { return Ok(()) };
        let kebab = unknown.replace('_', "-").to_lowercase();
        let hint = match self.known.iter().find(|known| **known == kebab) {
            Some(known) => format!("did you mean {known:?}?"),
            None => format!("known here: {}", self.known.join(", ")),
        };
        Err(RequestError::at(&self.path, format!("unknown key {unknown:?}; {hint}")))
    }

    fn typed<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Read<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        read(value)
            .map(Some)
            .map_err(|other| self.problem(name, format!("must be {wanted}, and is {}", name_of(&other))))
    }
}

/// A value's type, for an error. The value itself is not repeated: it may be a whole image.
fn name_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.len() <= 40 => format!("{text:?}"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn one_of(cases: &[&str]) -> String {
    let quoted: Vec<String> = cases.iter().map(|case| format!("{case:?}")).collect();
    format!("one of {}", quoted.join(", "))
}
