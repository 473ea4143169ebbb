//! Facts for which the contract has no field.

use serde_json::{Map, Value};

use super::prices::plain;
use super::retirements::Retired;
use super::sources::first_source;

/// The notes about a model: objects with a source, under the names that `extra-json` uses. Without the rates of peak
/// hours and the announced changes, a price would look complete although it is not.
pub fn notes(row: &Value, retired: &Retired<'_>) -> Value {
    let price = &row["price_usd_per_mtok"];
    let mut notes = Map::new();
    let mut add = |name: &str, mut note: Map<String, Value>, source: &Value| {
        note.retain(|_, value| !value.is_null());
        if let Some(source) = first_source(source) {
            note.insert("source".to_owned(), source.into());
            notes.insert(name.to_owned(), note.into());
        }
    };
    let fields = |object: &Value, names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), plain(&object[*name]))).collect()
    };
    let tools = &row["chat_tools"];
    if tools.is_object() {
        add("chat_completions_tools", fields(tools, &["value"]), &tools["source"]);
    }
    let ratio = &price["cometapi_ratio"];
    if ratio.is_object() {
        add("cometapi_ratio", fields(ratio, &["value"]), &ratio["source"]);
    }
    let peak = &price["peak"];
    if peak.is_object() {
        add("peak_price", fields(peak, &["input", "output", "cache_read", "when"]), &peak["source"]);
    }
    // No row has had more than one announced change so far. The first one is the next.
    let change = &price["changes"][0];
    if change.is_object() {
        add("next_price", fields(change, &["from", "input", "output", "cache_read"]), &change["source"]);
    }
    // The vendor's own recommendation, if it differs from the successor on CometAPI and is not retired as well.
    let newest = &row["status"]["vendor_replacement"];
    let is_retired = newest.as_str().is_some_and(|id| retired.contains_key(id));
    if newest.is_string() && !is_retired && row["status"]["replaced_by"] != *newest {
        let note = Map::from_iter([("id".to_owned(), newest.clone())]);
        add("vendor_replacement", note, &row["status"]["source"]);
    }
    if notes.is_empty() { Value::Null } else { notes.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_note_keeps_its_first_source_and_no_missing_value() {
        let peak =
            json!({"input":2.0,"output":5.0,"cache_read":null,"when":"at noon","source":"V page; other"});
        let row = json!({"price_usd_per_mtok":{"peak":peak}});
        let expected = json!({"peak_price":{"input":2,"output":5,"when":"at noon","source":"V page"}});
        assert_eq!(notes(&row, &Retired::new()), expected);
    }
}
