//! A chunk that is like the one before makes the events that it would make alone.

use super::*;
use crate::response::Decoder;

/// The same stream with something new in each chunk, so that none is like another.
fn unlike(data: &[&str]) -> Vec<String> {
    let with_number = |(at, data): (usize, &&str)| match data.strip_prefix("{\"") {
        Some(rest) => std::format!("{{\"nonce\":{at},\"{rest}"),
        None => data.to_string(),
    };
    data.iter().enumerate().map(with_number).collect()
}

fn same_alone(data: &[&str]) {
    let alone = unlike(data);
    let alone: Vec<&str> = alone.iter().map(String::as_str).collect();
    for reasoning_text in [true, false] {
        let [found, expected] =
            [data, &alone].map(|data| decode_with(&[stream(data).as_bytes()], reasoning_text));
        assert_eq!(found.events, expected.events, "{data:?}");
        assert_eq!(found.error.is_some(), expected.error.is_some(), "{data:?}");
    }
}

/// Every kind of delta, and texts that begin, end, and cut in two what others begin or end.
const DELTAS: &[&str] = &[
    r#"{"content":"a"}"#,
    r#"{"content":"b c"}"#,
    r#"{"content":""}"#,
    r#"{"content":null}"#,
    r#"{"content":"é\n\"好"}"#,
    r#"{"content":"\ud83d"}"#,
    r#"{"content":"\ude00"}"#,
    r#"{"content":"<think>"}"#,
    r#"{"content":"</think>"}"#,
    r#"{"content":"a","content":"b"}"#,
    r#"{"content":["a"]}"#,
    r#"{"content":"a","refusal":"no"}"#,
    r#"{"content":"a","reasoning_content":"r"}"#,
    r#"{"content":"","reasoning_content":"r"}"#,
    r#"{"content":"","reasoning_content":"s\\"}"#,
    r#"{"reasoning":"r"}"#,
    r#"{"reasoning":"r","reasoning_details":[{"text":"r","signature":"s"}]}"#,
    r#"{"reasoning_text":"r","signature":"s"}"#,
    r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"#,
    r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#,
    r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#,
    r#"{"tool_calls":[{"index":1,"function":{"arguments":"1}"}}]}"#,
    r#"{"tool_calls":[{"function":{"arguments":"2"}}]}"#,
    r#"{"tool_calls":[{"function":{"arguments":{"x":1}}}]}"#,
    r#"{"tool_calls":[{"function":{"arguments":"2"}},{"index":1,"function":{"arguments":"3"}}]}"#,
    r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"},"extra_content":{"s":1}}]}"#,
    r#"{"function_call":{"arguments":"4"}}"#,
    r#"{"content":"a","function_call":{"name":"f","arguments":"4"}}"#,
    r#"{"annotations":[1]}"#,
];

#[test]
fn a_chunk_like_the_one_before_means_what_it_would_mean_alone() {
    let mut seed = 11_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let other_choice = r#"{"choices":[{"index":1,"delta":{"content":"a"}}]}"#;
    for _ in 0..4_000 {
        let mut data = Vec::new();
        for _ in 0..1 + random(4) {
            // Runs of the same, since only those are alike.
            let delta = delta(DELTAS[random(DELTAS.len())]);
            data.extend(core::iter::repeat_n(delta, 1 + random(3)));
            match random(12) {
                0 => data.push(other_choice.to_string()),
                1 => data.push("no JSON".to_string()),
                2 => data.push(r#"{"choices":[],"usage":{"total_tokens":3}}"#.to_string()),
                3 => data.push(finish("stop")),
                _ => {}
            }
        }
        data.push(finish("stop"));
        data.push("[DONE]".to_string());
        same_alone(&data.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn what_only_begins_and_ends_like_the_chunk_before_is_read_whole() {
    let first = delta(r#"{"content":"a"}"#);
    for (middle, text) in [
        (r#"b"},"logprobs":{"content":"c"#, "ab"),
        (r#"b","refusal":"c"#, "ab"),
        ("b\u{1}", "a"),
        (r"b\x", "a"),
        (r"b\", "a"),
    ] {
        let second = first.replace(r#""a""#, &std::format!("\"{middle}\""));
        let reading = decode_stream(&[&first, &second, &finish("stop"), "[DONE]"]);
        assert_eq!(reading.content.text, text, "{second}");
        same_alone(&[&first, &second, &first, &finish("stop"), "[DONE]"]);
    }
}

#[test]
fn a_chunk_with_another_tail_or_head_is_read_whole() {
    // Each pair has the same length and differs beside the text alone, so that nothing but the comparison notices.
    let delta_first = |index: u8, text: &str, rest: &str| {
        std::format!(r#"{{"choices":[{{"delta":{{"content":"{text}"{rest}}},"index":{index}}}]}}"#)
    };
    let (first, other_choice) = (delta_first(0, "a", ""), delta_first(1, "b", ""));
    let reading =
        decode_stream(&[&first, &other_choice, &delta_first(0, "c", ""), &finish("stop"), "[DONE]"]);
    assert_eq!(reading.content.text, "ac", "the text of another choice");

    let field = |name: &str, value: u8| delta_first(0, "a", &std::format!(r#","{name}":"{value}""#));
    let (known, refusal) = (field("xxxxxxx", 1), field("refusal", 1));
    let reading = decode_stream(&[&known, &refusal, &finish("stop"), "[DONE]"]);
    assert_eq!((reading.content.text.as_str(), reading.content.refusal.as_str()), ("aa", "1"));

    let finishing = |reason: &str| {
        std::format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"a"}},"finish_reason":{reason}}}]}}"#)
    };
    let reading = decode_stream(&[&finishing("null"), &finishing(r#""ab""#), "[DONE]"]);
    assert_eq!(reading.content.text, "aa");
    assert_eq!(reading.content.finish, Some((FinishReason::Other("ab".into()), Some("ab".into()))));

    let before = |name: &str| std::format!(r#"{{"choices":[{{"index":0,"delta":{{"{name}":"a"}}}}]}}"#);
    let reading = decode_stream(&[&before("content"), &before("refusal"), &finish("stop"), "[DONE]"]);
    assert_eq!((reading.content.text.as_str(), reading.content.refusal.as_str()), ("a", "a"));
}

/// A chunk with a text and a usage after it, as vendors write that count the tokens in each chunk.
fn counted(text: &str, usage: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}],"usage":{usage},"x":1}}"#)
}

#[test]
fn a_usage_in_every_chunk_counts_as_it_would_alone() {
    let usages = [
        r#"{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}"#,
        r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#,
        r#"{"prompt_tokens":9,"completion_tokens":100,"total_tokens":109}"#,
        r#"{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}"#,
        r#"{"prompt_tokens":9,"completion_tokens":3}"#,
        r#"{"prompt_tokens":09,"completion_tokens":3,"total_tokens":12}"#,
        r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"cost":0.05}"#,
        r#"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"cost":0.125}"#,
        r#"{"prompt_tokens":9,"a":"\u1041","total_tokens":9}"#,
        r#"{"prompt_tokens":9,"a":"\u141","total_tokens":9}"#,
        "null",
        "{}",
        "1",
    ];
    let texts =
        [r#""a""#, r#""b \"c\\\" d""#, r#""""#, r#""好""#, r#""e","usage":{"total_tokens":7},"y":"f""#];
    for (one, other) in usages.iter().flat_map(|one| usages.map(|other| (*one, other))) {
        for text in texts {
            let [first, second, third] =
                [(texts[0], one), (text, other), (texts[0], one)].map(|(text, usage)| counted(text, usage));
            same_alone(&[&first, &first, &second, &third, &second, &finish("stop"), "[DONE]"]);
        }
    }
}

/// How often each byte of a stream is read: of these chunks, and then of many that differ in the text alone.
fn passes(before: &[String], chunk: impl Fn(usize) -> String) -> f64 {
    let mut data = before.to_vec();
    data.extend((0..200).map(chunk));
    data.extend([finish("stop"), "[DONE]".to_string()]);
    let body = stream(&data.iter().map(String::as_str).collect::<Vec<_>>());
    let cost = crate::scanned::count(|| drop(decode(&[body.as_bytes()])));
    cost as f64 / body.len() as f64
}

#[test]
fn chunks_like_the_one_before_are_not_parsed() {
    // A chunk that is parsed takes at least 3.9 passes over such a text.
    let text = |at: usize| std::format!(r#"{at:04} {}"#, "the river runs past the mill ".repeat(36));
    let none: &[String] = &[];
    for fields in ["content", "reasoning_content", "reasoning", "reasoning_text"] {
        let cost = passes(none, |at| delta(&std::format!(r#"{{"{fields}":"{}"}}"#, text(at))));
        assert!(cost < 3.1, "{fields}: {cost}");
    }
}

#[test]
fn after_sixteen_chunks_without_a_repetition_none_is_kept() {
    let text =
        |at: usize| delta(&std::format!(r#"{{"content":"{at:04} {}"}}"#, "the river runs ".repeat(60)));
    let unlike: Vec<String> = (0..16)
        .map(|at| std::format!(r#"{{"nonce":{at},"choices":[{{"delta":{{"content":"a"}}}}]}}"#))
        .collect();
    let [few, many] = [&unlike[1..], &unlike].map(|before| passes(before, text));
    assert!(few < 3.1 && many > 3.5, "{few} and {many}");
}

#[test]
fn an_empty_text_is_no_progress() {
    let mut decoder = ChatDecoder::new(context(true));
    let mut out = Assembler::default();
    let mut progress = |text: &str| {
        let chunk = delta(&std::format!(r#"{{"content":"{text}"}}"#));
        decoder.event("", chunk.as_bytes(), &mut out).expect("a chunk");
        decoder.progress_count()
    };
    assert_eq!(["a", "b", "", "c"].map(&mut progress), [1, 2, 2, 3]);
}

#[test]
fn a_usage_of_the_choice_is_added_after_the_one_of_the_chunk() {
    let chunk = |count: u8| {
        std::format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"a"}},"usage":{{"total_tokens":7}}}}],"usage":{{"total_tokens":{count}}}}}"#
        )
    };
    same_alone(&[&chunk(1), &chunk(2), &chunk(3), &finish("stop"), "[DONE]"]);
}

#[test]
fn text_that_is_no_utf_8_is_replaced_in_every_chunk() {
    let chunk = delta(r#"{"content":"a"}"#);
    let broken = stream(&[&chunk, &chunk]).replacen("\"a\"", "\"b\u{1}\u{1}\"", 2).into_bytes();
    let broken: Vec<u8> = broken.iter().map(|byte| if *byte == 1 { 0xFF } else { *byte }).collect();
    let body =
        [stream(&[&chunk]).as_bytes(), &broken, stream(&[&finish("stop"), "[DONE]"]).as_bytes()].concat();
    assert_eq!(decode(&[&body]).content.text, "ab\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}");
}
