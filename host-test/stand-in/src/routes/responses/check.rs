//! Refuses what OpenAI refuses on Responses, with its texts and codes. Clients recognise errors by both.

use serde_json::Value;

use super::{items, tools};
use crate::check::{given, is_name};
use crate::errors::Refusal;

/// The fields that the endpoint knows. A field of chat completions is an unknown parameter here.
const FIELDS: [&str; 31] = [
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Checks the body of a request. The first mistake is reported.
pub fn request(body: &Value) -> Result<(), Refusal> {
    let Some(fields) = body.as_object() else {
        return Err(Refusal::gateway(400, "invalid_request", "the body is no JSON object"));
    };
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() {
        return Err(Refusal::gateway(400, "", "model name is required"));
    }
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let message = format!("Unknown parameter: '{unknown}'.");
        return Err(Refusal::upstream("unknown_parameter", unknown.as_str(), message));
    }
    flags(body)?;
    numbers(body)?;
    reasoning(body, model)?;
    items::check(body)?;
    tools::check(body)?;
    format(body)?;
    texts(body)
}

/// A refusal of a value with the wrong type.
pub fn wrong_type(param: impl Into<String>, expected: &str) -> Refusal {
    let param = param.into();
    let message = format!("Invalid type for '{param}': expected {expected}.");
    Refusal::upstream("invalid_type", param, message)
}

/// A refusal of a value that is none of the known ones.
pub fn unsupported_value(param: impl Into<String>, value: &str, known: &[&str]) -> Refusal {
    let param = param.into();
    let known: Vec<String> = known.iter().map(|value| format!("'{value}'")).collect();
    let message = format!("Invalid value: '{value}'. Supported values are: {}.", known.join(", "));
    Refusal::upstream("invalid_value", param, message)
}

/// A refusal of a field that is not there.
pub fn missing(param: impl Into<String>) -> Refusal {
    let param = param.into();
    let message = format!("Missing required parameter: '{param}'.");
    Refusal::upstream("missing_required_parameter", param, message)
}

fn unsupported_parameter(param: &str) -> Refusal {
    let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
    Refusal::upstream("unsupported_parameter", param, message)
}

fn flags(body: &Value) -> Result<(), Refusal> {
    for field in ["stream", "store", "background", "parallel_tool_calls"] {
        if given(body, field).is_some_and(|value| !value.is_boolean()) {
            return Err(wrong_type(field, "a boolean"));
        }
    }
    if given(body, "stream_options").is_some() && body["stream"] != true {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::upstream("invalid_request", "stream_options", message));
    }
    Ok(())
}

fn numbers(body: &Value) -> Result<(), Refusal> {
    for (field, most) in [("temperature", 2.0), ("top_p", 1.0)] {
        if let Some(value) = given(body, field) {
            let Some(number) = value.as_f64() else { return Err(wrong_type(field, "a decimal")) };
            if !(0.0..=most).contains(&number) {
                let message = format!(
                    "Invalid '{field}': decimal out of range. Expected a value between 0 and {most}, but got \
                     {number} instead."
                );
                return Err(Refusal::upstream("decimal_out_of_range", field, message));
            }
        }
    }
    if let Some(value) = given(body, "max_output_tokens") {
        let Some(number) = value.as_u64() else { return Err(wrong_type("max_output_tokens", "an integer")) };
        if number < 16 {
            let message = format!(
                "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got \
                 {number} instead."
            );
            return Err(Refusal::upstream("integer_below_min_value", "max_output_tokens", message));
        }
    }
    Ok(())
}

/// What a model takes. Unknown models take everything: scenarios are requested by their names.
fn reasoning(body: &Value, model: &str) -> Result<(), Refusal> {
    let model = model.rsplit('/').next().unwrap_or(model);
    let effort = given(&body["reasoning"], "effort").map(|effort| effort.as_str().unwrap_or_default());
    if let Some(effort) = effort.filter(|effort| !EFFORTS.contains(effort)) {
        return Err(unsupported_value("reasoning.effort", effort, &EFFORTS));
    }
    if let Some(summary) = given(&body["reasoning"], "summary") {
        let known = ["auto", "concise", "detailed"];
        if !summary.as_str().is_some_and(|summary| known.contains(&summary)) {
            return Err(unsupported_value("reasoning.summary", &summary.to_string(), &known));
        }
    }
    let o_series = model.starts_with('o') && model.chars().nth(1).is_some_and(|digit| digit.is_ascii_digit());
    let gpt_5_on =
        ["gpt-5", "gpt-6"].iter().any(|family| model.starts_with(family)) && !model.contains("-chat");
    if ["gpt-4", "gpt-3"].iter().any(|family| model.starts_with(family)) {
        if effort.is_some() {
            return Err(unsupported_parameter("reasoning.effort"));
        }
        if includes_encrypted(body) {
            let message = "Encrypted content is not supported with this model.";
            return Err(Refusal::upstream("", "include", message));
        }
    }
    if let Some(effort) = effort.filter(|effort| !takes(model, effort)) {
        let message = format!(
            "Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are: {}.",
            EFFORTS
                .iter()
                .filter(|effort| takes(model, effort))
                .map(|effort| format!("'{effort}'"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        return Err(Refusal::upstream("unsupported_value", "reasoning.effort", message));
    }
    // From GPT-5.1 on the default effort is none, but a request that leaves it out says nothing about that.
    let thinks = o_series || (gpt_5_on && effort != Some("none"));
    for field in ["temperature", "top_p", "top_logprobs"] {
        if thinks && given(body, field).is_some() {
            return Err(unsupported_parameter(field));
        }
    }
    Ok(())
}

/// Whether a model of OpenAI's takes an effort.
fn takes(model: &str, effort: &str) -> bool {
    let version = model.strip_prefix("gpt-").and_then(|rest| rest.split('-').next()).and_then(|version| {
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    let Some(version) = version.filter(|version| *version >= (5, 0)) else {
        let o_series =
            model.starts_with('o') && model.chars().nth(1).is_some_and(|digit| digit.is_ascii_digit());
        return !o_series || ["low", "medium", "high"].contains(&effort);
    };
    let pro = model.contains("-pro");
    match effort {
        "none" => version >= (5, 1) && !pro && !model.contains("codex"),
        "minimal" => version == (5, 0) && !pro && !model.contains("codex"),
        "low" => !pro,
        "xhigh" => version >= (5, 2),
        "max" => version >= (5, 6),
        _ => true,
    }
}

fn includes_encrypted(body: &Value) -> bool {
    body["include"].as_array().is_some_and(|list| list.contains(&"reasoning.encrypted_content".into()))
}

fn format(body: &Value) -> Result<(), Refusal> {
    let Some(format) = given(&body["text"], "format") else { return Ok(()) };
    match format["type"].as_str().unwrap_or_default() {
        "text" => Ok(()),
        "json_object" => {
            let input = format!("{}{}", body["input"], body["instructions"]).to_ascii_lowercase();
            if input.contains("json") {
                return Ok(());
            }
            let message = "Response input messages must contain the word 'json' in some form to use \
                           'text.format' of type 'json_object'.";
            Err(Refusal::upstream("", "input", message))
        }
        "json_schema" => {
            if !format["name"].as_str().is_some_and(is_name) {
                return Err(missing("text.format.name"));
            }
            if !format["schema"].is_object() {
                return Err(missing("text.format.schema"));
            }
            let strict = format["strict"] == true;
            if strict {
                tools::strict_schema(&format["schema"], "response_format", "text.format.schema")
            } else {
                Ok(())
            }
        }
        other => Err(unsupported_value("text.format.type", other, &["json_object", "json_schema", "text"])),
    }
}

fn texts(body: &Value) -> Result<(), Refusal> {
    for field in ["user", "prompt_cache_key", "safety_identifier"] {
        let Some(value) = given(body, field) else { continue };
        let Some(text) = value.as_str() else { return Err(wrong_type(field, "a string")) };
        let length = text.chars().count();
        if length > 64 {
            let message = format!(
                "Invalid '{field}': string too long. Expected a string with maximum length 64, but got a string \
                 with length {length} instead."
            );
            return Err(Refusal::upstream("string_above_max_length", field, message));
        }
    }
    Ok(())
}
