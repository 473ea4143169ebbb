//! The tools that the model may call.

use super::{body::Body, invalid, is_name, object, whole};
use crate::{
    contract::{Request, Tool, ToolChoice},
    errors::Error,
    history::Warnings,
    json::{Json, fields_of, members, present},
    string_interner::StringInterner,
};
use alloc::format;

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`. Without tools the latter two mean nothing and servers refuse
/// them, so they are left out.
///
/// # Errors
/// `invalid-request` for a tool that cannot be sent, or a choice that cannot be made.
pub fn write(body: &mut Body<'_>, request: &Request, warnings: &mut Warnings) -> Result<(), Error> {
    let names = names(&request.tools)?;
    if !request.tools.is_empty()
        && let Some(json) = body.field("tools")
    {
        json.raw("[");
        for (index, tool) in request.tools.iter().enumerate() {
            write_tool(json, index, tool, warnings)?;
        }
        json.raw("]");
    }
    // Tools that the caller wrote in extra-json take the place of these, and are not looked into.
    let callers_own = body.is_extra("tools");
    if let Some(choice) = &request.tool_choice {
        check(choice, &names, callers_own)?;
    }
    if names.is_empty() && !callers_own {
        return Ok(());
    }
    if let Some(choice) = &request.tool_choice
        && let Some(json) = body.field("tool_choice")
    {
        write_choice(json, choice);
    }
    if let Some(parallel) = request.parallel_tool_calls
        && let Some(json) = body.field("parallel_tool_calls")
    {
        json.bool(parallel);
    }
    Ok(())
}

/// The names of all tools. They are checked here, so that the error says which tool it is and nothing is sent.
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

fn write_tool(json: &mut Json, index: usize, tool: &Tool, warnings: &mut Warnings) -> Result<(), Error> {
    let what = format!("tools[{index}].parameters-json");
    let parameters = whole(&tool.parameters_json, &what, warnings);
    json.item();
    json.raw(r#"{"type":"function","function":{"name":"#);
    json.string(&tool.name);
    if let Some(description) = &tool.description {
        json.key("description");
        json.string(description);
    }
    json.key("parameters");
    schema(json, &parameters, &what, warnings)?;
    // Written only where the host decides it. Servers that do not know the field may refuse it.
    if let Some(strict) = tool.strict {
        json.key("strict");
        json.bool(strict);
    }
    json.raw("}}");
    Ok(())
}

/// Writes the schema of a tool's arguments as it stands: a changed order of keys would change the prefix that vendors cache.
///
/// A tool without arguments has many spellings: nothing, `null`, `{}`, a schema without a type, one without properties.
/// Each of them is refused by somebody, such as OpenAI ("object schema missing properties") and Anthropic
/// ("input_schema.type: Field required"), and the whole spelling by nobody [85].
fn schema(json: &mut Json, text: &str, what: &str, warnings: &mut Warnings) -> Result<(), Error> {
    let text = match text.trim_ascii() {
        "" | "null" => "{}",
        text => text,
    };
    let [kind, properties] = fields_of(text, ["type", "properties"]).unwrap_or_default();
    let has_type = present(kind).is_some_and(|kind| kind != "\"\"");
    // PHP writes an empty object as `[]`.
    let has_properties = present(properties).is_some_and(|properties| properties.starts_with('{'));
    if has_type && has_properties {
        json.raw(text);
        return Ok(());
    }
    // A second pass, since a schema that is no object has no fields either.
    let given = object(text, what)?;
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
fn check(choice: &ToolChoice, names: &StringInterner, callers_own: bool) -> Result<(), Error> {
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

fn write_choice(json: &mut Json, choice: &ToolChoice) {
    match choice {
        ToolChoice::Auto => json.string("auto"),
        ToolChoice::None => json.string("none"),
        ToolChoice::Required => json.string("required"),
        ToolChoice::Named(name) => {
            json.raw(r#"{"type":"function","function":{"name":"#);
            json.string(name);
            json.raw("}}");
        }
    }
}
