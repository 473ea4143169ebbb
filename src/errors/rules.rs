//! The table that turns an answer into a verdict: the first row that fits counts.
//!
//! Its base is the error table that CometAPI documents; the texts come from the gateway family that it
//! belongs to and from the vendors behind it, whose words it hands on.

use core::ops::RangeInclusive;

use crate::text_search::contains;

use super::{
    overflow::is_context_overflow,
    verdicts::{self as verdict, Verdict},
};

/// What is known of an answer, in lower case.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The HTTP status, or the one that the code of an error inside a 200 names; 0 where there is none.
    pub status: u16,
    /// The provider's code and type.
    pub words: [alloc::string::String; 2],
    /// The provider's message, or the body where that is no JSON; bounded.
    pub text: alloc::string::String,
    /// The body is a web page.
    pub html: bool,
    /// The body says `"success": false`.
    pub declined: bool,
}

/// The verdict of the first row that fits; the last rows fit everything.
pub(super) fn judge(evidence: &Evidence) -> &'static Verdict {
    RULES.iter().find(|rule| rule.fits(evidence)).map_or(&verdict::SERVER, |rule| rule.verdict)
}

enum Sign {
    Always,
    Html,
    Declined,
    Overflow,
    /// The code or the type is one of these.
    Word(&'static [&'static str]),
    /// The text holds one of these.
    Phrase(&'static [&'static str]),
}

struct Rule {
    status: RangeInclusive<u16>,
    sign: Sign,
    verdict: &'static Verdict,
}

impl Rule {
    fn fits(&self, evidence: &Evidence) -> bool {
        self.status.contains(&evidence.status)
            && match &self.sign {
                Sign::Always => true,
                Sign::Html => evidence.html,
                Sign::Declined => evidence.declined,
                Sign::Overflow => is_context_overflow(&evidence.text),
                Sign::Word(list) => evidence.words.iter().any(|word| list.contains(&word.as_str())),
                Sign::Phrase(list) => list.iter().any(|phrase| contains(&evidence.text, phrase)),
            }
    }
}

const fn on(status: RangeInclusive<u16>, sign: Sign, verdict: &'static Verdict) -> Rule {
    Rule { status, sign, verdict }
}

const fn status(status: u16, verdict: &'static Verdict) -> Rule {
    on(status..=status, Sign::Always, verdict)
}

const ANY: RangeInclusive<u16> = 0..=u16::MAX;
/// An error inside a 200 whose code is no status.
const IN_BODY: RangeInclusive<u16> = 0..=0;

static RULES: &[Rule] = &[
    on(300..=399, Sign::Always, &verdict::REDIRECT), // [23]
    on(1..=299, Sign::Always, &verdict::NOT_THE_API),
    on(600..=u16::MAX, Sign::Always, &verdict::NOT_THE_API),
    // Before 401 and 429: an exhausted key answers with the one, an empty account with the other.
    on(ANY, Sign::Word(BILLING_WORDS), &verdict::BILLING),
    on(ANY, Sign::Phrase(BILLING_PHRASES), &verdict::BILLING),
    status(402, &verdict::BILLING),
    status(401, &verdict::AUTHENTICATION),
    on(400..=400, Sign::Word(KEY_WORDS), &verdict::AUTHENTICATION),
    on(400..=400, Sign::Phrase(KEY_PHRASES), &verdict::AUTHENTICATION),
    on(IN_BODY, Sign::Word(KEY_WORDS), &verdict::AUTHENTICATION),
    on(IN_BODY, Sign::Phrase(KEY_PHRASES), &verdict::AUTHENTICATION),
    on(429..=429, Sign::Word(OVERLOAD_WORDS), &verdict::OVERLOADED),
    on(429..=429, Sign::Phrase(OVERLOAD_PHRASES), &verdict::OVERLOADED),
    status(429, &verdict::RATE_LIMITED),
    on(ANY, Sign::Word(FILTER_WORDS), &verdict::CONTENT_FILTERED),
    on(ANY, Sign::Phrase(FILTER_PHRASES), &verdict::CONTENT_FILTERED),
    on(ANY, Sign::Word(OVERFLOW_WORDS), &verdict::CONTEXT_LENGTH_EXCEEDED),
    on(ANY, Sign::Overflow, &verdict::CONTEXT_LENGTH_EXCEEDED),
    // Before 503: "no available channel" is that gateway's way to say that it has no such model.
    on(ANY, Sign::Word(MODEL_WORDS), &verdict::MODEL_NOT_FOUND),
    on(ANY, Sign::Phrase(MODEL_PHRASES), &verdict::MODEL_NOT_FOUND),
    on(404..=404, Sign::Phrase(PATH_PHRASES), &verdict::NOT_THE_API),
    status(404, &verdict::MODEL_NOT_FOUND),
    status(405, &verdict::NOT_THE_API),
    on(403..=403, Sign::Html, &verdict::FIREWALL),
    status(403, &verdict::PERMISSION),
    status(413, &verdict::TOO_LARGE),
    on(400..=422, Sign::Phrase(UNSUPPORTED_PHRASES), &verdict::UNSUPPORTED),
    on(IN_BODY, Sign::Phrase(UNSUPPORTED_PHRASES), &verdict::UNSUPPORTED),
    status(501, &verdict::UNSUPPORTED),
    // The caller's own mistakes come as 500 too, and would be tried again for nothing.
    on(500..=500, Sign::Word(REQUEST_WORDS), &verdict::INVALID_REQUEST),
    on(IN_BODY, Sign::Word(REQUEST_WORDS), &verdict::INVALID_REQUEST),
    status(408, &verdict::TIMEOUT),
    status(504, &verdict::TIMEOUT),
    status(524, &verdict::TIMEOUT),
    status(409, &verdict::CONFLICT),
    status(425, &verdict::CONFLICT),
    status(503, &verdict::OVERLOADED),
    status(529, &verdict::OVERLOADED),
    on(500..=599, Sign::Word(OVERLOAD_WORDS), &verdict::OVERLOADED),
    on(500..=599, Sign::Phrase(OVERLOAD_PHRASES), &verdict::OVERLOADED),
    on(IN_BODY, Sign::Word(OVERLOAD_WORDS), &verdict::OVERLOADED),
    on(IN_BODY, Sign::Word(RATE_WORDS), &verdict::RATE_LIMITED),
    on(IN_BODY, Sign::Word(PERMISSION_WORDS), &verdict::PERMISSION),
    on(IN_BODY, Sign::Word(TIMEOUT_WORDS), &verdict::TIMEOUT),
    on(IN_BODY, Sign::Phrase(OVERLOAD_PHRASES), &verdict::OVERLOADED),
    on(IN_BODY, Sign::Phrase(RATE_PHRASES), &verdict::RATE_LIMITED),
    on(IN_BODY, Sign::Phrase(TIMEOUT_PHRASES), &verdict::TIMEOUT),
    on(400..=499, Sign::Always, &verdict::INVALID_REQUEST),
    on(IN_BODY, Sign::Declined, &verdict::DECLINED),
    on(ANY, Sign::Always, &verdict::SERVER),
];

const BILLING_WORDS: &[&str] = &[
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
const BILLING_PHRASES: &[&str] = &[
    "insufficient balance",
    "insufficient user quota",
    "credit balance is too low",
    "余额不足",
    "额度不足",
    "额度已用尽",
    "欠费",
];
const KEY_WORDS: &[&str] = &[
    "invalid_api_key",
    "authentication_error",
    "invalid_authentication",
    "invalid_authentication_error",
    "unauthenticated",
    "unauthorized",
    "invalid_token",
];
const KEY_PHRASES: &[&str] =
    &["api key not valid", "invalid api key", "incorrect api key", "invalid token (", "无效的令牌"];
const PERMISSION_WORDS: &[&str] = &["permission_error", "permission_denied", "access_denied", "forbidden"];
const RATE_WORDS: &[&str] =
    &["rate_limit_error", "rate_limit_exceeded", "rate_limited", "too_many_requests", "resource_exhausted"];
const RATE_PHRASES: &[&str] = &["rate limit", "too many requests", "请求过于频繁", "速率限制"];
const OVERLOAD_WORDS: &[&str] = &[
    "overloaded_error",
    "overloaded",
    "server_overloaded",
    "engine_overloaded",
    "engine_overloaded_error",
    "service_unavailable",
    "service_unavailable_error",
    "unavailable",
];
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
const TIMEOUT_WORDS: &[&str] = &["timeout", "timeout_error", "upstream_timeout", "deadline_exceeded"];
const TIMEOUT_PHRASES: &[&str] = &["timed out", "timeout", "deadline exceeded"];
const FILTER_WORDS: &[&str] = &[
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
const OVERFLOW_WORDS: &[&str] = &[
    "context_length_exceeded",
    "context_window_exceeded",
    "model_context_window_exceeded",
    "contextwindowexceedederror",
    "request_too_large_for_context",
];
const MODEL_WORDS: &[&str] = &[
    "model_not_found",
    "modelnotfound",
    "model_not_exist",
    "model_not_available",
    "invalid_model",
    "not_found_error",
];
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
const PATH_PHRASES: &[&str] = &["invalid url (", "page not found", "cannot post /", "cannot get /"];
const REQUEST_WORDS: &[&str] = &[
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
