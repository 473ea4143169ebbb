//! Facts in the form of the table. A fact that is unknown, empty or zero is `None`, and so is missing in the table.

use serde_json::{Value, json};

use super::sources::source;

/// A text that is not blank.
pub fn non_empty(value: &Value) -> Option<Value> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(Value::from)
}

pub fn boolean(value: &Value) -> Option<Value> {
    value.as_bool().map(Value::from)
}

/// A positive number of tokens.
pub fn tokens(value: &Value) -> Option<Value> {
    value.as_u64().filter(|count| *count > 0).map(Value::from)
}

/// The input limit, if it is less than the context window. The contract documents a missing one as the window.
pub fn input_limit(row: &Value) -> Option<Value> {
    let window = row["context_window"].as_u64()?;
    tokens(&row["max_input_tokens"]).filter(|limit| limit.as_u64() < Some(window))
}

/// The output limit, if it is less than the context window. Some sources repeat the window where they know no limit.
pub fn output_limit(row: &Value) -> Option<Value> {
    let window = row["context_window"].as_u64()?;
    tokens(&row["max_output_tokens"]).filter(|limit| limit.as_u64() < Some(window))
}

/// The names of the contract in its order, separated by spaces.
pub fn modalities(value: &Value) -> Option<Value> {
    let named: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    let order =
        [("text", "text"), ("image", "image"), ("audio", "audio"), ("video", "video"), ("pdf", "file")];
    let words: Vec<&str> =
        order.iter().filter(|(word, _)| named.contains(word)).map(|(_, name)| *name).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

/// The wire routes, best first.
pub fn routes(row: &Value) -> Option<Value> {
    let words: Vec<&str> = row["routes"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

/// The announced retirement, as `[date, successor]`.
pub fn retirement(status: &Value) -> Option<Value> {
    (status["value"] == "deprecated").then(|| json!([status["date"], status["replaced_by"]]))
}

/// The effort levels, weakest first, and their source: those of the seed, or else the map of pi-ai.
pub fn efforts(row: &Value) -> (Option<Value>, Option<String>) {
    if let Some(levels) = row["reasoning_efforts"].as_array() {
        let words: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
        return ((!words.is_empty()).then(|| words.join(" ").into()), source(row, "efforts"));
    }
    (mapped_efforts(&row["extra"]["pi_thinking_level_map"]), Some("pi-ai".to_owned()))
}

/// The levels in a map of pi-ai, weakest first. A map without the usual three leaves them to pi-ai's default, which is
/// not a fact about the model, so nothing can be derived from it.
fn mapped_efforts(map: &Value) -> Option<Value> {
    let map = map.as_object()?;
    if !["low", "medium", "high"].iter().all(|level| map.contains_key(*level)) {
        return None;
    }
    let levels = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];
    let words: Vec<&str> = levels.iter().filter_map(|level| map.get(*level)?.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}
