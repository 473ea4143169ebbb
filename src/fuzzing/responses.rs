//! Responses of a model: bytes to events.

use crate::contract::Event;
use crate::errors::{Error, Scrubber};
use crate::events::Assembler;
use crate::events::grammar::Grammar;
use crate::http_head::ResponseHead;
use crate::response::{Progress, ResponseReader};
use crate::routes::{ROUTES, ResponseContext, Route};

/// On each route any bytes in any reads become events in the grammar of the contract, which end in a finish or in a
/// typed error and never in both. In other reads they become the same.
///
/// Each input goes through each route: bytes that break one decoder are worth a try on the others, and an input keeps
/// its meaning when the table grows.
pub fn response_events(data: &[u8]) {
    let data = super::with_key(data);
    let (reads, body) = super::in_reads(&data);
    for route in ROUTES {
        events(route, &reads, body);
    }
}

fn events(route: &Route, reads: &[&[u8]], body: &[u8]) {
    let (events, error) = decode(route, reads);
    let mut grammar = Grammar::default();
    events.iter().for_each(|event| grammar.read(event));
    assert_eq!(grammar.content.finish.is_some(), error.is_none(), "a finish or an error: {error:?}");
    if let Some(error) = &error {
        super::check_error(error);
    }
    for event in &events {
        check(event);
    }
    assert_eq!((events, error), decode(route, &[body]), "cut and whole");
}

fn decode(route: &Route, reads: &[&[u8]]) -> (Vec<Event>, Option<Error>) {
    let head = ResponseHead { status: 200, headers: Vec::new() };
    let context = ResponseContext { head, scrubber: Scrubber::new(Some(super::KEY)), reasoning_text: true };
    let mut answer = ResponseReader::new((route.decoder)(context));
    let mut out = Assembler::new(1, Vec::new());
    let mut run = || {
        for read in reads {
            answer.push(read, &mut out)?;
            if answer.progress() == Progress::Complete {
                return Ok(());
            }
        }
        answer.end(&mut out)
    };
    let error = run().err();
    let mut events = Vec::new();
    while !out.is_empty() {
        events.extend(out.take(5));
    }
    (events, error)
}

/// Fields that are JSON by the contract are JSON, and numbers are finite.
fn check(event: &Event) {
    let is_object = |json: &str| {
        assert!(json.starts_with('{'), "{json}");
        // Numbers beyond the range of floats are no fault of the frame around them.
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(json).is_ok(), "{json}");
    };
    match event {
        Event::Finish(finish) => {
            if let Some(usage) = &finish.usage {
                is_object(usage.raw_json.as_deref().expect("the provider's own words"));
                assert!(usage.billed.is_none_or(f64::is_finite));
            }
            finish.extra_json.iter().for_each(|json| is_object(json));
        }
        Event::BlockEnd(end) => end.replay.iter().for_each(|json| is_object(json)),
        Event::Warning(warning) => assert!((1..=256).contains(&warning.len()), "{warning}"),
        _ => {}
    }
}
