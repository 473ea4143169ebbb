use super::*;
use std::format;
use std::vec::Vec;

/// Input, output, total, read from and written to the cache, reasoning.
type Row = (Option<u64>, Option<u64>, Option<u64>, Option<u64>, Option<u64>, Option<u64>);

fn usage(objects: &[&str]) -> Option<Usage> {
    let mut report = UsageReport::default();
    objects.iter().for_each(|json| report.add(json));
    report.take()
}

fn counts(json: &str) -> Row {
    let usage = usage(&[json]).expect(json);
    assert_eq!(usage.raw_json.as_deref(), Some(json));
    row(&usage)
}

fn row(usage: &Usage) -> Row {
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
            r#"{"input_tokens":9,"output_tokens":3,"total_tokens":12,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":2}}"#,
            (Some(9), Some(3), Some(12), Some(4), None, Some(2)),
        ),
        (r#"{"prompt_tokens":9,"prompt_cache_hit_tokens":8}"#, (Some(9), None, None, Some(8), None, None)),
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
            r#"{"cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":2}}"#,
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
        // Gateways that know both names fill the one that they do not use with 0.
        (
            r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"input_tokens":0,"output_tokens":0,"input_tokens_details":null}"#,
            (Some(9), Some(3), Some(12), None, None, None),
        ),
        (
            r#"{"prompt_tokens":0,"completion_tokens":0,"input_tokens":9,"output_tokens":3}"#,
            (Some(9), Some(3), None, None, None, None),
        ),
    ] {
        assert_eq!(counts(json), expected, "{json}");
    }
    for none in ["null", "[]", "{}", "7", "\"\"", "true"] {
        assert!(usage(&[none]).is_none(), "{none}");
    }
}

/// Usage objects, and the input, output and total that they mean [63].
const BOTH_WAYS: &[(&str, u64, u64, Option<u64>)] = &[
    // Reasoning apart from the output, in it, and apart without a total.
    (
        r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":312,"completion_tokens_details":{"reasoning_tokens":300}}"#,
        10,
        302,
        Some(312),
    ),
    (
        r#"{"prompt_tokens":10,"completion_tokens":302,"total_tokens":312,"completion_tokens_details":{"reasoning_tokens":300}}"#,
        10,
        302,
        Some(312),
    ),
    (r#"{"prompt_tokens":10,"completion_tokens":2,"reasoning_tokens":300}"#, 10, 302, None),
    // Cached tokens within the input.
    (
        r#"{"prompt_tokens":1210,"completion_tokens":5,"total_tokens":1215,"prompt_tokens_details":{"cached_tokens":1000,"cached_creation_tokens":200}}"#,
        1210,
        5,
        Some(1215),
    ),
    // Apart, and the total shows it.
    (
        r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":1215,"prompt_tokens_details":{"cached_tokens":1000,"cached_creation_tokens":200}}"#,
        1210,
        5,
        Some(1215),
    ),
    (
        r#"{"prompt_tokens":2000,"completion_tokens":5,"total_tokens":3005,"prompt_tokens_details":{"cached_tokens":1000}}"#,
        3000,
        5,
        Some(3005),
    ),
    // Apart from the total too. No part can be greater than the whole.
    (
        r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":1000,"cached_creation_tokens":200}}"#,
        1210,
        5,
        Some(1215),
    ),
    (
        r#"{"prompt_tokens":"10","completion_tokens":"5","total_tokens":"15","cache_read_input_tokens":"1000"}"#,
        1010,
        5,
        Some(1015),
    ),
    // Only what was written is apart.
    (
        r#"{"prompt_tokens":1010,"completion_tokens":5,"total_tokens":1215,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":200}}"#,
        1210,
        5,
        Some(1215),
    ),
    (
        r#"{"prompt_tokens":1010,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":200}}"#,
        1210,
        5,
        None,
    ),
    // Anthropic's names and way to count, also where the input is greater than what was cached.
    (
        r#"{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200}"#,
        1210,
        5,
        None,
    ),
    (r#"{"input_tokens":5000,"output_tokens":5,"cache_read_input_tokens":1000}"#, 6000, 5, None),
    // The total of a gateway that counts Anthropic's names as OpenAI does.
    (
        r#"{"input_tokens":1210,"output_tokens":5,"total_tokens":1215,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200}"#,
        1210,
        5,
        Some(1215),
    ),
    // OpenAI's names with Anthropic's beside them, as LiteLLM writes them.
    (
        r#"{"prompt_tokens":1210,"completion_tokens":5,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200}"#,
        1210,
        5,
        None,
    ),
    // Both apart at once.
    (
        r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":1312,"prompt_tokens_details":{"cached_tokens":1000},"completion_tokens_details":{"reasoning_tokens":300}}"#,
        1010,
        302,
        Some(1312),
    ),
    // A total that fits nothing and is large enough is the vendor's own.
    (r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":20}"#, 10, 5, Some(20)),
];

#[test]
fn the_total_decides_whether_cached_tokens_and_reasoning_were_counted_apart() {
    for (json, input, output, total) in BOTH_WAYS {
        let (found_input, found_output, found_total, ..) = counts(json);
        assert_eq!((found_input, found_output, found_total), (Some(*input), Some(*output), *total), "{json}");
    }
}

/// Usage objects in their order, the row that they make, and the object that is handed out.
#[test]
fn usage_in_parts_is_joined_and_zeros_replace_nothing() {
    let whole = r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#;
    let zeros = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
    let split = (Some(9), Some(3), Some(12), None, None, None);
    for (objects, expected, json) in [
        (&[whole, zeros][..], split, whole),
        (&[zeros, whole], split, whole),
        (&[whole, "{}", "null", "[]", r#"{"prompt_tokens":null}"#], split, whole),
        (&[r#"{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}"#, whole], split, whole),
        (
            &[r#"{"prompt_tokens":9}"#, r#"{"completion_tokens":3,"total_tokens":12}"#],
            split,
            r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#,
        ),
        // Each part with a total of its own, and a 0 for what it does not count.
        (
            &[
                r#"{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}"#,
                r#"{"prompt_tokens":0,"completion_tokens":3,"total_tokens":3}"#,
            ],
            split,
            r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":3}"#,
        ),
        // Anthropic's two objects.
        (
            &[
                r#"{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":1000,"output_tokens":1}"#,
                r#"{"output_tokens":5}"#,
            ],
            (Some(1210), Some(5), None, Some(1000), Some(200), None),
            r#"{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":1000,"output_tokens":5}"#,
        ),
        // The details in the first object, which the last one has as zeros.
        (
            &[
                r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":8}}"#,
                r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0}}"#,
            ],
            (Some(9), Some(3), Some(12), Some(8), None, None),
            r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens":3,"total_tokens":12}"#,
        ),
        (&[zeros], (Some(0), Some(0), Some(0), None, None, None), zeros),
    ] {
        let usage = usage(objects).expect("usage");
        assert_eq!((row(&usage), usage.raw_json.as_deref()), (expected, Some(json)), "{objects:?}");
    }
}

#[test]
fn objects_that_are_too_large_to_join_do_not_grow_and_their_counts_are_joined_all_the_same() {
    let mut report = UsageReport::default();
    for at in 0..1000 {
        report.add(&format!(r#"{{"prompt_tokens":9,"x{at}":"{}"}}"#, "y".repeat(100)));
        report.add(&format!(r#"{{"completion_tokens":3,"z{at}":{at}}}"#));
    }
    let usage = report.take().expect("usage");
    assert_eq!((usage.input, usage.output), (Some(9), Some(3)));
    let json = usage.raw_json.expect("an object");
    assert!(json.len() <= 16 << 10, "{}", json.len());
    assert!(report.is_empty() && report.take().is_none());
}

/// A small generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One usage in every way to write it: the true counts come back, whichever parts are apart, as long as the object has
/// the total or the parts are greater than the whole.
#[test]
fn the_same_usage_is_the_same_in_each_way_to_count_and_to_send_it() {
    let mut dice = Dice(7);
    for _ in 0..20_000 {
        let [read, write] = [5_000, 100].map(|most| dice.below(3).min(1) * dice.below(most));
        let reasoning = dice.below(2) * dice.below(900);
        let (fresh, reply) = (1 + dice.below(900), 1 + dice.below(900));
        let (input, output) = (fresh + read + write, reply + reasoning);
        let (cached_apart, reasoning_apart) = (dice.below(2) == 1, dice.below(2) == 1);
        let sent_input = if cached_apart { fresh } else { input };
        let sent_output = if reasoning_apart { reply } else { output };
        let total = input + output;
        // Sums that are equal by chance have two readings. None of them is the wrong one to choose.
        let parts = [0, write, read, read + write].map(|part| [part, part + reasoning]).concat();
        let missing = total - sent_input - sent_output;
        if parts.iter().filter(|part| **part == missing).count() > 1 && missing > 0 {
            continue;
        }
        let fields = [
            format!(r#""prompt_tokens":{sent_input}"#),
            format!(r#""prompt_tokens_details":{{"cached_tokens":{read},"cache_write_tokens":{write}}}"#),
            format!(r#""completion_tokens":{sent_output}"#),
            format!(r#""total_tokens":"{total}""#),
            format!(r#""completion_tokens_details":{{"reasoning_tokens":{reasoning}}}"#),
        ];
        // Split over one to three objects, some of them twice, and zeros at the end.
        let mut objects: Vec<Vec<&str>> = std::vec![Vec::new(); 1 + dice.below(3) as usize];
        for field in &fields {
            let at = dice.below(objects.len() as u64) as usize;
            objects[at].push(field);
        }
        if dice.below(2) == 1 {
            objects.push(std::vec![r#""prompt_tokens":0,"completion_tokens":0.0,"total_tokens":null"#]);
        }
        let objects: Vec<_> = objects.iter().map(|fields| format!("{{{}}}", fields.join(","))).collect();
        let found = usage(&objects.iter().map(|json| &**json).collect::<Vec<_>>()).expect("usage");
        let (found_input, found_output, found_total, found_read, found_write, found_reasoning) = row(&found);
        assert_eq!(
            (found_input, found_output, found_total),
            (Some(input), Some(output), Some(total)),
            "{objects:?}"
        );
        // An object with nothing but zeros is ignored, also where it is the only one with a count of 0.
        let parts = [found_read, found_write, found_reasoning].map(Option::unwrap_or_default);
        assert_eq!(parts, [read, write, reasoning], "{objects:?}");
        let raw: serde_json::Value = serde_json::from_str(&found.raw_json.expect("an object")).expect("JSON");
        assert_eq!(raw["total_tokens"], total.to_string(), "{objects:?}");
    }
}
