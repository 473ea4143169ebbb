//! Scenarios: what the stand-in plays, as data. Every text in one may hold placeholders; [`fill`](super::fill)
//! has them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::expect::{Expect, Setup};
use super::fault::Faults;

/// One thing that a provider may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Unique; quirks start with their number in the catalogue, as in `q13-index-late`.
    pub name: String,
    /// What it plays, in one sentence.
    pub plays: String,
    /// Which request it answers.
    #[serde(default)]
    pub route: Route,
    /// Model ids that pick it, beside its own name; `*` is any.
    #[serde(default)]
    pub models: Vec<String>,
    /// The turn of the conversation that it fits, where it is picked by one of `models`.
    #[serde(default)]
    pub when: When,
    /// What a client should make of it.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// How a client has to be set up for that.
    #[serde(default)]
    pub setup: Setup,
    /// Answers that come before the usual one.
    #[serde(default)]
    pub first: Vec<Early>,
    /// The usual answer.
    pub answer: Answer,
}

/// Which request a scenario answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// `POST /v1/chat/completions`
    #[default]
    Chat,
    /// `GET /v1/models`
    KeyList,
    /// `GET /api/models`
    Catalogue,
    /// `GET /v1/dashboard/billing/subscription`
    Billing,
}

/// The turn of a conversation that a scenario fits.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Any.
    #[default]
    Any,
    /// A plain answer is due.
    Text,
    /// Tools were sent, and the user spoke last.
    Tools,
    /// Reasoning was asked for, and no tool call is due.
    Reasoning,
}

/// An answer that comes instead of the usual one, a number of times or while the request is of a kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Early {
    /// Played this often; the counting starts anew after the usual answer. `None`: as often as it applies.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only where the request has this JSON pointer.
    #[serde(default)]
    pub has: Option<String>,
    /// Only where the request lacks this JSON pointer.
    #[serde(default)]
    pub lacks: Option<String>,
    /// What is answered.
    pub answer: Answer,
}

/// One HTTP answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers; an empty value takes a default header away. The default content type is
    /// `text/event-stream` with status 200 and `application/json` with any other.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What goes wrong with it, or takes its time.
    #[serde(default)]
    pub fault: Faults,
    /// Fields of every chunk, over the usual `id`, `object`, `created`, `model`.
    #[serde(default)]
    pub envelope: Map<String, Value>,
    /// Fields of every choice, over the usual `index`, `finish_reason`.
    #[serde(default)]
    pub choice: Map<String, Value>,
    /// Names of chunk and choice fields that this provider leaves out.
    #[serde(default)]
    pub omit: Vec<String>,
    /// The body, in order.
    #[serde(default)]
    pub body: Vec<Item>,
    /// The answer where no stream was asked for. `None`: the generic one with status 200, else the body.
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
    /// The event `[DONE]`.
    Done,
    /// A delta for each word of a text, which stands in it as `{{piece}}`.
    Each(Each),
    /// This text, as it is.
    Raw(String),
    /// These bytes, in base64.
    Base64(String),
    /// This JSON, without any framing.
    Json(Value),
    /// The documented error envelope.
    Error(ErrorBody),
    /// Nothing for so many milliseconds.
    Pause(u64),
    /// Items, again and again.
    Repeat(Repeat),
    /// A text again and again until so many bytes are written.
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
    /// For people; the request id is put behind it.
    pub message: String,
    /// The provider's code: text, number, null.
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
    /// How often; 0 is for ever.
    pub times: u32,
    /// What.
    pub items: Vec<Item>,
}

/// See [`Item::Fill`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// The text.
    pub text: String,
    /// Bytes to write; 0 is for ever.
    pub bytes: u64,
}

/// An answer that is no stream.
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
