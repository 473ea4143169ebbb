//! Finish reasons: the vendors' values, and their meaning in the contract.

use alloc::{borrow::Cow, borrow::ToOwned, format, string::String};

use crate::contract::FinishReason;
use crate::errors::{Error, ErrorKind, passing};
use crate::json::{Raw, string};
use crate::text_search::contains;

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

/// What servers write in the place of no finish reason, as [`plain`] spells it [14]. Taken for a reason, it would make a
/// whole response of a text that broke off.
const UNSET: &[&str] = &["null", "none", "nil", "undefined", "nan", "true", "false", "unspecified"];

/// The values seen so far, as [`plain`] spells them [14]. An unknown value is passed on as `other` and never taken for
/// `stop`: a new value may mean that the response is not whole.
const MEANINGS: &[(&str, Meaning)] = &[
    // OpenAI's, and what other vendors and local servers write for it.
    ("stop", Meaning::Stop),
    ("end", Meaning::Stop),
    ("eos", Meaning::Stop),
    ("eostoken", Meaning::Stop),
    ("endturn", Meaning::Stop),
    ("endoftext", Meaning::Stop),
    ("stopsequence", Meaning::Stop),
    ("stopcriteriamet", Meaning::Stop),
    ("complete", Meaning::Stop),
    ("completed", Meaning::Stop),
    ("finish", Meaning::Stop),
    ("finished", Meaning::Stop),
    ("normal", Meaning::Stop),
    // Mistral's `model_length` means that the context is full, and so does Cohere's `ERROR_LIMIT`.
    ("length", Meaning::Length),
    ("modellength", Meaning::Length),
    ("errorlimit", Meaning::Length),
    // `tool_use` is Anthropic's, through gateways; `function_call` belongs to the legacy field.
    ("toolcalls", Meaning::ToolCalls),
    ("toolcall", Meaning::ToolCalls),
    ("tooluse", Meaning::ToolCalls),
    ("functioncall", Meaning::ToolCalls),
    ("functioncalls", Meaning::ToolCalls),
    ("refusal", Meaning::Refusal),
    // The vendor's server failed after the status 200 was sent. Taken for an end, half a text would pass for a whole
    // one.
    ("error", Meaning::Failed),
    ("networkerror", Meaning::Failed),
    ("servererror", Meaning::Failed),
    ("internalerror", Meaning::Failed),
    ("internalservererror", Meaning::Failed),
    ("upstreamerror", Meaning::Failed),
    // DeepSeek's, when it has no capacity left.
    ("insufficientsystemresource", Meaning::Overloaded),
];

/// Words inside a value that has no row of its own. Vendors keep adding values of these families (Gemini's
/// `IMAGE_SAFETY`, Bedrock's `guardrail_intervened`), and each has one meaning.
const FAMILIES: &[(&str, Meaning)] = &[
    ("maxtoken", Meaning::Length),
    ("maxoutputtoken", Meaning::Length),
    ("maxcompletiontoken", Meaning::Length),
    ("maxnewtoken", Meaning::Length),
    ("maxlength", Meaning::Length),
    ("tokenlimit", Meaning::Length),
    ("contextwindow", Meaning::Length),
    ("contextlength", Meaning::Length),
    // OpenAI, Azure, Bedrock: `content_filter`, `content_filtered`. `sensitive` is Zhipu's; the others are Google's,
    // Bedrock's and Cohere's.
    ("filter", Meaning::ContentFilter),
    ("safety", Meaning::ContentFilter),
    ("recitation", Meaning::ContentFilter),
    ("blocklist", Meaning::ContentFilter),
    ("prohibited", Meaning::ContentFilter),
    ("spii", Meaning::ContentFilter),
    ("modelarmor", Meaning::ContentFilter),
    ("guardrail", Meaning::ContentFilter),
    ("sensitive", Meaning::ContentFilter),
    ("moderation", Meaning::ContentFilter),
    ("policyviolation", Meaning::ContentFilter),
    ("toxic", Meaning::ContentFilter),
    // Google's: the text is in a language that it does not support.
    ("language", Meaning::ContentFilter),
];

/// The longest value that is compared with the tables. No vendor's is longer.
const LONGEST: usize = 64;

/// The finish reason in a field, as received. `None` for everything that only fills the field: null, an empty text, the
/// text `"null"`, a number, a boolean [14].
pub fn received(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    // Ids may be numbers, finish reasons may not: some servers write 0 or false until the response ends.
    let text = string(raw.filter(|value| value.get().starts_with('"')))?;
    let has_letters = text.bytes().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    (has_letters && !UNSET.contains(&&*plain(&text))).then_some(text)
}

/// The content of the response, which is more reliable than some vendors' finish reasons.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// There is a tool call with a name or arguments.
    pub tool_calls: bool,
    /// There is text of a refusal.
    pub refusal: bool,
    /// There is text other than white space.
    pub text: bool,
}

impl Seen {
    /// Whether the content is one with which a model ends for this reason.
    ///
    /// `stop` after nothing but reasoning, or `tool_calls` without a call, is a finish reason that came too early: some
    /// servers send one at the end of the reasoning and the reply after it [64].
    pub fn agrees_with(self, raw: &str) -> bool {
        match finish_reason(Some(raw), self) {
            Ok(FinishReason::Stop) => self.text,
            Ok(FinishReason::Other(_)) => false,
            Ok(_) | Err(_) => true,
        }
    }
}

/// The reason for a finish; an error where the value says that the model did not finish.
pub fn finish_reason(raw: Option<&str>, seen: Seen) -> Result<FinishReason, Error> {
    let Some(raw) = raw else {
        // Only the end marker arrived: the response is over, for an unknown reason [19].
        return Ok(FinishReason::Other("unknown".to_owned()));
    };
    Ok(match meaning(raw) {
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

fn meaning(raw: &str) -> Option<Meaning> {
    let word = plain(raw);
    let exact = MEANINGS.iter().find(|(known, _)| *known == word);
    exact.or_else(|| FAMILIES.iter().find(|(part, _)| contains(&word, part))).map(|(_, meaning)| *meaning)
}

/// A value in lower case and without punctuation, so that `MAX_TOKENS`, `max-tokens` and `maxTokens` are one. Google's
/// libraries write the name of the type in front of the value: `FinishReason.STOP`, `FINISH_REASON_STOP`.
fn plain(raw: &str) -> String {
    let letters = raw.chars().filter(|letter| letter.is_ascii_alphanumeric() || !letter.is_ascii());
    let word: String = letters.take(LONGEST).map(|letter| letter.to_ascii_lowercase()).collect();
    match word.strip_prefix("finishreason").or_else(|| word.strip_prefix("stopreason")) {
        Some(value) if !value.is_empty() => value.to_owned(),
        _ => word,
    }
}

fn not_finished(kind: ErrorKind, raw: &str) -> Error {
    // Its letters are those of a row above, so it is no text of the server's that a key could hide in. A longer one has
    // nothing but punctuation to add.
    let raw = if raw.len() <= LONGEST { raw } else { "error" };
    let message =
        format!("the model's server stopped the response with the finish reason \"{raw}\"; try again");
    // Retryable: the failure is the server's, and another try may reach another server.
    let mut error = passing(kind, message, true);
    error.provider_code = Some(raw.to_owned());
    error
}

#[cfg(test)]
#[path = "finish_reason_tests.rs"]
mod tests;
