//! The table that turns a response into a verdict: the first row whose condition holds decides.
//!
//! Its base is the error table that CometAPI documents. The codes and phrases come from the gateway family that
//! it belongs to (one-api, new-api) and from the vendors whose errors that gateway passes on.

use core::ops::RangeInclusive;

use crate::text_search::contains;

use super::{
    overflow::is_context_overflow,
    verdicts::{self as verdict, Verdict},
};

/// What the table looks at, in lower case.
#[derive(Debug)]
pub(super) struct ErrorSignals {
    /// The HTTP status, or the one that the code of an error inside a 200 names; 0 where there is none.
    pub status: u16,
    /// The provider's code and type.
    pub codes: [alloc::string::String; 2],
    /// The provider's message, or the body where that is no JSON; bounded.
    pub text: alloc::string::String,
    /// The body is a web page.
    pub html: bool,
    /// The body says `"success": false`.
    pub declined: bool,
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
    Overflow,
    /// The code or the type is one of these.
    Code(&'static [&'static str]),
    /// The text contains one of these.
    Phrase(&'static [&'static str]),
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
                Condition::Overflow => is_context_overflow(&signals.text),
                Condition::Code(list) => signals.codes.iter().any(|code| list.contains(&code.as_str())),
                Condition::Phrase(list) => list.iter().any(|phrase| contains(&signals.text, phrase)),
            }
    }
}

const fn on(status: RangeInclusive<u16>, condition: Condition, verdict: &'static Verdict) -> Rule {
    Rule { status, condition, verdict }
}

const fn status(status: u16, verdict: &'static Verdict) -> Rule {
    on(status..=status, Condition::Always, verdict)
}

const fn codes(
    status: RangeInclusive<u16>,
    list: &'static [&'static str],
    verdict: &'static Verdict,
) -> Rule {
    on(status, Condition::Code(list), verdict)
}

const fn phrases(
    status: RangeInclusive<u16>,
    list: &'static [&'static str],
    verdict: &'static Verdict,
) -> Rule {
    on(status, Condition::Phrase(list), verdict)
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
    // Before 401 and 429: an exhausted key gets the one, an empty account the other.
    codes(ANY, BILLING_CODES, &verdict::BILLING),
    phrases(ANY, BILLING_PHRASES, &verdict::BILLING),
    // Three statuses that decide before the body is read for anything else. Their texts name models, contexts
    // and limits of tokens as well ("rate limit: your prompt is too long for this minute"), and would be
    // taken for errors that another try cannot help.
    status(402, &verdict::BILLING),
    status(401, &verdict::AUTHENTICATION),
    codes(429..=429, OVERLOAD_CODES, &verdict::OVERLOADED),
    phrases(429..=429, OVERLOAD_PHRASES, &verdict::OVERLOADED),
    status(429, &verdict::RATE_LIMITED),
    codes(400..=400, KEY_CODES, &verdict::AUTHENTICATION),
    phrases(400..=400, KEY_PHRASES, &verdict::AUTHENTICATION),
    codes(IN_BODY, KEY_CODES, &verdict::AUTHENTICATION),
    phrases(IN_BODY, KEY_PHRASES, &verdict::AUTHENTICATION),
    codes(ANY, FILTER_CODES, &verdict::CONTENT_FILTERED),
    phrases(ANY, FILTER_PHRASES, &verdict::CONTENT_FILTERED),
    codes(ANY, OVERFLOW_CODES, &verdict::CONTEXT_LENGTH_EXCEEDED),
    on(ANY, Condition::Overflow, &verdict::CONTEXT_LENGTH_EXCEEDED),
    // Before 503: "no available channel" is how that gateway says that it has no such model.
    codes(ANY, MODEL_CODES, &verdict::MODEL_NOT_FOUND),
    phrases(ANY, MODEL_PHRASES, &verdict::MODEL_NOT_FOUND),
    phrases(404..=404, PATH_PHRASES, &verdict::NOT_THE_API),
    // Before 404: OpenRouter refuses tools with "No endpoints found that support tool use", and the model exists.
    phrases(400..=422, UNSUPPORTED_PHRASES, &verdict::UNSUPPORTED),
    phrases(IN_BODY, UNSUPPORTED_PHRASES, &verdict::UNSUPPORTED),
    // The caller's own mistakes come as 500 too, and would be tried again for nothing.
    codes(500..=500, REQUEST_CODES, &verdict::INVALID_REQUEST),
    codes(IN_BODY, REQUEST_CODES, &verdict::INVALID_REQUEST),
    codes(500..=599, OVERLOAD_CODES, &verdict::OVERLOADED),
    phrases(500..=599, OVERLOAD_PHRASES, &verdict::OVERLOADED),
    codes(IN_BODY, OVERLOAD_CODES, &verdict::OVERLOADED),
    codes(IN_BODY, RATE_CODES, &verdict::RATE_LIMITED),
    codes(IN_BODY, PERMISSION_CODES, &verdict::PERMISSION),
    codes(IN_BODY, TIMEOUT_CODES, &verdict::TIMEOUT),
    phrases(IN_BODY, OVERLOAD_PHRASES, &verdict::OVERLOADED),
    phrases(IN_BODY, RATE_PHRASES, &verdict::RATE_LIMITED),
    phrases(IN_BODY, TIMEOUT_PHRASES, &verdict::TIMEOUT),
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

// The lists are in lower case, as the signals are. A code is a whole name, and safe to list; a phrase is searched in
// free text that may quote the prompt, so that each is long enough not to occur in ordinary sentences.

/// An empty account or an exhausted key. Trying again is useless and must not look like a rate limit, though most of
/// these are sent with 429.
const BILLING_CODES: &[&str] = &[
    "insufficient_user_quota",
    "pre_consume_token_quota_failed",
    "insufficient_quota",
    "insufficient_balance",
    "insufficient_credits",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "payment_required",
    "arrearage",
];
/// The Chinese ones: "balance insufficient", "quota insufficient", "quota used up", "in arrears".
const BILLING_PHRASES: &[&str] = &[
    "insufficient balance",
    "insufficient user quota",
    "credit balance is too low",
    "余额不足",
    "额度不足",
    "额度已用尽",
    "欠费",
];
/// A refused key under a status other than 401: Google sends 400, and gateways put it inside a 200.
const KEY_CODES: &[&str] = &[
    "invalid_api_key",
    "authentication_error",
    "invalid_authentication",
    "invalid_authentication_error",
    "unauthenticated",
    "unauthorized",
    "invalid_token",
];
/// "invalid token (" with its bracket, as new-api writes it before the request id: without it the phrase would match
/// a model's text about tokens. The Chinese one is the same sentence.
const KEY_PHRASES: &[&str] =
    &["api key not valid", "invalid api key", "incorrect api key", "invalid token (", "无效的令牌"];
/// Only for errors inside a 200; elsewhere 403 says it.
const PERMISSION_CODES: &[&str] = &["permission_error", "permission_denied", "access_denied", "forbidden"];
/// Only for errors inside a 200; elsewhere 429 says it.
const RATE_CODES: &[&str] =
    &["rate_limit_error", "rate_limit_exceeded", "rate_limited", "too_many_requests", "resource_exhausted"];
/// The Chinese ones: "requests too frequent", "rate limit".
const RATE_PHRASES: &[&str] = &["rate limit", "too many requests", "请求过于频繁", "速率限制"];
/// No capacity, as opposed to a limit of the caller's: another model helps at once, waiting a second does not.
const OVERLOAD_CODES: &[&str] = &[
    "overloaded_error",
    "overloaded",
    "server_overloaded",
    "engine_overloaded",
    "engine_overloaded_error",
    "service_unavailable",
    "service_unavailable_error",
    "unavailable",
];
/// The Chinese ones: "load saturated", "load too high", "service busy", "system busy".
const OVERLOAD_PHRASES: &[&str] = &[
    "负载已饱和",
    "负载过高",
    "服务繁忙",
    "系统繁忙",
    "currently busy",
    "server is busy",
    "overloaded",
    "at capacity",
    "over capacity",
];
/// An upstream that took too long, under a status that says nothing about it.
const TIMEOUT_CODES: &[&str] = &["timeout", "timeout_error", "upstream_timeout", "deadline_exceeded"];
/// Short phrases, so they are searched only in errors inside a 200, where no status decides.
const TIMEOUT_PHRASES: &[&str] = &["timed out", "timeout", "deadline exceeded"];
/// Content filters of OpenAI, Azure, Alibaba, Google and the gateways. The same request is refused again, and some
/// vendors count refusals against the account, so that none of these is retryable.
const FILTER_CODES: &[&str] = &[
    "content_filter",
    "content_filtered",
    "content_filter_error",
    "content_policy_violation",
    "content_moderation",
    "data_inspection_failed",
    "datainspectionfailed",
    "responsibleaipolicyviolation",
    "responsible_ai_policy_violation",
    "sensitive_words_detected",
    "sensitive_content",
    "moderation_blocked",
    "prompt_blocked",
    "prohibited_content",
    "sexual_content",
];
/// The Chinese ones: "sensitive word", "sensitive content", "content against the rules", "content review".
const FILTER_PHRASES: &[&str] = &[
    "inappropriate content",
    "content management policy",
    "content policy violation",
    "content exists risk",
    "flagged as potentially violating",
    "rejected as a result of our safety system",
    "敏感词",
    "敏感内容",
    "违规内容",
    "内容审核",
];
/// Vendors with a code for it are few; the texts are in [`super::overflow`].
const OVERFLOW_CODES: &[&str] = &[
    "context_length_exceeded",
    "context_window_exceeded",
    "model_context_window_exceeded",
    "contextwindowexceedederror",
    "request_too_large_for_context",
];
/// `not_found_error` is Anthropic's, which has no other resource on this path.
const MODEL_CODES: &[&str] = &[
    "model_not_found",
    "modelnotfound",
    "model_not_exist",
    "model_not_available",
    "invalid_model",
    "not_found_error",
];
/// new-api reports a model without a price or a channel with 400 or 503. The Chinese ones: "no channel
/// available", "model does not exist".
const MODEL_PHRASES: &[&str] = &[
    "has not been priced",
    "no available channel for",
    "无可用渠道",
    "model not exist",
    "model not found",
    "is not a valid model",
    "invalid model name",
    "模型不存在",
];
/// A path that the server does not have: the base URL is wrong, and listing models would not help.
const PATH_PHRASES: &[&str] = &["invalid url (", "page not found", "cannot post /", "cannot get /"];
/// The caller's mistakes, as vendors name them under 500 or inside a 200.
const REQUEST_CODES: &[&str] = &[
    "invalid_request",
    "invalid_request_error",
    "image_generation_user_error",
    "invalid_value",
    "invalid_argument",
    "invalid_parameter",
    "invalid_parameter_error",
    "unsupported_parameter",
    "unsupported_value",
    "bad_request",
    "bad_request_error",
    "badrequesterror",
];
/// Features that a model lacks. The bare "is not supported" is not in the list: vendors write it of parameters too,
/// where another model would not help. The Chinese ones: "does not support tools", "does not support images".
const UNSUPPORTED_PHRASES: &[&str] = &[
    "does not support tool",
    "does not support function",
    "does not support image",
    "does not support audio",
    "does not support vision",
    "does not support streaming",
    "tool use is not supported",
    "tools is not supported",
    "image input is not supported",
    "no endpoints found that support",
    "不支持工具",
    "不支持图片",
];

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
