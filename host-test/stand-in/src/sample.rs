//! Makes a small value for a JSON Schema: the arguments of a tool call, or a structured response. Agents
//! validate both, so a fixed value would work with one schema only.

use serde_json::{Map, Value, json};

/// Maximum depth of nesting. A recursive schema would not end otherwise.
const DEPTH: usize = 8;

/// A value for the schema, as JSON text. `echo` is the user's text, which is used for fields of free text.
pub fn text(schema: &Value, echo: &str) -> String {
    Sampler { root: schema, echo }.value(schema, "", DEPTH).to_string()
}

/// An object for the schema of a tool's arguments, as JSON text; an empty one if it describes no object.
/// Arguments are always an object in the chat completions API.
pub fn arguments(schema: &Value, echo: &str) -> String {
    match (Sampler { root: schema, echo }).value(schema, "", DEPTH) {
        object @ Value::Object(_) => object.to_string(),
        _ => "{}".to_owned(),
    }
}

struct Sampler<'a> {
    root: &'a Value,
    echo: &'a str,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        // The order matters: `const` and `enum` allow nothing else, whatever `type` says.
        if let Some(fixed) = ["const", "default"].iter().find_map(|key| schema.get(key)) {
            return fixed.clone();
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        // Only references within the schema: others would need a network.
        if let Some(target) = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
            let target = self.root.pointer(target).unwrap_or(&Value::Null);
            return self.value(target, name, depth - 1);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[key].as_array().and_then(|schemas| schemas.first()) {
                return self.value(first, name, depth - 1);
            }
        }
        self.typed(schema, name, depth)
    }

    /// The smallest value of the schema's type. Every property is filled in, and not only the required ones, so that a tool
    /// shows what it does with each.
    fn typed(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let kind = match &schema["type"] {
            // A list of types, such as `["integer", "null"]`: the first is the useful one.
            Value::Array(kinds) => kinds.first().and_then(Value::as_str),
            kind => kind.as_str(),
        };
        match kind {
            Some("string") => Value::from(self.string(schema, name)),
            Some("integer") => json!(schema["minimum"].as_i64().unwrap_or(1)),
            Some("number") => json!(schema["minimum"].as_f64().unwrap_or(1.5)),
            Some("boolean") => Value::Bool(true),
            Some("null") => Value::Null,
            Some("array") => Value::Array(vec![self.value(&schema["items"], name, depth - 1)]),
            Some("object") => self.object(schema, depth),
            // Many tools leave `type` out if there are properties.
            _ if schema.get("properties").is_some() => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object();
        let fields = properties.into_iter().flatten();
        let sampled = fields.map(|(name, field)| (name.clone(), self.value(field, name, depth - 1)));
        Value::Object(sampled.collect::<Map<_, _>>())
    }

    /// Plausible values for common names, since the demo shows them to people.
    fn string(&self, schema: &Value, name: &str) -> String {
        match (schema["format"].as_str(), name.to_ascii_lowercase().as_str()) {
            (Some("date"), _) => "2026-01-31",
            (Some("date-time"), _) => "2026-01-31T12:00:00Z",
            (Some("uri" | "url"), _) | (_, "url") => "https://example.com/",
            (Some("email"), _) => "someone@example.com",
            (_, "city" | "location" | "place") => "Lisbon",
            (_, "path" | "file" | "filename") => "README.md",
            (_, "query" | "question" | "text" | "message" | "input") => self.echo,
            _ => "example",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_fits_its_schema() {
        let cases = [
            (json!({"type": "object", "properties": {"city": {"type": "string"}}}), r#"{"city":"Lisbon"}"#),
            (json!({"type": "array", "items": {"enum": ["red", "green"]}}), r#"["red"]"#),
            (json!({"type": "object", "properties": {"n": {"type": ["integer", "null"]}}}), r#"{"n":1}"#),
            (json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}), "true"),
            (json!({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"const": 7}}}), r#"{"a":7}"#),
        ];
        for (schema, expected) in cases {
            assert_eq!(text(&schema, "hello"), expected, "{schema}");
        }
    }

    #[test]
    fn a_recursive_schema_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(text(&schema, "").starts_with(r#"{"next":{"next":"#));
    }

    #[test]
    fn arguments_are_an_object_whatever_the_schema_says() {
        assert_eq!(arguments(&json!({"type": "string"}), ""), "{}");
        assert_eq!(arguments(&Value::Null, ""), "{}");
    }
}
