//! Checks the input: messages, reasoning, calls and their outputs.

use serde_json::Value;

use super::check::{missing, unsupported_value, wrong_type};
use crate::chat_request::data_url;
use crate::check::{given, is_name};
use crate::errors::Refusal;
use crate::routes::seal::{self, Proof, canonical};

/// Items of the vendor's own tools. They are accepted as they are.
const VENDOR_ITEMS: [&str; 21] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_call",
    "mcp_approval_request",
    "mcp_approval_response",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "tool_search_call",
    "tool_search_output",
    "computer_call",
    "computer_call_output",
    "compaction",
    "program",
    "program_output",
];

const OWN_ITEMS: [&str; 7] = [
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "item_reference",
];

/// Checks `input`.
pub fn check(body: &Value) -> Result<(), Refusal> {
    let items = match given(body, "input") {
        Some(Value::String(text)) if !text.is_empty() => return Ok(()),
        Some(Value::Array(items)) if !items.is_empty() => items,
        None => return Err(missing("input")),
        Some(_) => return Err(wrong_type("input", "a string or an array with at least one item")),
    };
    let stored = body["store"] != false;
    // Calls without an output so far, and all calls so far.
    let (mut open, mut calls): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    // The number of the last reasoning's seal.
    let mut last = 0;
    for (number, item) in items.iter().enumerate() {
        let at = format!("input[{number}]");
        let kind = item["type"].as_str().unwrap_or("message");
        match kind {
            "message" => {
                message(item, &at)?;
                // The order counts within a turn: a conversation may have begun on another server.
                if item["role"] == "user" {
                    last = 0;
                }
            }
            "reasoning" => {
                reasoning(item, &at, stored, &mut last)?;
                following(item, items.get(number + 1), &at)?;
            }
            "function_call" | "custom_tool_call" => {
                let id = call(item, kind, &at)?;
                if calls.contains(&id) {
                    let message = format!("Duplicate function_call found with call_id {id}.");
                    return Err(Refusal::upstream("", "input", message));
                }
                open.push(id);
                calls.push(id);
            }
            "function_call_output" | "custom_tool_call_output" => output(item, &at, &mut open)?,
            "item_reference" if !stored => return Err(not_found(item["id"].as_str().unwrap_or_default())),
            "item_reference" => {}
            kind if VENDOR_ITEMS.contains(&kind) => {}
            other => {
                let known = [OWN_ITEMS.as_slice(), &VENDOR_ITEMS].concat();
                return Err(unsupported_value(format!("{at}.type"), other, &known));
            }
        }
    }
    match open.first() {
        None => Ok(()),
        Some(id) => {
            let message = format!("No tool output found for function call {id}.");
            Err(Refusal::upstream("", "input", message))
        }
    }
}

fn not_found(id: &str) -> Refusal {
    let message = format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with \
         `store` set to true, or remove this item from your input."
    );
    Refusal { status: 404, ..Refusal::upstream("", "input", message) }
}

fn message(item: &Value, at: &str) -> Result<(), Refusal> {
    let role = item["role"].as_str().unwrap_or_default();
    let (kinds, phase): (&[&str], bool) = match role {
        "user" | "system" | "developer" => (&["input_text", "input_image", "input_file"], false),
        "assistant" => (&["output_text", "refusal"], true),
        _ => {
            let known = ["assistant", "system", "developer", "user"];
            return Err(unsupported_value(format!("{at}.role"), role, &known));
        }
    };
    if let Some(value) = given(item, "phase") {
        let known = ["commentary", "final_answer"];
        if !phase || !value.as_str().is_some_and(|value| known.contains(&value)) {
            return Err(unsupported_value(format!("{at}.phase"), &value.to_string(), &known));
        }
    }
    match given(item, "content") {
        None => Err(missing(format!("{at}.content"))),
        Some(Value::String(_)) => Ok(()),
        Some(content) => parts(content, kinds, &format!("{at}.content")),
    }
}

fn parts(content: &Value, kinds: &[&str], at: &str) -> Result<(), Refusal> {
    let Some(parts) = content.as_array().filter(|parts| !parts.is_empty()) else {
        return Err(wrong_type(at, "a string or an array with at least one part"));
    };
    for (number, part) in parts.iter().enumerate() {
        let at = format!("{at}[{number}]");
        let kind = part["type"].as_str().unwrap_or_default();
        if !kinds.contains(&kind) {
            return Err(unsupported_value(format!("{at}.type"), kind, kinds));
        }
        let text = |field: &str| {
            part[field].is_string().then_some(()).ok_or_else(|| missing(format!("{at}.{field}")))
        };
        match kind {
            "input_text" | "output_text" => text("text")?,
            "refusal" => text("refusal")?,
            "input_image" => {
                let url = part["image_url"].as_str().unwrap_or_default();
                let fits = url.starts_with("http") || data_url(url).is_some() || part["file_id"].is_string();
                if !fits {
                    let message = format!(
                        "Invalid '{at}.image_url'. Expected a valid URL, but got a value with an invalid format."
                    );
                    return Err(Refusal::upstream("invalid_value", format!("{at}.image_url"), message));
                }
            }
            _ => {
                let data = part["file_data"].as_str().is_some_and(|url| data_url(url).is_some());
                let has_data = data && part["filename"].is_string();
                if !(has_data || part["file_url"].is_string() || part["file_id"].is_string()) {
                    return Err(missing(format!("{at}.file_data")));
                }
            }
        }
    }
    Ok(())
}

/// Reasoning that goes back has to be what went out: its summary belongs to the blob.
fn reasoning(item: &Value, at: &str, stored: bool, last: &mut u64) -> Result<(), Refusal> {
    let Some(summary) = given(item, "summary") else { return Err(missing(format!("{at}.summary"))) };
    if !summary.is_array() {
        return Err(wrong_type(format!("{at}.summary"), "an array of objects"));
    }
    let id = item["id"].as_str();
    let Some(blob) = item["encrypted_content"].as_str() else {
        return match id {
            Some(_) if stored => Ok(()),
            Some(id) => Err(not_found(id)),
            None => Err(missing(format!("{at}.id"))),
        };
    };
    match seal::check(blob, &canonical(summary)) {
        Proof::Genuine(number) if number >= *last => {
            *last = number;
            Ok(())
        }
        _ => {
            let shown: String = blob.chars().take(10).collect();
            let message = format!(
                "The encrypted content {shown}... could not be verified. Reason: Encrypted content could not be \
                 decrypted or parsed."
            );
            Err(Refusal::upstream("invalid_encrypted_content", "", message))
        }
    }
}

/// Reasoning stands directly before what it led to.
fn following(item: &Value, next: Option<&Value>, at: &str) -> Result<(), Refusal> {
    let fits = next.is_some_and(|next| match next["type"].as_str().unwrap_or("message") {
        "message" => next["role"] == "assistant",
        "reasoning" | "function_call" | "custom_tool_call" => true,
        kind => VENDOR_ITEMS.contains(&kind) && !kind.ends_with("_output"),
    });
    if fits {
        return Ok(());
    }
    let id = item["id"].as_str().unwrap_or(at);
    let message =
        format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
    Err(Refusal::upstream("", "input", message))
}

fn call<'a>(item: &'a Value, kind: &str, at: &str) -> Result<&'a str, Refusal> {
    if let Some(id) = item["id"].as_str().filter(|id| !id.starts_with("fc") && !id.starts_with("ctc")) {
        let message = format!("Invalid '{at}.id': '{id}'. Expected an ID that begins with 'fc'.");
        return Err(Refusal::upstream("invalid_value", format!("{at}.id"), message));
    }
    if !item["name"].as_str().is_some_and(is_name) {
        return Err(missing(format!("{at}.name")));
    }
    let text = if kind == "function_call" { "arguments" } else { "input" };
    let Some(arguments) = item[text].as_str() else { return Err(missing(format!("{at}.{text}"))) };
    // What a model wrote is accepted, whatever it is; an object is what every other part of the service expects.
    if kind == "function_call" && !matches!(serde_json::from_str(arguments), Ok(Value::Object(_))) {
        return Err(wrong_type(format!("{at}.arguments"), "a string that holds a JSON object"));
    }
    call_id(item, at)
}

fn call_id<'a>(item: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    let Some(id) = item["call_id"].as_str().filter(|id| !id.is_empty()) else {
        return Err(missing(format!("{at}.call_id")));
    };
    let length = id.chars().count();
    if length > 64 {
        let message = format!(
            "Invalid '{at}.call_id': string too long. Expected a string with maximum length 64, but got a string \
             with length {length} instead."
        );
        return Err(Refusal::upstream("string_above_max_length", format!("{at}.call_id"), message));
    }
    Ok(id)
}

fn output<'a>(item: &'a Value, at: &str, open: &mut Vec<&'a str>) -> Result<(), Refusal> {
    let id = call_id(item, at)?;
    let Some(place) = open.iter().position(|open| *open == id) else {
        let message = format!("No tool call found for function call output with call_id {id}.");
        return Err(Refusal::upstream("", "input", message));
    };
    open.remove(place);
    match given(item, "output") {
        None => Err(missing(format!("{at}.output"))),
        Some(Value::String(_)) => Ok(()),
        Some(parts_of) => {
            parts(parts_of, &["input_text", "input_image", "input_file"], &format!("{at}.output"))
        }
    }
}
