//! The input.

use super::*;
use crate::contract::TextPart;

fn input(messages: Vec<Message>) -> Value {
    sent(&on("gpt-5.4", messages)).0["input"].clone()
}

fn replayed(text: &str, replay: &str) -> Part {
    Part::Text(TextPart { text: text.into(), replay: Some(replay.into()) })
}

const REASONING: &str = r#"{"route":"responses","vendor":"openai","id":"rs_1","summary":[{"type":"summary_text","text":"S"}],"encrypted_content":"e=="}"#;

fn reasoning_item() -> Value {
    json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "S"}], "encrypted_content": "e=="})
}

#[test]
fn system_messages_at_the_front_are_instructions_and_later_ones_are_items() {
    let messages = vec![
        system(vec![text("a"), text("b")]),
        system(vec![text("c")]),
        user(vec![text("u")]),
        system(vec![text("late")]),
    ];
    for (model, role) in [("gpt-5.4", "developer"), ("gpt-4o", "system"), ("grok-4", "system")] {
        let (body, _) = sent(&on(model, messages.clone()));
        assert_eq!(body["instructions"], "a\n\nb\n\nc");
        assert_eq!(body["input"][1], json!({"type": "message", "role": role, "content": "late"}));
    }
    // A request without input is refused.
    let (body, _) = sent(&on("gpt-4o", vec![system(vec![text("a")])]));
    assert_eq!((&body["instructions"], &body["input"][0]["content"]), (&Value::Null, &json!("a")));
    assert!(message(encode(&on("gpt-4o", vec![]))).contains("no messages"));
}

#[test]
fn parts_of_the_user_have_the_types_of_input() {
    let parts = vec![
        text("look"),
        Part::Image(inline("image/png", b"\x89PNG")),
        Part::Image(url("image/png", "https://x.test/a.png")),
        Part::File(Media { name: Some("a.pdf".into()), ..inline("application/pdf", b"%PDF-") }),
        Part::File(inline("text/plain", b"text")),
        Part::File(url("application/pdf", "https://x.test/a.pdf")),
    ];
    let content = json!([
        {"type": "input_text", "text": "look"},
        {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw=="},
        {"type": "input_image", "detail": "auto", "image_url": "https://x.test/a.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "filename": "file.txt", "file_data": "data:text/plain;base64,dGV4dA=="},
        {"type": "input_file", "file_url": "https://x.test/a.pdf"},
    ]);
    assert_eq!(input(vec![user(parts)])[0], json!({"role": "user", "content": content}));
}

#[test]
fn audio_is_an_error_in_the_last_message_and_a_note_before_it() {
    let audio = || user(vec![Part::Audio(inline("audio/wav", b"RIFF"))]);
    assert!(message(encode(&on("gpt-5.4", vec![audio()]))).contains("takes no audio"));
    let (body, warnings) = sent(&on("gpt-5.4", vec![audio(), user(vec![text("so?")])]));
    assert_eq!(body["input"][0]["content"][0]["type"], "input_text");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_turn_goes_back_as_the_items_that_it_was() {
    let turn = assistant(vec![
        reasoning("S", Some(REASONING)),
        replayed("I look.", r#"{"route":"responses","message":true,"phase":"commentary"}"#),
        reasoning("S", Some(REASONING)),
        call_with(
            "call_1",
            "f",
            r#"{"a": 1.50}"#,
            Some(r#"{"route":"responses","namespace":"n","caller":{"type":"program"}}"#),
        ),
        call_with("call_2", "patch", "{}", Some(r#"{"route":"responses","input":"*** Begin\n"}"#)),
        reasoning("", Some(r#"{"route":"responses","item":{"type":"web_search_call","id":"ws","a":1.50}}"#)),
        replayed("Done", r#"{"route":"responses","message":true,"phase":"final_answer"}"#),
    ]);
    let results = tool(vec![result("call_2", "ok"), result_with("call_1", "no", vec![], true)]);
    let found = input(vec![user(vec![text("u")]), turn, results]);
    let expected = json!([
        {"role": "user", "content": [{"type": "input_text", "text": "u"}]},
        reasoning_item(),
        {"type": "message", "role": "assistant", "content": "I look.", "phase": "commentary"},
        reasoning_item(),
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{\"a\": 1.50}", "namespace": "n", "caller": {"type": "program"}},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "patch", "input": "*** Begin\n"},
        {"type": "web_search_call", "id": "ws", "a": 1.50},
        {"type": "message", "role": "assistant", "content": "Done", "phase": "final_answer"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Error: no"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "ok"},
    ]);
    assert_eq!(found, expected);
}

#[test]
fn free_text_goes_back_as_it_was_received_and_without_a_warning() {
    for (arguments, replay) in [
        ("*** Begin\n", r#"{"route":"responses","input":true}"#),
        ("*** Begin\n", r#"{"route":"responses","input":"*** Begin\n"}"#),
        ("{}", r#"{"route":"responses","input":"*** Begin\n"}"#),
    ] {
        let calls = assistant(vec![call_with("call_1", "patch", arguments, Some(replay))]);
        let messages = vec![user(vec![text("u")]), calls, tool(vec![result("call_1", "ok")])];
        let (body, warnings) = sent(&on("gpt-5.4", messages));
        assert_eq!(
            body["input"][1],
            json!({"type": "custom_tool_call", "call_id": "call_1", "name": "patch", "input": "*** Begin\n"})
        );
        assert_eq!(body["input"][2]["type"], "custom_tool_call_output");
        assert_eq!(warnings, Vec::<String>::new());
    }
}

#[test]
fn texts_of_one_item_are_one_message_and_those_of_two_are_two() {
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let begins = r#"{"route":"responses","message":true}"#;
    for (parts, expected) in [
        (vec![text("a")], json!(["a"])),
        (vec![text("a"), text(" \n"), text("b")], json!([[part("a"), part("b")]])),
        (vec![text("a"), replayed("b", begins)], json!(["a", "b"])),
        (
            vec![
                replayed("a", r#"{"route":"responses","message":true,"phase":"commentary"}"#),
                replayed("b", r#"{"route":"responses","phase":"commentary"}"#),
                replayed("c", r#"{"route":"responses","phase":"final_answer"}"#),
            ],
            json!([[part("a"), part("b")], "c"]),
        ),
        (
            vec![replayed("no", r#"{"route":"responses","refusal":true}"#)],
            json!([[{"type": "refusal", "refusal": "no"}]]),
        ),
    ] {
        let found = input(vec![user(vec![text("u")]), assistant(parts)]);
        let contents: Vec<_> =
            found.as_array().expect("a list")[1..].iter().map(|item| item["content"].clone()).collect();
        assert_eq!(json!(contents), expected);
    }
}

#[test]
fn a_reasoning_goes_back_only_before_what_it_led_to_and_where_it_can_be_read() {
    let reasoning_of = |model: &str, parts: Vec<Part>| {
        let (body, warnings) = sent(&on(model, vec![user(vec![text("u")]), assistant(parts)]));
        let items = body["input"].as_array().expect("a list").clone();
        (items.iter().filter(|item| item["type"] == "reasoning").count(), warnings.len())
    };
    let plain = r#"{"route":"responses","vendor":"deepseek","id":"x","content":[{"type":"reasoning_text","text":"T"}]}"#;
    for (model, parts, expected) in [
        ("gpt-5.4", vec![reasoning("S", Some(REASONING)), text("a")], (1, 0)),
        // What it led to is gone.
        ("gpt-5.4", vec![text("a"), reasoning("S", Some(REASONING))], (0, 1)),
        (
            "gpt-5.4",
            vec![reasoning("S", Some(REASONING)), reasoning("S", Some(REASONING)), text("a")],
            (1, 1),
        ),
        // Another vendor's, another route's, the host's own.
        ("grok-4", vec![reasoning("S", Some(REASONING)), text("a")], (0, 1)),
        ("openai/o3", vec![reasoning("S", Some(REASONING)), text("a")], (1, 0)),
        ("my-alias", vec![reasoning("S", Some(REASONING)), text("a")], (1, 0)),
        ("gpt-5.4", vec![reasoning("S", Some(r#"{"route":"messages","signature":"s"}"#)), text("a")], (0, 1)),
        ("gpt-5.4", vec![reasoning("S", None), text("a")], (0, 0)),
        // The text alone is read by its own vendor only.
        ("deepseek-v4-flash", vec![reasoning("T", Some(plain)), text("a")], (1, 0)),
        ("gpt-5.4", vec![reasoning("T", Some(plain)), text("a")], (0, 1)),
        ("gpt-oss-120b", vec![reasoning("T", Some(plain)), text("a")], (0, 1)),
        // What no decoder wrote.
        (
            "gpt-5.4",
            vec![reasoning("S", Some(r#"{"route":"responses","encrypted_content":5,"item":[]}"#)), text("a")],
            (0, 1),
        ),
    ] {
        assert_eq!(reasoning_of(model, parts.clone()), expected, "{model} {parts:?}");
    }
}

#[test]
fn other_routes_lose_their_replays_and_nothing_else_with_one_warning() {
    let foreign = r#"{"route":"chat-completions","field":"reasoning_content"}"#;
    let messages = vec![
        user(vec![text("u")]),
        assistant(vec![
            reasoning("thought", Some(foreign)),
            replayed("so", foreign),
            call_with("call_1", "f", "{}", Some(foreign)),
        ]),
        tool(vec![result("call_1", "done")]),
    ];
    let (body, warnings) = sent(&on("gpt-5.4", messages));
    assert_eq!(body["input"][1]["content"], "so");
    assert_eq!(body["input"].as_array().map(Vec::len), Some(4));
    assert!(matches!(&warnings[..], [one] if one.starts_with("3 parts")), "{warnings:?}");
}

#[test]
fn media_of_a_result_stands_in_its_output() {
    let messages = vec![
        assistant(vec![call("call_1", "f", "{}"), call("call_2", "f", "{}")]),
        tool(vec![
            result_with("call_1", "", vec![inline("image/png", b"\x89PNG")], false),
            result_with("call_2", "heard", vec![inline("audio/wav", b"RIFF")], false),
        ]),
    ];
    let found = input(messages);
    assert_eq!(found[2]["output"][1]["type"], "input_image");
    assert_eq!(found[3]["output"][1]["type"], "input_text");
}

#[test]
fn ids_that_other_vendors_made_are_rewritten_with_their_results() {
    let id = "functions.read:0";
    let found = input(vec![assistant(vec![call(id, "read", "{}")]), tool(vec![result(id, "done")])]);
    assert_eq!(found[0]["call_id"], found[1]["call_id"]);
    assert_eq!(found[1]["output"], "done");
}

#[test]
fn halves_of_characters_in_a_replay_break_no_body() {
    let replay = r#"{"route":"responses","summary":[{"type":"summary_text","text":"a\ud83d"}],"encrypted_content":"e"}"#;
    let found = input(vec![assistant(vec![reasoning("a", Some(replay)), text("b")])]);
    assert_eq!(found[0]["summary"][0]["text"], "a\u{fffd}");
}

#[test]
fn a_turn_with_nothing_to_send_is_left_out_with_a_warning() {
    let (body, warnings) =
        sent(&on("gpt-5.4", vec![user(vec![text("u")]), assistant(vec![reasoning("S", Some(REASONING))])]));
    assert_eq!(body["input"].as_array().map(Vec::len), Some(1));
    assert!(
        warnings.iter().any(|warning| warning.starts_with("messages[1] contains nothing")),
        "{warnings:?}"
    );
}
