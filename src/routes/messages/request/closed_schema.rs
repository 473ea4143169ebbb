//! Schemas of the output, as the vendor takes them: each object says that it has no other members.

use crate::json::{Json, RawValue, elements, fields, members, present};

/// Schemas that are nested deeper stay as they are. Each level is read once more, and the vendor takes far fewer.
const DEEPEST: usize = 32;

/// Members that hold values and no schemas.
const VALUES: [&str; 5] = ["const", "default", "enum", "examples", "required"];

/// Writes a schema with `"additionalProperties":false` in every object that does not say it: it is refused without.
pub fn write(json: &mut Json, schema: RawValue<'_>) {
    value(json, schema, DEEPEST);
}

fn value(json: &mut Json, schema: RawValue<'_>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return json.raw(schema.get()) };
    if let Some(items) = elements(schema.get()) {
        json.raw("[");
        for item in items {
            json.item();
            value(json, item, depth);
        }
        json.raw("]");
        return;
    }
    if !schema.get().starts_with('{') {
        return json.raw(schema.get());
    }
    json.raw("{");
    for (name, member) in members(schema) {
        let Some(member) = member else { continue };
        json.key(&name);
        match VALUES.contains(&name.as_str()) {
            true => json.raw(member.get()),
            false => value(json, member, depth),
        }
    }
    let [kind, additional] = fields(schema, ["type", "additionalProperties"]).unwrap_or_default();
    if additional.is_none() && present(kind).is_some_and(|kind| kind == "\"object\"") {
        json.key("additionalProperties");
        json.bool(false);
    }
    json.raw("}");
}
