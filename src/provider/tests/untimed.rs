//! Chunks of a fast stream are read without the clock, and the deadlines are exact all the same.

use super::waking::{OBEYS, TOLERANCE_MS, Timer, run_loop, run_waiting};
use super::*;
use crate::contract::ErrorKind;
use crate::transport::Instant;

/// A response whose chunks of text arrive at these times.
fn chunks(at: impl IntoIterator<Item = u64>) -> Script {
    with(head(200), at.into_iter().map(|at| (at, Move::Bytes(text("a")))))
}

/// A completion over one script, with these deadlines.
fn start(script: Script, idle_ms: u32, total_ms: u32) -> (Scripted, Completion<Scripted>) {
    let network = Scripted::default().on("/chat/completions", [script]);
    let timeouts = Timeouts { idle_ms: Some(idle_ms), total_ms: Some(total_ms), ..config().timeouts };
    let config = Config { timeouts, max_retries: Some(0), ..config() };
    let client = Client::open(network.clone(), config).expect("a good configuration");
    let completion = client.complete(request()).expect("a good request");
    (network, completion)
}

/// How often the clock is read for these chunks, which have a call each.
fn readings(chunks_after_ms: u64, wait_ms: u32) -> u32 {
    const CHUNKS: u64 = 100;
    let times = (1..=CHUNKS).map(|at| at * chunks_after_ms);
    let (network, mut completion) = start(chunks(times.clone()), 30_000, 3_600_000);
    completion.next(16, 0).expect("no error");
    let before = network.clock_readings();
    for at in times {
        if wait_ms == 0 {
            network.advance_to(Instant(at * 1_000_000));
        }
        let read = network.clock_readings();
        let batch = completion.next(16, wait_ms).expect("no error");
        assert!(!batch.events.is_empty() && network.clock_readings() - read <= 1);
        if wait_ms == 0 {
            // The idle deadline, or the short silence after which the stream is no longer fast.
            let wake = if chunks_after_ms < 1_000 { 1_001 } else { 30_000 };
            assert_eq!(batch.wake_after_ms, Some(wake));
        }
    }
    network.clock_readings() - before
}

#[test]
fn only_a_few_chunks_of_a_fast_stream_read_the_clock() {
    // The first one shows that the stream is fast.
    assert_eq!(readings(20, 0), 100_u32.div_ceil(32));
    // Slow streams can afford it, and waiting hosts need it.
    assert_eq!(readings(2_000, 0), 100);
    assert_eq!(readings(20, 60_000), 100);
}

#[test]
fn a_stall_after_any_chunk_of_a_fast_stream_ends_at_the_idle_deadline() {
    for count in 1..80 {
        for pace in [0, 1, 3, 20, 120, 900] {
            let last = count * pace;
            let script = || chunks((1..=count).map(|at| at * pace));
            let (network, mut completion) = start(script(), 10_000, 600_000);
            let exact = run_waiting(&network, &mut completion);
            assert_eq!(
                (exact.ms, exact.error.as_ref().map(|e| e.kind.clone())),
                (last + 10_000, Some(ErrorKind::Timeout))
            );
            for late_by in [0, 700_000, 2_000_000] {
                let (network, mut completion) = start(script(), 10_000, 600_000);
                let (obeying, calls) = run_loop(&network, &mut completion, Timer::Obeys { late_by });
                assert_eq!((&obeying.events, &obeying.error), (&exact.events, &exact.error));
                let late = obeying.ms - exact.ms;
                assert!(late <= TOLERANCE_MS, "{count} chunks of {pace} ms: late by {late} ms");
                assert!(u64::from(calls) <= count + 5, "{calls} calls");
            }
        }
    }
}

#[test]
fn a_call_in_between_makes_the_deadline_later_and_never_earlier() {
    // A fast stream that slows down: its last chunks are not timed, and they take longer than the idle deadline.
    let times: Vec<u64> = (1..=40).map(|at| at * 10).chain((1..=8).map(|at| 400 + at * 900)).collect();
    let last = 400 + 8 * 900;
    for early in [1, 50, 500, 999] {
        // The host calls once without a reason early in the stream, as it may after the last chunk.
        let (network, mut completion) = start(chunks(times.clone()), 1_000, 600_000);
        let mut calls = times.clone();
        calls.extend([0, 15, 405, last + early]);
        calls.sort_unstable();
        for at in calls {
            network.advance_to(Instant(at * 1_000_000));
            let batch = completion.next(16, 0).expect("the deadline has not passed");
            assert!(batch.wake_after_ms.is_some_and(|ms| ms <= 1_001));
        }
        let (outcome, _) = run_loop(&network, &mut completion, OBEYS);
        assert_eq!(outcome.error.map(|error| error.kind), Some(ErrorKind::Timeout));
        assert!((last + 1_000..=last + early + 1_000 + TOLERANCE_MS).contains(&outcome.ms), "{}", outcome.ms);
    }
}

#[test]
fn a_call_without_a_reason_makes_the_deadline_early_by_a_short_silence_at_most() {
    // A fast stream that slows down just before the host calls too early for the first time.
    for slow in [13, 90, 125, 240, 900] {
        for early in [1, 60, 124, 126, 500, 999] {
            let times: Vec<u64> =
                (1..=40).map(|at| at * 10).chain((1..=8).map(|at| 400 + at * slow)).collect();
            let last = 400 + 8 * slow;
            let (network, mut completion) = start(chunks(times.clone()), 1_000, 600_000);
            for at in [0].into_iter().chain(times).chain([last + early]) {
                network.advance_to(Instant(at * 1_000_000));
                completion.next(16, 0).expect("the deadline has not passed");
            }
            let (outcome, _) = run_loop(&network, &mut completion, OBEYS);
            assert_eq!(outcome.error.map(|error| error.kind), Some(ErrorKind::Timeout));
            let possible = last + 1_000 - 126..=last + early + 1_000 + TOLERANCE_MS;
            assert!(possible.contains(&outcome.ms), "{} after {last} and {early}", outcome.ms);
        }
    }
}

#[test]
fn the_total_deadline_is_exact_while_chunks_arrive() {
    let paces: [&dyn Fn(u64) -> u64; 4] = [
        &|at| at * 7,
        &|at| at * 333,
        &|at| at * 999,
        // A fast stream that becomes as slow as the idle deadline permits.
        &|at| if at < 50 { at * 2 } else { 100 + (at - 50) * 999 },
    ];
    for pace in paces {
        for total in [1_500, 5_000, 30_000] {
            let script = || chunks((1..6_000).map(pace));
            let (network, mut completion) = start(script(), 1_000, total);
            let exact = run_waiting(&network, &mut completion);
            assert!(exact.error.is_some_and(|error| error.message.contains("total")));
            let (network, mut completion) = start(script(), 1_000, total);
            let (obeying, _) = run_loop(&network, &mut completion, OBEYS);
            assert!(obeying.error.is_some_and(|error| error.message.contains("total")));
            let late = obeying.ms.abs_diff(u64::from(total));
            assert!(late <= TOLERANCE_MS, "{} instead of {total}", obeying.ms);
        }
    }
}

#[test]
fn a_stream_that_is_never_silent_ends_at_the_total_deadline() {
    // More has always arrived when the host calls, and each call takes its time.
    for call_ms in [1, 3, 10, 40, 300] {
        for (most, wait_ms) in [(1, 0), (4, 0), (16, 0), (64, 0), (16, 60_000)] {
            let total = 1_500;
            let script = || chunks([0; 60_000]);
            let (network, mut completion) = start(script(), 1_000, total);
            let mut received = 0;
            let error = loop {
                match completion.next(most, wait_ms) {
                    Ok(batch) => received += batch.events.len(),
                    Err(error) => break error,
                }
                network.advance(call_ms);
            };
            assert!(error.message.contains("total") && error.partial && received > 0, "{error:?}");
            // The call after the deadline ends the stream. It may bring the chunk that it has read.
            let possible = u64::from(total)..=u64::from(total) + 2 * call_ms;
            assert!(possible.contains(&network.now_ms()), "{} with {call_ms} and {most}", network.now_ms());
        }
    }
}
