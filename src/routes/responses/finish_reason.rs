//! The end of a response, and its meaning in the contract.

use alloc::borrow::ToOwned;

use crate::contract::FinishReason;
use crate::routes::chat_completions::finish_reason::{self as words, finish_reason as reason};

/// The content of a response, on which the meaning of its end depends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub calls: bool,
    pub text: bool,
    pub refusal: bool,
}

/// What the vendor says of the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    Completed,
    Incomplete,
    /// The response failed, or was cancelled.
    Failed,
    /// It has not ended, or not in a way that is known.
    Unproven,
}

impl Ending {
    /// By the status of a response.
    pub(super) fn of(status: &str) -> Self {
        match status {
            "completed" => Self::Completed,
            "incomplete" => Self::Incomplete,
            "failed" | "cancelled" | "canceled" => Self::Failed,
            _ => Self::Unproven,
        }
    }
}

/// The reason of a finish; `word` is the vendor's: the reason of a response that is incomplete.
pub(super) fn finish_reason(ending: Ending, word: &str, seen: Seen) -> FinishReason {
    match (ending, word) {
        // The vendor's are `max_output_tokens` and `content_filter`. Relays that translate keep those of chat completions.
        (Ending::Incomplete, other) => match reason(Some(other), words::Seen::default()) {
            Ok(known @ (FinishReason::Length | FinishReason::ContentFilter)) => known,
            _ => FinishReason::Other(other.to_owned()),
        },
        _ if seen.calls => FinishReason::ToolCalls,
        // A refusal has no status of its own.
        _ if seen.refusal && !seen.text => FinishReason::Refusal,
        _ => FinishReason::Stop,
    }
}
