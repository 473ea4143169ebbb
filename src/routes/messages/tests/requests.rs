//! Requests: what becomes of each message and each part.

use super::*;
use crate::history::samples::{
    assistant, call, inline, reasoning, result, result_with, system, text, tool, url, user,
};
use serde_json::json;

#[test]
fn the_smallest_request() {
    let encoded = ROUTE.encode(&request(" claude-opus-5 ", hello())).expect("a good request");
    assert_eq!(
        String::from_utf8(encoded.body).expect("UTF-8"),
        r#"{"model":"claude-opus-5","max_tokens":32000,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}"#
    );
    assert_eq!(encoded.warnings, Vec::<String>::new());
    assert!(ROUTE.encode(&request("claude-opus-5", Vec::new())).is_err());
}

#[test]
fn a_conversation_alternates_and_results_come_first() {
    let messages = [
        system([text("be"), text("good")].into()),
        user([text("a")].into()),
        assistant([text("b"), call("toolu_1", "read", r#"{"n":1.50}"#), call("toolu_2", "read", "{")].into()),
        tool([result_with("toolu_2", "", Vec::new(), true)].into()),
        tool([result("toolu_1", "one")].into()),
        user([text("c")].into()),
        system([text("late")].into()),
        assistant([text(" "), text("d")].into()),
        assistant([text("e \n")].into()),
    ];
    let (body, _) = encoded(&request("claude-sonnet-4-5", messages.into()));
    assert_eq!(body["system"].as_array().map(Vec::len), Some(2));
    let messages = &body["messages"];
    assert_eq!(messages.as_array().map(Vec::len), Some(4), "{messages}");
    assert_eq!(messages[1]["content"][1]["input"].to_string(), r#"{"n":1.5}"#);
    assert_eq!(messages[1]["content"][2]["input"], json!({"malformed_arguments": "{"}));
    let results = &messages[2]["content"];
    assert_eq!(results[0], json!({"type":"tool_result","tool_use_id":"toolu_1","content":"one"}));
    assert_eq!(
        results[1],
        json!({"type":"tool_result","tool_use_id":"toolu_2","content":"(no output)","is_error":true})
    );
    assert_eq!(results[2]["text"], "c");
    assert_eq!(results[4]["text"], "late");
    // The end of the conversation is a beginning for the model, where white space is refused.
    assert_eq!(messages[3]["content"], json!([{"type":"text","text":"d"},{"type":"text","text":"e"}]));
}

/// The roles of the messages, and the texts of each.
fn roles(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().expect("a list").iter();
    messages
        .map(|message| {
            let blocks = message["content"].as_array().expect("a list").iter();
            let texts: Vec<&str> = blocks.map(|block| block["text"].as_str().unwrap_or("-")).collect();
            format!("{}: {}", message["role"].as_str().expect("a role"), texts.join("|"))
        })
        .collect()
}

#[test]
fn a_late_system_message_keeps_its_role_where_the_model_takes_it() {
    let messages = [
        system([text("first")].into()),
        user([text("a")].into()),
        system([text("one")].into()),
        system([text("two")].into()),
        assistant([call("toolu_1", "read", "{}")].into()),
        tool([result("toolu_1", "1")].into()),
        system([text("three")].into()),
        assistant([text("b")].into()),
        user([text("c")].into()),
        Message { cache_here: true, ..system([text("four")].into()) },
    ];
    let kept = [
        "user: a",
        "system: one|two",
        "assistant: -",
        "user: -",
        "system: three",
        "assistant: b",
        "user: c",
        "system: four",
    ];
    for model in
        ["claude-opus-4-8", "claude-opus-5", "claude-fable-5", "claude-mythos-5", "anthropic/claude-opus-4.9"]
    {
        let (body, warnings) = encoded(&request(model, messages.clone().into()));
        assert_eq!(roles(&body), kept, "{model}");
        assert_eq!(body["system"].as_array().map(Vec::len), Some(1));
        assert_eq!(body["messages"][7]["content"][0]["cache_control"]["type"], "ephemeral");
        assert_eq!(warnings, Vec::<String>::new(), "{model}");
    }
    for model in ["claude-opus-4-7", "claude-sonnet-5", "claude-mythos-preview", "MiniMax-M2"] {
        let (body, warnings) = encoded(&request(model, messages.clone().into()));
        assert_eq!(roles(&body)[0], "user: a|[System message]|one|[System message]|two", "{model}");
        assert_eq!(warnings.len(), 1, "{model}: {warnings:?}");
    }
}

#[test]
fn a_late_system_message_is_the_users_where_the_vendor_refuses_its_place() {
    let late = || system([text("late")].into());
    let (hello, bye) = (|| user([text("a")].into()), || assistant([text("b")].into()));
    // Reasoning of another route is left out, and with it the whole turn.
    let nothing = || assistant([reasoning("r", Some("{}"))].into());
    for (messages, expected, moved) in [
        // After the assistant.
        (vec![hello(), bye(), late()], vec!["user: a", "assistant: b", "user: [System message]|late"], 1),
        // Before the user.
        (vec![hello(), late(), hello()], vec!["user: a|[System message]|late|a"], 1),
        (vec![hello(), late(), nothing(), hello()], vec!["user: a|[System message]|late|a"], 1),
        (vec![hello(), late(), nothing(), late()], vec!["user: a", "system: late|late"], 0),
        (vec![hello(), late(), nothing(), bye()], vec!["user: a", "system: late", "assistant: b"], 0),
    ] {
        let (body, warnings) = encoded(&request("claude-opus-5", messages));
        assert_eq!(roles(&body), expected);
        let found = warnings.iter().filter(|warning| warning.contains("system messages")).count();
        assert_eq!(found, moved, "{warnings:?}");
    }
}

#[test]
fn ids_and_names_of_other_vendors_are_made_to_fit() {
    let messages = [
        user([text("a")].into()),
        assistant([call("functions.read:0", "fs.read", "{}"), call("call|1", "x", "{}")].into()),
        tool([result("call|1", "1"), result("functions.read:0", "0")].into()),
        assistant([call("functions.read:0", "fs.read", "{}")].into()),
        tool([result("functions.read:0", "2")].into()),
    ];
    let (body, warnings) = encoded(&request("claude-opus-5", messages.into()));
    assert_eq!(body["messages"][1]["content"][0]["id"], "functions_read_0");
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "functions_read_0");
    assert_eq!(body["messages"][3]["content"][0]["id"], "functions_read_0_2");
    assert!(!warnings.is_empty());
}

#[test]
fn media_becomes_images_and_documents_or_a_text_that_says_what_is_missing() {
    let pdf = crate::contract::Media { name: Some("a.pdf".into()), ..inline("application/pdf", b"%PDF-1") };
    let parts = [
        Part::Image(inline("image/png", b"\x89PNGxxxx")),
        Part::Image(url("", "https://x.test/a.png")),
        Part::Image(url("image/png", "data:image/png;base64,iVBORw0KGgo=")),
        Part::File(pdf),
        Part::File(url("", "https://x.test/a.pdf")),
        Part::File(inline("text/csv", b"a,b")),
        Part::File(inline("application/json", b"{}")),
        Part::Audio(inline("audio/wav", b"RIFFxxxxWAVE")),
        Part::File(inline("application/zip", b"PK")),
        Part::Image(inline("image/bmp", b"BM")),
        Part::File(inline("text/plain", b"\xff\xfe")),
        Part::Image(url("image/png", "http://x.test/a.png")),
    ];
    let (body, warnings) = encoded(&request("claude-opus-5", [user(parts.into())].into()));
    let content = &body["messages"][0]["content"];
    assert_eq!(content[0]["source"], json!({"type":"base64","media_type":"image/png","data":"iVBOR3h4eHg="}));
    assert_eq!(content[1]["source"], json!({"type":"url","url":"https://x.test/a.png"}));
    assert_eq!(content[2]["source"]["data"], "iVBORw0KGgo=");
    assert_eq!((&content[3]["type"], &content[3]["title"]), (&json!("document"), &json!("a.pdf")));
    assert_eq!(content[4]["source"]["type"], "url");
    assert_eq!(content[5]["source"], json!({"type":"text","media_type":"text/plain","data":"a,b"}));
    assert_eq!(content[6]["source"]["data"], "{}");
    for at in 7..12 {
        assert!(content[at]["text"].as_str().expect("a text").contains("was left out"), "{content}");
    }
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    let empty = request("claude-opus-5", [user([Part::Image(inline("image/png", b""))].into())].into());
    assert!(ROUTE.encode(&empty).is_err());

    let results = [
        user([text("a")].into()),
        assistant([call("t", "shot", "{}")].into()),
        tool(
            [result_with(
                "t",
                "here",
                [inline("image/png", b"\x89PNG"), inline("audio/wav", b"RIFF")].into(),
                false,
            )]
            .into(),
        ),
    ];
    let (body, _) = encoded(&request("claude-opus-5", results.into()));
    let kinds: Vec<_> = body["messages"][2]["content"][0]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|block| block["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(kinds, ["text", "image", "text"]);
}
