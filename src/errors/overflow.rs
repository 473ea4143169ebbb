//! Whether an error text says that the request is too long for the model, or for the limit of the account.
//!
//! Few providers have a code for it, and a gateway passes on the texts of all of them. A host decides by it whether
//! to compact the conversation: a false yes loses history, and a false no ends the session, since every further
//! request is as long.

use crate::text_search::split_once;

use super::phrases::has_phrase;
use super::wait_hint::number;

/// Codes, in the form of [`super::phrases::words`]. The number is Zhipu's.
pub(super) const OVERFLOW_CODES: &str = "context length exceeded|context window exceeded|\
     model context window exceeded|context window exceeded error|request too large for context|1261";

/// See [`super::phrases`] for the form. The general ones name the context; those that name only the prompt or the
/// tokens need a comparison too, since "prompt", "tokens" and "too long" occur in most errors about parameters.
pub(super) const OVERFLOW_PHRASES: &str = "\
maximum context length|max context length|maximum prompt length
context length|context window|context size|context limit|input length|prompt length|input token|prompt token|max model len|\
maximum model length|model token limit|max message token & exceed|longer than|greater than|larger than|bigger than|too long|\
too large|is only|overflow|beyond|not fit|surpass|over the|maximum allowed
prompt|conversation|context & too long ! string
input too long|input is too long ! string
prompt|input|the request & max length|maximum length|maximum input|max input & exceed|longer|too long ! string
prompt & token & context size|context length|context window
prompt|input & longer than|larger than|greater than|bigger than & token|model|context|maximum ! string|number
token & exceed & model|prompt|input|context ! max tokens|max completion|max output
too many & token & prompt|input|message|context
range of input length
reduce & length & message|prompt|input|conversation
reduce & your prompt|the prompt|prompt length|input length|input token|the conversation
inputs tokens & max new tokens
上下文 & 过长|太长|超|溢出
提示词|prompt|输入|对话|请求 & 过长|太长|超长
输入|文本 & 长度 & 超
token & 数 & 超
token & 超 & 最大|上限|限制";

/// Limits of a time, which waiting helps against. In texts that count tokens as well they decide: a shorter
/// conversation would not help.
pub(super) const THROTTLE_PHRASES: &str = "\
rate & limit
too many & request|call|concurr
throttl
per minute|per min|per second|per sec|per hour|per day|rpm|tpm|rpd|tpd|qps|qpm
allocated|allocation & quota
concurren
hour|usage & limit|quota & reset|reached
request & too fast|too quickly|too frequent
速率|频率|频繁|限流|并发|每分钟|每秒|每小时|每天
请求 & 过多|太多";

/// Whether `text`, in the form of [`super::phrases::words`], says that the context is exceeded.
///
/// A bare "400 status code (no body)" does not count: one provider means an overflow by it and another anything
/// at all. It stays an invalid request.
pub(super) fn is_context_overflow(text: &str) -> bool {
    !has_phrase(text, THROTTLE_PHRASES) && has_phrase(text, OVERFLOW_PHRASES)
}

/// Whether one request alone exceeds a limit of tokens ("Limit 6000, Requested 7000"): waiting does not help, however
/// the limit is counted, and each retry is refused again [76]. `text` is in lower case.
pub(super) fn is_over_limit(text: &str, words: &str) -> bool {
    let numbers = number_after(text, "limit").zip(number_after(text, "requested"));
    numbers.is_some_and(|(limit, requested)| requested > limit)
        || has_phrase(words, "request|message & too large|too big & token|tpm ! max tokens|max completion")
            && numbers.is_none()
}

/// The text after what stands between a word and its number ("limit is", "requested about").
fn after_fillers(mut text: &str) -> &str {
    const FILLERS: [&str; 5] = ["of ", "is ", "was ", "about ", "tokens"];
    // Not the name of a model that has digits, so no other word.
    for _ in 0..3 {
        text = text.trim_start_matches([' ', ':', '=', '(', '`', '"', '\'']);
        text = FILLERS.iter().find_map(|filler| text.strip_prefix(filler)).unwrap_or(text);
    }
    text
}

/// The first number that follows a word closely, with or without separators of thousands.
fn number_after(text: &str, word: &str) -> Option<f64> {
    let mut rest = text;
    while let Some((_, after)) = split_once(rest, word) {
        if let Some((mut value, mut rest)) = number(after_fillers(after)) {
            while let Some((next, after)) = rest.strip_prefix(',').and_then(number) {
                value = value * 1000.0 + next;
                rest = after;
            }
            return Some(value);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpora;
    use crate::errors::phrases::words;

    #[test]
    fn our_own_samples_are_distinguished() {
        let cases = [
            ("this model's maximum prompt length is 131072 but the request contains 537812 tokens", true),
            ("range of input length should be [1, 30720]", true),
            ("The input (263000 tokens) is longer than the model's context length (262144 tokens).", true),
            (
                "However, the model's context length is only 8192 tokens. Please reduce the length of the input prompt.",
                true,
            ),
            ("The decoder prompt (length 8193) is longer than the maximum model length of 8192.", true),
            ("Prompt exceeds max length", true),
            ("Maximum length exceeded by the prompt", true),
            ("Your request exceeded model token limit: 8192", true),
            ("Requested tokens (9000) exceed context window of 8192", true),
            ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens", true),
            ("too many tokens: the prompt cannot have more than 4081", true),
            ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", true),
            ("Input Tokens Exceeded: Number of input tokens exceeds maximum length", true),
            ("Total tokens of image and text exceed max message tokens", true),
            (
                "Unable to submit request because the input token count is 1200000 but the model only supports up to 1048576. Reduce the input token count and try again.",
                true,
            ),
            ("输入内容的长度超过了模型限制", true),
            ("请求的 token 超出模型上下文窗口", true),
            ("prompt 超长", true),
            ("对话上下文过长，请清理", true),
            ("rate limit: input tokens exceed 40000 tokens per minute", false),
            ("请求频率超过限制，请减少上下文", false),
            ("window of context: a film review", false),
            ("max_tokens is too large: 999999", false),
            ("max_tokens exceeds the limit of the model", false),
            ("Invalid 'messages[1].name': string too long. Expected a string with maximum length 64", false),
            ("Invalid 'input[0].id': string too long. Expected a string with maximum length 64", false),
            ("400 status code (no body)", false),
            ("", false),
        ];
        for (text, overflow) in cases {
            assert_eq!(is_context_overflow(&words(text)), overflow, "{text}");
        }
    }

    #[test]
    fn a_request_above_a_limit_is_distinguished_from_one_too_many() {
        for (text, over) in [
            ("on tokens per minute (TPM): limit 6000, requested 7000, please reduce", true),
            ("tokens per min (tpm): limit: 30,000 / requested: 64,711", true),
            ("requested 7000 tokens, but the limit is reached: limit=6000", true),
            ("request too large for model m on tokens per minute", true),
            ("you requested about 64,711 tokens (tpm), which is above the limit of 30,000", true),
            ("limit for m-4 reached: requested 7000", false),
            ("limit 30000, used 29000, requested 2000", false),
            ("limit 3, used 3, requested 1. please try again in 20s.", false),
            ("limit 6000, requested 6000", false),
            ("rate limit reached", false),
            ("request entity too large", false),
        ] {
            assert_eq!(is_over_limit(text, &words(text)), over, "{text}");
        }
    }

    #[test]
    fn the_recorded_texts_are_distinguished() {
        let Some(corpus) = corpora::json("tables/context-overflow.json") else { return };
        let mut seen = 0;
        for case in corpus["cases"].as_array().unwrap() {
            let text = case["message"].as_str().unwrap();
            // The same text is recorded with both verdicts.
            if !text.contains("(no body)") {
                assert_eq!(
                    is_context_overflow(&words(text)),
                    case["context_overflow"].as_bool().unwrap(),
                    "{text}"
                );
                seen += 1;
            }
        }
        assert!(seen >= 20, "{seen}");
    }
}
