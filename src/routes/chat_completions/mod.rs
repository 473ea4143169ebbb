//! OpenAI's chat completions.

pub mod replay;
pub mod request;
