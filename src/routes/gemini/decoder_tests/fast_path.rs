use super::*;

const USAGE: &str = r#"{"promptTokenCount":17,"candidatesTokenCount":N,"totalTokenCount":5N}"#;

fn part(part: &str, count: usize, more: &str) -> String {
    let usage = USAGE.replace('N', &std::string::ToString::to_string(&count));
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{part}],"role":"model"}},"index":0{more}}}],"usageMetadata":{usage},"modelVersion":"m","responseId":"r"}}"#
    )
}

/// The same chunks with a new field in each, so that none repeats another.
fn unlike(chunks: &[String]) -> Vec<String> {
    let new = |(at, chunk): (usize, &String)| format!(r#"{{"x{at}":0,{}"#, &chunk[1..]);
    chunks.iter().enumerate().map(new).collect()
}

#[test]
fn a_chunk_that_is_compared_comes_to_the_same_as_one_that_is_parsed() {
    let text = r#"{"text":"T"}"#;
    let parts = [
        r#"{"text":"plain"}"#,
        r#"{"text":"a \"b\" \n \\"}"#,
        r#"{"text":"\ud83d"}"#,
        r#"{"text":"\ude00"}"#,
        r#"{"text":""}"#,
        text,
        r#"{"text":"x","thought":true}"#,
        r#"{"text":"y","thought":true}"#,
        r#"{"text":"z","thought":true,"thoughtSignature":"S"}"#,
        text,
        r#"{"text":"signed","thoughtSignature":"S"}"#,
        text,
        r#"{"text":"é😀"}"#,
        r#"{"text":"a"},{"text":"b"}"#,
        text,
        r#"{"functionCall":{"name":"f","args":{}}}"#,
        text,
        text,
    ];
    let mores = [
        "",
        r#","groundingMetadata":{}"#,
        r#","citationMetadata":{"citations":[{"uri":"1"}]}"#,
        r#","finishReason":"STOP""#,
    ];
    for more in mores {
        let mut chunks: Vec<_> =
            parts.iter().enumerate().map(|(at, part)| self::part(part, 7 + at * at, more)).collect();
        chunks.push(self::part(text, 9_999, STOP));
        let (fast, slow) = (stream(&chunks), stream(&unlike(&chunks)));
        assert_eq!(fast.events, slow.events, "{more}");
        assert_eq!(fast.error, slow.error);
        let usage = finish(&fast).usage.expect("usage");
        assert_eq!((usage.output, usage.total), (Some(9_999), Some(59_999)));
    }
}

#[test]
fn the_usage_of_the_last_chunk_counts_whichever_way_it_was_read() {
    let text = r#"{"text":"a"}"#;
    for counts in [[1, 20, 300], [300, 20, 1], [9, 10, 9]] {
        let chunks = counts.map(|count| part(text, count, ""));
        let mut all = chunks.to_vec();
        all.push(r#"{"candidates":[{"finishReason":"STOP"}]}"#.into());
        let usage = finish(&stream(&all)).usage.expect("usage");
        assert_eq!(usage.output, Some(counts[2] as u64));
        assert_eq!(usage.raw_json, Some(USAGE.replace('N', &std::string::ToString::to_string(&counts[2]))));
    }
}

#[test]
fn what_may_not_differ_makes_a_chunk_that_is_parsed() {
    let first = part(r#"{"text":"a"}"#, 5, "");
    let second = part(r#"{"text":"b"}"#, 6, "");
    for (from, to, text, kind_of_error) in [
        // Another candidate, an error, and half a chunk.
        ("\"index\":0", "\"index\":1", "ac", None),
        (
            "\"responseId\"",
            "\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"},\"responseId\"",
            "a",
            Some(ErrorKind::Overloaded),
        ),
        ("\"responseId\":\"r\"}", "\"responseId\":\"r\"", "ac", None),
        ("\"text\":\"b\"", "\"text\":\"b\\u12\"", "ac", None),
        ("\"text\":\"b\"", "\"text\":\"b\tb\"", "ac", None),
    ] {
        let changed = second.replacen(from, to, 1);
        assert_ne!(changed, second, "{from}");
        let reading = stream(&[first.clone(), changed, part(r#"{"text":"c"}"#, 7, STOP)]);
        assert_eq!(content(&reading).text, text, "{to}");
        assert_eq!(kind(&reading), kind_of_error, "{to}");
    }
}
