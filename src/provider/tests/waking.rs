//! `wake-after-ms`: an event loop that sleeps until then misses nothing, and sleeps as long as it can.

use super::*;
use crate::contract::{AccountPoll, Discovery, ErrorKind, ModelPoll};
use crate::transport::{Cause, Instant};

/// The most by which a deadline or the end of a back-off may be late in a host that obeys.
pub(super) const TOLERANCE_MS: u64 = 5;

/// When a host calls next if its sockets stay silent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Timer {
    /// When the component asks for it, and this many nanoseconds later: timers of event loops are late.
    Obeys { late_by: u64 },
    /// At intervals of its own.
    Every { ms: u64 },
}

pub(super) const OBEYS: Timer = Timer::Obeys { late_by: 0 };

/// What a completion came to in a host with an event loop.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    pub events: Vec<Event>,
    pub error: Option<Error>,
    pub ms: u64,
}

/// Sleeps until a socket has data or the timer fires. It panics where neither will ever happen.
///
/// `is_served`: the call returned events. It may then have left data, which the socket still reports.
fn sleep(network: &Scripted, timer: Timer, wake_after_ms: Option<u32>, is_served: bool) {
    let in_ms = |ms: u64, late_by: u64| Instant(network.time().0 + ms * 1_000_000 + late_by);
    let timer = match timer {
        Timer::Obeys { late_by } => {
            wake_after_ms.map(|ms| in_ms(ms.into(), if ms == 0 { 0 } else { late_by }))
        }
        Timer::Every { ms } => Some(in_ms(ms, 0)),
    };
    let socket = network.next_event();
    if socket.is_some_and(|at| at <= network.time()) {
        assert!(is_served || wake_after_ms == Some(0), "a call returned nothing and left data unread");
    }
    let next = timer.into_iter().chain(socket).min().expect("neither a timer nor a socket: the host hangs");
    network.advance_to(next);
}

/// Runs a completion in an event loop. Returns its outcome and the number of calls.
pub(super) fn run_loop(
    network: &Scripted,
    completion: &mut Completion<Scripted>,
    timer: Timer,
) -> (Outcome, u32) {
    let (mut events, mut calls, waits) = (Vec::new(), 0, network.waits());
    loop {
        calls += 1;
        assert!(calls < 300_000, "a busy loop");
        let error = match completion.next(16, 0) {
            Ok(batch) => {
                let is_served = !batch.events.is_empty();
                events.extend(batch.events);
                if !batch.done {
                    assert!(batch.wake_after_ms.is_some(), "a deadline is always due");
                    sleep(network, timer, batch.wake_after_ms, is_served);
                    continue;
                }
                assert_eq!(batch.wake_after_ms, None, "nothing is due after the end");
                None
            }
            Err(error) => Some(error),
        };
        assert_eq!(network.waits(), waits, "an event loop must not be blocked");
        return (Outcome { events, error, ms: network.now_ms() }, calls);
    }
}

/// The same in a host that lets the component wait, where every deadline passes to the nanosecond.
pub(super) fn run_waiting(network: &Scripted, completion: &mut Completion<Scripted>) -> Outcome {
    let (events, error) = run(completion);
    Outcome { events, error, ms: network.now_ms() }
}

/// Plays the scripts in a waiting host, in an obeying one, and in one that looks every 250 ms.
fn compare(scripts: &[Script], max_retries: u32) {
    let start = || {
        let network = Scripted::default().on("/chat/completions", scripts.to_vec());
        let config = Config { max_retries: Some(max_retries), ..config() };
        let client = Client::open(network.clone(), config).expect("a good configuration");
        let completion = client.complete(request()).expect("a good request");
        (network, completion)
    };
    let (network, mut completion) = start();
    let exact = run_waiting(&network, &mut completion);
    let (network, mut completion) = start();
    let (obeying, _) = run_loop(&network, &mut completion, OBEYS);
    assert_eq!((&obeying.events, &obeying.error), (&exact.events, &exact.error), "{scripts:?}");
    assert!(obeying.ms.abs_diff(exact.ms) <= TOLERANCE_MS, "{} instead of {}", obeying.ms, exact.ms);
    let (network, mut completion) = start();
    let (polling, _) = run_loop(&network, &mut completion, Timer::Every { ms: 250 });
    assert_eq!((polling.events.len(), &polling.error), (exact.events.len(), &exact.error), "{scripts:?}");
    // A deadline and each back-off may be missed by an interval; a back-off is drawn by the time of its failure.
    let late = 250 * u64::from(max_retries + 1) + 2_000 * u64::from(max_retries);
    assert!(polling.ms <= exact.ms + late, "{} instead of {}", polling.ms, exact.ms);
}

fn refusal(status: u16, headers: &[(&'static str, &'static str)]) -> Script {
    std::vec![
        (0, Move::Connected),
        (0, Move::Uploaded),
        (0, Move::Head(status, headers.into())),
        (0, Move::End),
    ]
}

#[test]
fn each_deadline_is_kept_in_an_event_loop() {
    let finished = text("a") + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let every = |ms: u64, count: u64, bytes: &str| -> Vec<(u64, Move)> {
        (0..count).map(|at| (at * ms, Move::Bytes(bytes.into()))).collect()
    };
    for script in [
        std::vec![],
        std::vec![(500, Move::Connected), (900, Move::Uploaded)],
        std::vec![(500, Move::Connected)],
        (0..20).map(|at| (at * 29_000, Move::Connected)).collect(),
        head(200),
        with(head(200), [(10_000, Move::Bytes(text("a")))]),
        // Keep-alives, which are no progress, and text without end, which meets the total deadline.
        with(head(200), every(100, 1_000, ": PING\n\n")),
        with(head(200), every(1_000, 1_000, &text("a"))),
        // The rest of an error, which may take 5 s.
        head(401),
        with(head(401), every(10, 1_000, "x")),
        // The time after the finish reason, of 10 s.
        with(head(200), [(0, Move::Bytes(finished.clone()))]),
        with(head(200), [(0, Move::Bytes(finished)), (9_999, Move::Bytes("data: [DONE]\n\n".into()))]),
    ] {
        compare(&[script], 0);
    }
}

#[test]
fn each_retry_is_made_in_time_in_an_event_loop() {
    let reset = || std::vec![(0, Move::Connected), (3, Move::Fail(Cause::Network, true))];
    for scripts in [
        std::vec![reset(), good()],
        std::vec![reset(), refusal(503, &[]), good()],
        std::vec![refusal(500, &[]), refusal(500, &[]), refusal(502, &[])],
        std::vec![refusal(429, &[("retry-after", "7")]), good()],
        std::vec![refusal(429, &[("retry-after-ms", "1234")]), good()],
        std::vec![refusal(429, &[("retry-after", "121")])],
        // An attempt that times out, then one that succeeds.
        std::vec![std::vec![], good()],
        std::vec![
            with(head(200), [(0, Move::Bytes("data: {".into())), (0, Move::Fail(Cause::Network, true))]),
            good()
        ],
    ] {
        compare(&scripts, 2);
    }
}

#[test]
fn the_value_is_the_time_to_the_nearest_deadline() {
    let script = std::vec![
        (300, Move::Connected),
        (400, Move::Uploaded),
        (500, Move::Head(200, Vec::new())),
        (600, Move::Bytes(text("a"))),
        (700, Move::Bytes(": PING\n\n".into())),
    ];
    let network = Scripted::default().on("/chat/completions", [script]);
    let mut completion = complete(&network);
    let mut values = Vec::new();
    for at in [0, 250, 300, 400, 500, 600, 700, 20_000] {
        network.advance_to(Instant(at * 1_000_000));
        values.push(completion.next(16, 0).expect("no error").wake_after_ms);
    }
    // Connect 1 s; idle 30 s; first-byte 20 s; idle 30 s, which the text restarts and the keep-alive does not. After the
    // text the next chunk need not be timed, if it arrives within a second.
    let expected = [1_000, 750, 30_000, 20_000, 30_000, 1_001, 29_900, 10_600];
    assert_eq!(values, expected.map(Some));
    network.advance_to(Instant(30_600 * 1_000_000));
    assert_eq!(completion.next(16, 0).err().map(|error| error.kind), Some(ErrorKind::Timeout));
}

#[test]
fn more_to_hand_out_or_to_read_means_at_once() {
    let script = with(head(200), [(0, Move::Bytes(text("a") + &text("b"))), (0, Move::Bytes(text("c")))]);
    let network = Scripted::default().on("/chat/completions", [script]);
    let mut completion = complete(&network);
    let mut calls = 0;
    loop {
        let batch = completion.next(1, 0).expect("no error");
        calls += 1;
        if batch.events.is_empty() {
            assert_eq!(batch.wake_after_ms, Some(30_000));
            break;
        }
        assert_eq!(batch.wake_after_ms, Some(0));
    }
    assert_eq!(calls, 6, "one event a call, and one call to see that no more is there");
    // A flood of comments: the call ends before it has read all of them.
    let flood = (0..1_000).map(|_| (0, Move::Bytes(": PING\n\n".into())));
    let network = Scripted::default().on("/chat/completions", [with(head(200), flood)]);
    let batch = complete(&network).next(16, 0).expect("no error");
    assert_eq!((batch.events.len(), batch.wake_after_ms), (0, Some(0)));
}

#[test]
fn an_error_after_events_is_due_at_once() {
    let broken = with(head(200), [(0, Move::Bytes(text("a"))), (5, Move::Fail(Cause::Network, true))]);
    let network = Scripted::default().on("/chat/completions", [broken]);
    let mut completion = complete(&network);
    assert_eq!(completion.next(1, 0).expect("no error").wake_after_ms, Some(0));
    network.advance(5);
    let batch = completion.next(16, 0).expect("the events before the error");
    assert_eq!((batch.events.len(), batch.wake_after_ms), (2, Some(0)));
    assert!(completion.next(16, 0).is_err());
}

#[test]
fn ten_idle_minutes_take_a_handful_of_calls() {
    let minutes = |minutes: u64| minutes * 60_000;
    let script = with(
        head(200),
        [
            (0, Move::Bytes(text("a"))),
            (minutes(5) - 1, Move::Bytes(text("b"))),
            (minutes(10) - 2, Move::Bytes(FINISH.into())),
        ],
    );
    let network = Scripted::default().on("/chat/completions", [script]);
    let timeouts = Timeouts { idle_ms: Some(300_000), total_ms: None, ..config().timeouts };
    let client =
        Client::open(network.clone(), Config { timeouts, ..config() }).expect("a good configuration");
    let mut completion = client.complete(request()).expect("a good request");
    let (outcome, calls) = run_loop(&network, &mut completion, OBEYS);
    assert_eq!((outcome.error, outcome.ms), (None, minutes(10) - 2));
    assert!(calls <= 5, "{calls} calls");
}

#[test]
fn after_a_wait_the_value_is_never_too_late() {
    // The clock is not read after the wait, so the value comes from the bounds of the wait.
    let script = with(head(200), [(10_000, Move::Bytes(text("a")))]);
    let network = Scripted::default().on("/chat/completions", [script]);
    let mut completion = complete(&network);
    let batch = completion.next(16, 12_000).expect("no error");
    assert_eq!((batch.events.len(), network.now_ms()), (3, 10_000));
    let value = u64::from(batch.wake_after_ms.expect("a deadline is due"));
    assert!((28_000..=30_000).contains(&value), "{value}");
    // A host that goes on as an event loop: late by the rest of the wait at most, never by a whole deadline.
    network.advance(value);
    let (outcome, calls) = run_loop(&network, &mut completion, OBEYS);
    assert_eq!(outcome.error.map(|error| error.kind), Some(ErrorKind::Timeout));
    assert!((40_000..=42_000).contains(&outcome.ms) && calls <= 3, "{} after {calls} calls", outcome.ms);
}

fn reply(after: u64, status: u16, body: &str) -> Script {
    std::vec![(after, Move::Head(status, Vec::new())), (after, Move::Bytes(body.into())), (after, Move::End)]
}

/// Polls in an event loop until there is a result; returns it with the time and the number of calls.
fn poll_loop<T>(
    network: &Scripted,
    mut poll: impl FnMut() -> Result<Result<T, Option<u32>>, Error>,
) -> (Result<T, Error>, u64, u32) {
    let mut calls = 0;
    loop {
        calls += 1;
        assert!(calls < 1_000, "a busy loop");
        match poll() {
            Ok(Ok(ready)) => return (Ok(ready), network.now_ms(), calls),
            Ok(Err(wake_after_ms)) => {
                assert!(wake_after_ms.is_some(), "a deadline is always due");
                sleep(network, OBEYS, wake_after_ms, false);
            }
            Err(error) => return (Err(error), network.now_ms(), calls),
        }
    }
}

const KEY_LIST: &str = r#"{"data":[{"id":"a"}]}"#;

#[test]
fn the_lists_own_deadlines_and_retries_are_kept_in_an_event_loop() {
    let catalogue = || reply(10, 200, r#"{"data":[]}"#);
    for (how, key_list, kind, ms) in [
        (Discovery::Live, std::vec![std::vec![]], Some(ErrorKind::Timeout), 15_000..=15_005),
        (Discovery::BestEffort, std::vec![std::vec![]], None, 5_000..=5_005),
        (Discovery::Live, std::vec![reply(300, 200, KEY_LIST)], None, 300..=300),
        (Discovery::Live, std::vec![reply(0, 503, ""), reply(0, 200, KEY_LIST)], None, 375..=505),
    ] {
        let network = Scripted::default().on("/v1/models", key_list).on("/api/models", [catalogue()]);
        let mut query = client(&network).models(how, 0);
        let (result, took, calls) = poll_loop(&network, || {
            Ok(match query.poll(0)? {
                ModelPoll::Ready(list) => Ok(list),
                ModelPoll::Pending(pending) => Err(pending.wake_after_ms),
            })
        });
        assert_eq!(result.err().map(|error| error.kind), kind);
        assert!(ms.contains(&took), "{took} is not within {ms:?}");
        assert!(calls <= 8, "{calls} calls");
    }
}

#[test]
fn an_account_query_keeps_its_deadline_in_an_event_loop() {
    // One deadline for all of its requests, wherever the server stops responding.
    for (limit, used) in [(std::vec![], std::vec![]), (reply(10, 200, "{}"), std::vec![])] {
        let network = Scripted::default().on("/billing/subscription", [limit]).on("/billing/usage", [used]);
        let mut query = client(&network).account();
        let (result, took, calls) = poll_loop(&network, || {
            Ok(match query.poll(0)? {
                AccountPoll::Ready(account) => Ok(account),
                AccountPoll::Pending(pending) => Err(pending.wake_after_ms),
            })
        });
        assert_eq!(result.err().map(|error| error.kind), Some(ErrorKind::Timeout));
        assert!((15_000..=15_005).contains(&took) && calls <= 8, "{took} ms, {calls} calls");
    }
}
