//! Refuses what Google refuses, with its texts. Clients recognise errors by them.

use serde_json::Value;

use super::{contents, generation, settings};
use crate::check::given;
use crate::errors::Refusal;

/// The fields of a request. Google also reads them in snake case, but the gateway does so for a few only.
const FIELDS: [&str; 9] = [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "serviceTier",
];

/// Checks the body of a request. The first mistake is reported.
pub fn request(body: &Value, model: &str) -> Result<(), Refusal> {
    if !body.is_object() {
        return Err(Refusal::google("Invalid JSON payload received. Unexpected token."));
    }
    only(body, &FIELDS, "")?;
    if let Some(system) = given(body, "systemInstruction") {
        only(system, &["parts", "role"], "system_instruction")?;
        let texts = system["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        if texts.is_empty() || texts.iter().any(|part| part["text"].as_str().is_none_or(str::is_empty)) {
            return Err(Refusal::google(
                "* GenerateContentRequest.system_instruction.parts: contents.parts must not be empty.",
            ));
        }
    }
    let names = tools(body)?;
    settings::check(body, model)?;
    calling(body, &names)?;
    if generation(model).is_some_and(|generation| generation < (3, 0))
        && !names.is_empty()
        && body["generationConfig"]["responseMimeType"] == "application/json"
    {
        return Err(Refusal::google(
            "Function calling with a response mime type: 'application/json' is unsupported",
        ));
    }
    contents::check(body, model)
}

/// Refuses fields that are not known, as Google's parser of JSON does.
pub fn only(object: &Value, known: &[&str], at: &str) -> Result<(), Refusal> {
    let unknown =
        object.as_object().and_then(|fields| fields.keys().find(|name| !known.contains(&name.as_str())));
    let Some(name) = unknown else { return Ok(()) };
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    Err(Refusal::google(format!(
        "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
    )))
}

/// The names of the declared functions.
fn tools(body: &Value) -> Result<Vec<&str>, Refusal> {
    let mut names = Vec::new();
    let tools = match given(body, "tools") {
        None => return Ok(names),
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(Refusal::google("Invalid value at 'tools': expected a list.")),
    };
    for (number, tool) in tools.iter().enumerate() {
        let known = [
            "functionDeclarations",
            "googleSearch",
            "codeExecution",
            "urlContext",
            "googleSearchRetrieval",
            "computerUse",
            "fileSearch",
            "googleMaps",
            "retrieval",
            "enterpriseWebSearch",
            "mcpServers",
        ];
        only(tool, &known, &format!("tools[{number}]"))?;
        let Some(functions) = tool.get("functionDeclarations") else { continue };
        let Some(functions) = functions.as_array().filter(|functions| !functions.is_empty()) else {
            return Err(Refusal::google(format!(
                "* GenerateContentRequest.tools[{number}].function_declarations: must not be empty."
            )));
        };
        for (place, function) in functions.iter().enumerate() {
            let at = format!("GenerateContentRequest.tools[{number}].function_declarations[{place}]");
            names.push(function_name(function, &at)?);
        }
    }
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    match twice {
        Some((_, name)) => Err(Refusal::google(format!("Duplicate function declaration found: {name}"))),
        None => Ok(names),
    }
}

fn function_name<'a>(function: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    let known = [
        "name",
        "description",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "behavior",
    ];
    only(function, &known, at)?;
    let name = function["name"].as_str().unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !begins || name.len() > 64 || !name.bytes().all(fits) {
        return Err(Refusal::google(format!(
            "* {at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric \
             (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
        )));
    }
    if let Some(parameters) = given(function, "parameters") {
        if function.get("parametersJsonSchema").is_some() {
            return Err(Refusal::google(format!(
                "* {at}: only one of parameters and parameters_json_schema may be set."
            )));
        }
        open_api(parameters, at)?;
    }
    if given(function, "parametersJsonSchema").is_some_and(|schema| !schema.is_object()) {
        return Err(Refusal::google(format!("* {at}.parameters_json_schema: must be an object.")));
    }
    Ok(name)
}

/// `parameters` takes a subset of OpenAPI, not JSON Schema.
fn open_api(schema: &Value, at: &str) -> Result<(), Refusal> {
    let known = [
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "items",
        "properties",
        "required",
        "anyOf",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "pattern",
        "example",
        "default",
        "propertyOrdering",
    ];
    only(schema, &known, &format!("{at}.parameters"))?;
    let properties = schema["properties"].as_object();
    properties.into_iter().flatten().try_for_each(|(_, property)| open_api(property, at))?;
    schema["anyOf"].as_array().into_iter().flatten().try_for_each(|schema| open_api(schema, at))?;
    if schema["items"].is_object() { open_api(&schema["items"], at) } else { Ok(()) }
}

fn calling(body: &Value, names: &[&str]) -> Result<(), Refusal> {
    let Some(config) = given(&body["toolConfig"], "functionCallingConfig") else { return Ok(()) };
    only(
        config,
        &["mode", "allowedFunctionNames", "streamFunctionCallArguments"],
        "tool_config.function_calling_config",
    )?;
    if names.is_empty() {
        return Err(Refusal::google("Function calling config is set without function_declarations."));
    }
    let mode = config["mode"].as_str().unwrap_or("AUTO");
    if !["AUTO", "ANY", "NONE", "VALIDATED"].contains(&mode) {
        return Err(Refusal::google(format!(
            "Invalid value at 'tool_config.function_calling_config.mode' \
             (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), \"{mode}\""
        )));
    }
    let allowed = config["allowedFunctionNames"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !allowed.is_empty() && mode != "ANY" && mode != "VALIDATED" {
        return Err(Refusal::google(
            "Allowed function names can only be set when function calling mode is ANY or VALIDATED.",
        ));
    }
    match allowed.iter().find(|name| !name.as_str().is_some_and(|name| names.contains(&name))) {
        Some(name) => Err(Refusal::google(format!(
            "Allowed function name {name} is not one of the function declarations."
        ))),
        None => Ok(()),
    }
}
