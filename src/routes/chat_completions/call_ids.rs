//! Which ids of tool calls the vendor of a model accepts [80].
//!
//! A conversation that changed models has ids that the next vendor refuses, and a vendor that accepts all of them must
//! get its own back as they were. Only the model's name says who will read the request.

use crate::history::{IdRule, NameRule};
use crate::text_search::after_last;

/// Parts of names of models, and the rule of their vendor. The first in the name counts.
const VENDORS: [(&str, IdRule); 5] = [
    ("claude", ANTHROPIC),
    ("anthropic", ANTHROPIC),
    // Bedrock has Anthropic's rule for all models, and Amazon's own are served nowhere else.
    ("nova-", ANTHROPIC),
    // Mistral, Ministral, Magistral, Codestral and Devstral: "must be a-z, A-Z, 0-9, with a length of 9".
    ("stral", MISTRAL),
    // Mixtral, Pixtral and Voxtral.
    ("xtral", MISTRAL),
];

/// `^[a-zA-Z0-9_-]+$`, of at most 64 on Bedrock and Vertex, and no id twice.
const ANTHROPIC: IdRule = IdRule::Within(NameRule { longest: 64, punctuation: "_-", letter_first: false });

/// "Expected a string with maximum length 40".
const OPENAI: IdRule = IdRule::Within(NameRule { longest: 40, punctuation: "_-", letter_first: false });

const MISTRAL: IdRule = IdRule::Exactly(9);

/// The rule for a model's ids.
pub(super) fn rule(model: &str) -> IdRule {
    let name = model.as_bytes();
    // In one pass and without a copy in lower case, since each request takes it.
    for (at, byte) in name.iter().enumerate() {
        // The first letters of the parts: comparing each part at each letter took a tenth of a short request.
        if !matches!(byte | 0x20, b'c' | b'a' | b'n' | b's' | b'x') {
            continue;
        }
        let rest = name.get(at..).unwrap_or_default();
        let begins = |part: &str| {
            rest.get(..part.len()).is_some_and(|found| found.eq_ignore_ascii_case(part.as_bytes()))
        };
        if let Some((_, rule)) = VENDORS.iter().find(|(part, _)| begins(part)) {
            return *rule;
        }
    }
    if is_of_openai(after_last(model, b'/')) { OPENAI } else { IdRule::Any }
}

/// `gpt-oss` is not among them: its servers are vLLM and the like, which make ids of 46 characters and accept any.
fn is_of_openai(name: &str) -> bool {
    let after = |prefix: &str| {
        let (begin, rest) = name.split_at_checked(prefix.len())?;
        begin.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    let number = after("chatgpt-").or_else(|| after("gpt-")).or_else(|| after("o"));
    number.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn every_part_is_found_by_its_first_letter() {
        for (part, expected) in VENDORS {
            for model in [part.to_string(), part.to_uppercase(), std::format!("x/{part}1")] {
                assert_eq!(rule(&model), expected, "{model}");
            }
        }
    }

    #[test]
    fn the_vendor_of_the_model_decides() {
        for (rule_of, models) in [
            (ANTHROPIC, &["claude-opus-5", "anthropic/Claude-Sonnet-4", "us.amazon.nova-pro-v1:0"][..]),
            (MISTRAL, &["mistral-large-latest", "mistralai/Magistral-Small", "pixtral-12b", "codestral"]),
            (
                OPENAI,
                &["gpt-5.4", "openai/gpt-4o", "GPT-4.1", "chatgpt-4o-latest", "ChatGPT-5", "o3", "O4-mini"],
            ),
            (
                IdRule::Any,
                &["kimi-k2-0905", "gemini-3-pro", "deepseek-chat", "gpt-oss-120b", "m", "olmo-3", "o", ""],
            ),
        ] {
            for model in models {
                assert_eq!(rule(model), rule_of, "{model}");
            }
        }
    }
}
