//! The name of the limit on output tokens.
//!
//! OpenAI's reasoning models refuse `max_tokens`; most other vendors know nothing else.

use crate::catalogue::is_reasoning_generation;

/// The old name.
pub const MAX_TOKENS: &str = "max_tokens";
/// The new name.
pub const MAX_COMPLETION_TOKENS: &str = "max_completion_tokens";

/// The field that this model takes.
pub fn output_limit_field(model: &str) -> &'static str {
    if is_reasoning_generation(model) { MAX_COMPLETION_TOKENS } else { MAX_TOKENS }
}
