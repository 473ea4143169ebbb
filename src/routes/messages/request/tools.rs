//! The tools that the model may call.

use alloc::format;

use super::blocks;
use crate::contract::{Request, ToolChoice};
use crate::errors::Error;
use crate::history::Warnings;
use crate::json::Json;
use crate::routes::encoding::{Body, tools, whole};

/// Writes `tools`, the last one with a mark where a cached prefix ends there.
///
/// # Errors
/// `invalid-request` for a schema that is no JSON object.
pub fn write(
    body: &mut Body<'_>,
    request: &Request,
    cache_control: &str,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    if request.tools.is_empty() {
        return Ok(());
    }
    let Some(json) = body.field("tools") else { return Ok(()) };
    json.raw("[");
    for (index, tool) in request.tools.iter().enumerate() {
        let what = format!("tools[{index}].parameters-json");
        let parameters = whole(&tool.parameters_json, &what, warnings);
        json.item();
        json.raw(r#"{"name":"#);
        json.string(&tool.name);
        // An empty one is refused.
        if let Some(description) = tool.description.as_deref().filter(|text| !text.trim_ascii().is_empty()) {
            json.key("description");
            json.string(description);
        }
        json.key("input_schema");
        tools::schema(json, &parameters, &what, warnings)?;
        // `false` is the default, and older servers do not know the field.
        if tool.strict == Some(true) {
            json.key("strict");
            json.bool(true);
        }
        let is_last = index.saturating_add(1) == request.tools.len();
        blocks::close(json, if is_last { cache_control } else { "" });
    }
    json.raw("]");
    Ok(())
}

/// Whether a choice forces a call.
pub fn forces(choice: Option<&ToolChoice>) -> bool {
    matches!(choice, Some(ToolChoice::Required | ToolChoice::Named(_)))
}

/// Writes `tool_choice`, which also says whether calls may be parallel. Without tools it is refused.
pub fn write_choice(body: &mut Body<'_>, request: &Request, no_forced_tool: bool, warnings: &mut Warnings) {
    if request.tools.is_empty() && !body.is_extra("tools") {
        return;
    }
    let mut choice = request.tool_choice.as_ref();
    if no_forced_tool && forces(choice) {
        warnings.add("the model refuses a tool choice that forces a call; it was not sent");
        choice = Some(&ToolChoice::Auto);
    }
    let one_call = request.parallel_tool_calls == Some(false);
    if choice.is_none() && !one_call {
        return;
    }
    let Some(json) = body.field("tool_choice") else { return };
    write_value(json, choice.unwrap_or(&ToolChoice::Auto), one_call);
}

fn write_value(json: &mut Json, choice: &ToolChoice, one_call: bool) {
    json.raw(r#"{"type":"#);
    json.string(match choice {
        ToolChoice::Auto => "auto",
        ToolChoice::None => "none",
        ToolChoice::Required => "any",
        ToolChoice::Named(_) => "tool",
    });
    if let ToolChoice::Named(name) = choice {
        json.key("name");
        json.string(name);
    }
    if one_call && *choice != ToolChoice::None {
        json.key("disable_parallel_tool_use");
        json.bool(true);
    }
    json.raw("}");
}
