//! Reasoning, its replay, and refusals [15].

use super::*;

/// Deltas, their reasoning, their text, and the replay of the last block of reasoning [15].
type ReasoningCase = (&'static [&'static str], &'static str, &'static str, &'static str);

const REASONING: &[ReasoningCase] = &[
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"reasoning_content":"b","content":""}"#, r#"{"content":"c"}"#],
        "ab",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content"}"#,
    ),
    (
        &[r#"{"reasoning":"a","reasoning_content":"a"}"#, r#"{"reasoning":"b","reasoning_content":"b"}"#],
        "ab",
        "",
        r#"{"route":"chat-completions","field":"reasoning_content"}"#,
    ),
    (&[r#"{"reasoning_text":"a"}"#], "a", "", r#"{"route":"chat-completions","field":"reasoning_text"}"#),
    (
        &[r#"{"content":"<thi"}"#, r#"{"content":"nk>a</think>"}"#, r#"{"content":"c"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"think"}"#,
    ),
    (
        &[
            r#"{"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"AA==","z":1.50}]}"#,
            r#"{"content":"c"}"#,
        ],
        "a",
        "c",
        r#"{"route":"chat-completions","details":[{"type":"reasoning.text","text":"a","index":0},{"type":"reasoning.encrypted","data":"AA==","z":1.50}]}"#,
    ),
    (
        &[r#"{"reasoning_details":[{"type":"reasoning.summary","summary":"s"}]}"#],
        "s",
        "",
        r#"{"route":"chat-completions","details":[{"type":"reasoning.summary","summary":"s"}]}"#,
    ),
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"reasoning_signature":"sig"}"#, r#"{"content":"c"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content","signature":"sig"}"#,
    ),
    (
        &[r#"{"reasoning_content":"a"}"#, r#"{"content":"c"}"#, r#"{"signature":"late"}"#],
        "a",
        "c",
        r#"{"route":"chat-completions","signature":"late"}"#,
    ),
    (
        &[
            r#"{"thinking_blocks":[{"type":"thinking","thinking":"a","signature":"sig"}]}"#,
            r#"{"content":"c"}"#,
        ],
        "a",
        "c",
        r#"{"route":"chat-completions","field":"reasoning_content","signature":"sig"}"#,
    ),
    (
        &[
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}"#,
            r#"{"content":[{"type":"thinking","thinking":"b"},{"type":"text","text":"c"}]}"#,
        ],
        "ab",
        "c",
        r#"{"route":"chat-completions","field":"parts"}"#,
    ),
];

#[test]
fn each_signed_block_keeps_its_own_signature_and_field() {
    let reading = response_of(
        &[
            r#"{"thinking_blocks":[{"thinking":"a","signature":"S1"},{"thinking":"b","signature":"S2"}]}"#,
            r#"{"content":"c"}"#,
            r#"{"reasoning":"d"}"#,
        ],
        "stop",
    );
    let replays = reading.events.iter().filter_map(|event| match event {
        Event::BlockEnd(end) => end.replay.clone(),
        _ => None,
    });
    assert_eq!(
        replays.collect::<Vec<_>>(),
        [
            r#"{"route":"chat-completions","field":"reasoning_content","signature":"S1"}"#,
            r#"{"route":"chat-completions","field":"reasoning_content","signature":"S2"}"#,
            r#"{"route":"chat-completions","field":"reasoning"}"#,
        ]
    );
}

fn last_replay(reading: &Reading) -> Option<String> {
    reading.events.iter().rev().find_map(|event| match event {
        Event::BlockEnd(end) => end.replay.clone(),
        _ => None,
    })
}

#[test]
fn reasoning_is_read_once_from_whichever_field_and_can_be_sent_back() {
    for (deltas, reasoning, text, replay) in REASONING {
        let reading = response_of(deltas, "stop");
        let answer = &reading.content;
        assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), (*reasoning, *text), "{deltas:?}");
        assert_eq!(last_replay(&reading).as_deref(), Some(*replay), "{deltas:?}");
    }
}

#[test]
fn reasoning_that_is_not_wanted_is_kept_to_be_sent_back() {
    let body = stream(&[&delta(r#"{"reasoning":"secret"}"#), &delta(r#"{"content":"c"}"#), &finish("stop")]);
    let reading = decode_with(&[body.as_bytes()], false);
    assert_eq!((reading.content.reasoning.as_str(), reading.content.text.as_str()), ("", "c"));
    let replay = r#"{"route":"chat-completions","field":"reasoning","text":"secret"}"#;
    assert_eq!(last_replay(&reading).as_deref(), Some(replay));
}

#[test]
fn a_thought_signature_rides_in_the_replay_of_its_call() {
    let reading = response_of(
        &[
            r#"{"reasoning_content":"hm"}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"x=="}}}]}"#,
        ],
        "tool_calls",
    );
    let replay = r#"{"route":"chat-completions","extra_content":{"google":{"thought_signature":"x=="}}}"#;
    assert_eq!(last_replay(&reading).as_deref(), Some(replay));
}

#[test]
fn a_refusal_is_a_block_and_the_reason_of_the_finish() {
    let reading = response_of(&[r#"{"refusal":"I "}"#, r#"{"refusal":"won't"}"#], "stop");
    assert_eq!(
        (reading.content.refusal.as_str(), reading.reason()),
        ("I won't", Some(FinishReason::Refusal))
    );
}
