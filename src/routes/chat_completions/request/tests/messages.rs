//! Messages as servers know them.

use super::*;
use serde_json::json;

#[test]
fn messages_take_the_shape_that_servers_know() {
    let written = messages(vec![
        system(vec![text("one"), text("two")]),
        user(vec![text("look"), Part::Image(url("", "https://x.test/a"))]),
        assistant(vec![text("I "), call("c1", "f", r#"{"a":"\n"}"#), text("see")]),
        tool(vec![result("c1", "fine")]),
        assistant(vec![call("c2", "g", "{}")]),
        tool(vec![result("c2", "")]),
    ]);
    let call = |id: &str, name: &str, arguments: &str| json!([{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]);
    let expected = json!([
        {"role": "system", "content": "one\n\ntwo"},
        {"role": "user", "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "https://x.test/a"}},
        ]},
        {"role": "assistant", "content": "I see", "tool_calls": call("c1", "f", "{\"a\":\"\\n\"}")},
        {"role": "tool", "tool_call_id": "c1", "content": "fine"},
        {"role": "assistant", "content": null, "tool_calls": call("c2", "g", "{}")},
        {"role": "tool", "tool_call_id": "c2", "content": "(no output)"},
    ]);
    assert_eq!(written, expected);
}

#[test]
fn media_of_tools_follow_in_one_message_and_failures_say_so() {
    let picture = || vec![inline("image/png", b"x")];
    let written = messages(vec![
        assistant(vec![
            call("a", "shot", "{}"),
            call("b", "f", "{}"),
            call("c", "shot", "{}"),
            call("d", "f", "{}"),
        ]),
        tool(vec![result_with("a", "", picture(), false)]),
        tool(vec![result_with("b", "no file", vec![], true)]),
        tool(vec![result_with("c", "half", picture(), false)]),
        tool(vec![result_with("d", "ERROR: é", vec![], true)]),
        user(vec![text("go on")]),
    ]);
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}});
    let expected = json!([
        {"role": "tool", "tool_call_id": "a", "content": "(see the media attached below)"},
        {"role": "tool", "tool_call_id": "b", "content": "Error: no file"},
        {"role": "tool", "tool_call_id": "c", "content": "half"},
        {"role": "tool", "tool_call_id": "d", "content": "ERROR: é"},
        {"role": "user", "content": [
            {"type": "text", "text": "Attached to the result of the tool shot (call a):"},
            image,
            {"type": "text", "text": "Attached to the result of the tool shot (call c):"},
            image,
        ]},
        {"role": "user", "content": "go on"},
    ]);
    assert_eq!(written.as_array().unwrap()[1..], expected.as_array().unwrap()[..]);
}
