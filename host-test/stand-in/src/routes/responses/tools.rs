//! Checks the tools of a request and the choice among them.

use serde_json::Value;

use super::check::{missing, unsupported_value, wrong_type};
use crate::check::{given, is_name};
use crate::errors::Refusal;

/// Checks `tools` and `tool_choice`.
pub fn check(body: &Value) -> Result<(), Refusal> {
    let tools = match given(body, "tools") {
        None => &[][..],
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(wrong_type("tools", "an array of objects")),
    };
    let mut names: Vec<&str> = Vec::new();
    for (at, tool) in tools.iter().enumerate() {
        let at = format!("tools[{at}]");
        let Some(kind) = tool["type"].as_str() else { return Err(missing(format!("{at}.type"))) };
        if kind != "function" && kind != "custom" {
            continue;
        }
        // A nested `function` is chat completions' form. OpenAI misses the name then.
        let Some(name) = tool["name"].as_str() else { return Err(missing(format!("{at}.name"))) };
        if !is_name(name) {
            let message = format!(
                "Invalid '{at}.name': string does not match pattern. Expected a string that matches the pattern \
                 '^[a-zA-Z0-9_-]+$'."
            );
            return Err(Refusal::upstream("invalid_value", format!("{at}.name"), message));
        }
        if names.contains(&name) {
            let message = format!("Duplicate tool name: '{name}'.");
            return Err(Refusal::upstream("invalid_value", "tools", message));
        }
        names.push(name);
        if kind == "function" {
            function(tool, name, &at)?;
        }
    }
    choice(body, tools, &names)
}

fn function(tool: &Value, name: &str, at: &str) -> Result<(), Refusal> {
    if given(tool, "strict").is_some_and(|strict| !strict.is_boolean()) {
        return Err(wrong_type(format!("{at}.strict"), "a boolean"));
    }
    let Some(parameters) = given(tool, "parameters") else {
        return Err(missing(format!("{at}.parameters")));
    };
    if parameters["type"] != "object" || !parameters["properties"].is_object() {
        let message =
            format!("Invalid schema for function '{name}': In context=(), object schema missing properties.");
        return Err(Refusal::upstream("invalid_function_parameters", format!("{at}.parameters"), message));
    }
    let context = format!("function '{name}'");
    if tool["strict"] == true {
        strict_schema(parameters, &context, &format!("{at}.parameters"))
    } else {
        Ok(())
    }
}

/// A strict schema needs every property required and no others allowed, at every depth.
pub fn strict_schema(schema: &Value, of: &str, param: &str) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        let message = format!("Invalid schema for {of}: In context=(), {what}.");
        Err(Refusal::upstream("invalid_function_parameters", param, message))
    };
    if let Some(properties) = schema["properties"].as_object() {
        if schema["additionalProperties"] != false {
            return refuse("'additionalProperties' is required to be supplied and to be false");
        }
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(name) = properties.keys().find(|name| !required.contains(&name.as_str().into())) {
            return refuse(&format!(
                "'required' is required to be supplied and to be an array including every key in properties. \
                 Missing '{name}'"
            ));
        }
        properties.values().try_for_each(|property| strict_schema(property, of, param))?;
    }
    if schema["items"].is_object() { strict_schema(&schema["items"], of, param) } else { Ok(()) }
}

fn choice(body: &Value, tools: &[Value], names: &[&str]) -> Result<(), Refusal> {
    let Some(choice) = given(body, "tool_choice") else { return Ok(()) };
    if tools.is_empty() {
        let message = "Tool choice is only allowed when tools are specified.";
        return Err(Refusal::upstream("", "tool_choice", message));
    }
    match (choice.as_str(), choice["type"].as_str()) {
        (Some("auto" | "none" | "required"), _) => Ok(()),
        (Some(other), _) => Err(unsupported_value("tool_choice", other, &["none", "auto", "required"])),
        (None, Some("function" | "custom")) => match choice["name"].as_str() {
            None => Err(missing("tool_choice.name")),
            Some(name) if names.contains(&name) => Ok(()),
            Some(name) => {
                let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
                Err(Refusal::upstream("", "tool_choice", message))
            }
        },
        (None, Some(_)) => Ok(()),
        (None, None) => Err(missing("tool_choice.type")),
    }
}
