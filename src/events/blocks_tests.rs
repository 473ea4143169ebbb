use super::super::grammar::{Grammar, ResponseContent};
use super::*;
use crate::contract::{Event, Finish, FinishReason, ResponseInfo, ToolArguments};
use std::{vec, vec::Vec};

fn assembler() -> Assembler {
    let mut out = Assembler::new(0xabc, Vec::new());
    let route = "test".into();
    out.respond(|| ResponseInfo { id: None, model: None, request_id: None, created: None, route });
    out
}

fn finished(mut out: Assembler) -> (Vec<Event>, ResponseContent) {
    out.finish(Finish { reason: FinishReason::Stop, raw_reason: None, usage: None, extra_json: None });
    let events = out.take(usize::MAX);
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    (events, grammar.content)
}

fn ends(events: &[Event]) -> Vec<(u32, Option<&str>)> {
    let end = |event: &'_ Event| match event {
        Event::BlockEnd(end) => Some(end.clone()),
        _ => None,
    };
    let ends: Vec<_> = events.iter().filter_map(end).collect();
    ends.into_iter()
        .map(|end| (end.index, end.replay.map(|replay| &*std::boxed::Box::leak(replay.into_boxed_str()))))
        .collect()
}

fn call(out: &mut Assembler) -> CallHandle {
    let call = out.open_call().expect("room");
    out.call_id(call, "c1").expect("room");
    out.call_name(call, "run").expect("room");
    call
}

/// The fragments, the end and the warnings of one call.
fn read_call(fill: impl FnOnce(&mut Assembler, CallHandle)) -> (std::string::String, ToolArguments, usize) {
    let mut out = assembler();
    let handle = call(&mut out);
    fill(&mut out, handle);
    let (events, _) = finished(out);
    let mut fragments = std::string::String::new();
    let mut end = None;
    let mut warnings = 0;
    for event in events {
        match event {
            Event::BlockDelta(delta) => fragments.push_str(&delta.text),
            Event::BlockEnd(block) => end = block.arguments,
            Event::Warning(_) => warnings += 1,
            _ => {}
        }
    }
    (fragments, end.expect("an end"), warnings)
}

#[test]
fn blocks_beside_each_other_keep_their_texts_and_end_in_any_order() {
    let mut out = assembler();
    let first = out.open_block(TextKind::Reasoning).expect("room");
    let second = out.open_block(TextKind::Text).expect("room");
    for (block, text) in [(first, "a"), (second, "x"), (first, ""), (first, "b"), (second, "y")] {
        out.block_text(block, &WireText::from(text));
    }
    out.close_block(second, None);
    out.close_block(first, Some("sealed".into()));
    out.close_block(first, Some("again".into()));
    out.block_text(first, &WireText::from("late"));
    let (events, content) = finished(out);
    assert_eq!(ends(&events), vec![(1, None), (0, Some("sealed"))]);
    assert_eq!((content.reasoning.as_str(), content.text.as_str()), ("ab", "xy"));
}

#[test]
fn what_is_open_at_the_end_is_closed() {
    let mut out = assembler();
    let block = out.open_block(TextKind::Refusal).expect("room");
    out.block_text(block, &WireText::from("no"));
    out.opaque_block("item".into());
    let (events, content) = finished(out);
    assert_eq!(ends(&events), vec![(1, Some("item")), (0, None)]);
    assert_eq!(content.refusal, "no");
}

#[test]
fn open_blocks_are_bounded() {
    let mut out = assembler();
    for _ in 0..MAX_OPEN_BLOCKS {
        out.open_block(TextKind::Text).expect("room");
    }
    let error = out.open_block(TextKind::Text).expect_err("one too many");
    assert!(error.message.contains("open blocks"), "{}", error.message);
}

#[test]
fn a_closed_call_ends_at_once_and_takes_no_more() {
    let mut out = assembler();
    let handle = call(&mut out);
    out.call_arguments(handle, &WireText::from("{\"a\":1}")).expect("room");
    out.call_replay(handle, "mark".into()).expect("room");
    out.close_call(handle);
    assert!(
        matches!(out.take(9).last(), Some(Event::BlockEnd(end)) if end.replay.as_deref() == Some("mark"))
    );
    out.call_arguments(handle, &WireText::from("x")).expect("room");
    out.call_whole(handle, &WireText::from("{}")).expect("room");
    out.close_call(handle);
    assert!(out.has_calls());
    out.finish(Finish { reason: FinishReason::Stop, raw_reason: None, usage: None, extra_json: None });
    assert!(matches!(out.take(9)[..], [Event::Finish(_)]));
}

#[test]
fn the_whole_arguments_complete_the_fragments_or_replace_them() {
    let object = |text: &str| ToolArguments::Object(text.into());
    for (fragments, whole, handed_out, end, warnings) in [
        ("", "{\"a\":1}", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{\"a\":1}", "{\"a\":1}", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{\"a\":", "{\"a\":1}", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{}", "{\"a\":1}", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{\"a\":1}", "{}", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{\"a\":1}", "", "{\"a\":1}", object("{\"a\":1}"), 0),
        ("{\"a\":1}", "{\"b\":22}", "{\"a\":1}", object("{\"b\":22}"), 1),
        ("", "", "{}", object("{}"), 0),
    ] {
        let found = read_call(|out, handle| {
            out.call_arguments(handle, &WireText::from(fragments)).expect("room");
            out.call_whole(handle, &WireText::from(whole)).expect("room");
            out.close_call(handle);
        });
        let handed_out = if handed_out == "{}" { "" } else { handed_out };
        assert_eq!(found, (handed_out.into(), end, warnings), "{fragments} {whole}");
    }
}

#[test]
fn free_text_is_never_taken_for_json() {
    for text in ["*** Begin Patch", "{\"a\":1}", "{}", "\"{}\"", "null"] {
        let (fragments, end, _) = read_call(|out, handle| {
            out.call_free_text(handle);
            out.call_arguments(handle, &WireText::from(text)).expect("room");
            out.call_whole(handle, &WireText::from(text)).expect("room");
        });
        let ToolArguments::Malformed(end) = end else { panic!("{text} became JSON") };
        assert_eq!((fragments.as_str(), end.raw.as_str()), (text, text));
    }
}
