//! The routes beside chat completions: one folder each, with a check of requests that is as strict as the vendor's, and a
//! writer of responses as the vendor streams them.

mod conversation;
pub mod embeddings;
pub mod gemini;
pub mod messages;
pub mod play;
mod prompt_cache;
pub mod responses;
pub mod seal;
mod writer;

pub use prompt_cache::{CacheUse, PromptCache};
pub use writer::{Framing, Writer};
