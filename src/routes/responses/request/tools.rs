//! The tools that the model may call. They are flat here: no `function` around them.

use crate::{
    contract::{Request, Tool, ToolChoice},
    errors::Error,
    history::Warnings,
    json::Json,
    routes::encoding::{Body, tools, whole},
};
use alloc::format;

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`. Without tools the latter two mean nothing and servers refuse
/// them, so they are left out.
///
/// # Errors
/// `invalid-request` for a tool that cannot be sent, or a choice that cannot be made.
pub fn write(body: &mut Body<'_>, request: &Request, warnings: &mut Warnings) -> Result<(), Error> {
    let callers_own = body.is_extra("tools");
    tools::check(request, callers_own)?;
    if !request.tools.is_empty()
        && let Some(json) = body.field("tools")
    {
        json.raw("[");
        for (index, tool) in request.tools.iter().enumerate() {
            write_tool(json, index, tool, warnings)?;
        }
        json.raw("]");
    }
    if request.tools.is_empty() && !callers_own {
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

fn write_tool(json: &mut Json, index: usize, tool: &Tool, warnings: &mut Warnings) -> Result<(), Error> {
    let what = format!("tools[{index}].parameters-json");
    let parameters = whole(&tool.parameters_json, &what, warnings);
    json.item();
    json.raw(r#"{"type":"function","name":"#);
    json.string(&tool.name);
    if let Some(description) = &tool.description {
        json.key("description");
        json.string(description);
    }
    json.key("parameters");
    tools::schema(json, &parameters, &what, warnings)?;
    // Always written: left out it means true here, and the service changes the schema for it [38].
    json.key("strict");
    json.bool(tool.strict.unwrap_or(false));
    json.raw("}");
    Ok(())
}

fn write_choice(json: &mut Json, choice: &ToolChoice) {
    match choice {
        ToolChoice::Auto => json.string("auto"),
        ToolChoice::None => json.string("none"),
        ToolChoice::Required => json.string("required"),
        ToolChoice::Named(name) => {
            json.raw(r#"{"type":"function","name":"#);
            json.string(name);
            json.raw("}");
        }
    }
}
