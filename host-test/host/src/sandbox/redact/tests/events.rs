//! Events of a completion.

use crate::contract::{
    Batch, BlockDelta, BlockEnd, BlockKind, BlockStart, Error, ErrorKind, Event, Finish, FinishReason,
    MalformedArguments, ResponseInfo, ToolArguments, ToolCallHead, Usage,
};

use super::super::Redaction;
use super::super::events::Outgoing;
use super::{KEY, redaction};

fn delta(index: u32, text: &str) -> Event {
    Event::BlockDelta(BlockDelta { index, text: text.to_owned() })
}

fn end(index: u32, arguments: Option<ToolArguments>) -> Event {
    Event::BlockEnd(BlockEnd { index, replay: None, arguments })
}

fn error() -> Error {
    Error {
        kind: ErrorKind::Network,
        message: format!("it broke at {KEY}"),
        http_status: None,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        retryable: true,
        request_sent: true,
        partial: true,
        suggested_model: None,
        details_json: None,
    }
}

/// All that comes out, asked for in portions of `max`: events, and the error that ends them.
fn out(batches: Vec<Result<Batch, Error>>, max: u32) -> (Vec<Event>, Option<Error>) {
    let mut outgoing = Outgoing::new(&redaction(KEY));
    let mut batches = batches.into_iter();
    let mut events = Vec::new();
    loop {
        let next = outgoing.left(max).or_else(|| Some(outgoing.pass(batches.next()?, max)));
        match next.expect("an end") {
            Ok(batch) => {
                assert!(batch.events.len() <= max.max(1) as usize, "{batch:?}");
                events.extend(batch.events);
                if batch.done {
                    assert!(outgoing.left(max).is_none());
                    return (events, None);
                }
            }
            Err(error) => return (events, Some(error)),
        }
    }
}

fn batch(events: Vec<Event>, done: bool) -> Result<Batch, Error> {
    Ok(Batch { events, done, wake_after_ms: None })
}

#[test]
fn a_key_that_deltas_share_comes_out_of_none_of_them_whatever_stands_between() {
    for max in [0, 1, 2, 64] {
        let events = vec![
            delta(1, "see sk-can"),
            delta(2, "ary"),
            Event::Warning("well".to_owned()),
            delta(1, "ary-7Qx2mW9"),
            delta(1, "zRt4v!"),
            end(1, None),
        ];
        let (events, error) = out(vec![batch(events, true)], max);
        let shown = format!("{events:?}");
        assert!(error.is_none() && !shown.contains("canary") && shown.contains("[redacted]!"), "{shown}");
        assert_eq!(events.len(), 5, "a delta with nothing left is none: {shown}");
    }
}

#[test]
fn what_was_held_back_comes_before_the_end_of_its_block_in_a_batch_no_longer_than_asked_for() {
    for max in [1, 2, 64] {
        let batches = vec![batch(vec![delta(7, "a sk-ca"), end(7, None)], false), batch(vec![], true)];
        let (events, _) = out(batches, max);
        let shown = format!("{events:?}");
        assert_eq!(events.len(), 3, "{shown}");
        assert!(matches!(&events[1], Event::BlockDelta(delta) if delta.text == "sk-ca"), "{shown}");
    }
}

#[test]
fn what_was_held_back_comes_before_an_error_which_is_told_again() {
    let mut outgoing = Outgoing::new(&redaction(KEY));
    let held = outgoing.pass(batch(vec![delta(0, "sk-ca")], false), 1).unwrap();
    assert_eq!((held.events.len(), held.done), (0, false));
    let rest = outgoing.pass(Err(error()), 1).unwrap();
    assert!(matches!(&rest.events[..], [Event::BlockDelta(delta)] if delta.text == "sk-ca") && !rest.done);
    assert!(outgoing.left(1).is_none(), "the component is called again, and returns it again");
    for _ in 0..2 {
        assert_eq!(outgoing.pass(Err(error()), 1).unwrap_err().message, "it broke at [redacted]");
    }
}

#[test]
fn every_text_of_every_event_is_looked_at() {
    let text = || Some(format!("<{KEY}>"));
    let call = ToolCallHead { id: format!("call-{KEY}"), name: format!("f-{KEY}") };
    let malformed =
        MalformedArguments { raw: format!("{{\"key\":\"{KEY}"), reason: format!("no end after {KEY}") };
    let usage = Usage {
        input: Some(1),
        output: None,
        total: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        billed: None,
        currency: text(),
        raw_json: text(),
    };
    let response = ResponseInfo {
        id: text(),
        model: text(),
        request_id: text(),
        created: Some(1),
        route: format!("route-{KEY}"),
    };
    let events = vec![
        Event::Response(response),
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::ToolCall(call) }),
        delta(0, &format!("{{\"key\":\"{KEY}\"}}")),
        end(0, Some(ToolArguments::Object(format!("{{\"key\":\"{KEY}\"}}")))),
        Event::BlockEnd(BlockEnd {
            index: 1,
            replay: text(),
            arguments: Some(ToolArguments::Malformed(malformed)),
        }),
        Event::Warning(format!("a warning with {KEY}")),
        Event::Finish(Finish {
            reason: FinishReason::Other(format!("because of {KEY}")),
            raw_reason: text(),
            usage: Some(usage),
            extra_json: text(),
        }),
    ];
    let shown = format!("{:?}", out(vec![batch(events, true)], 64).0);
    assert!(!shown.contains(KEY), "{shown}");
    assert_eq!(shown.matches("[redacted]").count(), 17, "{shown}");
}

#[test]
fn without_a_key_events_pass_untouched() {
    let mut outgoing = Outgoing::new(&Redaction::default());
    let passed = outgoing.pass(batch(vec![delta(0, KEY), delta(0, ""), end(0, None)], true), 1).unwrap();
    assert_eq!((passed.events.len(), passed.done), (3, true), "the component keeps to what was asked for");
}

#[test]
fn a_delta_that_was_empty_before_stays() {
    let (events, _) = out(vec![batch(vec![delta(0, ""), end(0, None)], true)], 64);
    assert_eq!(events.len(), 2);
}

#[test]
fn ever_new_blocks_are_not_remembered_for_ever_and_still_show_no_key() {
    let mut outgoing = Outgoing::new(&redaction(KEY));
    for index in 0..10_000 {
        let start = Event::BlockStart(BlockStart { index, kind: BlockKind::Text });
        let passed = outgoing.pass(batch(vec![start, delta(index, &format!("{KEY}!"))], false), 64).unwrap();
        assert_eq!(passed.events[1..], [delta(index, "[redacted]!")], "{index}");
    }
    assert_eq!(outgoing.open_blocks(), 256);
    let split = vec![delta(7, "sk-can"), delta(7, &KEY["sk-can".len()..]), end(7, None)];
    let passed = outgoing.pass(batch(split, false), 64).unwrap();
    assert_eq!(passed.events, [delta(7, "[redacted]"), end(7, None)], "a block that is remembered");
    assert_eq!(outgoing.open_blocks(), 255);
    outgoing.pass(batch(vec![delta(20_000, "a"), delta(20_001, "b")], false), 64).unwrap();
    assert_eq!(outgoing.open_blocks(), 256, "one that was never started takes its place, and no more");
}

#[test]
fn a_key_that_comes_whole_from_the_component_is_counted_and_one_that_it_joined_is_not() {
    let shown = |text: &str| text.replace("KEY", KEY);
    let joined = end(0, Some(ToolArguments::Object(shown("{\"key\":\"KEY\"}"))));
    let finish = |text: &str| {
        Event::Finish(Finish {
            reason: FinishReason::Other(text.to_owned()),
            raw_reason: None,
            usage: None,
            extra_json: None,
        })
    };
    for (what, events, expected) in [
        ("a warning", vec![Event::Warning(shown("<KEY>"))], 1),
        ("a finish", vec![finish(&shown("KEY"))], 1),
        ("two of them", vec![Event::Warning(shown("KEY")), finish(&shown("KEY"))], 2),
        ("no key", vec![Event::Warning("all is well".to_owned())], 0),
        ("a key that was cut", vec![Event::Warning(format!("it is {}", &KEY[..12]))], 0),
        ("deltas and what they come to", vec![delta(0, &KEY[..9]), delta(0, &KEY[9..]), joined], 0),
    ] {
        let redaction = redaction(KEY);
        Outgoing::new(&redaction).pass(batch(events, true), 64).unwrap();
        assert_eq!(redaction.taken_out(), expected, "{what}");
    }
    let redaction = redaction(KEY);
    let mut copy = redaction.with("sk-another-0123456789");
    Outgoing::new(&copy).pass(Err(error()), 1).unwrap_err();
    copy = copy.clone();
    assert_eq!((redaction.taken_out(), copy.taken_out()), (1, 1), "clones count together");
}

#[test]
fn wake_after_ms_passes_through_and_is_0_while_something_is_left() {
    let mut outgoing = Outgoing::new(&redaction(KEY));
    let waking = |events, ms| Ok(Batch { events, done: false, wake_after_ms: ms });
    for ms in [None, Some(0), Some(30_000)] {
        assert_eq!(outgoing.pass(waking(Vec::new(), ms), 64).unwrap().wake_after_ms, ms);
    }
    // The beginning of a key is held back in the host. The component still decides when to be called.
    let held_back = outgoing.pass(waking(vec![delta(0, &KEY[..9])], Some(30_000)), 64).unwrap();
    assert_eq!((held_back.events.len(), held_back.wake_after_ms), (0, Some(30_000)));
    let events = (0..3).map(|_| Event::Warning("well".to_owned())).collect();
    let mut values = vec![outgoing.pass(waking(events, Some(30_000)), 1).unwrap().wake_after_ms];
    while let Some(batch) = outgoing.left(1) {
        values.push(batch.unwrap().wake_after_ms);
    }
    assert_eq!(values, [Some(0), Some(0), Some(30_000)]);
    // The rest of an open block comes out before the error, which the next call returns.
    let last = outgoing.pass(Err(error()), 64).unwrap();
    assert_eq!((last.events.len(), last.wake_after_ms), (1, Some(0)));
}
