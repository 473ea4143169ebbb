//! The contract's types as JSON: the output of `host-test --json`, and the files that it reads.
//!
//! The names are the contract's own, in kebab-case, so `wit/model-provider.wit` documents every field. The rest follows
//! from these rules:
//!
//! | in the contract | in JSON |
//! |---|---|
//! | a record | an object with all of its fields, always |
//! | an `option` that is `none` | `null`, never left out |
//! | an enum's case | its name, as a string |
//! | a variant's case, in a field `f` | `"f": "case"` |
//! | … whose payload is a record | the record's fields beside it |
//! | … whose payload is anything else | `"f-case": payload` beside it, only with that case |
//! | a variant that is in no field | an object that begins with the variant's name: `{"event": "finish", …}` |
//! | a field named `…-json` | a string of JSON text, exactly as received |
//! | bytes | base64 |
//!
//! ## Events
//!
//! | event | fields beside `event` |
//! |---|---|
//! | `response` | `id`, `model`, `request-id`, `created`, `route` |
//! | `block-start` | `index`, `kind`: `text`, `reasoning`, `refusal`, or `tool-call` with `id` and `name` |
//! | `block-delta` | `index`, `text` |
//! | `block-end` | `index`, `replay`, `arguments`: `null`, `object` with `arguments-json`, or `malformed` with `raw` and `reason` |
//! | `warning` | `message` |
//! | `finish` | `reason` (`other` with `reason-other`), `raw-reason`, `usage`, `extra-json` |
//! | `error` | `error`: see [`error`]; not an event of the contract, but how a stream of lines ends when it fails |
//!
//! Two names are shorter than the rules would make them: `arguments-json` (`arguments-object`) and `message`
//! (`event-warning`).
//!
//! A line ends in LF. It contains no other LF, and no character that a terminal would execute: see [`line`]. The reader of
//! requests accepts some shorter forms as well: see [`request`].

use serde_json::{Map, Value};

pub mod embeddings;
pub mod error;
pub mod events;
mod fields;
pub mod line;
pub mod models;
pub mod provider;
pub mod request;

/// An object from its fields, in this order.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
