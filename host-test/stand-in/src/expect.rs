//! What a client should make of an answer, and how it should be set up to make it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// What a client should make of an answer. What is not given is not said, and not "nothing"; but where no
/// error is expected none may come, and no tool call either that is not named.
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
    /// A tool call whose arguments are no JSON object: its name and the text that came.
    pub malformed: Option<(String, String)>,
    /// The finish reason, in the words of the contract.
    pub finish: Option<String>,
    /// The kind of error, in the words of the contract; a list where several are right. Empty: none.
    #[serde(deserialize_with = "one_or_many")]
    pub error: Vec<String>,
    /// A text that the error's message has in it.
    pub says: Option<String>,
    /// Whether the error says that the same request may succeed later.
    pub retryable: Option<bool>,
    /// Whether the error says that the request may have reached the provider.
    pub request_sent: Option<bool>,
    /// Requests that the server gets, all tries counted.
    pub requests: Option<usize>,
    /// Least and most milliseconds between the first two requests.
    pub waits_ms: Option<(u64, u64)>,
    /// Most milliseconds that all of it takes.
    pub within_ms: Option<u64>,
    /// Counts of tokens, under the contract's names: `input`, `output`, `total`, `cache-read`, …
    pub usage: BTreeMap<String, u64>,
    /// Models in the list that the key may call.
    pub callable: Option<usize>,
    /// What is told of the account: `unlimited`, `limited`, or `unknown`.
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

/// How a client is set up, where it is not as usual.
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
    /// Extra headers: a fault that is asked for, say.
    pub headers: BTreeMap<String, String>,
}
