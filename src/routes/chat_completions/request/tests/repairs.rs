//! Repairs of a request that some vendor would refuse: each with one warning, and in every form [80, 85–88].

use super::*;
use crate::contract::{Media, ToolResultPart};
use crate::history::IdRule;
use alloc::{collections::BTreeSet, string::ToString};
use proptest::prelude::*;
use serde_json::json;

/// The body, and the warnings.
fn sent(request: &Request) -> (Value, Vec<String>) {
    let encoded = encode(request).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.warnings)
}

#[test]
fn a_tool_without_parameters_has_the_schema_of_an_empty_object() {
    let empty = json!({"type": "object", "properties": {}});
    let closed = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let of_a = json!({"type": "object", "properties": {"a": {}}});
    for (schema, expected, warned) in [
        ("", &empty, true),
        (" \n", &empty, true),
        ("null", &empty, true),
        ("{}", &empty, true),
        (" { } ", &empty, true),
        (r#"{"type":"object"}"#, &empty, true),
        (r#"{"properties":{}}"#, &empty, true),
        (r#"{"type":null,"properties":null}"#, &empty, true),
        (r#"{"type":"object","properties":null}"#, &empty, true),
        (r#"{"properties":[],"type":""}"#, &empty, true),
        (r#"{"additionalProperties":false}"#, &closed, true),
        (r#"{"properties":{"a":{}}}"#, &of_a, true),
        (r#"{"type":"object","properties":{}}"#, &empty, false),
        (r#"{"type":"object","properties":{"a":{}}}"#, &of_a, false),
    ] {
        let tool = Tool { parameters_json: schema.into(), ..tool_named("f") };
        let request = Request { tools: vec![tool], ..hello() };
        let (body, warnings) = sent(&request);
        assert_eq!(body["tools"][0]["function"]["parameters"], *expected, "{schema}");
        assert_eq!(warnings.len(), usize::from(warned), "{schema}: {warnings:?}");
    }
}

#[test]
fn a_schema_that_is_completed_keeps_the_rest_as_it_was_written() {
    let schema = r#"{"title": "T","$defs":{"n":{"maximum":1.50e1}}}"#;
    let tool = Tool { parameters_json: schema.into(), ..tool_named("f") };
    let body = body(&Request { tools: vec![tool], ..hello() });
    let expected =
        r#""parameters":{"type":"object","properties":{},"title":"T","$defs":{"n":{"maximum":1.50e1}}}"#;
    assert!(body.contains(expected), "{body}");
}

fn with_key(key: &str) -> Request {
    Request { cache_key: Some(key.into()), user: Some(key.into()), ..hello() }
}

proptest! {
    #[test]
    fn keys_stay_within_the_limit_and_apart(prefix in ".{0,80}", ends in prop::collection::btree_set(".{0,40}", 2..6)) {
        let mut keys = BTreeSet::new();
        for end in &ends {
            let key = std::format!("{prefix}{end}");
            let (body, warnings) = sent(&with_key(&key));
            if key.is_empty() {
                continue;
            }
            let sent_key = body["prompt_cache_key"].as_str().expect("a key").to_string();
            prop_assert_eq!(&body["user"], &body["prompt_cache_key"]);
            prop_assert!(sent_key.chars().count() <= 64);
            let long = key.chars().count() > 64;
            prop_assert_eq!(warnings.len(), if long { 2 } else { 0 });
            prop_assert_eq!(sent_key == key, !long);
            prop_assert_eq!(sent(&with_key(&key)).0, body, "the same in every request");
            prop_assert!(keys.insert(sent_key), "two keys became one");
        }
    }
}

#[test]
fn a_long_key_keeps_its_beginning() {
    let key = "agent:main:cron:f61a5788-a923-432e-b4bc-4bd98a0f633f:run:9a5dfdd6-75f1-49eb-b4f1-cc198d6ce8c4";
    let (body, _) = sent(&with_key(key));
    let short = body["prompt_cache_key"].as_str().unwrap();
    assert!(short.len() == 64 && key.starts_with(&short[..50]), "{short}");
    let (at_the_limit, warnings) = sent(&with_key(&"é".repeat(64)));
    assert_eq!(at_the_limit["user"], "é".repeat(64));
    assert!(warnings.is_empty());
}

#[test]
fn no_text_is_blank_whatever_its_role() {
    for blank in [" ", "\n\t", "\u{a0}\u{3000}", " \u{2028} "] {
        let request = request(vec![
            system(vec![text(blank), text("be brief")]),
            system(vec![text(blank)]),
            user(vec![text("hi"), text(blank)]),
            assistant(vec![text(blank), call("c", "f", "{}")]),
            tool(vec![result("c", blank)]),
            assistant(vec![text(blank)]),
            assistant(vec![call("d", "f", "{}")]),
            tool(vec![Part::ToolResult(ToolResultPart {
                call_id: "d".into(),
                name: None,
                text: blank.into(),
                media: vec![inline("image/png", b"x")],
                is_error: true,
            })]),
            user(vec![text(blank)]),
        ]);
        let (body, warnings) = sent(&request);
        let messages = body["messages"].as_array().unwrap();
        let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant", "tool", "user"], "{body}");
        assert_eq!(messages[0]["content"], "be brief");
        assert_eq!(messages[1]["content"], "hi");
        assert_eq!(messages[2]["content"], Value::Null);
        assert_eq!(messages[3]["content"], "(no output)");
        assert_eq!(messages[5]["content"], "Error: (see the media attached below)");
        strict(&request, &body);
        // Four texts left out, two results replaced, and three messages without anything else in them.
        assert_eq!(warnings.len(), 9, "{warnings:?}");
    }
}

fn strict(request: &Request, body: &Value) {
    crate::routes::chat_completions::strict_server::check(request, body);
}

#[test]
fn white_space_within_a_turn_of_the_model_stays_where_it_was() {
    let written = messages(vec![assistant(vec![text("\n\n"), text("a"), text(" "), text("b\n")])]);
    assert_eq!(written[0]["content"], "\n\na b\n");
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF";
const WEBP: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";
const WAVE: &[u8] = b"RIFF\x24\0\0\0WAVEfmt ";
const PDF: &[u8] = b"%PDF-1.7\n";
const MP3: &[u8] = b"\xFF\xFB\x90\x64\0\0";
const ID3: &[u8] = b"ID3\x04\0\0\0\0";

/// How a part is sent: the kind of the part, and the media type or the format in it.
fn part_sent(part: Part) -> (String, String, Vec<String>) {
    let (body, warnings) = sent(&request(vec![user(vec![text("look"), part])]));
    let part = &body["messages"][0]["content"][1];
    let kind = part["type"].as_str().unwrap().to_string();
    let url = [&part["image_url"]["url"], &part["file"]["file_data"]];
    let url = url.into_iter().find_map(|url| url.as_str());
    let media_type = match url {
        Some(url) => url.strip_prefix("data:").unwrap_or(url).split(";base64,").next().unwrap_or_default(),
        None => part["input_audio"]["format"].as_str().unwrap_or_default(),
    };
    (kind, media_type.to_string(), warnings)
}

#[test]
fn the_media_type_is_the_registered_one_and_that_of_the_bytes() {
    type Make = fn(Media) -> Part;
    let (image, audio, file): (Make, Make, Make) = (Part::Image, Part::Audio, Part::File);
    for (make, given, bytes, kind, expected) in [
        (image, "image/jpg", JPEG, "image_url", "image/jpeg"),
        (image, "image/jpg", b"unknown", "image_url", "image/jpeg"),
        (image, "image/pjpeg", b"unknown", "image_url", "image/jpeg"),
        (image, "IMAGE/PNG", PNG, "image_url", "image/png"),
        (image, "image/x-png", b"unknown", "image_url", "image/png"),
        (image, "image/png; charset=binary", PNG, "image_url", "image/png"),
        (image, " image/png\r\n", b"unknown", "image_url", "image/png"),
        (image, "image/png", JPEG, "image_url", "image/jpeg"),
        (image, "image/jpeg", WEBP, "image_url", "image/webp"),
        (image, "image/webp", b"GIF89a..", "image_url", "image/gif"),
        (image, "application/octet-stream", PNG, "image_url", "image/png"),
        (image, "", PNG, "image_url", "image/png"),
        (image, "png", PNG, "image_url", "image/png"),
        (image, "image/*", PNG, "image_url", "image/png"),
        (image, "image/png", PDF, "file", "application/pdf"),
        (file, "application/pdf", PNG, "image_url", "image/png"),
        (file, "application/x-pdf", b"unknown", "file", "application/pdf"),
        (file, "text/plain", PDF, "file", "application/pdf"),
        (audio, "audio/mpeg", WAVE, "input_audio", "wav"),
        (audio, "audio/wav", MP3, "input_audio", "mp3"),
        (audio, "audio/x-wav", ID3, "input_audio", "mp3"),
    ] {
        let (sent_kind, sent, warnings) = part_sent(make(inline(given, bytes)));
        assert_eq!((sent_kind.as_str(), sent.as_str()), (kind, expected), "{given}");
        assert_eq!(warnings.len(), 1, "{given}: {warnings:?}");
    }
    for (make, given, bytes, kind, expected) in [
        (image, "image/png", PNG, "image_url", "image/png"),
        (image, "image/bmp", b"unknown", "image_url", "image/bmp"),
        (audio, "audio/x-wav", WAVE, "input_audio", "wav"),
        (audio, "audio/mp3", ID3, "input_audio", "mp3"),
        // Samples without a header may begin like a frame of MP3.
        (audio, "audio/pcm", MP3, "input_audio", "pcm16"),
        (file, "text/plain", b"ID3 tags", "file", "text/plain"),
        (file, "image/png", PNG, "file", "image/png"),
    ] {
        let (sent_kind, sent, warnings) = part_sent(make(inline(given, bytes)));
        assert_eq!((sent_kind.as_str(), sent.as_str()), (kind, expected), "{given}");
        assert!(warnings.is_empty(), "{given}: {warnings:?}");
    }
}

#[test]
fn the_type_within_a_data_url_is_corrected_too() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let png = STANDARD.encode(PNG);
    for (given, address, expected, warned) in [
        ("image/png", std::format!("data:image/png;base64,{png}"), "image/png", false),
        ("image/png", std::format!("data:image/jpg;base64,{png}"), "image/png", true),
        ("", "data:image/jpg;base64,/9j/4AAQ".into(), "image/jpeg", true),
        ("image/gif", "DATA:;base64,R0lGODlh".into(), "image/gif", false),
        ("image/jpg", "https://x.test/a.jpg".into(), "https://x.test/a.jpg", false),
    ] {
        let (_, sent, warnings) = part_sent(Part::Image(url(given, &address)));
        assert_eq!(sent, expected, "{address}");
        assert_eq!(warnings.len(), usize::from(warned), "{address}: {warnings:?}");
    }
}

/// Ids go to the vendor that may have made them, and to others.
#[test]
fn an_id_is_changed_only_where_the_vendor_refuses_it_and_calls_keep_their_results() {
    let long = std::format!("call_9__thought__{}", "Ab+/".repeat(500));
    let ids = ["functions.read:0", long.as_str(), "call|fc_1", "é", "functions.read:0"];
    for (model, kept) in [
        ("kimi-k2", true),
        ("gemini-3-pro", true),
        ("m", true),
        ("claude-opus-5", false),
        ("gpt-5.4", false),
        ("mistral-large", false),
    ] {
        let mut history = vec![user(vec![text("go")])];
        for (turn, id) in ids.iter().enumerate() {
            history.push(assistant(vec![call(id, "f", "{}"), call(&std::format!("{id}x"), "f", "{}")]));
            let results =
                [1, 0].map(|at| result(&std::format!("{id}{}", ["", "x"][at]), &std::format!("{turn}.{at}")));
            history.push(tool(results.into()));
        }
        let request = Request { model: model.into(), ..request(history) };
        let (body, warnings) = sent(&request);
        strict(&request, &body);
        assert_eq!(warnings.is_empty(), kept, "{model}: {warnings:?}");
        let rule = crate::routes::chat_completions::ROUTE.conversation;
        assert_eq!(rule(model).call_ids == IdRule::Any, kept, "{model}");
        let messages = body["messages"].as_array().unwrap();
        for (turn, messages) in messages[1..].chunks(3).enumerate() {
            let calls = messages[0]["tool_calls"].as_array().unwrap();
            if kept {
                assert_eq!(calls[0]["id"], ids[turn]);
            }
            for at in 0..2 {
                assert_eq!(messages[1 + at]["tool_call_id"], calls[at]["id"], "{model}");
                assert_eq!(messages[1 + at]["content"], std::format!("{turn}.{at}"));
            }
        }
    }
}
