//! Checks the contents: their order, their parts, each call with its response, and the signatures of Gemini 3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::check::only;
use super::generation;
use crate::check::given;
use crate::errors::Refusal;
use crate::routes::seal::{self, Proof, canonical};

/// Google accepts this in place of a signature, for a history of another model.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The kinds of a part. Each part is of exactly one.
const KINDS: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// What a part may have beside its kind.
const BESIDE: [&str; 5] = ["thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"];

/// Checks `contents`.
pub fn check(body: &Value, model: &str) -> Result<(), Refusal> {
    let contents = body["contents"].as_array().map(Vec::as_slice).unwrap_or_default();
    if contents.is_empty() {
        return Err(Refusal::google("* GenerateContentRequest.contents: contents is not specified"));
    }
    for (number, content) in contents.iter().enumerate() {
        only(content, &["role", "parts"], &format!("contents[{number}]"))?;
        let role = content["role"].as_str().unwrap_or_default();
        if role != "user" && role != "model" {
            return Err(Refusal::google("Please use a valid role: user, model."));
        }
        let parts = parts(content);
        if parts.is_empty() {
            return Err(Refusal::google(format!(
                "* GenerateContentRequest.contents[{number}].parts: contents.parts must not be empty."
            )));
        }
        for (place, one) in parts.iter().enumerate() {
            part(one, role, &format!("contents[{number}].parts[{place}]"))?;
        }
    }
    turns(contents)?;
    if generation(model).is_some_and(|generation| generation >= (3, 0)) {
        signatures(contents)
    } else {
        Ok(())
    }
}

fn parts(content: &Value) -> &[Value] {
    content["parts"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn part(part: &Value, role: &str, at: &str) -> Result<(), Refusal> {
    only(part, &[KINDS.as_slice(), &BESIDE].concat(), at)?;
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| part.get(kind).is_some()).collect();
    let [kind] = kinds.as_slice() else {
        return Err(Refusal::google(format!(
            "* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field"
        )));
    };
    let body = &part[kind];
    match *kind {
        "text"
            // Google sends an empty text to carry a signature, so it takes one back.
            if body.as_str().is_none_or(str::is_empty) && part.get("thoughtSignature").is_none() => {
                return Err(Refusal::google(
                    "Unable to submit request because it has an empty text parameter.",
                ));
            }
        "inlineData" => {
            only(body, &["mimeType", "data", "displayName"], &format!("{at}.inline_data"))?;
            let decoded = body["data"].as_str().and_then(|data| STANDARD.decode(data).ok());
            if decoded.is_none_or(|bytes| bytes.is_empty()) {
                return Err(Refusal::google(format!(
                    "Invalid value at '{at}.inline_data.data' (TYPE_BYTES), Base64 decoding failed"
                )));
            }
            if !body["mimeType"].as_str().is_some_and(|kind| kind.contains('/')) {
                return Err(Refusal::google(format!("Unsupported MIME type: {}", body["mimeType"])));
            }
        }
        "fileData" => {
            only(body, &["mimeType", "fileUri", "displayName"], &format!("{at}.file_data"))?;
            if !body["fileUri"].as_str().is_some_and(|uri| uri.contains("://")) {
                return Err(Refusal::google("Invalid or unsupported file uri."));
            }
        }
        "functionCall" => {
            only(body, &["name", "args", "id"], &format!("{at}.function_call"))?;
            if role != "model" {
                return Err(Refusal::google(
                    "Please ensure that function call turn comes immediately after a user turn or after a function \
                     response turn.",
                ));
            }
            name(body, at, "function_call")?;
            if given(body, "args").is_some_and(|args| !args.is_object()) {
                return Err(Refusal::google(format!("Invalid value at '{at}.function_call.args' (Struct)")));
            }
        }
        "functionResponse" => {
            only(
                body,
                &["name", "response", "id", "parts", "willContinue", "scheduling"],
                &format!("{at}.function_response"),
            )?;
            name(body, at, "function_response")?;
            if !body["response"].is_object() {
                return Err(Refusal::google(format!(
                    "Invalid value at '{at}.function_response.response' (Struct)"
                )));
            }
        }
        _ => {}
    }
    signature(part, at)
}

fn name(body: &Value, at: &str, field: &str) -> Result<(), Refusal> {
    if body["name"].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::google(format!(
            "* GenerateContentRequest.{at}.{field}.name: Name cannot be empty."
        )));
    }
    Ok(())
}

/// The content that a signature belongs to: the call, or any text.
pub fn signed(part: &Value) -> String {
    match part.get("functionCall") {
        Some(call) => {
            let args = call.get("args").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            format!("{}{}", call["name"].as_str().unwrap_or_default(), canonical(&args))
        }
        None => String::new(),
    }
}

/// A signature goes back as it was received, on the part on which it was received.
fn signature(part: &Value, at: &str) -> Result<(), Refusal> {
    let Some(signature) = given(part, "thoughtSignature") else { return Ok(()) };
    let signature = signature.as_str().unwrap_or_default();
    if signature == NO_SIGNATURE {
        return Ok(());
    }
    match seal::check(signature, &signed(part)) {
        Proof::Genuine(_) => Ok(()),
        Proof::Altered => {
            Err(Refusal::google(format!("{at}: Thought signature is not valid for this part.")))
        }
        Proof::Foreign => Err(Refusal::google("Corrupted thought signature.")),
    }
}

/// Roles alternate, and each turn of calls is followed by a turn with as many responses.
fn turns(contents: &[Value]) -> Result<(), Refusal> {
    let mut last = "";
    let mut calls: Vec<&str> = Vec::new();
    for content in contents {
        let role = content["role"].as_str().unwrap_or_default();
        if role == last || (last.is_empty() && role != "user") {
            return Err(Refusal::google(
                "Please ensure that multiturn requests alternate between user and model, and begin with user.",
            ));
        }
        last = role;
        let responses = names(content, "functionResponse");
        if calls.is_empty() && !responses.is_empty() {
            return Err(Refusal::google(
                "Please ensure that function response turn comes immediately after a function call turn.",
            ));
        }
        if calls.len() != responses.len() {
            return Err(Refusal::google(
                "Please ensure that the number of function response parts is equal to the number of function call \
                 parts of the function call turn.",
            ));
        }
        if calls != responses {
            return Err(Refusal::google(
                "Please ensure that the function response parts have the names of the function calls, in their order.",
            ));
        }
        calls = names(content, "functionCall");
    }
    if calls.is_empty() {
        return Ok(());
    }
    Err(Refusal::google(
        "Please ensure that function response turn comes immediately after a function call turn.",
    ))
}

fn names<'a>(content: &'a Value, kind: &str) -> Vec<&'a str> {
    parts(content).iter().filter_map(|part| part.get(kind)?["name"].as_str()).collect()
}

/// In the current turn, the first call of each step has a signature. The turn begins with the last text of the user.
fn signatures(contents: &[Value]) -> Result<(), Refusal> {
    let spoken = |content: &Value| {
        content["role"] == "user" && parts(content).iter().all(|part| part.get("functionResponse").is_none())
    };
    let begin = contents.iter().rposition(spoken).unwrap_or_default();
    for (number, content) in contents.iter().enumerate().skip(begin) {
        let first = parts(content).iter().enumerate().find(|(_, part)| part.get("functionCall").is_some());
        let Some((place, call)) = first else { continue };
        if given(call, "thoughtSignature").is_none() {
            let name = call["functionCall"]["name"].as_str().unwrap_or_default();
            return Err(Refusal::google(format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to \
                 work correctly, and missing thought_signature may lead to degraded model performance. Additional \
                 data, function call `default_api:{name}` , position {}.",
                number + place + 1
            )));
        }
    }
    Ok(())
}
