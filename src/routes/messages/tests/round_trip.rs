//! What was received goes back: byte for byte what the vendor checks, and in the order in which it was received.

use super::*;
use crate::corpora;
use crate::history::samples::{result, tool, user};

/// The request that follows a response: its turn, the results of its calls, and a question.
fn next(events: &[Event]) -> Request {
    let turn = turn_of(events);
    let results: Vec<Part> = turn
        .content
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(result(&call.id, "done")),
            _ => None,
        })
        .collect();
    let mut messages = hello();
    messages.push(turn);
    messages.push(if results.is_empty() { user([samples::text("go on")].into()) } else { tool(results) });
    request("claude-opus-5", messages)
}

#[test]
fn a_turn_of_every_kind_goes_back_as_it_was_received() {
    let blocks = [
        r#"{"type":"thinking","thinking":"h\u006dm\n","signature":"EqQ\/Bg=="}"#,
        r#"{"type":"redacted_thinking","data":"Ev\u003d="}"#,
        r#"{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"q":1.50}}"#,
        r#"{"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"encrypted_content":"a\/b"}]}"#,
        r#"{"type":"text","text":"see","citations":[{"encrypted_index":"c\/d"}]}"#,
        r#"{"type":"tool_use","id":"toolu_1","name":"read","input":{"b":2.0,"a":"\u00e9"}}"#,
    ];
    let events: Vec<String> =
        blocks.iter().enumerate().flat_map(|(at, block)| [begin(at, block), end(at)]).collect();
    let reading = message(&events, "tool_use");
    let request = next(&reading.events);
    let body = String::from_utf8(ROUTE.encode(&request).expect("a good request").body).expect("UTF-8");
    encoded(&request);
    // The text of the thinking is decoded by the host, all else is untouched.
    let mut from = 0;
    for part in [
        r#""thinking":"hmm\n""#,
        r#""signature":"EqQ\/Bg==""#,
        blocks[1],
        blocks[2],
        blocks[3],
        r#""citations":[{"encrypted_index":"c\/d"}]"#,
        r#""input":{"b":2.0,"a":"\u00e9"}"#,
    ] {
        let at = body[from..].find(part).unwrap_or_else(|| panic!("{part} is not in {}", &body[from..]));
        from += at + part.len();
    }
}

/// Every recorded message can be continued, and what has to go back does.
#[test]
fn every_recording_can_be_continued() {
    let bodies = recorded::bodies(&ROUTE);
    let mut continued = 0;
    for (name, body) in &bodies {
        let reading = recorded::decode(&ROUTE, body, usize::MAX);
        if reading.error.is_some() {
            continue;
        }
        let request = next(&reading.events);
        let sent = String::from_utf8(ROUTE.encode(&request).expect(name).body).expect("UTF-8");
        encoded(&request);
        let expected = corpora::json(&format!("routes/messages/{name}.expected.json")).expect(name);
        for replay in expected["replay"].as_array().into_iter().flatten() {
            let value = replay["value"].as_str().expect("a text");
            assert!(sent.contains(value), "{name}: {replay} does not go back");
        }
        continued += 1;
    }
    assert!(bodies.is_empty() || continued > 60, "most recordings are missing");
}
