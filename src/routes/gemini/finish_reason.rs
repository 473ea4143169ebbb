//! Finish reasons, and what they mean in the contract.

use alloc::{borrow::Cow, borrow::ToOwned};

use crate::contract::FinishReason;
use crate::json::{Raw, string};

/// Reasons of Google's filters. What arrived before stays valid.
const FILTERS: [&str; 10] = [
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
];

/// The reason in a field, as received; none for null and an empty text.
pub(super) fn received(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    string(raw.filter(|value| value.get().starts_with('"')))
}

/// The meaning of a finish reason. One that is not known is passed on and never taken for `STOP`: it may mean that the
/// model failed to say what it wanted, as `MALFORMED_FUNCTION_CALL` does [48].
pub(super) fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        // Google has no reason of its own for calls.
        "STOP" if has_calls => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        filter if FILTERS.contains(&filter) => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_its_meaning_and_an_unknown_one_is_never_a_stop() {
        for (raw, calls, expected) in [
            ("STOP", false, FinishReason::Stop),
            ("STOP", true, FinishReason::ToolCalls),
            ("MAX_TOKENS", true, FinishReason::Length),
            ("SPII", false, FinishReason::ContentFilter),
            ("IMAGE_SAFETY", false, FinishReason::ContentFilter),
            ("MALFORMED_FUNCTION_CALL", true, FinishReason::Other("MALFORMED_FUNCTION_CALL".into())),
            ("UNEXPECTED_TOOL_CALL", false, FinishReason::Other("UNEXPECTED_TOOL_CALL".into())),
            ("OTHER", false, FinishReason::Other("OTHER".into())),
            ("stop", false, FinishReason::Other("stop".into())),
        ] {
            assert_eq!(finish_reason(raw, calls), expected, "{raw}");
        }
    }
}
