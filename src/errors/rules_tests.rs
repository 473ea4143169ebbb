//! The table by itself: what each row, word and phrase decides, and that none could be taken out unnoticed.
//!
//! Tools that change code leave tables alone, so this changes the table: without a row, or without a word,
//! one of the cases here has to come to another verdict.

use super::*;
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::ptr;

/// What the words as code or type, and the phrases as text, come to with each of the statuses.
struct Case {
    statuses: &'static [u16],
    words: &'static [&'static str],
    phrases: &'static [&'static str],
    verdict: &'static Verdict,
}

const CASES: &[Case] = &[
    Case {
        statuses: &[0, 400, 401, 403, 429, 500],
        words: &[
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
        ],
        phrases: &[
            "insufficient balance",
            "insufficient user quota",
            "credit balance is too low",
            "余额不足",
            "额度不足",
            "额度已用尽",
            "欠费",
        ],
        verdict: &verdict::BILLING,
    },
    Case {
        statuses: &[0, 400, 401],
        words: &[
            "invalid_api_key",
            "authentication_error",
            "invalid_authentication",
            "invalid_authentication_error",
            "unauthenticated",
            "unauthorized",
            "invalid_token",
        ],
        phrases: &[
            "api key not valid",
            "invalid api key",
            "incorrect api key",
            "invalid token (",
            "无效的令牌",
        ],
        verdict: &verdict::AUTHENTICATION,
    },
    Case {
        statuses: &[0, 403],
        words: &["permission_error", "permission_denied", "access_denied", "forbidden"],
        phrases: &[],
        verdict: &verdict::PERMISSION,
    },
    Case {
        statuses: &[0, 429],
        words: &[
            "rate_limit_error",
            "rate_limit_exceeded",
            "rate_limited",
            "too_many_requests",
            "resource_exhausted",
        ],
        phrases: &["rate limit", "too many requests", "请求过于频繁", "速率限制"],
        verdict: &verdict::RATE_LIMITED,
    },
    Case {
        statuses: &[0, 429, 500, 502],
        words: &[
            "overloaded_error",
            "overloaded",
            "server_overloaded",
            "engine_overloaded",
            "engine_overloaded_error",
            "service_unavailable",
            "service_unavailable_error",
            "unavailable",
        ],
        phrases: &[
            "负载已饱和",
            "负载过高",
            "服务繁忙",
            "系统繁忙",
            "currently busy",
            "server is busy",
            "overloaded",
            "at capacity",
            "over capacity",
        ],
        verdict: &verdict::OVERLOADED,
    },
    Case {
        statuses: &[0, 408, 504],
        words: &["timeout", "timeout_error", "upstream_timeout", "deadline_exceeded"],
        phrases: &["timed out", "timeout", "deadline exceeded"],
        verdict: &verdict::TIMEOUT,
    },
    Case {
        statuses: &[0, 400, 403, 404, 500, 503],
        words: &[
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
        ],
        phrases: &[
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
        ],
        verdict: &verdict::CONTENT_FILTERED,
    },
    Case {
        statuses: &[0, 400, 413, 500, 503],
        words: &[
            "context_length_exceeded",
            "context_window_exceeded",
            "model_context_window_exceeded",
            "contextwindowexceedederror",
            "request_too_large_for_context",
        ],
        // More of them in `overflow`.
        phrases: &["maximum context length"],
        verdict: &verdict::CONTEXT_LENGTH_EXCEEDED,
    },
    Case {
        statuses: &[0, 400, 403, 404, 500, 503],
        words: &[
            "model_not_found",
            "modelnotfound",
            "model_not_exist",
            "model_not_available",
            "invalid_model",
            "not_found_error",
        ],
        phrases: &[
            "has not been priced",
            "no available channel for",
            "无可用渠道",
            "model not exist",
            "model not found",
            "is not a valid model",
            "invalid model name",
            "模型不存在",
        ],
        verdict: &verdict::MODEL_NOT_FOUND,
    },
    Case {
        statuses: &[404],
        words: &[],
        phrases: &["invalid url (", "page not found", "cannot post /", "cannot get /"],
        verdict: &verdict::NOT_THE_API,
    },
    Case {
        statuses: &[0, 400, 500],
        words: &[
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
        ],
        phrases: &[],
        verdict: &verdict::INVALID_REQUEST,
    },
    Case {
        statuses: &[0, 400, 422],
        words: &[],
        phrases: &[
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
        ],
        verdict: &verdict::UNSUPPORTED,
    },
];

/// What the status alone comes to; with a web page, and with `"success": false`.
const STATUSES: &[(u16, bool, bool, &Verdict)] = &[
    (0, false, false, &verdict::SERVER),
    (0, false, true, &verdict::DECLINED),
    (1, false, false, &verdict::NOT_THE_API),
    (299, false, false, &verdict::NOT_THE_API),
    (300, false, false, &verdict::REDIRECT),
    (399, false, false, &verdict::REDIRECT),
    (400, false, true, &verdict::INVALID_REQUEST),
    (401, true, false, &verdict::AUTHENTICATION),
    (402, false, false, &verdict::BILLING),
    (403, false, false, &verdict::PERMISSION),
    (403, true, false, &verdict::FIREWALL),
    (404, true, false, &verdict::MODEL_NOT_FOUND),
    (405, false, false, &verdict::NOT_THE_API),
    (408, false, false, &verdict::TIMEOUT),
    (409, false, false, &verdict::CONFLICT),
    (413, false, false, &verdict::TOO_LARGE),
    (425, false, false, &verdict::CONFLICT),
    (429, true, false, &verdict::RATE_LIMITED),
    (499, false, false, &verdict::INVALID_REQUEST),
    (500, false, true, &verdict::SERVER),
    (501, false, false, &verdict::UNSUPPORTED),
    (503, true, false, &verdict::OVERLOADED),
    (504, false, false, &verdict::TIMEOUT),
    (524, false, false, &verdict::TIMEOUT),
    (529, false, false, &verdict::OVERLOADED),
    (599, false, false, &verdict::SERVER),
    (600, false, false, &verdict::NOT_THE_API),
    (u16::MAX, false, false, &verdict::NOT_THE_API),
];

fn evidence(status: u16, code: &str, class: &str, text: String) -> Evidence {
    Evidence { status, words: [code.to_owned(), class.to_owned()], text, html: false, declined: false }
}

/// All cases, each with its verdict.
fn all() -> Vec<(Evidence, &'static Verdict)> {
    let mut all = Vec::new();
    for case in CASES {
        for &status in case.statuses {
            for word in case.words {
                all.push((evidence(status, word, "", "m".to_owned()), case.verdict));
                all.push((evidence(status, "1234", word, "m".to_owned()), case.verdict));
            }
            for phrase in case.phrases {
                all.push((evidence(status, "", "some_type", alloc::format!("so: {phrase} x")), case.verdict));
            }
        }
    }
    for &(status, html, declined, verdict) in STATUSES {
        all.push((Evidence { html, declined, ..evidence(status, "", "", String::new()) }, verdict));
    }
    all
}

/// The verdict of a table that lacks a row, or a word in every row.
fn judge_without(evidence: &Evidence, row: Option<usize>, word: &str) -> &'static Verdict {
    let fits = |rule: &Rule| match &rule.sign {
        Sign::Word(list) => {
            let known = |told: &String| told != word && list.contains(&told.as_str());
            rule.status.contains(&evidence.status) && evidence.words.iter().any(known)
        }
        Sign::Phrase(list) => {
            let said = |phrase: &&str| *phrase != word && contains(&evidence.text, phrase);
            rule.status.contains(&evidence.status) && list.iter().any(said)
        }
        _ => rule.fits(evidence),
    };
    let rows = RULES.iter().enumerate().filter(|(at, _)| Some(*at) != row);
    rows.map(|(_, rule)| rule).find(|rule| fits(rule)).map_or(&verdict::SERVER, |rule| rule.verdict)
}

#[test]
fn each_word_and_phrase_and_status_has_its_verdict() {
    for (evidence, verdict) in all() {
        let found = judge(&evidence);
        assert!(ptr::eq(found, verdict), "{evidence:?}: {found:?}");
    }
}

#[test]
fn no_row_could_be_taken_out_unnoticed() {
    let all = all();
    let noticed = |row: &usize| {
        all.iter().any(|(evidence, verdict)| !ptr::eq(judge_without(evidence, Some(*row), ""), *verdict))
    };
    // The last one is what is said where no row fits.
    let idle: Vec<usize> = (0..RULES.len() - 1).filter(|row| !noticed(row)).collect();
    assert!(idle.is_empty(), "rows {idle:?}, counted from 0, decide nothing");
}

#[test]
fn no_word_could_be_taken_out_unnoticed() {
    let all = all();
    for rule in RULES {
        let (Sign::Word(list) | Sign::Phrase(list)) = &rule.sign else { continue };
        for word in *list {
            let noticed = |(evidence, verdict): &(Evidence, &'static Verdict)| {
                !ptr::eq(judge_without(evidence, None, word), *verdict)
            };
            assert!(all.iter().any(noticed), "{word:?} decides nothing");
        }
    }
}
