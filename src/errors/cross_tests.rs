//! Messages of vendors by their cause: each gets its kind under every status that it is sent with, and none that of
//! another. Written after public documentation and bug reports; ids and figures are invented.

use alloc::format;

use super::ErrorKind as Kind;
use super::classify_tests::{classify, in_body};

/// The statuses with which gateways send any of these, beside the right one.
const STATUSES: [u16; 7] = [0, 400, 401, 402, 403, 429, 500];

/// Kind, and whether another try may help; then the messages.
const MESSAGES: &[(Kind, bool, &[&str])] = &[
    (
        Kind::Billing,
        false,
        &[
            "Insufficient Balance",
            "Your balance is insufficient, please recharge",
            "Your credit balance is too low to access the API. Please go to Plans & Billing",
            "Insufficient credits. Add more using https://x.test/credits",
            "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 1000.",
            "You have run out of credits",
            "The request failed because your account has an overdue balance.",
            "Access denied, please make sure your account is in good standing.",
            "Arrearage",
            "AccountOverdueError",
            "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0",
            "ExceededBudget: User=u over budget. Spend=11.0, Budget=10.0",
            "Billing hard limit has been reached",
            "user quota is not enough",
            "token quota is not enough, token remain quota: 0.1",
            "您的账户余额不足，请充值后再试",
            "余额已不足",
            "该令牌额度已用尽",
            "账户已欠费",
            "用户额度不足, 剩余额度: 0.00",
        ],
    ),
    (
        Kind::ContextLengthExceeded,
        false,
        &[
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.",
            "prompt is too long: 208310 tokens > 200000 maximum",
            "The input (263000 tokens) is longer than the model's context length (262144 tokens).",
            "Prompt exceeds max length",
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "the request exceeds the available context size, try increasing it",
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "Your request exceeded model token limit: 8192 (requested: 9000)",
            "Please reduce the length of the messages or completion.",
            "对话上下文过长，请清理",
            "输入内容长度超过了模型限制",
            "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size.",
        ],
    ),
    (
        Kind::ContentFiltered,
        false,
        &[
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "Your request was rejected as a result of our safety system.",
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            "Output blocked by content filtering policy",
            "Output data may contain inappropriate content.",
            "Content Exists Risk",
            "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_CSAM",
            "input new_sensitive, content is sensitive",
            "This prompt contains sensitive words that violate Google's Responsible AI practices",
            "输入内容包含敏感词",
            "系统检测到输入或生成内容可能包含不安全或敏感内容",
            "内容审核未通过",
        ],
    ),
    (
        Kind::Unsupported,
        false,
        &[
            "No endpoints found that support tool use. To learn more, visit: https://x.test/routing",
            "No endpoints found that support image input",
            "registry.test/library/m:latest does not support tools",
            "this model doesn't support function calling",
            "Tool calling is not supported by this model",
            "image_url is only supported by certain models.",
            "m-9 is not a multimodal model",
            "该模型不支持图片输入",
            "当前模型不支持工具调用",
        ],
    ),
    (
        Kind::ModelNotFound,
        false,
        &[
            "The model `m-9` does not exist or you do not have access to it.",
            "Model Not Exist",
            "models/m-9 is not found for API version v1beta",
            "Model m-9 not found",
            "No available channel for model m-9 under group default (distributor)",
            "m-9 is not a valid model ID",
            "Invalid model name passed in model=m-9",
            "The model `m-9` has been decommissioned and is no longer supported.",
            "No endpoints found for vendor/m-9.",
            "模型不存在，请检查模型代码",
            "当前分组下无可用渠道",
        ],
    ),
];

/// Those that depend on the status: it is the right one for each.
const THROTTLES: &[&str] = &[
    "Rate limit reached for m in organization o on requests per min (RPM): Limit 3, Used 3, Requested 1.",
    "You are being rate limited",
    "Too many requests, please wait before trying again.",
    "Allocated quota exceeded, please increase your quota limit.",
    "This request would exceed your limit of 40,000 input tokens per minute",
    "Requests rate limit exceeded, please try again later.",
    "Throttling: your prompt is too long for this second",
    "concurrency limit exceeded",
    "您的请求过于频繁",
    "速率限制：每分钟 3 次",
    "已达到并发限制",
];

#[test]
fn each_message_gets_its_kind_under_every_status_and_none_that_of_another() {
    for (kind, retryable, messages) in MESSAGES {
        for message in *messages {
            for status in STATUSES {
                let body = format!(r#"{{"error":{{"message":"{message}","type":"x_error"}}}}"#);
                let error = if status == 0 { in_body(&body) } else { classify(status, &body) };
                assert_eq!((&error.kind, error.retryable), (kind, *retryable), "{status} {message}");
                let wrapped = format!(r#"{{"error":{{"message":{body:?},"code":{status}}}}}"#);
                let outer = if status == 0 { in_body(&wrapped) } else { classify(status, &wrapped) };
                assert_eq!(outer.kind, *kind, "{status} {message}, in another error");
            }
        }
    }
}

#[test]
fn a_limit_of_a_time_is_one_with_429_413_or_inside_a_200_whatever_else_it_names() {
    for message in THROTTLES {
        let body = format!(r#"{{"error":{{"message":"{message}"}}}}"#);
        for error in [classify(429, &body), classify(413, &body), in_body(&body)] {
            assert_eq!((&error.kind, error.retryable), (&Kind::RateLimited, true), "{message}");
        }
    }
}

/// The same code is an empty account at one vendor, and a limit of a minute at another [75].
#[test]
fn an_exhausted_quota_is_a_limit_of_a_time_where_something_says_so() {
    for (body, headers, kind) in [
        (
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","code":"insufficient_quota"}}"#,
            &[][..],
            Kind::Billing,
        ),
        (r#"{"error":{"message":"m","code":"insufficient_quota"}}"#, &[], Kind::Billing),
        (r#"{"error":{"message":"m","code":"InsufficientQuota"}}"#, &[], Kind::Billing),
        (
            r#"{"error":{"message":"m","code":"insufficient_quota"}}"#,
            &[("retry-after", "20")],
            Kind::RateLimited,
        ),
        (r#"{"error":{"message":"m","code":"insufficient_quota","retry_after":20}}"#, &[], Kind::RateLimited),
        (
            r#"{"error":{"message":"Please try again in 20s","code":"insufficient_quota"}}"#,
            &[],
            Kind::RateLimited,
        ),
        (
            r#"{"error":{"message":"quota of 3 requests per minute exceeded","code":"insufficient_quota"}}"#,
            &[],
            Kind::RateLimited,
        ),
        (
            r#"{"error":{"message":"Allocated quota exceeded, please increase your quota limit.","code":"insufficient_quota","type":"insufficient_quota"}}"#,
            &[],
            Kind::RateLimited,
        ),
        (
            r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}"#,
            &[],
            Kind::RateLimited,
        ),
        // An empty account stays one, however long the server asks to wait.
        (
            r#"{"error":{"message":"Insufficient balance","code":"insufficient_quota"}}"#,
            &[("retry-after", "20")],
            Kind::Billing,
        ),
    ] {
        let head = super::classify_tests::head(429, headers);
        let error = super::from_response(&head, body.as_bytes(), &super::Scrubber::default());
        assert_eq!((error.retryable, &error.kind), (kind == Kind::RateLimited, &kind), "{body} {headers:?}");
    }
}

#[test]
fn a_request_above_the_limit_is_not_tried_again_and_images_are_not_blamed() {
    let body = r#"{"error":{"message":"Request too large for model `m` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"#;
    for status in [413, 429, 400, 503] {
        let error = classify(status, body);
        assert_eq!((error.retryable, error.kind), (false, Kind::ContextLengthExceeded), "{status}");
        assert!(!error.message.contains("image"), "{}", error.message);
    }
    assert!(classify(413, "").message.contains("image"));
}
