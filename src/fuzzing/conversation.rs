//! Arbitrary conversations, and the properties that they have once they are repaired.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};

use crate::contract::{Media, MediaSource, Message, Part, TextPart, ToolResultPart};
use crate::history::{
    AssistantPart, AssistantTurn, Conversation, ConversationRules, IdRule, LateSystem, Turn, UserPart,
    repair, samples,
};
use crate::routes::ROUTES;

/// Part of every text that a person or a model wrote: no message about a conversation may hold it.
pub(super) const MARK: &str = "Xq7";

const TEXTS: [&str; 7] = ["", " ", "\n", "\u{a0}", "{\"a\":[", "</think>", "Error: x"];
const IDS: [&str; 9] =
    ["", "call_0", "call_1", "call|1", "é", "call_0_2", "call", "call_2", "functions.read:0"];
const ARGUMENTS: [&str; 9] =
    ["{}", "", "{\"a\":1e400}", "{", "[]", "{\"a\":\"\\ud83d\"}", "{\"😀\":{\"b\":[1,{}]}}", "null", " {} "];
const REPLAYS: [&str; 12] = [
    "",
    "{\"route\":\"messages\"}",
    "{\"route\":\"chat-completions\"}",
    "{\"route\":\"chat-completions\",\"field\":\"reasoning_content\",\"signature\":\"s\"}",
    "{\"route\":\"chat-completions\",\"field\":\"think\"}",
    "{\"route\":\"chat-completions\",\"field\":\"parts\",\"text\":\"\\ud83d\"}",
    "{\"route\":\"chat-completions\",\"details\":[{\"a\":[1,\"]\"]}]}",
    "{\"route\":\"chat-completions\",\"extra_content\":{\"b\":\"}\"}}",
    "{\"route\":\"chat-completions\",\"field\":\"reasoning\",\"text\":\"t\"}",
    "{\"route\":\"chat-completions\",\"signature\":\"late\",\"message_extra_content\":{\"s\":1}}",
    "{\"route\":\"chat-completions\",\"blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"]\"}]}",
    "{\"route\":\"chat-completions\",\"field\":\"parts\",\"blocks\":[{\"type\":\"redacted_thinking\"}]}",
];
const MEDIA_TYPES: [&str; 9] = [
    "image/png",
    "IMAGE/webp; q=1",
    "audio/wav",
    "audio/",
    "video/mp4",
    "application/pdf",
    "",
    "x",
    "image/jpg",
];

/// How files begin, since a fuzzer would hardly find them.
const FILES: [&[u8]; 5] = [b"\x89PNG\r\n\x1a\n", b"RIFF....WAVE", b"%PDF-1", b"\xFF\xFB\x90\x64", b"x"];

/// One of a list that is worth a try, or any text with the mark in it.
pub(super) fn any_text(u: &mut Unstructured<'_>, worth: &[&str]) -> Result<String> {
    Ok(match u.ratio(2, 3)? {
        true => (*u.choose(worth)?).to_owned(),
        false => format!("{MARK}{}", u.arbitrary::<&str>()?),
    })
}

fn any_media(u: &mut Unstructured<'_>) -> Result<Media> {
    let source = match u.arbitrary()? {
        true if u.ratio(1, 2)? => MediaSource::Inline(u.choose(&FILES)?.to_vec()),
        true => MediaSource::Inline(u.arbitrary::<[u8; 4]>()?.to_vec()),
        false => MediaSource::Url(any_text(
            u,
            &[
                "https://x.test/\"?a=b\\",
                "http://x.test/a",
                "data:x",
                "",
                "data:image/jpg;base64,iVBORw0KGgo=",
            ],
        )?),
    };
    let media_type = any_text(u, &MEDIA_TYPES)?;
    let name = if u.ratio(1, 4)? { Some(any_text(u, &["a.pdf", ""])?) } else { None };
    Ok(Media { source, media_type, name })
}

fn any_replay(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    u.ratio(2, 3)?.then(|| any_text(u, &REPLAYS)).transpose()
}

fn any_result(u: &mut Unstructured<'_>) -> Result<Part> {
    Ok(Part::ToolResult(ToolResultPart {
        call_id: any_text(u, &IDS)?,
        name: if u.ratio(1, 4)? { Some(any_text(u, &["f", ""])?) } else { None },
        text: any_text(u, &TEXTS)?,
        media: if u.ratio(1, 6)? { vec![any_media(u)?] } else { Vec::new() },
        is_error: u.ratio(1, 3)?,
    }))
}

/// Any part; most of the time one that fits the role.
fn any_part(u: &mut Unstructured<'_>, fitting: &[u8]) -> Result<Part> {
    let kind = if u.ratio(1, 64)? { u.int_in_range(0..=6)? } else { *u.choose(fitting)? };
    Ok(match kind {
        0 => Part::Text(TextPart { text: any_text(u, &TEXTS)?, replay: any_replay(u)? }),
        1 => any_result(u)?,
        2 => samples::reasoning(&any_text(u, &TEXTS)?, any_replay(u)?.as_deref()),
        3 => {
            let (id, name) = (any_text(u, &IDS)?, any_text(u, &["f", "", "a.b"])?);
            samples::call_with(&id, &name, &any_text(u, &ARGUMENTS)?, any_replay(u)?.as_deref())
        }
        4 => Part::Image(Media { media_type: "image/webp".into(), ..any_media(u)? }),
        5 => Part::Audio(any_media(u)?),
        _ => Part::File(any_media(u)?),
    })
}

fn any_message(u: &mut Unstructured<'_>) -> Result<Message> {
    type Make = fn(Vec<Part>) -> Message;
    let kinds: [(Make, &[u8]); 4] = [
        (samples::system, &[0]),
        (samples::user, &[0, 0, 0, 1, 4, 5, 6]),
        (samples::assistant, &[0, 2, 3, 3]),
        (samples::tool, &[1]),
    ];
    let (make, fitting) = *u.choose(&kinds)?;
    let parts = (0..u.int_in_range(0..=4)?).map(|_| any_part(u, fitting)).collect::<Result<_>>()?;
    Ok(Message { cache_here: u.ratio(1, 8)?, ..make(parts) })
}

/// As many messages as there is input for.
pub(super) fn any_messages(u: &mut Unstructured<'_>) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    while !u.is_empty() && messages.len() < 64 {
        messages.push(any_message(u)?);
    }
    Ok(messages)
}

/// Models whose vendors have different rules for ids.
const MODELS: [&str; 4] = ["kimi-k2", "claude-opus-5", "gpt-5.4", "mistral-large"];

/// By the rules of each route a conversation is refused for a part in the wrong place only. Repaired, it keeps these
/// rules, nothing of it is in a warning, and there is nothing left to repair.
pub fn history_repair(data: &[u8]) {
    let Ok(messages) = any_messages(&mut Unstructured::new(data)) else { return };
    for route in ROUTES {
        for model in MODELS {
            repaired(&messages, &(route.conversation)(model));
        }
    }
}

fn repaired(messages: &[Message], rules: &ConversationRules) {
    let Conversation { turns, warnings } = match repair(messages, rules) {
        Ok(repaired) => repaired,
        Err(error) => {
            assert!(error.message.contains(" cannot hold ") && !error.message.contains(MARK), "{error:?}");
            return;
        }
    };
    for warning in warnings.into_vec() {
        assert!(!warning.contains(MARK) && warning.len() <= 256, "{warning}");
    }
    check(&turns, rules);
    let again: Vec<Message> = turns.iter().flat_map(to_messages).collect();
    let repaired = repair(&again, rules).expect("what is repaired is sound");
    assert_eq!(repaired.warnings.clone().into_vec(), [""; 0], "{again:?}");
    let third: Vec<Message> = repaired.turns.iter().flat_map(to_messages).collect();
    assert_eq!(again, third);
}

fn check(turns: &[Turn<'_>], rules: &ConversationRules) {
    let mut ids = BTreeSet::new();
    for turn in turns {
        match turn {
            Turn::System(texts) => {
                assert!(!texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty()));
            }
            Turn::User(parts) => {
                let has_content =
                    |part: &UserPart<'_>| !matches!(part, UserPart::Text(text) if text.trim().is_empty());
                assert!(!parts.is_empty() && parts.iter().all(has_content));
            }
            Turn::Assistant(turn) => check_calls(turn, rules, &mut ids),
        }
    }
    check_order(turns, rules);
}

fn check_order(turns: &[Turn<'_>], rules: &ConversationRules) {
    let system = |turn: &&Turn<'_>| matches!(turn, Turn::System(_));
    let mut rest = turns.iter().skip_while(system);
    if rules.starts_with_user {
        assert!(!matches!(rest.clone().next(), Some(Turn::Assistant(_))), "{turns:?}");
    }
    if rules.late_system == LateSystem::AsUser {
        assert!(!rest.any(|turn| system(&turn)), "{turns:?}");
    }
    let neighbours = |pair: &[Turn<'_>]| match pair {
        [Turn::User(_), Turn::User(_)] | [Turn::System(_), Turn::System(_)] => true,
        [Turn::Assistant(before), Turn::Assistant(_)] => before.results.is_empty(),
        _ => false,
    };
    assert!(!rules.merge_neighbours || !turns.windows(2).any(neighbours), "{turns:?}");
}

fn check_calls(turn: &AssistantTurn<'_>, rules: &ConversationRules, ids: &mut BTreeSet<String>) {
    assert!(turn.parts.iter().any(AssistantPart::has_content));
    if rules.call_ids == IdRule::Any {
        ids.clear();
    }
    let mut results = turn.results.iter();
    for part in &turn.parts {
        let AssistantPart::Call(call) = part else { continue };
        assert!(rules.call_ids.is_kept_by(&call.id) && rules.tool_names.is_kept_by(&call.name), "{call:?}");
        assert!(ids.insert(call.id.clone().into_owned()), "{} comes twice", call.id);
        assert_eq!(results.next().map(|result| &result.call_id), Some(&call.id));
        if call.replay.is_some_and(rules.is_free_text) {
            continue;
        }
        let arguments = call.arguments.trim_ascii();
        let is_json = serde_json::from_str::<&serde_json::value::RawValue>(arguments).is_ok();
        assert!(is_json && arguments.starts_with('{'), "{call:?}");
    }
    assert_eq!(results.next(), None);
}

/// What a host would hand in to say the same.
fn to_messages(turn: &Turn<'_>) -> Vec<Message> {
    match turn {
        Turn::System(texts) => vec![samples::system(texts.iter().map(|text| samples::text(text)).collect())],
        Turn::User(parts) => vec![samples::user(parts.iter().map(user_part).collect())],
        Turn::Assistant(turn) => {
            let said = samples::assistant(turn.parts.iter().map(assistant_part).collect());
            let results = turn.results.iter().map(|result| {
                samples::result_with(&result.call_id, result.text, result.media.to_vec(), result.is_error)
            });
            let results = samples::tool(results.collect());
            if results.content.is_empty() { vec![said] } else { vec![said, results] }
        }
    }
}

fn user_part(part: &UserPart<'_>) -> Part {
    match part {
        UserPart::Text(text) => samples::text(text),
        UserPart::Image(media, _) => Part::Image((*media).clone()),
        UserPart::Audio(media, _) => Part::Audio((*media).clone()),
        UserPart::File(media, _) => Part::File((*media).clone()),
    }
}

fn assistant_part(part: &AssistantPart<'_>) -> Part {
    match part {
        AssistantPart::Text { text, replay, .. } => {
            Part::Text(TextPart { text: (*text).to_owned(), replay: replay.map(ToOwned::to_owned) })
        }
        AssistantPart::Reasoning { text, replay, .. } => samples::reasoning(text, *replay),
        AssistantPart::Call(call) => samples::call_with(&call.id, &call.name, &call.arguments, call.replay),
    }
}
