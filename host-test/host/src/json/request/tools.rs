//! Tools, in the contract's shape or OpenAI's.

use serde_json::Value;

use super::{Fields, RequestError};
use crate::contract::Tool;

/// Reads a list of tools, in the form of the contract or of OpenAI: the file of `host-test chat --tools FILE`.
///
/// # Errors
/// The first mistake, with its place in the document.
///
/// ```
/// use provider_host::json::request::tools::parse;
///
/// let tools = parse(r#"[{"type": "function", "function": {"name": "get_weather"}}]"#)?;
/// assert_eq!(tools[0].name, "get_weather");
/// # Ok::<(), provider_host::json::request::RequestError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<Tool>, RequestError> {
    match serde_json::from_str(text).map_err(|why| RequestError::syntax(&why))? {
        Value::Array(items) => {
            items.into_iter().enumerate().map(|(index, item)| tool(item, &format!("[{index}]"))).collect()
        }
        _ => Err(RequestError::at("", "must be a list of tools")),
    }
}

/// One tool at this path.
///
/// OpenAI's two shapes are taken too: with the function inside (`{"type":"function","function":{…}}`,
/// chat completions) and flat (`{"type":"function","name":…}`, responses).
pub(super) fn tool(value: Value, path: &str) -> Result<Tool, RequestError> {
    let mut outer = Fields::of(value, path)?;
    match outer.string("type")?.as_deref() {
        None | Some("function") => {}
        Some(other) => {
            return Err(outer.problem("type", format!("must be \"function\", and is {other:?}")));
        }
    }
    let Some(function) = outer.take("function") else { return function_of(outer) };
    let inner = Fields::of(function, &outer.path_of("function"))?;
    outer.finish()?;
    function_of(inner)
}

fn function_of(mut fields: Fields) -> Result<Tool, RequestError> {
    let name = fields.required_string("name")?;
    let description = fields.string("description")?;
    let ours = fields.json_text("parameters-json")?;
    let theirs = fields.json_text("parameters")?;
    if ours.is_some() && theirs.is_some() {
        return Err(fields.problem("parameters", "stands beside \"parameters-json\"; give one of them"));
    }
    let strict = fields.flag("strict")?;
    fields.finish()?;
    // A function without parameters takes none: OpenAI documents that they may be left out.
    let parameters_json =
        ours.or(theirs).unwrap_or_else(|| r#"{"type":"object","properties":{}}"#.to_owned());
    Ok(Tool { name, description, parameters_json, strict })
}
