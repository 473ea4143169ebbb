//! Scenarios as data. Every text in one may contain placeholders, which [`fill`](super::fill) replaces.
//!
//! The field names are those of the JSON files. The files are also read by the TypeScript tests, so a name
//! can only change in both.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::expect::{Expect, Setup};
use super::fault::Faults;

/// One behaviour of a provider: a response, and how a client should handle it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Unique. Quirks start with their number in `docs/wire-quirks.md`, as in `q13-index-late`.
    pub name: String,
    /// A description in one sentence, for people.
    pub plays: String,
    /// The kind of request that it responds to.
    #[serde(default)]
    pub route: Route,
    /// Model ids that select it, in addition to its name; `*` is any.
    #[serde(default)]
    pub models: Vec<String>,
    /// The turn of the conversation that it is for, if it is selected by one of `models`.
    #[serde(default)]
    pub when: When,
    /// The outcome that a client should have.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// The configuration that the client needs for that outcome.
    #[serde(default)]
    pub setup: Setup,
    /// Responses that are sent before the usual one, such as a 503 that a client should retry.
    #[serde(default)]
    pub first: Vec<Early>,
    /// The usual response. The files call it `answer`.
    #[serde(rename = "answer")]
    pub response: ScriptedResponse,
}

/// The kind of request that a scenario responds to.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// `POST /v1/chat/completions`
    #[default]
    Chat,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1beta/models/{id}:streamGenerateContent`
    Gemini,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `GET /v1/models`
    KeyList,
    /// `GET /api/models`
    Catalogue,
    /// `GET /v1/dashboard/billing/subscription`
    Billing,
}

/// The turn of a conversation that a scenario is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Any.
    #[default]
    Any,
    /// A plain text response is due.
    Text,
    /// Tools were sent, and the last message is the user's.
    Tools,
    /// Reasoning was requested, and no tool call is due.
    Reasoning,
}

/// A response that is sent instead of the usual one, a number of times or under a condition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Early {
    /// How often it is sent; the count starts again after the usual response. `None`: as often as the
    /// condition holds.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only if the request has a value at this JSON pointer.
    #[serde(default)]
    pub has: Option<String>,
    /// Only if the request has no value at this JSON pointer.
    #[serde(default)]
    pub lacks: Option<String>,
    /// The response. The files call it `answer`.
    #[serde(rename = "answer")]
    pub response: ScriptedResponse,
}

/// One HTTP response.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScriptedResponse {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers; an empty value removes a default header. The default content type is `text/event-stream` with
    /// status 200 and `application/json` with any other.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its faults and delays.
    #[serde(default)]
    pub fault: Faults,
    /// Fields of every chunk, in addition to the usual `id`, `object`, `created`, `model`.
    #[serde(default)]
    pub envelope: Map<String, Value>,
    /// Fields of every choice, in addition to the usual `index`, `finish_reason`.
    #[serde(default)]
    pub choice: Map<String, Value>,
    /// Names of chunk and choice fields that this provider leaves out.
    #[serde(default)]
    pub omit: Vec<String>,
    /// The items of the body, in order.
    #[serde(default)]
    pub body: Vec<Item>,
    /// The response if the client wants no stream. `None`: a generic one with status 200, otherwise the body.
    #[serde(default)]
    pub whole: Option<Whole>,
}

fn ok() -> u16 {
    200
}

/// A piece of a body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Item {
    /// An event with a chunk whose first choice has this delta.
    Delta(Value),
    /// An event with a chunk that has an empty delta and this finish reason.
    Finish(Value),
    /// An event with a chunk without choices and with this usage, sent only where the request asks for usage.
    Usage(Value),
    /// An event with a chunk: the envelope and these fields.
    Chunk(Map<String, Value>),
    /// An event with exactly this JSON.
    Data(Value),
    /// An event with exactly this JSON, in the framing of the route.
    Event(Value),
    /// The beginning of a response of Responses, Messages or Gemini. This item and those up to `End` are written in the
    /// format of the route, and a client without a stream gets them as a whole response.
    Start,
    /// A block of text.
    Text(String),
    /// A block in which the model refuses.
    Refusal(String),
    /// A block of reasoning with its proof.
    Reasoning(String),
    /// The same, only if the request asks for reasoning.
    Thought(String),
    /// A tool call: its name and its arguments.
    Call(String, String),
    /// The calls that the conversation asks for.
    Calls,
    /// The end, with the usage: one of the contract's finish reasons, or a word of the vendor's own.
    End(String),
    /// The event `[DONE]`.
    Done,
    /// A delta for each word of a text; the delta contains the word as `{{piece}}`.
    Each(Each),
    /// This text, unchanged, for framing that no other item can express.
    Raw(String),
    /// These bytes, in base64: invalid UTF-8, or compressed data.
    Base64(String),
    /// This JSON, without any framing.
    Json(Value),
    /// The documented error envelope.
    Error(ErrorBody),
    /// A pause of this many milliseconds.
    Pause(u64),
    /// Items, repeated.
    Repeat(Repeat),
    /// A text, repeated until this many bytes are written.
    Fill(Fill),
}

/// See [`Item::Each`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The text.
    pub of: String,
    /// The delta.
    pub delta: Value,
    /// Further fields of each chunk.
    #[serde(default)]
    pub chunk: Map<String, Value>,
}

/// See [`Item::Error`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorBody {
    /// The message. The request id is appended, as the gateway does.
    pub message: String,
    /// The provider's code: text, number or null. Gateways send all three.
    #[serde(default = "no_code")]
    pub code: Value,
    /// The provider's type.
    #[serde(default = "comet_type", rename = "type")]
    pub kind: String,
}

fn no_code() -> Value {
    Value::String(String::new())
}

fn comet_type() -> String {
    super::errors::TYPE.to_owned()
}

/// See [`Item::Repeat`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often; 0 is without end.
    pub times: u32,
    /// The items.
    pub items: Vec<Item>,
}

/// See [`Item::Fill`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// The text.
    pub text: String,
    /// Bytes to write; 0 is without end.
    pub bytes: u64,
}

/// A whole response, without a stream.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Whole {
    /// The message.
    pub message: Value,
    /// The finish reason.
    pub finish_reason: Value,
    /// The usage.
    #[serde(default = "usage")]
    pub usage: Value,
}

fn usage() -> Value {
    Value::String("{{usage}}".to_owned())
}
