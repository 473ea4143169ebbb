//! What each route's writer of responses does, so that scenarios and tests do not depend on the route.

use serde_json::Value;

use super::prompt_cache::{CacheUse, tokens};

/// Writes a response in the format of a route. Each function returns the events to send.
pub trait Writer: Send {
    /// The beginning of the response.
    fn start(&mut self) -> Vec<Value>;
    /// A block of text.
    fn text(&mut self, text: &str) -> Vec<Value>;
    /// A block of reasoning, with the proof that the vendor wants back.
    fn reasoning(&mut self, text: &str) -> Vec<Value>;
    /// A block in which the model refuses.
    fn refusal(&mut self, text: &str) -> Vec<Value>;
    /// A tool call.
    fn call(&mut self, name: &str, arguments: &str) -> Vec<Value>;
    /// The end: one of the contract's finish reasons, or a word of the vendor's own.
    fn end(&mut self, finish: &str) -> Vec<Value>;
    /// The whole response, for a client without a stream. Only after [`Writer::end`].
    fn whole(&self) -> Value;
}

/// How a route frames its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `data:` alone.
    Data,
    /// An `event:` with the event's type, and `data:`.
    Named,
    /// The items of one JSON list.
    List,
}

impl Framing {
    /// An event as bytes; `first` is false if others went before it.
    pub fn frame(self, event: &Value, first: bool) -> Vec<u8> {
        match self {
            Framing::Data => format!("data: {event}\n\n"),
            Framing::Named => {
                format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
            }
            Framing::List => format!("{}{event}", if first { "[" } else { "\n,\r\n" }),
        }
        .into_bytes()
    }

    /// What closes a body with events.
    pub fn close(self) -> &'static str {
        if self == Framing::List { "\n]\n" } else { "" }
    }
}

/// The counts of a response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// The prompt.
    pub prompt: CacheUse,
    /// Tokens of texts and calls.
    pub text: u64,
    /// Tokens of reasoning, whether or not its text was sent.
    pub reasoning: u64,
}

impl Meter {
    /// Counts a text or the arguments of a call.
    pub fn add_text(&mut self, text: &str) {
        self.text += tokens(&text.into());
    }

    /// Counts a reasoning.
    pub fn add_reasoning(&mut self, text: &str) {
        self.reasoning += tokens(&text.into());
    }

    /// All tokens that the model wrote.
    pub fn output(self) -> u64 {
        self.text + self.reasoning
    }
}

/// The pieces in which a text is streamed: its words, each with its trailing space.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// The pieces in which arguments are streamed: three of about equal length, without a cut in a character.
pub fn thirds(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let size = characters.len().div_ceil(3).max(1);
    characters.chunks(size).map(|piece| piece.iter().collect()).collect()
}
