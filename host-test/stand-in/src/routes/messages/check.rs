//! Refuses what Anthropic refuses, with its texts. Clients recognise errors by them.

use serde_json::Value;

use super::{blocks, history, models, thinking};
use crate::check::given;
use crate::errors::{Refusal, Shape};

/// The fields that the endpoint knows. A version of the protocol or a beta is a header.
const FIELDS: [&str; 23] = [
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
];

/// `cache_control` marks in one request.
const MOST_MARKS: usize = 4;

/// Checks the body of a request. The first mistake is reported.
pub fn request(body: &Value) -> Result<(), Refusal> {
    let Some(fields) = body.as_object() else {
        return Err(Refusal::anthropic("The request body is not a JSON object."));
    };
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(Refusal::gateway(400, "", "model name is required").in_shape(Shape::Anthropic));
    }
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(extra(unknown));
    }
    max_tokens(body, model)?;
    if given(body, "stream").is_some_and(|stream| !stream.is_boolean()) {
        return Err(Refusal::anthropic("stream: Input should be a valid boolean"));
    }
    thinking::check(body, model)?;
    system(body)?;
    history::check(body, model)?;
    tools(body)?;
    stops(body)?;
    format(body)?;
    marks(body)
}

/// A refusal of an unknown field.
pub fn extra(at: &str) -> Refusal {
    Refusal::anthropic(format!("{at}: Extra inputs are not permitted"))
}

/// A refusal of a field that is not there.
pub fn required(at: &str) -> Refusal {
    Refusal::anthropic(format!("{at}: Field required"))
}

fn max_tokens(body: &Value, model: &str) -> Result<(), Refusal> {
    let Some(value) = given(body, "max_tokens") else { return Err(required("max_tokens")) };
    let Some(number) = value.as_u64().filter(|number| *number > 0) else {
        return Err(Refusal::anthropic("max_tokens: Input should be greater than or equal to 1"));
    };
    match models::abilities(model) {
        Some(abilities) if number > abilities.max_tokens => Err(Refusal::anthropic(format!(
            "max_tokens: {number} > {}, which is the maximum allowed number of output tokens for {model}",
            abilities.max_tokens
        ))),
        _ => Ok(()),
    }
}

fn system(body: &Value) -> Result<(), Refusal> {
    match given(body, "system") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(system)) => system.iter().enumerate().try_for_each(|(number, block)| {
            let at = format!("system.{number}");
            if block["type"] != "text" {
                return Err(Refusal::anthropic(format!("{at}.type: Input should be 'text'")));
            }
            blocks::text(block, &at, "system")
        }),
        Some(_) => Err(Refusal::anthropic("system: Input should be a valid list")),
    }
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let tools = match given(body, "tools") {
        None => &[][..],
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(Refusal::anthropic("tools: Input should be a valid list")),
    };
    let mut names = Vec::new();
    for (number, tool) in tools.iter().enumerate() {
        // A tool of the vendor's own has a type with a date.
        let own = tool["type"].as_str().is_some_and(|kind| kind != "custom");
        let at = if own { format!("tools.{number}") } else { format!("tools.{number}.custom") };
        let Some(name) = tool["name"].as_str() else { return Err(required(&format!("{at}.name"))) };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !(1..=128).contains(&name.len()) || !name.bytes().all(fits) {
            let pattern = "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'";
            return Err(Refusal::anthropic(format!("{at}.name: {pattern}")));
        }
        if names.contains(&name) {
            return Err(Refusal::anthropic("tools: Tool names must be unique."));
        }
        names.push(name);
        if own {
            continue;
        }
        let known = [
            "type",
            "name",
            "description",
            "input_schema",
            "cache_control",
            "strict",
            "eager_input_streaming",
            "defer_loading",
            "allowed_callers",
            "input_examples",
        ];
        blocks::only(tool, &known, &at)?;
        let Some(schema) = given(tool, "input_schema") else {
            return Err(required(&format!("{at}.input_schema")));
        };
        if schema["type"] != "object" {
            return Err(Refusal::anthropic(format!("{at}.input_schema.type: Input should be 'object'")));
        }
        blocks::cache_control(tool, &at)?;
    }
    choice(body, tools, &names)
}

fn choice(body: &Value, tools: &[Value], names: &[&str]) -> Result<(), Refusal> {
    let Some(choice) = given(body, "tool_choice") else { return Ok(()) };
    let kind = choice["type"].as_str().unwrap_or_default();
    if tools.is_empty() && kind != "none" {
        return Err(Refusal::anthropic("tool_choice may only be specified while providing tools"));
    }
    if kind == "none" && choice.get("disable_parallel_tool_use").is_some() {
        return Err(extra("tool_choice.none.disable_parallel_tool_use"));
    }
    match kind {
        "auto" | "any" | "none" => {
            blocks::only(choice, &["type", "disable_parallel_tool_use"], "tool_choice")
        }
        "tool" => match choice["name"].as_str() {
            None => Err(required("tool_choice.tool.name")),
            Some(name) if names.contains(&name) => Ok(()),
            Some(name) => Err(Refusal::anthropic(format!("Tool '{name}' not found in provided tools"))),
        },
        _ => Err(Refusal::anthropic(format!(
            "tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'auto', \
             'any', 'tool', 'none'"
        ))),
    }
}

fn stops(body: &Value) -> Result<(), Refusal> {
    for stop in body["stop_sequences"].as_array().into_iter().flatten() {
        if stop.as_str().is_none_or(|stop| stop.trim().is_empty()) {
            return Err(Refusal::anthropic("stop_sequences: each stop sequence must contain non-whitespace"));
        }
    }
    Ok(())
}

fn format(body: &Value) -> Result<(), Refusal> {
    let Some(format) = given(&body["output_config"], "format") else { return Ok(()) };
    blocks::only(format, &["type", "schema"], "output_config.format")?;
    if format["type"] != "json_schema" {
        return Err(Refusal::anthropic("output_config.format.type: Input should be 'json_schema'"));
    }
    closed(&format["schema"])
}

/// Objects of a response format have to exclude other properties.
fn closed(schema: &Value) -> Result<(), Refusal> {
    if schema["type"] == "object" && schema["additionalProperties"] != false {
        let message = "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly \
                       set to false";
        return Err(Refusal::anthropic(message));
    }
    let properties = schema["properties"].as_object();
    properties.into_iter().flatten().try_for_each(|(_, property)| closed(property))?;
    if schema["items"].is_object() { closed(&schema["items"]) } else { Ok(()) }
}

/// Counts the marks of tools, system and messages. A longer lifetime has to stand before a shorter one.
fn marks(body: &Value) -> Result<(), Refusal> {
    let mut found: Vec<&Value> = Vec::new();
    let list = |value: &'static str| body[value].as_array().into_iter().flatten();
    let contents = list("messages").filter_map(|message| message["content"].as_array()).flatten();
    for block in list("tools").chain(list("system")).chain(contents).chain([body]) {
        found.extend(given(block, "cache_control"));
        let inner = block["content"].as_array().into_iter().flatten();
        found.extend(inner.filter_map(|block| given(block, "cache_control")));
    }
    if found.len() > MOST_MARKS {
        return Err(Refusal::anthropic(format!(
            "A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {}.",
            found.len()
        )));
    }
    let short_first = found.windows(2).any(|pair| pair[0]["ttl"] != "1h" && pair[1]["ttl"] == "1h");
    if short_first {
        return Err(Refusal::anthropic(
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks \
             are processed in the following order: `tools`, `system`, `messages`.",
        ));
    }
    Ok(())
}
