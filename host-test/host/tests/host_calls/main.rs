//! How often the component calls its host, counted for each imported function.
#![allow(missing_docs)]

mod counting_host;

use counting_host::{Counted, ErrorKind, Timeouts};

const DEFAULT: Timeouts = Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None };
const LAST: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
/// Enough for the body of a short request.
const ALL: u64 = 1 << 20;

/// A stream whose head and first chunk have been read.
fn streaming(timeouts: Timeouts) -> Counted {
    let mut counted = Counted::start(timeouts, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    counted.world().status = Some(200);
    counted.chunk();
    counted
}

#[test]
fn a_whole_request_makes_twenty_calls_and_one_for_each_chunk() {
    let mut counted = Counted::start(DEFAULT, "hello", ALL);
    assert!(counted.next(0, 0).expect("it is sent").events.is_empty());
    counted.world().status = Some(200);
    for _ in 0..3 {
        counted.chunk();
    }
    counted.receives(LAST);
    assert!(counted.next(5, 0).expect("the end").done);
    let (all, calls) = counted.take();
    let reads = calls["[method]input-stream.read"];
    assert_eq!(reads, 4, "one for each chunk");
    // The clock: at the request, at the response, and at the second chunk to see the pace.
    assert!(all - reads <= 21, "{all} calls: {calls:#?}");
    assert!(calls["now"] <= 3 && calls.values().all(|count| *count <= 4), "{calls:#?}");
    // The completion's own resources are dropped with its attempt, before the host drops the completion.
    assert_eq!(counted.world().drops, 6, "stream, body and response; the request's stream; fields; future");
}

#[test]
fn a_connect_deadline_costs_two_calls() {
    let mut counted = Counted::start(Timeouts { connect_ms: Some(700), ..DEFAULT }, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    let (_, calls) = counted.take();
    let options: Vec<&str> =
        calls.keys().filter(|name| name.contains("options")).map(String::as_str).collect();
    assert_eq!(options, ["[constructor]request-options", "[method]request-options.set-connect-timeout"]);
}

#[test]
fn a_chunk_makes_one_call() {
    let mut counted = streaming(DEFAULT);
    counted.take();
    let mut clock = 0;
    for _ in 0..200 {
        let batch = counted.chunk();
        // The idle deadline is long; a second's silence is enough to time a chunk that was not timed.
        assert_eq!(batch.wake_after_ms, Some(1_001));
        let (all, calls) = counted.take();
        let now = calls.get("now").copied().unwrap_or_default();
        assert_eq!((all, calls["[method]input-stream.read"]), (1 + now, 1), "{calls:?}");
        clock += now;
    }
    // One chunk in 32 sees how far away the total deadline is.
    assert!(clock <= 7, "{clock}");
}

#[test]
fn a_stall_makes_two_calls_and_ends_at_its_deadline() {
    // After more of them the clock is read, and 32 chunks have taken longer than the silence.
    for chunks in 1..30 {
        let mut counted = streaming(Timeouts { idle_ms: Some(1_000), ..DEFAULT });
        let mut silence = 0;
        for _ in 0..chunks {
            silence = counted.chunk().wake_after_ms.expect("a silence");
        }
        assert_eq!(silence, 126, "an eighth of the deadline");
        counted.take();
        // The first call finds out when the last chunk arrived, and the second one ends the stream.
        let batch = counted.next(silence.into(), 0).expect("the deadline has not passed");
        let (all, calls) = counted.take();
        assert_eq!((all, calls["now"], calls["[method]input-stream.read"]), (2, 1, 1));
        let wake = batch.wake_after_ms.expect("the idle deadline");
        assert_eq!(silence + wake, 1_000);
        let error = counted.next(wake.into(), 0).expect_err("the deadline has passed");
        assert!(error.kind == ErrorKind::Timeout && error.message.contains("idle"), "{}", error.message);
        let (all, calls) = counted.take();
        assert_eq!((all, calls["now"], calls["[method]input-stream.read"]), (2, 1, 1));
    }
    // One that waits inside the component wakes itself.
    let mut counted = streaming(Timeouts { idle_ms: Some(1_000), ..DEFAULT });
    let last = counted.world().now;
    counted.take();
    assert_eq!(counted.next(0, 60_000).expect_err("it has passed").kind, ErrorKind::Timeout);
    assert_eq!(counted.world().now - last, 1_000_000_000);
}

#[test]
fn an_upload_of_a_megabyte_makes_three_calls_a_piece() {
    const MEGABYTE: usize = 1 << 20;
    for (permit, pieces) in [(4 << 20, 1), (64 << 10, 17)] {
        let mut counted = Counted::start(DEFAULT, &"x".repeat(MEGABYTE), permit);
        while counted.world().uploaded <= MEGABYTE {
            counted.next(1, 0).expect("it is sent");
        }
        let (all, calls) = counted.take();
        assert_eq!(calls["[method]output-stream.write"], pieces);
        assert_eq!(calls["[method]output-stream.check-write"], pieces);
        assert_eq!(calls.get("[method]output-stream.flush").copied().unwrap_or_default(), pieces - 1);
        // A response that comes early is looked for between the pieces: two calls each.
        assert!(all <= 16 + 5 * pieces, "{all}: {calls:#?}");
    }
}

#[test]
fn a_retry_makes_as_many_calls_as_a_request() {
    let mut counted = Counted::start(DEFAULT, "hello", ALL);
    counted.next(0, 0).expect("it is sent");
    counted.world().status = Some(503);
    counted.receives("{\"error\":{\"message\":\"overloaded\"}}");
    let wake = counted.next(5, 0).expect("it waits for the rest").wake_after_ms.expect("a deadline");
    // The body's end does not come, so that the error is read for five seconds.
    let wake = counted.next(wake.into(), 0).expect("a back-off").wake_after_ms.expect("its end");
    assert!((1..=500).contains(&wake), "{wake}");
    counted.take();
    counted.world().status = None;
    counted.next(wake.into(), 0).expect("it is sent again");
    counted.world().status = Some(200);
    counted.receives(LAST);
    assert!(counted.next(5, 0).expect("the end").done);
    let (all, calls) = counted.take();
    assert!(all <= 21, "{all}: {calls:#?}");
}
