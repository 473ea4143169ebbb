//! `wake-after-ms` over thousands of random networks and deadlines.

use super::waking::{OBEYS, TOLERANCE_MS, Timer, run_loop, run_waiting};
use super::*;
use crate::transport::Cause;

const RUNS: u64 = 4_000;

/// A small generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const PAUSES: [u64; 10] = [0, 0, 0, 1, 7, 50, 250, 900, 3_000, 12_000];
const LIMITS: [u32; 7] = [1, 20, 250, 1_000, 5_000, 20_000, 300_000];

/// `keep_alives`: with bytes that are no progress.
fn script(dice: &mut Dice, keep_alives: bool) -> Script {
    let mut at = 0;
    let mut script = Vec::new();
    let mut add = |dice: &mut Dice, step: Move| {
        at += dice.pick(&PAUSES);
        script.push((at, step));
    };
    let finish = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    // A script may end at any point, as a server that falls silent.
    if dice.below(20) > 0 {
        add(dice, Move::Connected);
    }
    if dice.below(20) > 0 {
        add(dice, Move::Uploaded);
        if dice.below(20) > 0 {
            let status = dice.pick(&[200, 200, 200, 200, 302, 401, 429, 500, 503]);
            let headers: &[_] = if dice.below(4) == 0 { &[("retry-after", "2")] } else { &[] };
            add(dice, Move::Head(status, headers.into()));
            for _ in 0..dice.below(40) {
                let bytes = match dice.below(24) {
                    0 => finish.into(),
                    1..=8 if keep_alives => ": PING\n\n".into(),
                    9 if keep_alives => "data: {\"choi".into(),
                    10 => "data: [DONE]\n\n".into(),
                    _ => text("a"),
                };
                add(dice, Move::Bytes(bytes));
            }
        }
    }
    match dice.below(4) {
        0 => add(dice, Move::End),
        1 => {
            let sent = dice.below(2) == 0;
            add(dice, Move::Fail(Cause::Network, sent));
        }
        _ => {}
    }
    script
}

fn timeouts(dice: &mut Dice) -> Timeouts {
    let mut limit = || Some(dice.pick(&LIMITS));
    Timeouts { connect_ms: limit(), first_byte_ms: limit(), idle_ms: limit(), total_ms: limit() }
}

struct Case {
    scripts: Vec<Script>,
    config: Config,
}

impl Case {
    /// A case with exact deadlines. Keep-alives make them late where not every chunk is timed, which is so with a total
    /// deadline that is further away than two of the silences after such a chunk.
    fn exact(dice: &mut Dice, max_retries: u32) -> Self {
        let timeouts = timeouts(dice);
        let keep_alives = timeouts.total_ms < timeouts.idle_ms.map(|idle| idle.min(8_000) / 4);
        Self::new(dice, timeouts, max_retries, keep_alives)
    }

    fn new(dice: &mut Dice, timeouts: Timeouts, max_retries: u32, keep_alives: bool) -> Self {
        let scripts = (0..=max_retries).map(|_| script(dice, keep_alives)).collect();
        let config = Config { timeouts, max_retries: Some(max_retries), ..config() };
        Self { scripts, config }
    }

    fn start(&self) -> (Scripted, Completion<Scripted>) {
        let network = Scripted::default().on("/chat/completions", self.scripts.clone());
        let client = Client::open(network.clone(), self.config.clone()).expect("a good configuration");
        let completion = client.complete(request()).expect("a good request");
        (network, completion)
    }

    /// The most calls that the network and the deadlines of the case explain.
    fn calls(&self) -> u32 {
        let moves: usize = self.scripts.iter().map(Vec::len).sum();
        // Each attempt adds a deadline and a back-off, and each deadline may be looked at twice.
        (moves + 8 * self.scripts.len()) as u32
    }
}

#[test]
fn an_obeying_event_loop_equals_a_waiting_host() {
    let mut failures = 0;
    for seed in 0..RUNS {
        let mut dice = Dice(seed);
        let retries = dice.pick(&[0, 0, 1, 2]);
        let case = Case::exact(&mut dice, retries);
        let (network, mut completion) = case.start();
        let exact = run_waiting(&network, &mut completion);
        let (network, mut completion) = case.start();
        let (obeying, calls) = run_loop(&network, &mut completion, OBEYS);
        let described = || std::format!("seed {seed}: {:?} {:?}", case.config.timeouts, case.scripts);
        assert_eq!((&obeying.events, &obeying.error), (&exact.events, &exact.error), "{}", described());
        let late = obeying.ms.abs_diff(exact.ms);
        assert!(late <= TOLERANCE_MS, "{} instead of {} ms, {}", obeying.ms, exact.ms, described());
        assert!(calls <= case.calls(), "{calls} calls, {}", described());
        failures += u32::from(exact.error.is_some());
    }
    assert!(
        (RUNS as u32 / 10..RUNS as u32).contains(&failures),
        "{failures} failures: the cases are one-sided"
    );
}

/// After a chunk that was not timed, bytes that are no progress start the idle deadline: it passes later by one silence
/// at most, and never too early.
#[test]
fn keep_alives_make_a_deadline_late_by_one_silence_at_most() {
    let mut equal = 0;
    for seed in 0..RUNS {
        let mut dice = Dice(seed);
        let timeouts = timeouts(&mut dice);
        let case = Case::new(&mut dice, timeouts, 0, true);
        let (network, mut completion) = case.start();
        let exact = run_waiting(&network, &mut completion);
        let (network, mut completion) = case.start();
        let (obeying, _) = run_loop(&network, &mut completion, OBEYS);
        assert!(obeying.ms + TOLERANCE_MS >= exact.ms, "seed {seed}: {} instead of {}", obeying.ms, exact.ms);
        if (&obeying.events, &obeying.error) == (&exact.events, &exact.error) {
            // The longest silence without a call.
            assert!(obeying.ms <= exact.ms + 1_000 + TOLERANCE_MS, "seed {seed}: {}", obeying.ms);
            equal += 1;
        }
    }
    assert!(equal > RUNS * 95 / 100, "{equal} equal");
}

/// Without retries, since the length of a back-off depends on the nanosecond of the failure before it.
#[test]
fn a_late_timer_makes_a_deadline_no_later_than_itself() {
    for seed in 0..RUNS {
        let mut dice = Dice(seed);
        let case = Case::exact(&mut dice, 0);
        // After a chunk that was not timed, the host sleeps twice.
        let late_by = dice.below(2_000_000);
        let (network, mut completion) = case.start();
        let exact = run_waiting(&network, &mut completion);
        let (network, mut completion) = case.start();
        let (outcome, _) = run_loop(&network, &mut completion, Timer::Obeys { late_by });
        let kind = |error: &Option<Error>| error.as_ref().map(|error| error.kind.clone());
        // Bytes that arrive while the timer is late are read, which changes the end of the stream.
        if kind(&outcome.error) == kind(&exact.error) && outcome.events == exact.events {
            let late = outcome.ms.saturating_sub(exact.ms);
            assert!(late <= TOLERANCE_MS, "seed {seed}: late by {late} ms, {:?}", case.scripts);
        }
    }
}

#[test]
fn a_host_that_polls_ends_as_well() {
    for seed in 0..RUNS / 4 {
        let mut dice = Dice(seed);
        let timeouts = timeouts(&mut dice);
        let case = Case::new(&mut dice, timeouts, 2, true);
        let (network, mut completion) = case.start();
        let (outcome, _) = run_loop(&network, &mut completion, Timer::Every { ms: 250 });
        let done = matches!(outcome.events.last(), Some(Event::Finish(_)));
        assert_eq!(done, outcome.error.is_none(), "seed {seed}");
        let total = u64::from(case.config.timeouts.total_ms.expect("a total deadline"));
        assert!(outcome.ms <= total + 250 + 60_000, "seed {seed}: {} ms of {total}", outcome.ms);
    }
}
