//! Thousands of conversations of every make, and what must hold for each body.

use super::*;
use crate::contract::TextPart;

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

const TEXTS: [&str; 6] = ["", " ", "plain", "\"\\\u{0}\n", "é😀", "Error: x"];
const IDS: [&str; 6] = [
    "",
    "call_0",
    "call_1",
    "functions.f:0",
    "é",
    "an id that is longer than sixty-four characters is, and no vendor of this route takes it",
];
const REPLAYS: [&str; 17] = [
    "",
    "[]",
    r#"{"route":"messages","signature":"s"}"#,
    r#"{"route":"responses"}"#,
    r#"{"route":"responses","message":true}"#,
    r#"{"route":"responses","message":true,"phase":"commentary"}"#,
    r#"{"route":"responses","phase":"final_answer","refusal":true}"#,
    r#"{"route":"responses","phase":5,"message":"true"}"#,
    r#"{"route":"responses","summary":[],"encrypted_content":"e"}"#,
    r#"{"route":"responses","vendor":"openai","id":"i","summary":[{"type":"summary_text","text":"\ud83d"}],"encrypted_content":"e","content":[]}"#,
    r#"{"route":"responses","vendor":"deepseek","id":"i","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}"#,
    r#"{"route":"responses","summary":{},"encrypted_content":"e"}"#,
    r#"{"route":"responses","item":{"type":"web_search_call","id":"ws"}}"#,
    r#"{"route":"responses","item":[],"encrypted_content":{}}"#,
    r#"{"route":"responses","input":"*** Begin"}"#,
    r#"{"route":"responses","input":{},"caller":null,"namespace":"n"}"#,
    r#"{"route":"responses","item":{"type":"mcp_call"},"encrypted_content":"e"}"#,
];

fn media(dice: &mut Dice) -> Media {
    let media_type = dice.pick(&["image/png", "audio/wav", "video/mp4", "application/pdf"]);
    if dice.below(2) == 0 { inline(media_type, b"bytes") } else { url(media_type, "https://x.test/\"?a=b\\") }
}

fn replay(dice: &mut Dice) -> Option<String> {
    (dice.below(4) > 0).then(|| dice.pick(&REPLAYS).into())
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
    match dice.below(4) {
        0 => Part::Text(TextPart { text: dice.pick(&TEXTS).into(), replay: replay(dice) }),
        1 | 2 => reasoning(dice.pick(&TEXTS), replay(dice).as_deref()),
        _ => {
            let arguments = dice.pick(&["{}", "", r#"{"a":1e400}"#, "{", "[]"]);
            call_with(dice.pick(&IDS), dice.pick(&["f", "", "a.b"]), arguments, replay(dice).as_deref())
        }
    }
}

fn any_message(dice: &mut Dice) -> Message {
    match dice.below(6) {
        0 => system(dice.some(2, |dice| text(dice.pick(&TEXTS)))),
        1 => user(dice.some(3, user_part)),
        2 => tool(dice.some(3, tool_result)),
        _ => assistant(dice.some(5, assistant_part)),
    }
}

fn any_request(dice: &mut Dice) -> Request {
    let mut messages = dice.some(8, any_message);
    // Sound in the last message is an error of its own.
    messages.push(user(vec![text("go on")]));
    let efforts = [None, Some("none"), Some("minimal"), Some("xhigh"), Some("of the vendor's own")];
    let effort = efforts[dice.below(efforts.len())];
    let reasoning = ReasoningOptions {
        effort: effort.map(Into::into),
        budget_tokens: [None, Some(1)][dice.below(2)],
        include_text: [None, Some(false)][dice.below(2)],
    };
    let models =
        ["gpt-5.4", "gpt-5", "gpt-5-pro", "o3", "gpt-4o", "grok-4.3", "deepseek-v4-flash", "another"];
    Request {
        model: dice.pick(&models).into(),
        temperature: [None, Some(0.1)][dice.below(2)],
        top_p: [None, Some(-1e300)][dice.below(2)],
        max_output_tokens: [None, Some(1), Some(u32::MAX)][dice.below(3)],
        stop: dice.some(1, |_| "END".into()),
        response_format: [None, Some(ResponseFormat::JsonObject)][dice.below(2)].clone(),
        reasoning: (dice.below(2) == 0).then_some(reasoning),
        extra_json: (dice.below(4) == 0).then(|| {
            dice.pick(&["{}", r#"{"text":{"verbosity":"low"}}"#, r#"{"tools":[{"type":"web_search"}]}"#])
                .into()
        }),
        ..request(messages)
    }
}

#[test]
fn every_body_is_json_that_a_strict_server_takes() {
    let mut dice = Dice(7);
    for _ in 0..5_000 {
        let request = any_request(&mut dice);
        let (_, warnings) = sent(&request);
        assert!(
            warnings.iter().filter(|warning| warning.contains("by another route")).count() <= 1,
            "{warnings:?}"
        );
        assert_eq!(
            encode(&request).map(|encoded| encoded.body),
            encode(&request).map(|encoded| encoded.body)
        );
    }
}

#[test]
fn a_conversation_that_grows_keeps_the_beginning_it_was_sent_with() {
    let mut dice = Dice(11);
    for _ in 0..300 {
        let mut conversation = vec![system(vec![text("rules")]), user(vec![text("begin")])];
        let mut before = String::new();
        for _ in 0..4 {
            let calls: Vec<&str> = dice.some(3, |dice| dice.pick(&IDS));
            let parts = calls.iter().map(|id| call(id, "f", "{}"));
            let replay = r#"{"route":"responses","summary":[],"encrypted_content":"e"}"#;
            conversation.push(assistant(
                [reasoning("", Some(replay))].into_iter().chain(parts).chain([text("so")]).collect(),
            ));
            conversation.push(tool(calls.iter().map(|id| result(id, "done")).collect()));
            conversation.push(user(vec![text("go on")]));
            let body = encode(&on("gpt-5.4", conversation.clone())).expect("a good request").body;
            let body = String::from_utf8(body).expect("UTF-8");
            let input = body.split_once(r#"],"stream":true"#).expect("the input").0.to_string();
            assert!(input.starts_with(&before), "{input}\n{before}");
            before = input;
        }
    }
}
