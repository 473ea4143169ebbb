//! Finish reasons, and what they mean in the contract.
//!
//! Google's words are among those that chat completions knows, since gateways write them there as well. Relays of this
//! route in turn write the words of chat completions, such as `tool_calls` and `stop`.

use alloc::borrow::Cow;

use crate::contract::FinishReason;
use crate::errors::Error;
use crate::json::{Raw, string};
use crate::routes::chat_completions::finish_reason::{self as words, Seen};

/// The reason in a field, as received; none for null and an empty text.
pub(super) fn received(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    string(raw.filter(|value| value.get().starts_with('"')))
}

/// The meaning of a finish reason. One that is not known is passed on and never taken for `STOP`: it may mean that the
/// model failed to say what it wanted, as `MALFORMED_FUNCTION_CALL` does [48].
///
/// # Errors
/// The model's failure, where the reason is one.
pub(super) fn finish_reason(raw: &str, tool_calls: bool) -> Result<FinishReason, Error> {
    words::finish_reason(Some(raw), Seen { tool_calls, refusal: false, text: true })
}

/// Whether the model says that it has ended as it wanted. Google has no reason of its own for calls.
pub(super) fn is_stop(raw: &str) -> bool {
    finish_reason(raw, true) == Ok(FinishReason::ToolCalls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_its_meaning_and_an_unknown_one_is_never_a_stop() {
        let other = |raw: &str| FinishReason::Other(raw.into());
        for (raw, calls, expected) in [
            ("STOP", false, FinishReason::Stop),
            ("STOP", true, FinishReason::ToolCalls),
            ("MAX_TOKENS", true, FinishReason::Length),
            ("SPII", false, FinishReason::ContentFilter),
            ("LANGUAGE", false, FinishReason::ContentFilter),
            ("MODEL_ARMOR", true, FinishReason::ContentFilter),
            ("IMAGE_SAFETY", false, FinishReason::ContentFilter),
            ("IMAGE_RECITATION", false, FinishReason::ContentFilter),
            // Relays'.
            ("stop", false, FinishReason::Stop),
            ("FinishReason.STOP", true, FinishReason::ToolCalls),
            ("FUNCTION_CALL", true, FinishReason::ToolCalls),
            ("TOOL_CALLS", true, FinishReason::ToolCalls),
            ("tool_calls", true, FinishReason::ToolCalls),
            ("length", false, FinishReason::Length),
            ("FUNCTION_CALL", false, other("FUNCTION_CALL")),
            ("MALFORMED_FUNCTION_CALL", true, other("MALFORMED_FUNCTION_CALL")),
            ("UNEXPECTED_TOOL_CALL", false, other("UNEXPECTED_TOOL_CALL")),
            ("TOO_MANY_TOOL_CALLS", true, other("TOO_MANY_TOOL_CALLS")),
            ("MISSING_THOUGHT_SIGNATURE", true, other("MISSING_THOUGHT_SIGNATURE")),
            ("MALFORMED_RESPONSE", false, other("MALFORMED_RESPONSE")),
            ("OTHER", false, other("OTHER")),
            ("FINISH_REASON_UNSPECIFIED", true, other("FINISH_REASON_UNSPECIFIED")),
        ] {
            assert_eq!(finish_reason(raw, calls), Ok(expected), "{raw}");
        }
        for (raw, expected) in
            [("STOP", true), ("function_call", true), ("MAX_TOKENS", false), ("OTHER", false)]
        {
            assert_eq!(is_stop(raw), expected, "{raw}");
        }
    }
}
