//! Whether an error text says that the request is too long for the model.
//!
//! Few providers have a code for it, and a gateway passes on the texts of all of them. A host decides by it whether
//! to compact the conversation: a false yes loses history, and a false no ends the session, since every further
//! request is as long.

use crate::text_search::{contains, split_once};

/// A row matches where the text contains all its pieces, in this order, in lower case.
const TOO_LONG: &[&[&str]] = &[
    // Codes that gateways write into the text: OpenAI's, and that of LiteLLM.
    &["context_length_exceeded"],
    &["context_window_exceeded"],
    &["contextwindowexceedederror"],
    // In both orders, because vendors say "exceeds the context window" as well as "the context window is exceeded".
    &["exceed", "context window"],
    &["exceed", "context length"],
    &["exceed", "context size"],
    &["exceed", "context limit"],
    &["context window", "exceed"],
    &["context length", "exceed"],
    &["context size", "exceed"],
    &["context limit", "exceed"],
    &["maximum context length"],
    &["greater than the context length"],
    &["maximum prompt length"],
    // Anthropic's, and that of servers which imitate it.
    &["prompt is too long"],
    &["prompt too long"],
    &["prompt has", "tokens", "context size is"],
    &["prompt token count", "exceeds the limit"],
    &["prompt tokens", "exceed model maximum"],
    &["input is too long"],
    &["input length", "exceeds the maximum"],
    &["input token count", "exceeds the maximum"],
    &["input tokens exceed"],
    &["range of input length should be"],
    &["exceeded model token limit"],
    &["reduce the length of the messages"],
    &["reduce the length of the prompt"],
    &["please reduce your prompt"],
    // Chinese: "context too long", "over the context", "prompt too long", "input too long".
    &["上下文", "过长"],
    &["上下文", "超"],
    &["超", "上下文"],
    &["提示词过长"],
    &["prompt", "超长"],
    &["输入", "过长"],
    &["输入", "长度", "超"],
    &["输入", "超", "长度"],
    &["token数", "超"],
    &["超", "最大", "token 数"],
];

/// Texts that count tokens as well, but those of a minute: a shorter conversation would not help, waiting does.
const TOO_MANY_PER_MINUTE: &[&str] =
    &["rate limit", "too many requests", "throttl", "tokens per min", "tokens per day", "速率", "频率"];

/// Whether `text`, in lower case, says that the context is exceeded.
///
/// A bare "400 status code (no body)" does not count: one provider means an overflow by it and another anything
/// at all. It stays an invalid request.
pub fn is_context_overflow(text: &str) -> bool {
    !TOO_MANY_PER_MINUTE.iter().any(|phrase| contains(text, phrase))
        && TOO_LONG.iter().any(|pieces| has_in_order(text, pieces))
}

fn has_in_order(text: &str, pieces: &[&str]) -> bool {
    // In this order, since the words alone are frequent: "input" and "exceed" occur in most errors about limits.
    let mut rest = text;
    pieces.iter().all(|piece| match split_once(rest, piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpora;

    #[test]
    fn our_own_samples_are_distinguished() {
        let cases = [
            ("this model's maximum prompt length is 131072 but the request contains 537812 tokens", true),
            ("range of input length should be [1, 30720]", true),
            ("输入内容的长度超过了模型限制", true),
            ("请求的 token 超出模型上下文窗口", true),
            ("prompt 超长", true),
            ("对话上下文过长，请清理", true),
            ("rate limit: input tokens exceed 40000 tokens per minute", false),
            ("请求频率超过限制，请减少上下文", false),
            ("window of context: a film review", false),
            ("max_tokens is too large: 999999", false),
            ("400 status code (no body)", false),
            ("", false),
        ];
        for (text, overflow) in cases {
            assert_eq!(is_context_overflow(text), overflow, "{text}");
        }
    }

    #[test]
    fn every_row_decides_for_some_text() {
        for (row, pieces) in TOO_LONG.iter().enumerate() {
            let text = pieces.join(" ");
            let first = TOO_LONG.iter().position(|other| has_in_order(&text, other));
            assert_eq!(first, Some(row), "{text:?} is found by row {first:?} already");
        }
    }

    #[test]
    fn the_recorded_texts_are_distinguished() {
        let Some(corpus) = corpora::json("tables/context-overflow.json") else { return };
        let mut seen = 0;
        for case in corpus["cases"].as_array().unwrap() {
            let text = case["message"].as_str().unwrap().to_lowercase();
            // The same text is recorded with both verdicts.
            if !text.contains("(no body)") {
                assert_eq!(is_context_overflow(&text), case["context_overflow"].as_bool().unwrap(), "{text}");
                seen += 1;
            }
        }
        assert!(seen >= 20, "{seen}");
    }
}
