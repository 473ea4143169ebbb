//! Reasoning and signatures that go back the way they came.

use super::*;
use serde_json::json;

/// A replay of this route with these members.
fn replay(members: &str) -> String {
    format!(r#"{{"route":"chat-completions",{members}}}"#)
}

fn block(text: &str, members: &str) -> Part {
    reasoning(text, Some(&replay(members)))
}

#[test]
fn reasoning_goes_back_in_the_field_it_came_in() {
    let cases = [
        (
            vec![
                block("hm ", r#""field":"reasoning_content""#),
                text("a"),
                block("so", r#""field":"reasoning_content""#),
            ],
            json!({"content": "a", "reasoning_content": "hm so"}),
        ),
        (vec![block("hm", r#""field":"reasoning""#), text("a")], json!({"content": "a", "reasoning": "hm"})),
        (
            vec![block("hm", r#""field":"reasoning_text""#), text("a")],
            json!({"content": "a", "reasoning_text": "hm"}),
        ),
        (
            vec![block("hm\n", r#""field":"think""#), text("\n\na")],
            json!({"content": "<think>hm\n</think>\n\na"}),
        ),
        (vec![block("hm", r#""field":"think""#)], json!({"content": "<think>hm</think>"})),
        (
            vec![
                block("hm", r#""field":"parts""#),
                text("a"),
                block("so", r#""field":"parts","signature":"s""#),
            ],
            json!({"content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "a"},
                {"type": "thinking", "thinking": [{"type": "text", "text": "so"}], "signature": "s"},
            ]}),
        ),
        (
            vec![block("", r#""field":"reasoning","text":"withheld""#), text("a")],
            json!({"content": "a", "reasoning": "withheld"}),
        ),
        (
            vec![block("hm", r#""field":"reasoning_content""#)],
            json!({"content": "", "reasoning_content": "hm"}),
        ),
        (
            vec![
                block("one", r#""field":"reasoning_content","signature":"s1""#),
                block("", r#""signature":"s2""#),
                text("a"),
            ],
            json!({"content": "a", "reasoning_content": "one", "thinking_blocks": [
                {"type": "thinking", "thinking": "one", "signature": "s1"},
                {"type": "thinking", "thinking": "", "signature": "s2"},
            ]}),
        ),
        (vec![reasoning("no replay", None), text("a")], json!({"content": "a"})),
        (vec![block("no field", r#""new":1"#), text("a")], json!({"content": "a"})),
        (vec![block("", r#""field":"reasoning""#), text("a")], json!({"content": "a"})),
    ];
    for (content, mut expected) in cases {
        expected["role"] = "assistant".into();
        assert_eq!(messages(vec![assistant(content)]), json!([expected]));
    }
}

#[test]
fn details_and_extra_content_are_not_touched() {
    let details =
        r#""field":"reasoning","details":[{"type":"reasoning.encrypted","data":"A\u0041==","n":1.0e0},7]"#;
    let signature = replay(r#""extra_content": {"google": {"thought_signature":"x=="}}"#);
    let content = vec![
        block("hm", details),
        block("", r#""details":["\u00e9"]"#),
        call_with("c", "f", "{}", Some(&signature)),
    ];
    let expected = [
        r#"[{"role":"assistant","content":null,"reasoning":"hm","#,
        r#""reasoning_details":[{"type":"reasoning.encrypted","data":"A\u0041==","n":1.0e0},7,"\u00e9"],"#,
        r#""tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"#,
        r#""extra_content":{"google": {"thought_signature":"x=="}}}]},"#,
        r#"{"role":"tool","tool_call_id":"c","content":"done"}]"#,
    ];
    let body = body(&request(vec![assistant(content), tool(vec![result("c", "done")])]));
    assert!(body.contains(&expected.concat()), "{body}");
}

#[test]
fn a_replay_of_another_route_is_warned_about_and_not_sent() {
    let foreign = r#"{"route":"messages","signature":"s","extra_content":{}}"#;
    let conversation = vec![
        user(vec![text("hi")]),
        assistant(vec![reasoning("hm", Some(foreign)), call_with("c", "f", "{}", Some("not JSON"))]),
        tool(vec![result("c", "done")]),
        assistant(vec![reasoning("only this", Some(foreign))]),
    ];
    let encoded = encode(&request(conversation)).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let expected = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ]);
    assert_eq!(body["messages"], expected);
    let expected =
        ["3 parts of the conversation came by another route; their reasoning and signatures were not sent"];
    assert_eq!(encoded.warnings, expected);
}
