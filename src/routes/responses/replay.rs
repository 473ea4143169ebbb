//! The replay of a block: what lets its item go back in the form in which it was received.
//!
//! The contract gives a block's `replay` to the host, which returns it unread. On this route it is a JSON object, written
//! by the decoder and read when the next request is encoded. A host may store it for years, so its names never change.
//!
//! - Text: `{"route":"responses","message":true,"phase":"commentary"}`. `message` begins a message; without it the text
//!   continues the one before.
//! - Refusal: the same, with `"refusal":true`.
//! - Reasoning: `summary`, `encrypted_content`, `content` and `id` of the item, the first three untouched: a changed one
//!   cannot be decrypted [35].
//! - Call: `namespace` and `caller` of the item, and `input` where the call has free text in place of arguments. It is
//!   `true` where the end of the item never arrived, and the text is the one that the host has.
//! - Item of the vendor's own tools: `item`, untouched.
//!
//! The last one and a reasoning have the `vendor` as well, whose models alone can read them.

use alloc::string::String;

use super::NAME;
use super::event::ItemFields;
use crate::json::{Json, Raw, present};
use crate::routes::encoding::own_replay;

/// What a reasoning item needs to go back. Nothing where it could not: without its encrypted content, or its full text,
/// the service refuses it.
pub(super) fn of_reasoning(vendor: &str, item: &ItemFields<'_>) -> Option<String> {
    let content = item.content.filter(|content| content.get() != "[]");
    present(item.encrypted_content).or(present(content))?;
    of(
        vendor,
        &[
            ("id", item.id),
            ("summary", item.summary),
            ("encrypted_content", item.encrypted_content),
            ("content", content),
        ],
    )
}

/// What a call needs beside its id, its name and its arguments.
pub(super) fn of_call(item: &ItemFields<'_>, input: Raw<'_>) -> Option<String> {
    of("", &[("namespace", item.namespace), ("caller", item.caller), ("input", input)])
}

/// The replay of a call with free text until its item ends. Not all servers end their items, and without a replay the
/// call would go back as one of a function, which the service refuses for a custom tool.
pub(super) const FREE_TEXT: &str = r#"{"route":"responses","input":true}"#;

/// Whether the call of this replay has free text.
pub(super) fn is_free_text(replay: &str) -> bool {
    let fields = own_replay(replay, NAME, ["input"]);
    fields
        .is_some_and(|[input]| present(input).is_some_and(|input| input == "true" || input.starts_with('"')))
}

/// An item of the vendor's own tools.
pub(super) fn of_item(vendor: &str, item: Raw<'_>) -> Option<String> {
    of(vendor, &[("item", item)])
}

/// What a text needs, if anything: most responses are one message, and what needs nothing has no replay, so that a
/// switch to another route loses nothing.
pub(super) fn of_text(begins: bool, phase: Raw<'_>, is_refusal: bool) -> Option<String> {
    let mut json = begin();
    let empty = json.len();
    for name in [begins.then_some("message"), is_refusal.then_some("refusal")].into_iter().flatten() {
        json.key(name);
        json.bool(true);
    }
    write(&mut json, &[("phase", phase)]);
    finish(json, empty)
}

fn of(vendor: &str, values: &[(&str, Raw<'_>)]) -> Option<String> {
    let mut json = begin();
    if !vendor.is_empty() {
        json.key("vendor");
        json.string(vendor);
    }
    let empty = json.len();
    write(&mut json, values);
    finish(json, empty)
}

fn begin() -> Json {
    let mut json = Json::default();
    json.raw("{");
    json.key("route");
    json.string(NAME);
    json
}

/// Adds the values that are there.
fn write(json: &mut Json, values: &[(&str, Raw<'_>)]) {
    for (name, value) in values {
        if let Some(value) = present(*value) {
            json.key(name);
            json.raw(value);
        }
    }
}

/// The object; `None` where nothing was added to it.
fn finish(mut json: Json, empty: usize) -> Option<String> {
    let is_empty = json.len() == empty;
    json.raw("}");
    (!is_empty).then(|| json.into_string())
}
