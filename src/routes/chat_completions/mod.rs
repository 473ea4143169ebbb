//! OpenAI's chat completions.

pub mod request;
