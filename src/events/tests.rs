use super::grammar::{Grammar, ResponseContent};
use super::*;
use crate::contract::{Event, Finish, FinishReason, ResponseInfo};
use crate::json::WireText;
use std::string::{String, ToString};
use std::vec::Vec;

fn assembler() -> Assembler {
    let mut out = Assembler::new(0xabc, Vec::new());
    out.respond(|| ResponseInfo {
        id: None,
        model: None,
        request_id: None,
        created: None,
        route: "test".into(),
    });
    out
}

fn finished(mut out: Assembler) -> ResponseContent {
    out.finish(Finish { reason: FinishReason::Stop, raw_reason: None, usage: None, extra_json: None });
    let mut grammar = Grammar::default();
    while !out.is_empty() {
        for event in out.take(3) {
            grammar.read(&event);
        }
    }
    grammar.content
}

fn wire(text: &str) -> WireText<'_> {
    WireText::from(text)
}

#[test]
fn warnings_about_the_request_come_after_the_response() {
    let mut out = Assembler::new(0, std::vec!["repaired".to_string()]);
    out.warn("second");
    assert!(out.is_empty(), "nothing is handed out before the response begins");
    out.respond(|| ResponseInfo {
        id: None,
        model: None,
        request_id: None,
        created: None,
        route: "r".into(),
    });
    let events = out.take(9);
    assert!(matches!(events[0], Event::Response(_)));
    assert_eq!(events[1..], [Event::Warning("repaired".into()), Event::Warning("second".into())]);
}

#[test]
fn a_change_of_kind_is_a_new_block() {
    let mut out = assembler();
    for (kind, text) in [
        (TextKind::Reasoning, "think"),
        (TextKind::Reasoning, ""),
        (TextKind::Text, "say"),
        (TextKind::Reasoning, " again"),
    ] {
        out.text(kind, &wire(text));
    }
    let answer = finished(out);
    assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), ("think again", "say"));
}

/// Names as they come, and the name they make [13].
#[test]
fn a_name_comes_whole_repeated_or_in_pieces() {
    for (pieces, name) in [
        (&["get_weather"][..], "get_weather"),
        (&["get_", "weather"], "get_weather"),
        (&["get_weather", "get_weather"], "get_weather"),
        (&["get", "get_weather"], "get_weather"),
        (&["", "get_weather", ""], "get_weather"),
    ] {
        let mut out = assembler();
        let call = out.open_call().expect("a call");
        out.call_id(call, "a").expect("within the caps");
        for piece in pieces {
            out.call_name(call, piece).expect("within the caps");
        }
        out.call_arguments(call, &wire("{}")).expect("within the caps");
        out.call_name(call, name).expect("within the caps");
        assert_eq!(finished(out).calls, [("a".into(), name.into(), Ok("{}".into()))], "{pieces:?}");
    }
}

#[test]
fn arguments_wait_for_a_late_id_and_a_late_name() {
    let mut out = assembler();
    let call = out.open_call().expect("a call");
    out.call_arguments(call, &wire("{\"a\"")).expect("within the caps");
    out.call_name(call, "f").expect("within the caps");
    assert!(!out.take(9).iter().any(|event| matches!(event, Event::BlockStart(_))));
    out.call_id(call, "late").expect("within the caps");
    out.call_arguments(call, &wire(":1}")).expect("within the caps");
    assert_eq!(out.take(9).len(), 2, "the start, and all fragments so far in one");
    let mut out_of_order = assembler();
    let call = out_of_order.open_call().expect("a call");
    out_of_order.call_arguments(call, &wire("{}")).expect("within the caps");
    out_of_order.call_name(call, "f").expect("within the caps");
    let answer = finished(out_of_order);
    assert_eq!(answer.calls, [("call_abc_0".into(), "f".into(), Ok("{}".into()))]);
}

#[test]
fn a_call_without_a_name_is_handed_out_as_malformed_and_an_empty_one_is_none() {
    let mut out = assembler();
    let call = out.open_call().expect("a call");
    out.call_arguments(call, &wire("{}")).expect("within the caps");
    out.open_call().expect("a second one");
    assert_eq!(finished(out).calls, [("call_abc_0".into(), String::new(), Err("{}".into()))]);
}

#[test]
fn calls_interleave_and_end_in_their_order() {
    let mut out = assembler();
    let calls: Vec<_> = (0..2)
        .map(|at| {
            let call = out.open_call().expect("a call");
            out.call_id(call, &at.to_string()).expect("within the caps");
            out.call_name(call, "f").expect("within the caps");
            call
        })
        .collect();
    for (at, fragment) in [(1, "{\"b\":"), (0, "{\"a\":"), (1, "2}"), (0, "1}")] {
        out.call_arguments(calls[at], &wire(fragment)).expect("within the caps");
    }
    let answer = finished(out);
    assert_eq!(
        answer.calls,
        [("0".into(), "f".into(), Ok("{\"a\":1}".into())), ("1".into(), "f".into(), Ok("{\"b\":2}".into()))]
    );
}

#[test]
fn arguments_without_end_and_calls_without_number_meet_their_caps() {
    let mut out = assembler();
    let call = out.open_call().expect("a call");
    let fragment = "x".repeat(1 << 20);
    let pushed = (0..).take_while(|_| out.call_arguments(call, &wire(&fragment)).is_ok()).count();
    assert_eq!(pushed, MAX_CALL_BYTES >> 20);
    let mut out = assembler();
    assert_eq!((0..).take_while(|_| out.open_call().is_ok()).count(), MAX_CALLS);
}
