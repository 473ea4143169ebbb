//! How long calls take, and what they return. A component that waits too long blocks the event loop of its host, and with
//! it every other stream of the process.
//!
//! The bounds are wide, because the machine may be busy: the subject is whether a component waits for the wrong thing, and
//! such a wait lasts seconds. Where lateness alone could fail a case, the call is repeated.

use std::time::{Duration, Instant};

use super::{CaseResult, Code, case_result, complete, next, stand_in};
use crate::bench::{Bench, Provider, error_text};
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance};
use provider_host::contract::{Batch, ErrorKind, Event};
use provider_host::sandbox::{CallError, KeyMode};
use stand_in::{Setup, StandIn};

/// How much longer than its wait a call may take, since the machine may be busy.
const SLACK: Duration = Duration::from_millis(500);

/// How often a call is repeated that returned too late. A busy machine is late now and then; a plugin that waits too long
/// does so each time.
const TRIES: u32 = 3;

/// A bound for streams that end sooner than this on any machine. Without it, a component that never reports its end would
/// hang the whole run.
const LONG: Duration = Duration::from_secs(20);

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "next-waits-no-longer-than-told",
            plays: "A silent server; next with waits of 0, 20, 100 and 400 ms.",
            promises: &[Promise::Waits],
            expected: "each call returns within its wait and 500 ms",
            run: |bench| Box::pin(no_longer(bench)),
        },
        Code {
            name: "the-first-word-is-not-held-back",
            plays: "The first word at once, the rest after a second; next with a wait of 10 s.",
            promises: &[Promise::Waits],
            expected: "the word within 800 ms",
            run: |bench| Box::pin(first_word(bench)),
        },
        Code {
            name: "a-batch-has-no-more-than-asked-for",
            plays: "2,000 chunks; next with a maximum of 0, 1, 7 and 64 events.",
            promises: &[Promise::LosesNothing],
            expected: "no batch over its maximum, 0 counts as 1, all 2,000 words",
            run: |bench| Box::pin(bounded(bench)),
        },
        Code {
            name: "completions-take-turns",
            plays: "Four completions in one instance, each called in turn with a wait of 0.",
            promises: &[Promise::Waits, Promise::LosesNothing],
            expected: "four complete responses",
            run: |bench| Box::pin(turns(bench)),
        },
        Code {
            name: "wake-after-ms-is-kept",
            plays: "Servers that fall silent before the status and after some text; next with a wait of 0 at the reported times.",
            promises: &[Promise::Waits, Promise::Errors],
            expected: "a timeout from the first call at or after the reported time, and no later time than that",
            run: |bench| Box::pin(wakes(bench)),
        },
    ]
}

/// A completion that is read piece by piece, and the text that it has returned so far.
struct Reader<I: TestedInstance> {
    completion: I::Completion,
    text: String,
    done: bool,
    begun: Instant,
}

impl<I: TestedInstance> Reader<I> {
    async fn start(provider: &mut Provider<I>, scenario: &str) -> Result<Reader<I>, String> {
        let begun = Instant::now();
        let completion = complete(provider, scenario).await?;
        Ok(Reader { completion, text: String::new(), done: false, begun })
    }

    /// Makes one call and keeps its text. Fails once the completion has taken longer than [`LONG`].
    async fn next(&mut self, provider: &mut Provider<I>, most: u32, wait: Duration) -> Result<Batch, String> {
        let batch = next(provider, &self.completion, most, wait).await?;
        for event in &batch.events {
            if let Event::BlockDelta(delta) = event {
                self.text.push_str(&delta.text);
            }
        }
        self.done = batch.done;
        if !self.done && self.begun.elapsed() > LONG {
            return Err(format!("the completion did not come to an end within {LONG:?}"));
        }
        Ok(batch)
    }
}

/// A server, and a client of it in an instance of its own.
async fn connected<H: TestedHost>(bench: &Bench<H>) -> Result<(StandIn, Provider<H::Instance>), String> {
    let stand_in = stand_in().await?;
    let provider = bench.provider(&stand_in, KeyMode::Injected, &Setup::default()).await?;
    Ok((stand_in, provider))
}

async fn no_longer(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (_stand_in, mut provider) = connected(bench).await?;
    let completion = complete(&mut provider, "q25-silent-before-the-status").await?;
    let (mut reasons, mut slowest) = (Vec::new(), Duration::ZERO);
    // 0 comes again after longer waits: a component must not remember an earlier wait.
    for wait_ms in [0, 0, 20, 100, 0, 400] {
        let wait = Duration::from_millis(wait_ms);
        let mut quickest = Duration::MAX;
        for _ in 0..TRIES {
            let begun = Instant::now();
            let batch = next(&mut provider, &completion, 64, wait).await?;
            quickest = quickest.min(begun.elapsed());
            if !batch.events.is_empty() || batch.done {
                reasons.push("it returned something although the server has sent nothing".to_owned());
            }
            if quickest <= wait + SLACK {
                break;
            }
        }
        slowest = slowest.max(quickest.saturating_sub(wait));
        if quickest > wait + SLACK {
            reasons.push(format!("a call with a wait of {wait_ms} ms took {quickest:?}"));
        }
    }
    case_result(format!("at most {slowest:.0?} beyond"), reasons)
}

/// A component that fills its batch before it returns would be correct in every other case, and would show people nothing
/// for a whole wait.
async fn first_word(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (_stand_in, mut provider) = connected(bench).await?;
    let mut first = Duration::MAX;
    for _ in 0..TRIES {
        let mut reader = Reader::start(&mut provider, "one-word-and-a-pause").await?;
        let mut received = None;
        while !reader.done {
            reader.next(&mut provider, 64, Duration::from_secs(10)).await?;
            if !reader.text.is_empty() {
                received.get_or_insert(reader.begun.elapsed());
            }
        }
        first = first.min(received.ok_or_else(|| "no text was received".to_owned())?);
        if first <= Duration::from_millis(800) {
            break;
        }
    }
    let late = (first > Duration::from_millis(800)).then(|| format!("the first word came after {first:?}"));
    case_result(format!("after {first:.0?}"), late.into_iter().collect())
}

async fn bounded(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (_stand_in, mut provider) = connected(bench).await?;
    let mut reader = Reader::start(&mut provider, "many-chunks").await?;
    let mut reasons = Vec::new();
    // A maximum of 0 counts as 1: a call that may return nothing would never come to an end.
    for most in [0, 1, 7, 64].into_iter().cycle() {
        let batch = reader.next(&mut provider, most, Duration::from_millis(100)).await?;
        if batch.events.len() > most.max(1) as usize {
            reasons.push(format!("a batch of {} events with a maximum of {most}", batch.events.len()));
        }
        if reader.done || !reasons.is_empty() {
            break;
        }
    }
    // The text is compared too: events over the maximum have to be returned by a later call, and not dropped.
    if reasons.is_empty() && reader.text != "word ".repeat(2000) {
        let received = reader.text.len();
        reasons.push(format!("{received} bytes of text were received, not the 10,000 that were sent"));
    }
    case_result(format!("{} bytes of text", reader.text.len()), reasons)
}

/// The streams arrive at the same time, so a component that mixes their states up joins the wrong pieces.
async fn turns(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (_stand_in, mut provider) = connected(bench).await?;
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(Reader::start(&mut provider, "slow-chunks").await?);
    }
    while readers.iter().any(|reader| !reader.done) {
        for reader in readers.iter_mut().filter(|reader| !reader.done) {
            reader.next(&mut provider, 64, Duration::ZERO).await?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let whole = readers.iter().filter(|reader| reader.text == "Hello, world.").count();
    let reasons = (whole != 4).then(|| format!("{} of 4 responses are incomplete", 4 - whole));
    case_result(format!("{whole} complete responses"), reasons.into_iter().collect())
}

/// The deadline for the servers that fall silent, in milliseconds. The same for connecting, the first byte and idleness,
/// so that any reported time beyond it is wrong.
const DEADLINE: u32 = 400;

/// How often an event loop looks at its sockets here. A real one is woken by them; this bench has no sockets of its own
/// to wait for.
const TICK: Duration = Duration::from_millis(5);

/// How often a component may have nothing to do at a time that it reported itself: a deadline that another one
/// replaced in the meantime, on a machine that is slow just then.
const IN_VAIN: u32 = 3;

/// A host with an event loop sets one timer from `wake-after-ms`. If a component reports a time that is too late, or none,
/// a deadline passes unnoticed and the user waits for ever.
async fn wakes(bench: &Bench<impl TestedHost>) -> CaseResult {
    let setup = Setup {
        connect_ms: Some(DEADLINE),
        first_byte_ms: Some(DEADLINE),
        idle_ms: Some(DEADLINE),
        // A retry would start the deadlines again.
        max_retries: Some(0),
        ..Setup::default()
    };
    let (mut reasons, mut latest) = (Vec::new(), Duration::ZERO);
    for scenario in ["q25-silent-before-the-status", "q25-silent-in-the-middle"] {
        let stand_in = stand_in().await?;
        let mut provider = bench.provider(&stand_in, KeyMode::Injected, &setup).await?;
        match wake(&mut provider, scenario).await {
            Ok(late) => latest = latest.max(late),
            Err(reason) => reasons.push(format!("{scenario}: {reason}")),
        }
    }
    case_result(format!("at most {latest:.0?} after the reported time"), reasons)
}

/// Drives a completion without ever waiting in it, to its timeout. Returns how long after the reported time the
/// timeout was returned, which includes what the machine took for the call.
async fn wake(provider: &mut Provider<impl TestedInstance>, scenario: &str) -> Result<Duration, String> {
    // Before the first call: the component starts its deadlines in it.
    let begun = Instant::now();
    let completion = complete(provider, scenario).await?;
    // The time that the last call reported, and how often a call at such a time was in vain.
    let (mut due, mut in_vain) = (begun, 0);
    loop {
        let called = Instant::now();
        let batch = match provider.instance.next(&completion, 64, Duration::ZERO).await {
            Ok(batch) => batch,
            Err(CallError::Provider(error)) if error.kind == ErrorKind::Timeout => {
                // Too early is as wrong: it would cut off a server that is slow and allowed to be. The component reads its
                // clock during the call, so the end of the call is what counts.
                let passed = begun.elapsed();
                if passed < Duration::from_millis(u64::from(DEADLINE)) {
                    return Err(format!("the deadline of {DEADLINE} ms passed after {passed:.0?}"));
                }
                return Ok(called.saturating_duration_since(due));
            }
            Err(error) => return Err(format!("completion.next: {}", error_text(&error))),
        };
        if batch.done {
            return Err("it is done although the server fell silent".to_owned());
        }
        if due > begun && called >= due && batch.events.is_empty() && batch.wake_after_ms != Some(0) {
            in_vain += 1;
        }
        if in_vain > IN_VAIN {
            return Err(format!(
                "it was called {in_vain} times at a time that it had reported, and did nothing"
            ));
        }
        let Some(wake_after) = batch.wake_after_ms else {
            return Err("wake-after-ms is none while a deadline is set".to_owned());
        };
        // Rounded up to a whole millisecond.
        if wake_after > DEADLINE + 1 {
            return Err(format!("wake-after-ms is {wake_after} with deadlines of {DEADLINE} ms"));
        }
        if begun.elapsed() > LONG {
            return Err(format!("no deadline passed within {LONG:?}"));
        }
        due = Instant::now() + Duration::from_millis(u64::from(wake_after));
        let sleep = due.saturating_duration_since(Instant::now()).min(TICK);
        tokio::time::sleep(sleep).await;
    }
}
