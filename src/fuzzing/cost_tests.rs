//! Bodies of some megabytes that once cost too much, or whose kind did.

use super::*;

const MEGABYTE: usize = 1 << 20;

/// A stream of deltas, each of which has these fields.
fn deltas(fields: &str, bytes: usize) -> Vec<u8> {
    let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n");
    event.repeat(bytes.div_ceil(event.len())).into_bytes()
}

/// A whole response whose message has one field, whose value repeats an item.
fn whole(before: &str, item: &str, after: &str, bytes: usize) -> Vec<u8> {
    let items = item.repeat(bytes / item.len());
    [r#"{"choices":[{"message":{"#, before, &items, after, r#"},"finish_reason":"stop"}]}"#]
        .concat()
        .into_bytes()
}

/// The bodies, each about this long.
fn responses(bytes: usize) -> Vec<(&'static str, Vec<u8>)> {
    let line = |field: &str, item: &str, after: &str| {
        // The longest line is one megabyte.
        let items = item.repeat(MEGABYTE * 9 / 10 / item.len());
        deltas(&format!("{field}{items}{after}"), bytes)
    };
    vec![
        ("blanks, a long line", whole("\"content\":\"", " ", "\"", bytes)),
        ("blanks, 16 each", deltas(r#""content":"                ""#, bytes)),
        ("blanks, one each", deltas(r#""content":"\n""#, bytes)),
        ("half a tag each", deltas(r#""content":"<""#, bytes)),
        (
            "reasoning of halves of an end",
            [deltas(r#""content":"<think>""#, 1), deltas(r#""content":"</</""#, bytes)].concat(),
        ),
        ("numbers as content", whole("\"content\":[", "1,", "1]", bytes)),
        ("numbers as calls", whole("\"tool_calls\":[", "1,", "1]", bytes)),
        ("empty calls", whole("\"tool_calls\":[", "{},", "{}]", bytes)),
        ("empty calls in a line", line("\"tool_calls\":[", "{},", "{}]")),
        ("numbers as details", whole("\"reasoning_details\":[", "1,", "1]", bytes)),
        ("numbers as blocks", whole("\"thinking_blocks\":[", "1,", "1]", bytes)),
        ("parts of text", whole("\"content\":[", r#"{"text":"a"},"#, "1]", bytes)),
        (
            "parts in turn",
            whole("\"content\":[", r#"{"text":"a"},{"type":"thinking","thinking":"a"},"#, "1]", bytes),
        ),
        ("control characters", whole("\"content\":\"", r"\u0001", "\"", bytes)),
        ("control characters as reasoning", whole("\"reasoning\":\"", r"\u0001", "\"", bytes)),
        ("halves of pairs", whole("\"content\":\"", r"\ud83d", "\"", bytes)),
        ("depth", whole("\"x\":", "[", "", bytes)),
        ("names", whole("\"x\":{", "\"a\":1,", "\"b\":1}", bytes)),
        ("choices", deltas(r#""content":"a"}},{"index":1,"delta":{"content":"b""#, bytes)),
        ("usage", deltas(r#""content":""}}],"usage":{"total_tokens":1},"x":[{"y":{"z":0"#, bytes)),
        (
            "arguments",
            deltas(
                r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":1"}}]"#,
                bytes,
            ),
        ),
        ("signatures", deltas(r#""reasoning":"a","signature":"s""#, bytes)),
        ("comments", ": PING\n\n".repeat(bytes / 8).into_bytes()),
        ("empty data", "data:\n".repeat(bytes / 6).into_bytes()),
        (
            "no UTF-8",
            whole("\"content\":\"", "?", "\"", bytes)
                .iter()
                .map(|byte| if *byte == b'?' { 0xFF } else { *byte })
                .collect(),
        ),
        ("an error", [b"{\"error\":{\"message\":\"", &vec![b'a'; bytes][..], b"\"}}"].concat()),
        ("brackets in an error", [b"{\"error\":{\"message\":\"", &vec![b'['; bytes][..], b"\"}}"].concat()),
    ]
}

#[test]
fn a_response_costs_no_more_than_its_length_allows() {
    // Of this length a list that takes a slot for each number exceeds the bound.
    for (name, body) in responses(2 * MEGABYTE) {
        for choice in [1, 22] {
            let cost = measure(|| read(&ROUTES[0], &body, choice));
            RESPONSE.check(cost, body.len(), &format!("{name}, {choice}"));
        }
    }
}

#[test]
fn four_times_the_response_costs_four_times_as_much() {
    for ((name, one), (_, four)) in responses(MEGABYTE / 4).into_iter().zip(responses(MEGABYTE)) {
        let [one, four] = [one, four].map(|body| {
            let cost = measure(|| read(&ROUTES[0], &body, 0));
            [cost.scanned, cost.taken].map(|cost| cost as f64 / body.len() as f64)
        });
        println!("{name}: {one:.1?} a byte, {four:.1?} in four times the response");
        for (one, four) in one.into_iter().zip(four) {
            assert!(
                four <= one * 1.3 + 1.0,
                "{name}: {one} for each byte, and {four} where there are four times as many"
            );
        }
    }
}

/// Rows of a list of this many bytes.
fn rows(row: &str, bytes: usize) -> Vec<u8> {
    let rows: String = (0..bytes / row.len()).map(|at| row.replace('#', &at.to_string())).collect();
    format!("{{\"data\":[{rows}{{}}]}}").into_bytes()
}

#[test]
fn a_list_of_models_costs_no_more_than_its_length_allows() {
    let size = 2 * MEGABYTE;
    let wide = |field: &str, item: &str| {
        format!("{{\"data\":[{{\"id\":\"a\",\"{field}\":[{}1]}}]}}", item.repeat(size / item.len()))
            .into_bytes()
    };
    for (name, body) in [
        ("numbers", format!("[{}1]", "1,".repeat(size / 2)).into_bytes()),
        ("empty rows", rows("{},", size)),
        ("short rows", rows(r#"{"id":"m#"},"#, size)),
        ("the same row", rows(r#"{"id":"gpt-5"},"#, size)),
        ("endpoints", wide("supported_endpoint_types", "1,")),
        ("named endpoints", wide("supported_endpoint_types", "\"openai\",")),
        ("features", wide("features", "\"text-to-text\",")),
        ("long ids", rows(&format!(r#"{{"id":"m#{}"}},"#, "x".repeat(250)), size)),
        ("depth", ["{\"data\":".as_bytes(), &vec![b'['; size]].concat()),
    ] {
        let cost = measure(|| {
            let refused = |_: &str| crate::errors::invalid_request("refused");
            let key_list = KeyList::parse(&body, &refused).ok();
            let public_list = PublicList::parse(&body, &refused).ok();
            merge(key_list.as_ref(), public_list.as_ref(), &BuiltIn::load());
        });
        println!("{name}: {cost:?}");
        LIST.check(cost, 2 * body.len(), name);
    }
}
