//! The public bug reports of the corpora that this decoder alone decides: each body gives the expected value.

use serde_json::{Value, json};

use super::*;
use crate::corpora;

/// The groups of reports: which call a fragment belongs to, placeholders, double encoding, finish reasons, counts.
const GROUPS: [&str; 7] = ["D01", "D02", "D03", "D04", "D05", "D06", "D10"];

fn check(name: &str, expected: &Value, reading: &Reading) {
    for (key, value) in expected.as_object().expect("an object") {
        let found = match key.as_str() {
            "calls" => {
                let arguments = |text: &Result<String, String>| match text {
                    Ok(object) => serde_json::from_str(object).expect("an object"),
                    Err(raw) => json!({ "MALFORMED": raw }),
                };
                reading.content.calls.iter().map(|(_, name, text)| json!([name, arguments(text)])).collect()
            }
            "finish" => match reading.reason() {
                Some(FinishReason::Length) => json!("length"),
                other => json!(std::format!("{other:?}")),
            },
            "error" => match reading.kind() {
                Some(ErrorKind::IncompleteStream) => json!("incomplete-stream"),
                other => json!(std::format!("{other:?}")),
            },
            "usage" => {
                let usage = reading.events.iter().find_map(|event| match event {
                    Event::Finish(finish) => finish.usage.clone(),
                    _ => None,
                });
                json!({ "input": usage.and_then(|usage| usage.input) })
            }
            other => panic!("{name}: unknown expectation {other}"),
        };
        assert_eq!(&found, value, "{name}: {key}");
    }
}

#[test]
fn each_reported_body_gives_the_value_that_the_report_expects() {
    let Some(root) = corpora::root().map(|root| root.join("bugs")) else { return };
    if !root.is_dir() {
        println!("skipped: the corpora contain no bug reports");
        return;
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&root).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let Some(group) = GROUPS.iter().find(|group| name.starts_with(**group)) else { continue };
        let file = |file: &str| corpora::bytes(&std::format!("bugs/{name}/{file}")).expect("a file");
        let response = file("response1.http");
        let head = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
        let body = &response[head + 4..];
        let expected: Value = serde_json::from_slice(&file("expect.json")).expect("JSON");
        check(&name, &expected, &decode(&[body]));
        for size in [1, 7, 100] {
            check(&name, &expected, &decode(&reads_of(body, size)));
        }
        found.push(*group);
    }
    for group in GROUPS {
        assert!(found.contains(&group), "no case of {group} was found");
    }
}
