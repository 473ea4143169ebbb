//! The functions that the model may call.

use crate::{
    contract::{Request, ToolChoice},
    errors::Error,
    history::Warnings,
    routes::encoding::{Body, invalid, tools, whole},
};
use alloc::format;

/// Writes `tools` and `toolConfig`.
///
/// # Errors
/// `invalid-request` for a tool that cannot be sent, or a choice that cannot be made.
pub fn write(body: &mut Body<'_>, request: &Request, warnings: &mut Warnings) -> Result<(), Error> {
    let callers_own = body.is_extra("tools");
    tools::check(request, callers_own)?;
    if !request.tools.is_empty()
        && let Some(json) = body.field("tools")
    {
        json.raw("[{\"functionDeclarations\":[");
        for (index, tool) in request.tools.iter().enumerate() {
            if !tool.name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
                return Err(invalid(format!(
                    "tools[{index}]: on this route a name begins with a letter or _; rename the tool"
                )));
            }
            let what = format!("tools[{index}].parameters-json");
            let parameters = whole(&tool.parameters_json, &what, warnings);
            json.item();
            json.raw("{\"name\":");
            json.string(&tool.name);
            if let Some(description) = &tool.description {
                json.key("description");
                json.string(description);
            }
            // `parameters` takes a dialect without `$ref` and `additionalProperties`; this field takes JSON Schema.
            json.key("parametersJsonSchema");
            tools::schema(json, &parameters, &what, warnings)?;
            json.raw("}");
        }
        json.raw("]}]");
    }
    if request.tools.is_empty() && !callers_own {
        return Ok(());
    }
    let strict = request.tools.iter().any(|tool| tool.strict == Some(true));
    let (mode, name) = match &request.tool_choice {
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some(name)),
        // Calls are checked against the schema, as they are where they are required.
        _ if strict => ("VALIDATED", None),
        Some(ToolChoice::Auto) => ("AUTO", None),
        None => ("", None),
    };
    if !mode.is_empty()
        && let Some(json) = body.field("toolConfig")
    {
        json.raw("{\"functionCallingConfig\":{\"mode\":\"");
        json.raw(mode);
        json.raw("\"");
        if let Some(name) = name {
            json.key("allowedFunctionNames");
            json.strings(core::slice::from_ref(name));
        }
        json.raw("}}");
    }
    if request.parallel_tool_calls == Some(false) {
        warnings.add("parallel-tool-calls has no field on the route gemini and was not sent");
    }
    Ok(())
}
