//! Dropping in each state: the server sees that the connection closes, and nothing more is sent. A request that goes on
//! after a cancel costs the user money.
//!
//! Each state holds other resources: no request yet, a TLS handshake, a request without a response, a body, a timer. A
//! component that releases those of one state can forget those of another.

use std::time::{Duration, Instant};

use super::{CaseResult, Code, case_result, complete, connections_made, next, stand_in};
use crate::bench::{Bench, Provider, error_text};
use crate::expected;
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance};
use crate::watch;
use provider_host::sandbox::KeyMode;
use stand_in::{Handshake, Outcome, Setup, StandIn};

/// How long it may take until the server sees the close. Only that it happens is tested, not how fast: a bound of some
/// milliseconds would measure the machine.
const SEEN: Duration = Duration::from_secs(2);

const EXPECTED: &str = "the server sees it close";
const PROMISES: &[Promise] = &[Promise::Cancels];

macro_rules! in_state {
    ($name:literal, $plays:literal, $scenario:literal) => {
        Code {
            name: $name,
            plays: $plays,
            promises: PROMISES,
            expected: EXPECTED,
            run: |bench| Box::pin(in_state(bench, $scenario)),
        }
    };
}

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "drop-before-the-first-step",
            plays: "A completion dropped before its first step.",
            promises: PROMISES,
            expected: "0 connections",
            run: |bench| Box::pin(unbegun(bench)),
        },
        Code {
            name: "drop-while-connecting",
            plays: "A completion dropped while a TLS handshake stalls.",
            promises: PROMISES,
            expected: EXPECTED,
            run: |bench| Box::pin(connecting(bench)),
        },
        in_state!(
            "drop-before-the-status",
            "A completion dropped while it waits for the status.",
            "q25-silent-before-the-status"
        ),
        in_state!(
            "drop-before-the-first-byte",
            "A completion dropped between the head and the body.",
            "q25-silent-before-the-first-byte"
        ),
        in_state!(
            "drop-in-silence",
            "A completion dropped in the middle of a body that has fallen silent.",
            "q25-silent-in-the-middle"
        ),
        in_state!("drop-in-the-middle", "A completion dropped in the middle of a body.", "q25-never-ends"),
        Code {
            name: "drop-in-a-back-off",
            plays: "A completion dropped while it waits before it tries again.",
            promises: PROMISES,
            expected: "1 request and no more",
            run: |bench| Box::pin(back_off(bench)),
        },
        Code {
            name: "client-dropped-first",
            plays: "A client dropped in the middle of a completion of its own, and then the completion.",
            promises: &[Promise::Cancels, Promise::NoPanic],
            expected: EXPECTED,
            run: |bench| Box::pin(client_first(bench)),
        },
    ]
}

async fn provider<H: TestedHost>(
    bench: &Bench<H>,
    stand_in: &StandIn,
) -> Result<Provider<H::Instance>, String> {
    bench.provider(stand_in, KeyMode::Injected, &Setup::default()).await
}

/// Calls the completion until the server has its request. Nothing is sent before the first call.
async fn until_received<I: TestedInstance>(
    provider: &mut Provider<I>,
    completion: &I::Completion,
    stand_in: &StandIn,
) -> Result<(), String> {
    let until = Instant::now() + SEEN;
    while stand_in.requests().is_empty() {
        if Instant::now() > until {
            return Err(format!("the server received no request within {SEEN:?}"));
        }
        next(provider, completion, 64, Duration::from_millis(20)).await?;
    }
    Ok(())
}

/// With the time until the server saw the drop.
async fn in_state(bench: &Bench<impl TestedHost>, scenario: &str) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider = provider(bench, &stand_in).await?;
    let completion = complete(&mut provider, scenario).await?;
    until_received(&mut provider, &completion, &stand_in).await?;
    // The request alone is not the state yet: one call more receives the bytes that the server sends before it falls
    // silent.
    next(&mut provider, &completion, 64, Duration::from_millis(200)).await?;
    let begun = Instant::now();
    let dropped = provider.instance.cancel(completion).await;
    dropped.map_err(|error| format!("drop: {}", error_text(&error)))?;
    match tokio::time::timeout(SEEN, stand_in.ended(0)).await {
        Ok(Outcome::Aborted) => Ok(format!("seen after {:.1?}", begun.elapsed())),
        // A server that has sent everything has generated everything: the cancel came too late.
        Ok(other) => Err(format!("the server sees it as {other:?}").into()),
        Err(_) => Err(format!("the server does not see it within {SEEN:?}").into()),
    }
}

/// An agent often discards a request that it has just built. That must not cost a connection.
async fn unbegun(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider = provider(bench, &stand_in).await?;
    let completion = complete(&mut provider, "at-once").await?;
    provider.instance.cancel(completion).await.map_err(|error| error_text(&error))?;
    // A connection that was begun needs a moment until the server counts it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let connections = stand_in.connections_accepted();
    case_result(format!("{connections} connections"), connections_made(&stand_in).into_iter().collect())
}

/// A handshake has no request that the server could see end, so the connections are counted here.
async fn connecting(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = StandIn::start_tls(bench.authority(), Handshake::Stalls).await;
    let stand_in = stand_in.map_err(|error| format!("no server: {error:#}"))?;
    let mut provider = provider(bench, &stand_in).await?;
    let completion = complete(&mut provider, "at-once").await?;
    let until = Instant::now() + SEEN;
    while stand_in.connections_accepted() == 0 && Instant::now() < until {
        next(&mut provider, &completion, 64, Duration::from_millis(20)).await?;
    }
    if stand_in.connections_accepted() == 0 {
        return Err(format!("the server accepted no connection within {SEEN:?}").into());
    }
    let begun = Instant::now();
    let dropped = provider.instance.cancel(completion).await;
    dropped.map_err(|error| format!("drop: {}", error_text(&error)))?;
    while stand_in.connections_open() > 0 {
        if begun.elapsed() > SEEN {
            return Err(format!("the connection stays open for {SEEN:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(format!("seen after {:.1?}", begun.elapsed()))
}

/// A retry that is due later must not be made for a completion that no longer exists: nobody would read its response.
async fn back_off(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    // Longer than the minute that the server asks for. Otherwise the component reports the error at once, and there is no
    // back-off to drop it in.
    let setup = Setup { total_ms: Some(120_000), ..Setup::default() };
    let mut provider = bench.provider(&stand_in, KeyMode::Injected, &setup).await?;
    let completion = complete(&mut provider, "q25-asks-to-wait-a-minute").await?;
    let until = Instant::now() + SEEN;
    loop {
        let batch = next(&mut provider, &completion, 64, Duration::from_millis(100)).await?;
        if !batch.events.is_empty() {
            return Err("events were returned although the server asked to wait".to_owned().into());
        }
        let responded =
            stand_in.requests().first().is_some_and(|request| request.outcome == Outcome::Finished);
        if responded || Instant::now() > until {
            break;
        }
    }
    // One call more, so that the component has read the status and is in its back-off.
    next(&mut provider, &completion, 64, Duration::from_millis(200)).await?;
    provider.instance.cancel(completion).await.map_err(|error| error_text(&error))?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let requests = stand_in.requests().len();
    let reasons = (requests != 1).then(|| format!("{requests} requests were made"));
    case_result(expected::requests(requests), reasons.into_iter().collect())
}

/// A language with a garbage collector drops resources in any order. A completion that refers to memory of its client
/// would then trap.
async fn client_first(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider = provider(bench, &stand_in).await?;
    let wrong = |error| error_text(&error);
    let completion = complete(&mut provider, "q25-never-ends").await?;
    until_received(&mut provider, &completion, &stand_in).await?;
    provider.instance.close(provider.client).await.map_err(wrong)?;
    // The completion is still usable, and not only droppable.
    provider.instance.next(&completion, 64, Duration::from_millis(100)).await.map_err(wrong)?;
    provider.instance.cancel(completion).await.map_err(wrong)?;
    let reasons: Vec<String> = watch::unseen(&stand_in).await.into_iter().collect();
    let requests = stand_in.requests().len();
    case_result(expected::requests(requests), reasons)
}
