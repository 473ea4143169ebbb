//! The outcome that a client should have with a scenario, and the configuration that it needs for that. The
//! conformance cases compare with it, here and in the TypeScript tests.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// The expected outcome of a scenario. A field that is missing is not compared. There are two exceptions: if
/// no error is expected none may occur, and no tool call may occur that is not listed. Otherwise a case that
/// forgot to list them would hide an error.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Expect {
    /// All text.
    pub text: Option<String>,
    /// All reasoning.
    pub reasoning: Option<String>,
    /// All refusal text.
    pub refusal: Option<String>,
    /// The kinds of the blocks, in their order: `text`, `reasoning`, `refusal`, `tool-call`.
    pub blocks: Option<Vec<String>>,
    /// Each tool call: its name and its arguments, a JSON object.
    pub tools: Vec<(String, String)>,
    /// A tool call whose arguments are not a JSON object: its name and the received text.
    pub malformed: Option<(String, String)>,
    /// The finish reason, under the contract's name.
    pub finish: Option<String>,
    /// The kind of error, under the contract's name; a list if several are correct. Empty: no error.
    #[serde(deserialize_with = "one_or_many")]
    pub error: Vec<String>,
    /// A text that the error's message contains.
    pub says: Option<String>,
    /// The error's `retryable`: whether the same request may succeed later.
    pub retryable: Option<bool>,
    /// The error's `request-sent`: whether the request may have reached the provider.
    pub request_sent: Option<bool>,
    /// Requests that the server receives, retries included.
    pub requests: Option<usize>,
    /// Minimum and maximum milliseconds between the first two requests.
    pub waits_ms: Option<(u64, u64)>,
    /// Maximum milliseconds from the call to its end.
    pub within_ms: Option<u64>,
    /// Counts of tokens, under the contract's names: `input`, `output`, `total`, `cache-read`, …
    pub usage: BTreeMap<String, u64>,
    /// The vectors, one for each text that is sent. Without them two texts are sent, and where no error is expected, the
    /// vectors are those of the stand-in.
    pub vectors: Option<Vec<Vec<f32>>>,
    /// Models of the list that the key may call.
    pub callable: Option<usize>,
    /// The kind of account: `unlimited`, `limited`, or `unknown`.
    pub account: Option<String>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(kind) => vec![kind],
        OneOrMany::Many(kinds) => kinds,
    })
}

/// The configuration of a client, where it differs from the default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Setup {
    /// The contract's `timeouts`, in milliseconds.
    pub connect_ms: Option<u32>,
    /// Likewise.
    pub first_byte_ms: Option<u32>,
    /// Likewise.
    pub idle_ms: Option<u32>,
    /// Likewise.
    pub total_ms: Option<u32>,
    /// The contract's `max-retries`.
    pub max_retries: Option<u32>,
    /// Extra headers, for example to request a fault.
    pub headers: BTreeMap<String, String>,
}
