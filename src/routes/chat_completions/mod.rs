//! OpenAI's chat completions: the route that serves nearly every model.

mod alike;
mod chunk;
mod content;
mod decoder;
#[cfg(test)]
mod decoder_tests;
mod extras;
mod finish_reason;
mod reasoning;
#[cfg(test)]
mod recorded_streams;
pub mod replay;
pub mod request;
mod think;
mod tool_calls;
mod usage;

pub use decoder::ChatDecoder;

/// The contract's name of this route.
pub const NAME: &str = "chat-completions";

/// Where it is, behind the base URL.
pub const PATH: &str = "/chat/completions";
