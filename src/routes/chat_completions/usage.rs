//! Token counts, in the vendors' spellings [12].
//!
//! Counts may be numbers, floats or strings. A count that is missing stays unknown: 0 would look like a free request.

use alloc::borrow::ToOwned;

use crate::contract::Usage;
use crate::json::{Raw, RawValue, fields, float, parse, unsigned};

/// The usage in a JSON object; `None` where it is not an object.
pub(super) fn usage(json: &str) -> Option<Usage> {
    let raw = parse(json).ok()?;
    let [prompt, input, completion, output, total, reasoning, cost, input_details, output_details] = fields(
        raw,
        [
            // OpenAI's name, and then that of gateways which pass on Anthropic's counts.
            "prompt_tokens",
            "input_tokens",
            "completion_tokens",
            "output_tokens",
            "total_tokens",
            "reasoning_tokens",
            // OpenRouter's charge, in its own credits.
            "cost",
            "prompt_tokens_details",
            "completion_tokens_details",
        ],
    )?;
    let (input, total) = (first([prompt, input]), unsigned(total));
    let [detailed] = within(output_details, ["reasoning_tokens"]);
    let reasoning = first([detailed, reasoning]);
    Some(Usage {
        input,
        output: with_reasoning(first([completion, output]), reasoning, input, total),
        total,
        cache_read: cache_read(raw, input_details),
        cache_write: cache_write(raw, input_details),
        reasoning,
        billed: float(cost),
        currency: None,
        // For counts that the contract has no field for. A host can then bill by what the vendor reported.
        raw_json: Some(json.to_owned()),
    })
}

fn cache_read(raw: RawValue<'_>, details: Raw<'_>) -> Option<u64> {
    // DeepSeek's, Moonshot's and Anthropic's names, beside the counts of the prompt.
    let names = ["prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"];
    first(within(details, ["cached_tokens"])).or_else(|| first(within(Some(raw), names)))
}

fn cache_write(raw: RawValue<'_>, details: Raw<'_>) -> Option<u64> {
    let within_details = ["cache_write_tokens", "cached_creation_tokens", "cache_creation_tokens"];
    let beside = ["cache_creation_input_tokens", "cache_write_tokens"];
    // By how long they are kept; both together are what was written.
    let by_age = ["claude_cache_creation_5_m_tokens", "claude_cache_creation_1_h_tokens"];
    first(within(details, within_details))
        .or_else(|| first(within(Some(raw), beside)))
        .or_else(|| within(Some(raw), by_age).into_iter().filter_map(unsigned).reduce(u64::saturating_add))
}

/// Fields of an object; all missing where there is none.
fn within<'a, const N: usize>(raw: Raw<'a>, names: [&str; N]) -> [Raw<'a>; N] {
    raw.and_then(|raw| fields(raw, names)).unwrap_or([None; N])
}

/// The first number that is there. 0 is a number, while an unknown count stays `None`.
fn first<const N: usize>(fields: [Raw<'_>; N]) -> Option<u64> {
    fields.into_iter().find_map(unsigned)
}

/// The contract counts reasoning within the output. xAI does not, which shows in its total: a host that shows costs would
/// leave out most of a reasoning model's bill.
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
    Some(if input.checked_add(apart) == Some(total) { apart } else { output })
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
