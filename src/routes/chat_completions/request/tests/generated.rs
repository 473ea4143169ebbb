//! Thousands of conversations of every make, and what must hold for each body.

use super::*;
use crate::contract::{Media, TextPart};
use crate::routes::chat_completions::strict_server;
use alloc::string::ToString;

/// A small generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn some<T>(&mut self, up_to: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(up_to + 1)).map(|_| make(self)).collect()
    }
}

const TEXTS: [&str; 9] =
    ["", " ", "plain", "\"\\\u{0}\n", "é😀", "{\"a\":[", "</think>", "Error: x", "\"stream_options\":{},"];
const IDS: [&str; 7] =
    ["", "call_0", "call_1", "call|1", "é", "call_0_2", "a very long id, longer than forty characters are"];
const ARGUMENTS: [&str; 8] =
    ["{}", "", r#"{"a":1e400}"#, "{", "[]", r#"{"a":"\ud83d"}"#, r#"{"😀":{"b":[1,{}]}}"#, "null"];
const REPLAYS: [&str; 11] = [
    "",
    r#"{"route":"messages"}"#,
    r#"{"route":"chat-completions"}"#,
    r#"{"route":"chat-completions","field":"reasoning_content","signature":"s"}"#,
    r#"{"route":"chat-completions","field":"think"}"#,
    r#"{"route":"chat-completions","field":"parts","text":"\ud83d"}"#,
    r#"{"route":"chat-completions","details":[{"a":[1,"]"]}]}"#,
    r#"{"route":"chat-completions","extra_content":{"b":"}"}}"#,
    r#"{"route":"chat-completions","signature":"late","message_extra_content":{"s":1}}"#,
    r#"{"route":"chat-completions","blocks":[{"type":"redacted_thinking","data":"]"}]}"#,
    r#"{"route":"chat-completions","field":"parts","blocks":[{"type":"redacted_thinking"}]}"#,
];

fn media(dice: &mut Dice) -> Media {
    let media_type = dice.pick(&["image/png", "audio/wav", "video/mp4", "application/pdf"]);
    if dice.below(2) == 0 { inline(media_type, b"bytes") } else { url(media_type, "https://x.test/\"?a=b\\") }
}

fn replay(dice: &mut Dice) -> Option<&'static str> {
    (dice.below(3) > 0).then(|| dice.pick(&REPLAYS))
}

fn tool_result(dice: &mut Dice) -> Part {
    let (id, text, is_error) = (dice.pick(&IDS), dice.pick(&TEXTS), dice.below(3) == 0);
    result_with(id, text, dice.some(1, media), is_error)
}

fn user_part(dice: &mut Dice) -> Part {
    match dice.below(5) {
        0 => Part::Image(Media { media_type: "image/webp".into(), ..media(dice) }),
        1 => Part::Audio(Media { media_type: "audio/mpeg".into(), ..media(dice) }),
        2 => Part::File(media(dice)),
        3 => tool_result(dice),
        _ => text(dice.pick(&TEXTS)),
    }
}

fn assistant_part(dice: &mut Dice) -> Part {
    match dice.below(3) {
        0 => Part::Text(TextPart { text: dice.pick(&TEXTS).into(), replay: replay(dice).map(Into::into) }),
        1 => reasoning(dice.pick(&TEXTS), replay(dice)),
        _ => {
            let (id, name, arguments) =
                (dice.pick(&IDS), dice.pick(&["f", "", "a.b"]), dice.pick(&ARGUMENTS));
            call_with(id, name, arguments, replay(dice))
        }
    }
}

fn any_message(dice: &mut Dice) -> Message {
    match dice.below(6) {
        0 => system(dice.some(2, |dice| text(dice.pick(&TEXTS)))),
        1 => user(dice.some(3, user_part)),
        2 | 3 => tool(dice.some(3, tool_result)),
        _ => assistant(dice.some(4, assistant_part)),
    }
}

fn any_request(dice: &mut Dice) -> Request {
    let mut messages = vec![user(vec![text("begin")])];
    messages.extend(dice.some(7, any_message));
    let extras = [
        "{}",
        r#"{"stream_options":{"a":"},"},"temperature":1}"#,
        r#"{"stop":null,"z":[{}],"z":{"stream_options":{}}}"#,
        r#"{"tool_choice":"auto"}"#,
    ];
    let floats = [None, Some(0.1), Some(f64::MIN_POSITIVE), Some(-1e300)];
    Request {
        model: dice.pick(&["deepseek-chat", "claude-opus-5", "gpt-5.4", "mistral-large"]).into(),
        tools: ["f", "g"][..dice.below(3)].iter().map(|name| tool_named(name)).collect(),
        tool_choice: [None, Some(ToolChoice::Auto), Some(ToolChoice::None)][dice.below(3)].clone(),
        parallel_tool_calls: [None, Some(true)][dice.below(2)],
        max_output_tokens: [None, Some(u32::MAX)][dice.below(2)],
        temperature: floats[dice.below(4)],
        top_p: floats[dice.below(4)],
        stop: dice.some(2, |dice| dice.pick(&["a", "\"\u{1f}"]).into()),
        seed: [None, Some(i64::MIN)][dice.below(2)],
        extra_json: (dice.below(2) == 0).then(|| dice.pick(&extras).into()),
        ..request(messages)
    }
}

#[test]
fn every_body_is_json_that_a_strict_server_takes_with_and_without_stream_options() {
    let mut dice = Dice(7);
    for _ in 0..5_000 {
        let request = any_request(&mut dice);
        let encoded = encode(&request).unwrap_or_else(|error| panic!("{error:?}: {request:?}"));
        let mut value: Value = serde_json::from_slice(&encoded.body).unwrap();
        strict_server::check(&request, &value);
        value.as_object_mut().unwrap().remove("stream_options");

        let without = without_field(&encoded.body, "stream_options").unwrap();
        let without: Value = serde_json::from_slice(&without).unwrap();
        assert_eq!(without, value);
        assert_eq!(encode(&request).unwrap().body, encoded.body);
    }
}

#[test]
fn a_conversation_that_grows_keeps_the_beginning_it_was_sent_with() {
    let mut dice = Dice(11);
    for _ in 0..500 {
        let rounds = 1 + dice.below(4);
        let mut conversation = vec![user(vec![text("begin")])];
        let mut before = String::new();
        for _ in 0..rounds {
            let calls: Vec<&str> = dice.some(3, |dice| dice.pick(&IDS));
            conversation
                .push(assistant(calls.iter().map(|id| call(id, "f", "{}")).chain([text("so")]).collect()));
            conversation.push(tool(calls.iter().map(|id| result(id, "done")).collect()));
            conversation.push(user(vec![text("go on")]));
            let body = body(&request(conversation.clone()));
            let messages = body.split_once(r#"],"stream":true"#).unwrap().0.to_string();
            assert!(messages.starts_with(&before), "{messages}\n{before}");
            before = messages;
        }
    }
}
