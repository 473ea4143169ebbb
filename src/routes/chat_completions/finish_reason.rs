//! Finish reasons: the vendors' values, and their meaning in the contract.

use alloc::{borrow::ToOwned, format};

use crate::contract::FinishReason;
use crate::errors::{Error, ErrorKind, passing};

#[derive(Clone, Copy)]
enum Meaning {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    Refusal,
    /// The model did not finish: its server failed.
    Failed,
    /// The model did not finish: its server had no room.
    Overloaded,
}

/// The values seen so far [14]. An unknown value is passed on as `other` and never taken for `stop`: a new value may mean
/// that the response is not whole.
const MEANINGS: &[(&str, Meaning)] = &[
    // OpenAI's, and what other vendors and local servers write for it.
    ("stop", Meaning::Stop),
    ("end", Meaning::Stop),
    ("eos", Meaning::Stop),
    ("eos_token", Meaning::Stop),
    ("end_turn", Meaning::Stop),
    ("stop_sequence", Meaning::Stop),
    ("complete", Meaning::Stop),
    // Mistral's `model_length` means that the context is full.
    ("length", Meaning::Length),
    ("max_tokens", Meaning::Length),
    ("model_length", Meaning::Length),
    ("max_output_tokens", Meaning::Length),
    // `tool_use` is Anthropic's, through gateways; `function_call` belongs to the legacy field.
    ("tool_calls", Meaning::ToolCalls),
    ("tool_call", Meaning::ToolCalls),
    ("tool_use", Meaning::ToolCalls),
    ("function_call", Meaning::ToolCalls),
    // `sensitive` is Zhipu's; the others are Google's.
    ("content_filter", Meaning::ContentFilter),
    ("safety", Meaning::ContentFilter),
    ("sensitive", Meaning::ContentFilter),
    ("recitation", Meaning::ContentFilter),
    ("blocklist", Meaning::ContentFilter),
    ("prohibited_content", Meaning::ContentFilter),
    ("refusal", Meaning::Refusal),
    // The vendor's server failed after the status 200 was sent. Taken for an end, half a text would pass for a whole
    // one.
    ("error", Meaning::Failed),
    ("network_error", Meaning::Failed),
    // DeepSeek's, when it has no capacity left.
    ("insufficient_system_resource", Meaning::Overloaded),
];

/// The content of the response, which is more reliable than some vendors' finish reasons.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// There is a tool call with a name or arguments.
    pub tool_calls: bool,
    pub refusal: bool,
    /// There is text other than white space.
    pub text: bool,
}

/// The reason for a finish; an error where the value says that the model did not finish.
pub(super) fn finish_reason(raw: Option<&str>, seen: Seen) -> Result<FinishReason, Error> {
    let Some(raw) = raw else {
        // Only the end marker arrived: the response is over, for an unknown reason [19].
        return Ok(FinishReason::Other("unknown".to_owned()));
    };
    let meaning =
        MEANINGS.iter().find(|(known, _)| raw.eq_ignore_ascii_case(known)).map(|(_, meaning)| *meaning);
    Ok(match meaning {
        // Some vendors send `stop` although tools were called [14]. The host runs tools only on `tool-calls`.
        Some(Meaning::Stop | Meaning::ToolCalls) if seen.tool_calls => FinishReason::ToolCalls,
        // A refusal has no finish reason of its own at OpenAI.
        Some(Meaning::Stop) if seen.refusal && !seen.text => FinishReason::Refusal,
        Some(Meaning::Stop) => FinishReason::Stop,
        Some(Meaning::Length) => FinishReason::Length,
        Some(Meaning::ContentFilter) => FinishReason::ContentFilter,
        Some(Meaning::Refusal) => FinishReason::Refusal,
        Some(Meaning::Failed) => return Err(not_finished(ErrorKind::Server, raw)),
        Some(Meaning::Overloaded) => return Err(not_finished(ErrorKind::Overloaded, raw)),
        // `tool_calls` without a call: the host would wait for a call that is not there.
        Some(Meaning::ToolCalls) | None => FinishReason::Other(raw.to_owned()),
    })
}

fn not_finished(kind: ErrorKind, raw: &str) -> Error {
    let message =
        format!("the model's server stopped the response with the finish reason \"{raw}\"; try again");
    // Retryable: the failure is the server's, and another try may reach another server.
    let mut error = passing(kind, message, true);
    error.provider_code = Some(raw.to_owned());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Seen = Seen { tool_calls: false, refusal: false, text: true };
    const CALLS: Seen = Seen { tool_calls: true, ..PLAIN };
    const REFUSED: Seen = Seen { refusal: true, tool_calls: false, text: false };

    #[test]
    fn each_word_has_its_meaning() {
        for (raw, seen, expected) in [
            (Some("stop"), PLAIN, FinishReason::Stop),
            (Some("STOP"), PLAIN, FinishReason::Stop),
            (Some("end"), PLAIN, FinishReason::Stop),
            (Some("eos"), PLAIN, FinishReason::Stop),
            (Some("stop"), CALLS, FinishReason::ToolCalls),
            (Some("tool_calls"), CALLS, FinishReason::ToolCalls),
            (Some("function_call"), CALLS, FinishReason::ToolCalls),
            (Some("tool_calls"), PLAIN, FinishReason::Other("tool_calls".into())),
            (Some("stop"), REFUSED, FinishReason::Refusal),
            (Some("length"), CALLS, FinishReason::Length),
            (Some("model_length"), PLAIN, FinishReason::Length),
            (Some("content_filter"), PLAIN, FinishReason::ContentFilter),
            (Some("stopped"), PLAIN, FinishReason::Other("stopped".into())),
            (None, CALLS, FinishReason::Other("unknown".into())),
        ] {
            assert_eq!(finish_reason(raw, seen).as_ref(), Ok(&expected), "{raw:?} with {seen:?}");
        }
    }

    #[test]
    fn a_word_for_a_failure_is_an_error() {
        for (raw, kind) in [
            ("error", ErrorKind::Server),
            ("network_error", ErrorKind::Server),
            ("insufficient_system_resource", ErrorKind::Overloaded),
        ] {
            let error = finish_reason(Some(raw), PLAIN).expect_err(raw);
            assert_eq!((error.kind, error.retryable), (kind, true));
            assert_eq!(error.provider_code.as_deref(), Some(raw));
        }
    }
}
