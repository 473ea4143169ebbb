//! Refuses requests that a strict OpenAI-compatible server refuses, with the texts and statuses that CometAPI
//! documents. A lenient server would let a test pass with a request that fails in use. Unknown fields are
//! accepted, because vendors have many of their own.

mod history;

pub use history::is_media;

use serde_json::Value;

use super::errors::Refusal;

/// Checks the body of a chat request. The first mistake is reported, as real servers do.
pub fn request(body: &Value) -> Result<(), Refusal> {
    if !body.is_object() {
        return Err(Refusal::gateway(400, "invalid_request", "the body is no JSON object"));
    }
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(Refusal::gateway(400, "", "model name is required"));
    }
    match body["messages"].as_array() {
        Some(messages) if !messages.is_empty() => history::check(messages, model)?,
        _ => return Err(Refusal::gateway(500, "invalid_request", "field messages is required")),
    }
    stream(body)?;
    tools(body)?;
    response_format(body)?;
    numbers(body)?;
    limits(body, model)?;
    texts(body)
}

/// A refusal of a value with the wrong type or outside its range.
fn invalid(param: impl Into<String>, expected: &str) -> Refusal {
    let param = param.into();
    let message = format!("Invalid value for '{param}': expected {expected}.");
    Refusal::upstream("invalid_value", param, message)
}

/// A field that is present. Null counts as absent, as in OpenAI's API.
pub fn given<'a>(object: &'a Value, field: &str) -> Option<&'a Value> {
    object.get(field).filter(|value| !value.is_null())
}

/// Names of tools and schemas: 1 to 64 of `a-z A-Z 0-9 _ -`.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// OpenAI refuses `stream_options` without a stream.
fn stream(body: &Value) -> Result<(), Refusal> {
    if given(body, "stream").is_some_and(|stream| !stream.is_boolean()) {
        return Err(invalid("stream", "a boolean"));
    }
    match given(body, "stream_options") {
        Some(_) if body["stream"] != true => {
            Err(invalid("stream_options", "nothing, since 'stream' is not true"))
        }
        Some(options) if !options.is_object() => Err(invalid("stream_options", "an object")),
        _ => Ok(()),
    }
}

/// OpenAI refuses an empty list of tools, and a choice without tools. A host may pass both, so the plugin has to leave them
/// out.
fn tools(body: &Value) -> Result<(), Refusal> {
    let names = match given(body, "tools") {
        Some(Value::Array(tools)) if !tools.is_empty() => {
            let named = tools.iter().enumerate().map(|(at, tool)| tool_name(tool, &format!("tools[{at}]")));
            named.collect::<Result<Vec<_>, _>>()?
        }
        Some(_) => return Err(invalid("tools", "a list with at least one tool")),
        None => Vec::new(),
    };
    for (at, name) in names.iter().enumerate() {
        // Anthropic refuses two tools with one name, also through chat completions.
        if names.iter().take(at).any(|earlier| earlier == name) {
            return Err(invalid(format!("tools[{at}].function.name"), "a name that no other tool has"));
        }
    }
    for dependent in ["tool_choice", "parallel_tool_calls"] {
        if names.is_empty() && given(body, dependent).is_some() {
            return Err(invalid(dependent, "nothing, since no 'tools' are given"));
        }
    }
    if given(body, "parallel_tool_calls").is_some_and(|value| !value.is_boolean()) {
        return Err(invalid("parallel_tool_calls", "a boolean"));
    }
    tool_choice(body, &names)
}

fn tool_name<'a>(tool: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    let function = &tool["function"];
    if tool["type"] != "function" {
        return Err(invalid(format!("{at}.type"), "'function'"));
    }
    if let Some(parameters) = given(function, "parameters") {
        // "Invalid schema for function: object schema missing properties."
        if parameters["type"] != "object" || !parameters["properties"].is_object() {
            let expected = "a JSON Schema of type 'object' with properties";
            return Err(invalid(format!("{at}.function.parameters"), expected));
        }
    }
    if given(function, "description").is_some_and(|text| !text.is_string()) {
        return Err(invalid(format!("{at}.function.description"), "a string"));
    }
    if given(function, "strict").is_some_and(|strict| !strict.is_boolean()) {
        return Err(invalid(format!("{at}.function.strict"), "a boolean"));
    }
    let name = function["name"].as_str().filter(|name| is_name(name));
    name.ok_or_else(|| invalid(format!("{at}.function.name"), "1 to 64 of a-z, A-Z, 0-9, _ and -"))
}

fn tool_choice(body: &Value, names: &[&str]) -> Result<(), Refusal> {
    let fits = match given(body, "tool_choice") {
        None => true,
        Some(Value::String(word)) => ["auto", "none", "required"].contains(&word.as_str()),
        Some(choice) => {
            let named = choice["function"]["name"].as_str();
            choice["type"] == "function" && named.is_some_and(|name| names.contains(&name))
        }
    };
    fits.then_some(()).ok_or_else(|| invalid("tool_choice", "auto, none, required, or one of the tools"))
}

fn response_format(body: &Value) -> Result<(), Refusal> {
    let Some(format) = given(body, "response_format") else { return Ok(()) };
    let schema = &format["json_schema"];
    let fits = match format["type"].as_str() {
        Some("text" | "json_object") => true,
        Some("json_schema") => schema["name"].as_str().is_some_and(is_name) && schema["schema"].is_object(),
        _ => false,
    };
    let expected = "text, json_object, or json_schema with a name and a schema";
    fits.then_some(()).ok_or_else(|| invalid("response_format", expected))
}

/// The ranges that OpenAI documents.
fn numbers(body: &Value) -> Result<(), Refusal> {
    let ranges = [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("frequency_penalty", -2.0, 2.0),
        ("presence_penalty", -2.0, 2.0),
    ];
    for (field, least, most) in ranges {
        let fits = |value: &Value| value.as_f64().is_some_and(|number| (least..=most).contains(&number));
        if given(body, field).is_some_and(|value| !fits(value)) {
            return Err(invalid(field, &format!("a number from {least} to {most}")));
        }
    }
    for field in ["max_tokens", "max_completion_tokens", "n"] {
        let fits = |value: &Value| value.as_u64().is_some_and(|number| number > 0);
        if given(body, field).is_some_and(|value| !fits(value)) {
            return Err(invalid(field, "an integer of at least 1"));
        }
    }
    if given(body, "seed").is_some_and(|seed| !seed.is_i64() && !seed.is_u64()) {
        return Err(invalid("seed", "an integer"));
    }
    Ok(())
}

/// Refuses limits and temperatures that the model does not accept. OpenAI's reasoning models accept
/// `max_completion_tokens` only, and some of them no temperature but 1: a plugin that sends one set of
/// parameters to all models fails here.
fn limits(body: &Value, model: &str) -> Result<(), Refusal> {
    let o_series = |model: &str| {
        let mut letters = model.chars();
        letters.next() == Some('o') && letters.next().is_some_and(|digit| digit.is_ascii_digit())
    };
    let new_names = model.starts_with("gpt-5") || o_series(model);
    if given(body, "max_tokens").is_some() && (new_names || given(body, "max_completion_tokens").is_some()) {
        return Err(Refusal::upstream(
            "unsupported_parameter",
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
        ));
    }
    let default_only = o_series(model) || ["gpt-5", "gpt-5-mini", "gpt-5-nano"].contains(&model);
    if default_only && given(body, "temperature").is_some_and(|value| value.as_f64() != Some(1.0)) {
        return Err(Refusal::upstream(
            "unsupported_value",
            "temperature",
            "Unsupported value: 'temperature' does not support this value with this model. Only the \
             default (1) value is supported.",
        ));
    }
    Ok(())
}

/// Empty texts are refused: a plugin has to leave the field out if a host gives it an empty value.
fn texts(body: &Value) -> Result<(), Refusal> {
    for field in ["user", "prompt_cache_key", "reasoning_effort"] {
        if given(body, field).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            return Err(invalid(field, "a string that is not empty"));
        }
    }
    for field in ["user", "prompt_cache_key"] {
        let key = body[field].as_str().unwrap_or_default();
        if key.chars().count() > 64 {
            return Err(invalid(field, "a string with maximum length 64"));
        }
    }
    let stops = match given(body, "stop") {
        None | Some(Value::String(_)) => true,
        Some(Value::Array(stops)) => (1..=4).contains(&stops.len()) && stops.iter().all(Value::is_string),
        Some(_) => false,
    };
    stops.then_some(()).ok_or_else(|| invalid("stop", "a string or 1 to 4 strings"))
}

#[cfg(test)]
mod tests;
