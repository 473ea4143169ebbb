//! The table that turns a response into a verdict: the first row whose condition holds decides.
//!
//! Its base is the error table that CometAPI documents. The codes and phrases come from the gateway family that
//! it belongs to (one-api, new-api) and from the vendors whose errors that gateway passes on; they are in
//! [`super::causes`].

use core::ops::RangeInclusive;

use super::{
    causes::{self as cause, Cause},
    overflow::{is_context_overflow, is_over_limit},
    phrases::{has_phrase, is_name},
    verdicts::{self as verdict, Verdict},
};

/// What the table looks at. Codes and words are in the form of [`super::phrases::words`].
#[derive(Debug)]
pub(super) struct ErrorSignals {
    /// The HTTP status, or the one that the code of an error inside a 200 names; 0 where there is none.
    pub status: u16,
    /// The provider's code and type.
    pub codes: [alloc::string::String; 2],
    /// The provider's message, or the body where that is no JSON; bounded, in lower case.
    pub text: alloc::string::String,
    /// The words of that text.
    pub words: alloc::string::String,
    /// The server requests a wait, in a header or in the body.
    pub waits: bool,
    /// The body is a web page.
    pub html: bool,
    /// The body says `"success": false`.
    pub declined: bool,
}

impl ErrorSignals {
    /// Whether one of the texts is such. Each alone: a phrase must not take one word from the code and one from the
    /// message.
    fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        let [code, class] = &self.codes;
        [code, class, &self.words].into_iter().any(|text| is(text))
    }

    fn is(&self, cause: &Cause) -> bool {
        self.codes.iter().any(|code| is_name(code, cause.codes))
            || self.any(|text| has_phrase(text, cause.phrases))
    }
}

/// The verdict of the first row whose condition holds; the last row holds for everything.
pub(super) fn judge(signals: &ErrorSignals) -> &'static Verdict {
    RULES.iter().find(|rule| rule.holds(signals)).map_or(&verdict::SERVER, |rule| rule.verdict)
}

enum Condition {
    /// The status alone decides.
    Always,
    Html,
    Declined,
    /// The code, the type or the text names this cause.
    Names(&'static Cause),
    /// The same, and nothing says that it passes with time.
    Lasting(&'static Cause),
    Overflow,
    OverLimit,
}

struct Rule {
    status: RangeInclusive<u16>,
    condition: Condition,
    verdict: &'static Verdict,
}

impl Rule {
    fn holds(&self, signals: &ErrorSignals) -> bool {
        self.status.contains(&signals.status)
            && match &self.condition {
                Condition::Always => true,
                Condition::Html => signals.html,
                Condition::Declined => signals.declined,
                Condition::Names(cause) => signals.is(cause),
                Condition::Lasting(cause) => {
                    !signals.waits && !signals.is(&cause::THROTTLE) && signals.is(cause)
                }
                Condition::Overflow => signals.is(&cause::OVERFLOW_CODE) || signals.any(is_context_overflow),
                Condition::OverLimit => is_over_limit(&signals.text, &signals.words),
            }
    }
}

const fn on(status: RangeInclusive<u16>, condition: Condition, verdict: &'static Verdict) -> Rule {
    Rule { status, condition, verdict }
}

const fn status(status: u16, verdict: &'static Verdict) -> Rule {
    on(status..=status, Condition::Always, verdict)
}

const fn names(status: RangeInclusive<u16>, cause: &'static Cause, verdict: &'static Verdict) -> Rule {
    on(status, Condition::Names(cause), verdict)
}

const ANY: RangeInclusive<u16> = 0..=u16::MAX;
/// An error inside a 200 whose code is no status.
const IN_BODY: RangeInclusive<u16> = 0..=0;

// The order is part of the rules: what looks at the body comes before what looks at the status alone, since
// gateways send one status for many causes. A test holds that no row of the first sort is hidden.
static RULES: &[Rule] = &[
    on(300..=399, Condition::Always, &verdict::REDIRECT), // [23]
    on(1..=299, Condition::Always, &verdict::NOT_THE_API),
    on(600..=u16::MAX, Condition::Always, &verdict::NOT_THE_API),
    // Before all limits of a time: a request that is larger than the limit of a minute never fits [76].
    on(ANY, Condition::OverLimit, &verdict::OVER_LIMIT),
    // Before 401 and 429: an exhausted key gets the one, an empty account the other.
    names(ANY, &cause::BILLING, &verdict::BILLING),
    // An exhausted quota is an empty account at one vendor and a limit of a minute at another [75].
    on(ANY, Condition::Lasting(&cause::QUOTA), &verdict::BILLING),
    names(400..=401, &cause::KEY, &verdict::AUTHENTICATION),
    names(403..=403, &cause::KEY, &verdict::AUTHENTICATION),
    names(IN_BODY, &cause::KEY, &verdict::AUTHENTICATION),
    // 429 before the causes below, where its text names a limit of a time: such texts name models, contexts and
    // tokens as well ("rate limit: your prompt is too long for this minute"), and would be taken for errors that
    // another try cannot help. Other texts with 429 are judged like those with any status.
    names(429..=429, &cause::OVERLOAD, &verdict::OVERLOADED),
    names(429..=429, &cause::THROTTLE, &verdict::RATE_LIMITED),
    names(ANY, &cause::FILTER, &verdict::CONTENT_FILTERED),
    on(ANY, Condition::Overflow, &verdict::CONTEXT_LENGTH_EXCEEDED),
    // Before the models and 404: OpenRouter refuses tools with "No endpoints found that support tool use" and 404,
    // and the model exists.
    names(ANY, &cause::UNSUPPORTED, &verdict::UNSUPPORTED),
    // Before 503: "no available channel" is how that gateway says that it has no such model.
    names(ANY, &cause::MODEL, &verdict::MODEL_NOT_FOUND),
    names(404..=404, &cause::PATH, &verdict::NOT_THE_API),
    status(402, &verdict::BILLING),
    status(401, &verdict::AUTHENTICATION),
    status(429, &verdict::RATE_LIMITED),
    names(500..=599, &cause::OVERLOAD, &verdict::OVERLOADED),
    names(IN_BODY, &cause::OVERLOAD, &verdict::OVERLOADED),
    // Some gateways send a limit of a time with the status of their own failure, or with 400 or 403.
    names(400..=599, &cause::RATE, &verdict::RATE_LIMITED),
    names(IN_BODY, &cause::RATE, &verdict::RATE_LIMITED),
    // 413 with a limit of tokens has nothing to do with bytes [76].
    names(413..=413, &cause::THROTTLE, &verdict::RATE_LIMITED),
    names(IN_BODY, &cause::THROTTLE, &verdict::RATE_LIMITED),
    names(IN_BODY, &cause::PERMISSION, &verdict::PERMISSION),
    // The caller's own mistakes come as 500 too, and would be tried again for nothing. After the causes above, since
    // gateways write `invalid_request_error` as the type of nearly everything.
    names(500..=500, &cause::REQUEST, &verdict::INVALID_REQUEST),
    names(IN_BODY, &cause::REQUEST, &verdict::INVALID_REQUEST),
    names(IN_BODY, &cause::REQUEST_TEXT, &verdict::INVALID_REQUEST),
    names(IN_BODY, &cause::TIMEOUT, &verdict::TIMEOUT),
    on(IN_BODY, Condition::Declined, &verdict::DECLINED),
    // The API never responds with a page, so this is a firewall in front of it.
    on(403..=403, Condition::Html, &verdict::FIREWALL),
    // The key works, but not for this model, address or route.
    status(403, &verdict::PERMISSION),
    // The base URL ends in `/v1`, so the model is the likelier reason than the path.
    status(404, &verdict::MODEL_NOT_FOUND),
    status(405, &verdict::NOT_THE_API),
    status(408, &verdict::TIMEOUT),
    status(409, &verdict::CONFLICT),
    status(413, &verdict::TOO_LARGE),
    status(425, &verdict::CONFLICT),
    // Google's `CANCELLED`, and a gateway whose upstream has gone: the caller did not cancel, or it would not see this.
    status(499, &verdict::SERVER),
    on(400..=499, Condition::Always, &verdict::INVALID_REQUEST),
    status(501, &verdict::UNSUPPORTED),
    status(503, &verdict::OVERLOADED),
    status(504, &verdict::TIMEOUT),
    // From Cloudflare, when the server that it protects takes more than 100 s.
    status(524, &verdict::TIMEOUT),
    // Anthropic's.
    status(529, &verdict::OVERLOADED),
    on(ANY, Condition::Always, &verdict::SERVER),
];

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
