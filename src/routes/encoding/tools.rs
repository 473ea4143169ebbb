//! What every vendor requires of tools.

use super::{invalid, is_name, object};
use crate::{
    contract::{Request, Tool, ToolChoice},
    errors::Error,
    history::Warnings,
    json::{Json, fields, members, present},
    string_interner::StringInterner,
};
use alloc::format;

/// Checks the tools and the choice between them, so that the error says which one is wrong and nothing is sent. Tools that
/// the caller wrote in `extra-json` take the place of these and are not looked into.
///
/// # Errors
/// `invalid-request` for a tool that cannot be sent, or a choice that cannot be made.
pub fn check(request: &Request, callers_own: bool) -> Result<(), Error> {
    let names = names(&request.tools)?;
    match &request.tool_choice {
        Some(choice) => check_choice(choice, &names, callers_own),
        None => Ok(()),
    }
}

/// The names of all tools, which are checked here.
fn names(tools: &[Tool]) -> Result<StringInterner, Error> {
    let mut names = StringInterner::default();
    for (index, tool) in tools.iter().enumerate() {
        if !is_name(&tool.name) {
            return Err(invalid(format!(
                "tools[{index}]: a name has 1 to 64 characters A-Z, a-z, 0-9, _ and -; rename the tool"
            )));
        }
        // Two tools of one name would leave it to the server which one the model sees.
        if !names.number(&tool.name).1 {
            return Err(invalid(format!(
                "tools[{index}] has the name of an earlier tool; rename one of them"
            )));
        }
    }
    Ok(names)
}

/// Writes the schema of a tool's arguments as it stands: a changed order of keys would change the prefix that vendors cache.
///
/// A tool without arguments has many spellings: nothing, `null`, `{}`, a schema without a type, one without properties.
/// Each of them is refused by somebody, such as OpenAI ("object schema missing properties") and Anthropic
/// ("input_schema.type: Field required"), and the whole spelling by nobody [85].
///
/// # Errors
/// `invalid-request` where it is not a JSON object.
pub fn schema(json: &mut Json, text: &str, what: &str, warnings: &mut Warnings) -> Result<(), Error> {
    let none = matches!(text.trim_ascii(), "" | "null");
    let given = object(if none { "{}" } else { text }, what)?;
    let [kind, properties] = fields(given, ["type", "properties"]).unwrap_or_default();
    let has_type = present(kind).is_some_and(|kind| kind != "\"\"");
    // PHP writes an empty object as `[]`.
    let has_properties = present(properties).is_some_and(|properties| properties.starts_with('{'));
    if has_type && has_properties {
        json.raw(given.get());
        return Ok(());
    }
    warnings.add(format!("{what}: the schema has no type or no properties, which were added"));
    json.raw("{");
    if !has_type {
        json.raw(r#""type":"object""#);
    }
    if !has_properties {
        json.item();
        json.raw(r#""properties":{}"#);
    }
    for (name, value) in members(given) {
        // What was replaced would come twice.
        let replaced = !has_type && name == "type" || !has_properties && name == "properties";
        if let Some(value) = value.filter(|_| !replaced) {
            json.key(&name);
            json.raw(value.get());
        }
    }
    json.raw("}");
    Ok(())
}

/// Refuses a choice that cannot be made, before anything is sent.
fn check_choice(choice: &ToolChoice, names: &StringInterner, callers_own: bool) -> Result<(), Error> {
    match choice {
        ToolChoice::Named(name) if !callers_own && names.get(name).is_none() => {
            Err(invalid("tool-choice names a tool that is not among the tools of the request; add the tool"))
        }
        // A model that has to call a tool and has none would be an error of the server's, after the upload.
        ToolChoice::Required if !callers_own && names.is_empty() => {
            Err(invalid("tool-choice requires a tool call, but the request has no tools"))
        }
        _ => Ok(()),
    }
}
