//! The marks of prefixes, against a model of the vendor's cache.

use super::*;
use crate::contract::Tool;
use crate::history::samples::{assistant, call, result, system, text, tool, user};
use std::collections::BTreeMap;

/// The vendor's cache: entries end where a request had a mark, and a mark finds those at most 20 blocks before it.
#[derive(Default)]
struct Cache {
    /// The prefixes that were written, by their number of blocks.
    entries: BTreeMap<usize, Vec<Vec<String>>>,
}

/// The blocks of one request, and what the cache did for it.
struct Use {
    blocks: usize,
    read: usize,
    written: usize,
    marks: Vec<usize>,
}

impl Cache {
    const LOOKBACK: usize = 20;

    fn send(&mut self, body: &Value) -> Use {
        let (mut blocks, mut marks) = (Vec::new(), Vec::new());
        let lists = [&body["tools"], &body["system"]].into_iter();
        let messages =
            body["messages"].as_array().expect("messages").iter().map(|message| &message["content"]);
        for block in lists.chain(messages).flat_map(|list| list.as_array().into_iter().flatten()) {
            let mut block = block.clone();
            if block.as_object_mut().expect("a block").remove("cache_control").is_some() {
                marks.push(blocks.len() + 1);
            }
            blocks.push(block.to_string());
        }
        assert!(marks.len() <= 4, "{marks:?}");
        let hits = marks.iter().flat_map(|mark| {
            (mark.saturating_sub(Self::LOOKBACK)..=*mark).rev().find(|length| {
                self.entries
                    .get(length)
                    .is_some_and(|known| known.iter().any(|known| *known == blocks[..*length]))
            })
        });
        let read = hits.max().unwrap_or(0);
        for mark in &marks {
            self.entries.entry(*mark).or_default().push(blocks[..*mark].to_vec());
        }
        let written = marks.last().map_or(0, |last| last.saturating_sub(read));
        Use { blocks: blocks.len(), read, written, marks }
    }
}

fn agent(messages: Vec<Message>) -> Request {
    let tool = |name: &str| Tool {
        name: name.into(),
        description: None,
        parameters_json: "{}".into(),
        strict: None,
    };
    Request { tools: [tool("read"), tool("write")].into(), ..request("claude-opus-5", messages) }
}

fn of_user(said: &str) -> Message {
    user([text(said)].into())
}

/// A turn with so many calls, and their results.
fn turn(number: usize, calls: usize) -> [Message; 2] {
    let id = |at: usize| format!("toolu_{number}_{at}");
    let content =
        core::iter::once(text("I look")).chain((0..calls).map(|at| call(&id(at), "read", "{}"))).collect();
    let results = (0..calls).map(|at| result(&id(at), &format!("result {at}"))).collect();
    [assistant(content), tool(results)]
}

#[test]
fn each_request_of_an_agent_reads_all_of_the_one_before() {
    let mut cache = Cache::default();
    let mut messages = [system([text("be good")].into()), of_user("go")].to_vec();
    let first = cache.send(&encoded(&agent(messages.clone())).0);
    assert_eq!((first.read, first.written), (0, first.blocks));
    let mut before = first.blocks;
    for number in 0..40 {
        // Up to 41 blocks in one turn: more than a mark looks back.
        messages.extend(turn(number, 1 + number * 7 % 30));
        if number % 9 == 8 {
            messages.extend([assistant([text("done")].into()), of_user("more")]);
        }
        let now = cache.send(&encoded(&agent(messages.clone())).0);
        assert_eq!(now.read, before, "turn {number}: the whole request before");
        assert_eq!(now.read + now.written, now.blocks, "turn {number}: the rest is written for the next one");
        before = now.blocks;
    }
}

#[test]
fn a_host_that_adds_text_which_it_does_not_keep_reads_up_to_the_turn_before() {
    let mut cache = Cache::default();
    let mut messages = [system([text("be good")].into()), of_user("go")].to_vec();
    let mut kept = Vec::new();
    for number in 0..20 {
        let mut sent = messages.clone();
        sent.push(of_user(&format!("it is {number} o'clock")));
        let now = cache.send(&encoded(&agent(sent)).0);
        // What stood at the end of the message before the last one, which had this text only in its own request.
        let expected = if number < 2 { 0 } else { kept[number - 2] };
        assert!(now.read >= expected, "turn {number}: {} of {expected}", now.read);
        kept.push(now.blocks - 1);
        messages.extend(turn(number, 3));
    }
}

#[test]
fn another_conversation_of_the_agent_reads_its_tools_and_instructions() {
    for instructions in [Some(system([text("be good")].into())), None] {
        let mut cache = Cache::default();
        let start = |said: &str| {
            let messages = instructions.clone().into_iter().chain([of_user(said)]).collect();
            encoded(&agent(messages)).0
        };
        cache.send(&start("one"));
        assert_eq!(cache.send(&start("two")).read, 2 + usize::from(instructions.is_some()));
    }
}

#[test]
fn a_single_question_without_tools_is_not_marked() {
    let mut messages = [system([text("summarise")].into()), of_user("a long text")].to_vec();
    assert_eq!(
        Cache::default().send(&encoded(&request("claude-opus-5", messages.clone())).0).marks,
        Vec::<usize>::new()
    );
    messages.extend([assistant([text("short")].into()), of_user("shorter")]);
    assert_eq!(Cache::default().send(&encoded(&request("claude-opus-5", messages)).0).marks, [1, 2, 4]);
}

/// The message that is marked, of these, and where the marks are.
fn marked(messages: &[Message], here: &[usize], tools: bool) -> Vec<usize> {
    let mut messages = messages.to_vec();
    here.iter().for_each(|at| messages[*at].cache_here = true);
    let request = if tools { agent(messages) } else { request("claude-opus-5", messages) };
    Cache::default().send(&encoded(&request).0).marks
}

#[test]
fn a_host_marks_where_a_prefix_ends() {
    // Blocks from 1: two of system, one each of the others.
    let messages = [
        system([text("stable")].into()),
        system([text("of today")].into()),
        of_user("a document"),
        of_user("hello"),
        assistant(
            [text("a"), samples::reasoning("r", Some(r#"{"route":"messages","signature":"s"}"#)), text("b")]
                .into(),
        ),
        of_user("hello again"),
    ];
    assert_eq!(marked(&messages, &[0], false), [1]);
    // The place before the last mark is free.
    assert_eq!(marked(&messages, &[1], false), [2]);
    assert_eq!(
        marked(&messages, &[2], false),
        [2, 3],
        "and not the message after it, which another one replaces"
    );
    assert_eq!(marked(&messages, &[4], false), [2, 4, 7]);
    assert_eq!(marked(&messages, &[5], false), [2, 4, 8]);
    assert_eq!(marked(&messages, &[0, 2, 5], false), [1, 3, 4, 8]);
    // Of too many the first on the instructions and the last three.
    assert_eq!(marked(&messages, &[0, 1, 2, 3, 4, 5], false), [1, 4, 7, 8]);
    assert_eq!(marked(&messages, &[2, 3, 4, 5], false), [3, 4, 7, 8]);
    assert_eq!(marked(&messages, &[0], true), [3], "after the tools, which come first");
}

#[test]
fn a_mark_of_the_host_stands_on_the_results_of_its_message() {
    let mut messages = [of_user("go")].to_vec();
    messages.extend(turn(0, 3));
    messages.extend([of_user("and?")]);
    // One of the user, four of the model, three results, one of the user.
    assert_eq!(marked(&messages, &[2], false), [1, 8]);
    assert_eq!(marked(&messages, &[1], false), [1, 5]);
}

/// Hosts that mark only their last message still read all of the request before, however many blocks a turn has.
#[test]
fn one_mark_of_the_host_is_enough_for_long_turns() {
    let mut cache = Cache::default();
    let mut messages = [of_user("go")].to_vec();
    let mut before = 0;
    for number in 0..10 {
        messages.last_mut().expect("a message").cache_here = true;
        let now = cache.send(&encoded(&request("claude-opus-5", messages.clone())).0);
        assert_eq!((now.read, now.written), (before, now.blocks - before), "turn {number}");
        before = now.blocks;
        messages.iter_mut().for_each(|message| message.cache_here = false);
        messages.extend(turn(number, 25));
    }
}

#[test]
fn all_marks_have_the_lifetime_of_the_callers_so_that_none_of_an_hour_follows_one_of_five_minutes() {
    let mut messages = [system([text("be good")].into()), of_user("go")].to_vec();
    (0..5).for_each(|number| messages.extend(turn(number, 1)));
    messages[0].cache_here = true;
    messages[9].cache_here = true;
    for (extra, lifetime) in [
        (r#"{"cache_control":{"type":"ephemeral","ttl":"1h"}}"#, Some("1h")),
        (r#"{"cache_control":{"ttl":"\u0031h","type":"ephemeral"}}"#, Some("1h")),
        (r#"{"cache_control":{"type":"ephemeral","ttl":"5m"}}"#, None),
        (r#"{"cache_control":{"type":"ephemeral"}}"#, None),
        (r#"{"cache_control":"1h"}"#, None),
        ("{}", None),
    ] {
        let mut request = agent(messages.clone());
        request.extra_json = Some(extra.into());
        let (body, _) = encoded(&request);
        let blocks = body["messages"].as_array().expect("a list").iter();
        let blocks = blocks.flat_map(|message| message["content"].as_array().expect("a list"));
        let blocks = blocks.chain(body["system"].as_array().expect("a list"));
        let marks: Vec<&Value> = blocks.filter_map(|block| block.get("cache_control")).collect();
        assert!(marks.len() >= 2, "{extra}: {marks:?}");
        assert!(marks.iter().all(|mark| mark["ttl"].as_str() == lifetime), "{extra}: {marks:?}");
    }
}

#[test]
fn marks_of_the_caller_count_and_its_own_way_turns_ours_off() {
    let mut messages = [of_user("go")].to_vec();
    (0..5).for_each(|number| messages.extend(turn(number, 1)));
    let with = |extra: &str, here: bool| {
        let mut request = agent(messages.clone());
        request.extra_json = Some(extra.into());
        request.messages.iter_mut().for_each(|message| message.cache_here = here);
        let encoded = ROUTE.encode(&request).expect("a good request");
        String::from_utf8(encoded.body).expect("UTF-8").matches("\"cache_control\"").count()
    };
    assert_eq!(with("{}", false), 4);
    assert_eq!(with(r#"{"cache_control":{"type":"ephemeral","ttl":"1h"}}"#, false), 1);
    assert_eq!(with(r#"{"cache_control":null}"#, false), 1);
    assert_eq!(with(r#"{"cache_control":{"type":"ephemeral"}}"#, true), 4);
    let tool = r#"{"name":"x","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}"#;
    assert_eq!(with(&format!(r#"{{"tools":[{tool}]}}"#), false), 4);
}
