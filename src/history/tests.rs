//! What a repaired conversation looks like, written as one line a turn.

use super::{samples::*, *};
use alloc::{collections::BTreeSet, string::String, vec};

/// Nothing but repairs that every route needs.
const RULES: ConversationRules = ConversationRules {
    call_ids: IdRule::Within(NameRule { longest: 40, punctuation: "_-", letter_first: false }),
    tool_names: NameRule { longest: 64, punctuation: "_-", letter_first: false },
    late_system: LateSystem::Keep,
    merge_neighbours: false,
    starts_with_user: false,
    is_free_text: |_| false,
};

/// `S` system, `U` user, `A` assistant with its calls `id:name` and, behind `=>`, its results `id=text`.
fn sketch(messages: &[Message]) -> (Vec<String>, Vec<String>) {
    sketch_by(&RULES, messages)
}

fn sketch_by(rules: &ConversationRules, messages: &[Message]) -> (Vec<String>, Vec<String>) {
    let Conversation { turns, warnings } = repair(messages, rules).unwrap();
    (turns.iter().map(line).collect(), warnings.into_vec())
}

fn line(turn: &Turn<'_>) -> String {
    match turn {
        Turn::System(text) => format!("S {}", text.join("|")),
        Turn::User(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| match part {
                    UserPart::Text(text) => text.clone().into_owned(),
                    UserPart::Image(_, place) => format!("image@{place}"),
                    UserPart::Audio(_, place) => format!("audio@{place}"),
                    UserPart::File(_, place) => format!("file@{place}"),
                })
                .collect();
            format!("U {}", parts.join("|"))
        }
        Turn::Assistant(turn) => {
            let parts: Vec<_> = turn
                .parts
                .iter()
                .map(|part| match part {
                    AssistantPart::Text { text, .. } => String::from(*text),
                    AssistantPart::Reasoning { text, .. } => format!("({text})"),
                    AssistantPart::Call(call) => format!("{}:{}", call.id, call.name),
                })
                .collect();
            let results: Vec<_> = turn
                .results
                .iter()
                .map(|result| {
                    let text = if result.place.is_some() { result.text } else { "MISSING" };
                    format!("{}={text}", result.call_id)
                })
                .collect();
            format!("A {} => {}", parts.join("|"), results.join("|"))
        }
    }
}

#[test]
fn a_sound_conversation_stays_as_it_is() {
    let messages = [
        system(vec![text("be brief")]),
        user(vec![text("hi"), Part::Image(url("image/png", "https://x.test/a.png"))]),
        assistant(vec![reasoning("hm", None), text("ok"), call("a", "f", "{}"), call("b", "g", "{}")]),
        tool(vec![result("a", "1")]),
        tool(vec![result("b", "2")]),
        assistant(vec![text("done")]),
    ];
    let (turns, warnings) = sketch(&messages);
    let expected =
        ["S be brief", "U hi|image@messages[1].content[1]", "A (hm)|ok|a:f|b:g => a=1|b=2", "A done => "];
    assert_eq!(turns, expected);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn results_are_matched_with_their_calls_wherever_they_stand() {
    let ask = || assistant(vec![call("a", "f", "{}"), call("b", "g", "{}")]);
    type Case = (&'static str, Vec<Message>, &'static [&'static str], usize);
    let cases: Vec<Case> = vec![
        (
            "in another order",
            vec![ask(), tool(vec![result("b", "2"), result("a", "1")])],
            &["A a:f|b:g => a=1|b=2"],
            0,
        ),
        (
            "in a user message",
            vec![ask(), user(vec![text("and"), result("a", "1"), result("b", "2")])],
            &["A a:f|b:g => a=1|b=2", "U and"],
            0,
        ),
        (
            "too late",
            vec![
                ask(),
                user(vec![text("hurry")]),
                tool(vec![result("a", "1")]),
                tool(vec![result("b", "2")]),
            ],
            &["A a:f|b:g => a=1|b=2", "U hurry"],
            2,
        ),
        (
            "one missing at the end",
            vec![ask(), tool(vec![result("b", "2")])],
            &["A a:f|b:g => a=MISSING|b=2"],
            1,
        ),
        (
            "all missing",
            vec![ask(), user(vec![text("stop")])],
            &["A a:f|b:g => a=MISSING|b=MISSING", "U stop"],
            1,
        ),
        (
            "before its call",
            vec![tool(vec![result("a", "1")]), ask(), tool(vec![result("b", "2")])],
            &["U [Result of a tool call that is not in this conversation]\n1", "A a:f|b:g => a=MISSING|b=2"],
            2,
        ),
        (
            "a second one",
            vec![ask(), tool(vec![result("a", "1"), result("b", "2"), result("a", "3")])],
            &["A a:f|b:g => a=1|b=2", "U [Another result of a tool call answered before]\n3"],
            1,
        ),
    ];
    for (name, messages, expected, warned) in cases {
        let (turns, warnings) = sketch(&messages);
        assert_eq!(turns, expected, "{name}");
        assert_eq!(warnings.len(), warned, "{name}: {warnings:?}");
    }
}

#[test]
fn an_id_used_again_finds_the_result_of_its_own_turn() {
    let messages = [
        assistant(vec![call("call_0", "f", "{}")]),
        tool(vec![result("call_0", "first")]),
        assistant(vec![call("call_0", "f", "{}"), call("call_0", "g", "{}")]),
        tool(vec![result("call_0", "second")]),
        tool(vec![result("call_0", "third")]),
        assistant(vec![call("", "f", "{}"), call("", "g", "{}")]),
        tool(vec![result("", "fourth"), result("", "fifth")]),
    ];
    let (turns, warnings) = sketch(&messages);
    let expected = [
        "A call_0:f => call_0=first",
        "A call_0_2:f|call_0_3:g => call_0_2=second|call_0_3=third",
        "A call:f|call_2:g => call=fourth|call_2=fifth",
    ];
    assert_eq!(turns, expected);
    assert!(warnings.len() == 1 && warnings[0].starts_with("4 ids"), "{warnings:?}");
}

#[test]
fn ids_that_differ_only_where_they_are_cut_keep_their_own_results() {
    let (one, two) = ("x".repeat(60) + "1", "x".repeat(60) + "2");
    let messages = [
        assistant(vec![call(&one, "f", "{}"), call(&two, "f", "{}")]),
        tool(vec![result(&two, "2"), result(&one, "1")]),
    ];
    let (turns, warnings) = sketch(&messages);
    let (short, numbered) = ("x".repeat(40), "x".repeat(32) + "_2");
    assert_eq!(turns, [format!("A {short}:f|{numbered}:f => {short}=1|{numbered}=2")]);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_message_with_nothing_in_it_is_left_out() {
    let messages = [
        system(vec![text("")]),
        user(vec![]),
        user(vec![text("hi"), text("")]),
        assistant(vec![text(" \n"), reasoning("forgotten", None)]),
        assistant(vec![reasoning("", Some("{}"))]),
        tool(vec![]),
    ];
    let (turns, warnings) = sketch(&messages);
    assert_eq!(turns, ["U hi", "A () => "]);
    let expected = [0, 1, 3, 5].map(|index| format!("messages[{index}] is empty and was left out"));
    assert_eq!(warnings, expected);
}

#[test]
fn a_part_in_the_wrong_place_is_named() {
    let media = || inline("image/png", b"x");
    let cases = [
        (user(vec![text("a"), call("a", "f", "{}")]), "content[1]: a user message cannot hold a tool call"),
        (user(vec![reasoning("a", None)]), "content[0]: a user message cannot hold reasoning"),
        (assistant(vec![Part::Image(media())]), "content[0]: an assistant message cannot hold an image"),
        (assistant(vec![result("a", "b")]), "content[0]: an assistant message cannot hold a tool result"),
        (system(vec![Part::File(media())]), "content[0]: a system message cannot hold a file"),
        (system(vec![Part::Audio(media())]), "content[0]: a system message cannot hold audio"),
        (tool(vec![text("a")]), "content[0]: a tool message cannot hold text"),
    ];
    for (message, expected) in cases {
        let error = repair(&[user(vec![text("hi")]), message], &RULES).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
        assert_eq!(error.message, format!("messages[1].{expected}"));
    }
}

#[test]
fn a_result_without_a_call_keeps_its_name_failure_and_media() {
    let media = vec![inline("image/png", b"x"), inline("audio/wav", b"x"), inline("text/csv", b"x")];
    let mut part = result_with("gone", "no", media, true);
    if let Part::ToolResult(result) = &mut part {
        result.name = Some("look".into());
    }
    let (turns, _) = sketch(&[tool(vec![part])]);
    let head = "U [Result of a tool call that is not in this conversation; tool: look; it failed]\nno";
    let place = "messages[0].content[0]";
    assert_eq!(turns, [format!("{head}|image@{place}|audio@{place}|file@{place}")]);
}

#[test]
fn ten_thousand_calls_of_one_id_get_their_results_in_linear_time() {
    const COUNT: usize = 10_000;
    let one_turn = (0..COUNT).map(|_| call("same", "f", "{}")).collect();
    let mut messages = vec![assistant(one_turn)];
    messages.extend((0..COUNT).map(|n| tool(vec![result("same", &format!("{n}"))])));
    for n in 0..COUNT {
        messages.push(assistant(vec![call("same", "f", "{}")]));
        messages.push(tool(vec![result("same", &format!("{n}")), result("other", "lost")]));
    }
    let conversation = repair(&messages, &RULES).unwrap();
    let mut ids = BTreeSet::new();
    let mut answered = 0;
    for turn in &conversation.turns {
        let Turn::Assistant(turn) = turn else { continue };
        for (n, result) in turn.results.iter().enumerate() {
            assert!(ids.insert(result.call_id.clone()));
            let expected = if turn.results.len() == 1 { answered - COUNT } else { n };
            assert_eq!(result.text, format!("{expected}"));
            answered += 1;
        }
    }
    assert_eq!(answered, 2 * COUNT);
    assert!(conversation.warnings.into_vec().len() < 40);
}

#[test]
fn a_late_system_message_becomes_the_users_where_the_route_has_one_place_for_it() {
    let messages = [
        system(vec![text("be brief")]),
        system(vec![text("be kind")]),
        user(vec![text("hi")]),
        system(vec![text("hurry")]),
        assistant(vec![text("hello")]),
    ];
    let rules = ConversationRules { late_system: LateSystem::AsUser, ..RULES };
    let (turns, warnings) = sketch_by(&rules, &messages);
    assert_eq!(turns, ["S be brief", "S be kind", "U hi", "U [System message]|hurry", "A hello => "]);
    assert!(warnings.len() == 1 && warnings[0].starts_with("1 system messages"), "{warnings:?}");
    assert_eq!(sketch(&messages).0[3], "S hurry");
}

#[test]
fn neighbours_of_one_role_are_merged_where_the_roles_must_alternate() {
    let messages = [
        system(vec![text("a")]),
        system(vec![text("b")]),
        user(vec![text("c")]),
        user(vec![text("d")]),
        assistant(vec![text("e")]),
        assistant(vec![call("x", "f", "{}")]),
        assistant(vec![text("g")]),
        tool(vec![result("x", "1")]),
        assistant(vec![text("h")]),
    ];
    let rules = ConversationRules { merge_neighbours: true, ..RULES };
    let (turns, warnings) = sketch_by(&rules, &messages);
    // The result of the call stands between the last two, so they are no neighbours.
    assert_eq!(turns, ["S a|b", "U c|d", "A e|x:f => x=1", "A g|h => "]);
    assert_eq!(warnings.len(), 1, "the result came too late: {warnings:?}");
}

#[test]
fn the_user_begins_where_the_route_requires_it() {
    let rules = ConversationRules { starts_with_user: true, ..RULES };
    let messages = [system(vec![text("a")]), assistant(vec![text("b")]), user(vec![text("c")])];
    let (turns, warnings) = sketch_by(&rules, &messages);
    assert_eq!(turns, ["S a", "U [The conversation begins with the assistant]", "A b => ", "U c"]);
    assert_eq!(warnings.len(), 1);
    let (turns, warnings) = sketch_by(&rules, &messages[2..]);
    assert_eq!((turns, warnings.len()), (vec![String::from("U c")], 0));
    let instructions = [system(vec![text("a"), text("b")]), system(vec![text("c")])];
    let merging = ConversationRules { merge_neighbours: true, ..rules };
    let (turns, warnings) = sketch_by(&merging, &instructions);
    assert_eq!((turns, warnings.len()), (vec![String::from("U a|b|c")], 1));
    assert_eq!(sketch(&instructions).0, ["S a|b", "S c"], "other routes take them as they are");
    assert_eq!(sketch_by(&rules, &[]).0, Vec::<String>::new());
}
