//! Token counts, in the vendors' spellings [12].

use alloc::borrow::ToOwned;

use serde::Deserialize;

use crate::contract::Usage;
use crate::json::{Object, Raw, float, unsigned};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireUsage<'a> {
    #[serde(borrow)]
    prompt_tokens: Raw<'a>,
    #[serde(borrow)]
    completion_tokens: Raw<'a>,
    #[serde(borrow)]
    input_tokens: Raw<'a>,
    #[serde(borrow)]
    output_tokens: Raw<'a>,
    #[serde(borrow)]
    total_tokens: Raw<'a>,
    #[serde(borrow)]
    prompt_tokens_details: Object<InputDetails<'a>>,
    #[serde(borrow)]
    completion_tokens_details: Object<OutputDetails<'a>>,
    #[serde(borrow)]
    prompt_cache_hit_tokens: Raw<'a>,
    #[serde(borrow)]
    cached_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_read_input_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_creation_input_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_write_tokens: Raw<'a>,
    #[serde(borrow)]
    claude_cache_creation_5_m_tokens: Raw<'a>,
    #[serde(borrow)]
    claude_cache_creation_1_h_tokens: Raw<'a>,
    #[serde(borrow)]
    reasoning_tokens: Raw<'a>,
    #[serde(borrow)]
    cost: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails<'a> {
    #[serde(borrow)]
    cached_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_write_tokens: Raw<'a>,
    #[serde(borrow)]
    cached_creation_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_creation_tokens: Raw<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails<'a> {
    #[serde(borrow)]
    reasoning_tokens: Raw<'a>,
}

/// The usage that a JSON object tells; nothing where it is no object.
pub(super) fn usage(json: &str) -> Option<Usage> {
    let wire = serde_json::from_str::<Object<WireUsage<'_>>>(json).ok()?.0?;
    let input_details = wire.prompt_tokens_details.0.unwrap_or_default();
    let output_details = wire.completion_tokens_details.0.unwrap_or_default();
    let input = first([wire.prompt_tokens, wire.input_tokens]);
    let told_output = first([wire.completion_tokens, wire.output_tokens]);
    let total = unsigned(wire.total_tokens);
    let reasoning = first([output_details.reasoning_tokens, wire.reasoning_tokens]);
    let written = [wire.claude_cache_creation_5_m_tokens, wire.claude_cache_creation_1_h_tokens];
    Some(Usage {
        input,
        output: with_reasoning(told_output, reasoning, input, total),
        total,
        cache_read: first([
            input_details.cached_tokens,
            wire.prompt_cache_hit_tokens,
            wire.cached_tokens,
            wire.cache_read_input_tokens,
        ]),
        cache_write: first([
            input_details.cache_write_tokens,
            input_details.cached_creation_tokens,
            input_details.cache_creation_tokens,
            wire.cache_creation_input_tokens,
            wire.cache_write_tokens,
        ])
        .or_else(|| written.into_iter().filter_map(unsigned).reduce(u64::saturating_add)),
        reasoning,
        billed: float(wire.cost),
        currency: None,
        raw_json: Some(json.to_owned()),
    })
}

/// The first number that is there: 0 is a number, and unknown is none.
fn first<const N: usize>(fields: [Raw<'_>; N]) -> Option<u64> {
    fields.into_iter().find_map(unsigned)
}

/// The contract counts reasoning within the output. xAI does not; its own total gives that away.
fn with_reasoning(
    output: Option<u64>,
    reasoning: Option<u64>,
    input: Option<u64>,
    total: Option<u64>,
) -> Option<u64> {
    let (Some(output), Some(reasoning), Some(input), Some(total)) = (output, reasoning, input, total) else {
        return output;
    };
    let apart = output.saturating_add(reasoning);
    Some(if reasoning > 0 && input.checked_add(apart) == Some(total) { apart } else { output })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input, output, total, read from and written to the cache, reasoning.
    type Counts = (Option<u64>, Option<u64>, Option<u64>, Option<u64>, Option<u64>, Option<u64>);

    fn counts(json: &str) -> Counts {
        let usage = usage(json).expect(json);
        assert_eq!(usage.raw_json.as_deref(), Some(json));
        (usage.input, usage.output, usage.total, usage.cache_read, usage.cache_write, usage.reasoning)
    }

    #[test]
    fn each_spelling_is_read() {
        for (json, expected) in [
            (
                r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}"#,
                (Some(9), Some(3), Some(12), Some(4), None, Some(2)),
            ),
            (
                r#"{"prompt_tokens":9,"prompt_cache_hit_tokens":8}"#,
                (Some(9), None, None, Some(8), None, None),
            ),
            (r#"{"cached_tokens":0}"#, (None, None, None, Some(0), None, None)),
            (
                r#"{"cache_creation_input_tokens":5,"cache_read_input_tokens":6}"#,
                (None, None, None, Some(6), Some(5), None),
            ),
            (r#"{"cache_write_tokens":5}"#, (None, None, None, None, Some(5), None)),
            (
                r#"{"claude_cache_creation_5_m_tokens":5,"claude_cache_creation_1_h_tokens":2}"#,
                (None, None, None, None, Some(7), None),
            ),
            (
                r#"{"prompt_tokens":"9","completion_tokens":3.0,"total_tokens":-1}"#,
                (Some(9), Some(3), None, None, None, None),
            ),
            (
                r#"{"prompt_tokens":null,"prompt_tokens_details":null,"completion_tokens":[]}"#,
                (None, None, None, None, None, None),
            ),
            (r#"{"input_tokens":1,"output_tokens":2}"#, (Some(1), Some(2), None, None, None, None)),
        ] {
            assert_eq!(counts(json), expected, "{json}");
        }
        assert!(usage("null").is_none() && usage("[]").is_none());
    }

    #[test]
    fn reasoning_counted_apart_from_the_output_is_counted_in() {
        let apart = r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":312,"completion_tokens_details":{"reasoning_tokens":300}}"#;
        assert_eq!(counts(apart).1, Some(302));
        let within = r#"{"prompt_tokens":10,"completion_tokens":302,"total_tokens":312,"completion_tokens_details":{"reasoning_tokens":300}}"#;
        assert_eq!(counts(within).1, Some(302));
    }
}
