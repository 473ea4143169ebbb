//! Dropping in each state: the server sees that the connection closes, and nothing more is sent. A request
//! that goes on after a cancel costs the user money.

use std::time::{Duration, Instant};

use super::{CaseResult, Code, case_result};
use crate::bench::{Bench, Hosting, error_text};
use crate::expected;
use crate::play::prompt;
use crate::promise::Promise;
use crate::watch;
use provider_host::sandbox::KeyMode;
use stand_in::{Handshake, Outcome, Setup, StandIn};

/// How long it may take until the server sees the close. Only that it happens is tested, not how fast.
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

pub(super) const CASES: &[Code] = &[
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
];

async fn stand_in() -> Result<StandIn, String> {
    StandIn::start(0).await.map_err(|error| format!("no server: {error:#}"))
}

/// Both kinds of host, with the time until the server saw the drop.
async fn in_state(bench: &Bench, scenario: &str) -> CaseResult {
    let mut slowest = Duration::ZERO;
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let stand_in = stand_in().await?;
        let mut provider = bench.provider(&stand_in, hosting, KeyMode::Injected, &Setup::default()).await?;
        let wrong = |what: &str, error| format!("{what}: {} ({hosting:?})", error_text(&error));
        let completion = provider
            .instance
            .complete(&provider.client, &prompt(scenario))
            .await
            .map_err(|error| wrong("client.complete", error))?;
        // Wait until the server has the request, and then for the bytes that it sends.
        let until = Instant::now() + SEEN;
        for wait in [20, 200] {
            while wait == 200 || (stand_in.requests().is_empty() && Instant::now() < until) {
                let batch = provider.instance.next(&completion, 64, Duration::from_millis(wait)).await;
                batch.map_err(|error| wrong("completion.next", error))?;
                if wait == 200 {
                    break;
                }
            }
        }
        if stand_in.requests().is_empty() {
            return Err(format!("the server received no request within {SEEN:?} ({hosting:?})").into());
        }
        let begun = Instant::now();
        provider.instance.cancel(completion).await.map_err(|error| wrong("drop", error))?;
        match tokio::time::timeout(SEEN, stand_in.ended(0)).await {
            Ok(Outcome::Aborted) => slowest = slowest.max(begun.elapsed()),
            Ok(other) => return Err(format!("the server sees it as {other:?} ({hosting:?})").into()),
            Err(_) => return Err(format!("the server does not see it within {SEEN:?} ({hosting:?})").into()),
        }
    }
    Ok(format!("seen after {slowest:.1?}"))
}

async fn unbegun(bench: &Bench) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider =
        bench.provider(&stand_in, Hosting::Waits, KeyMode::Injected, &Setup::default()).await?;
    let wrong = |error| error_text(&error);
    let completion = provider.instance.complete(&provider.client, &prompt("at-once")).await.map_err(wrong)?;
    provider.instance.cancel(completion).await.map_err(wrong)?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let connections = stand_in.connections_accepted();
    let reasons = (connections > 0).then(|| format!("{connections} connections were made"));
    case_result(format!("{connections} connections"), reasons.into_iter().collect())
}

async fn connecting(bench: &Bench) -> CaseResult {
    let mut slowest = Duration::ZERO;
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let stand_in = StandIn::start_tls(bench.authority(), Handshake::Stalls).await;
        let stand_in = stand_in.map_err(|error| format!("no server: {error:#}"))?;
        let mut provider = bench.provider(&stand_in, hosting, KeyMode::Injected, &Setup::default()).await?;
        let wrong = |error| format!("{} ({hosting:?})", error_text(&error));
        let completion =
            provider.instance.complete(&provider.client, &prompt("at-once")).await.map_err(wrong)?;
        let until = Instant::now() + SEEN;
        while stand_in.connections_accepted() == 0 && Instant::now() < until {
            provider.instance.next(&completion, 64, Duration::from_millis(20)).await.map_err(wrong)?;
        }
        if stand_in.connections_accepted() == 0 {
            return Err(format!("the server accepted no connection within {SEEN:?} ({hosting:?})").into());
        }
        let begun = Instant::now();
        provider.instance.cancel(completion).await.map_err(wrong)?;
        while stand_in.connections_open() > 0 {
            if begun.elapsed() > SEEN {
                return Err(format!("the connection stays open for {SEEN:?} ({hosting:?})").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        slowest = slowest.max(begun.elapsed());
    }
    Ok(format!("seen after {slowest:.1?}"))
}

async fn back_off(bench: &Bench) -> CaseResult {
    let stand_in = stand_in().await?;
    let setup = Setup { total_ms: Some(120_000), ..Setup::default() };
    let mut provider = bench.provider(&stand_in, Hosting::Waits, KeyMode::Injected, &setup).await?;
    let wrong = |error| error_text(&error);
    let request = prompt("q25-asks-to-wait-a-minute");
    let completion = provider.instance.complete(&provider.client, &request).await.map_err(wrong)?;
    let until = Instant::now() + SEEN;
    loop {
        let batch =
            provider.instance.next(&completion, 64, Duration::from_millis(100)).await.map_err(wrong)?;
        if !batch.events.is_empty() {
            return Err("events were returned although the server asked to wait".to_owned().into());
        }
        let responded =
            stand_in.requests().first().is_some_and(|request| request.outcome == Outcome::Finished);
        if responded || Instant::now() > until {
            break;
        }
    }
    provider.instance.next(&completion, 64, Duration::from_millis(200)).await.map_err(wrong)?;
    provider.instance.cancel(completion).await.map_err(wrong)?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let requests = stand_in.requests().len();
    let reasons = (requests != 1).then(|| format!("{requests} requests were made"));
    case_result(expected::requests(requests), reasons.into_iter().collect())
}

async fn client_first(bench: &Bench) -> CaseResult {
    let stand_in = stand_in().await?;
    let mut provider =
        bench.provider(&stand_in, Hosting::Waits, KeyMode::Injected, &Setup::default()).await?;
    let wrong = |error| error_text(&error);
    let completion =
        provider.instance.complete(&provider.client, &prompt("q25-never-ends")).await.map_err(wrong)?;
    let until = Instant::now() + SEEN;
    while stand_in.requests().is_empty() && Instant::now() < until {
        provider.instance.next(&completion, 64, Duration::from_millis(100)).await.map_err(wrong)?;
    }
    provider.instance.close(provider.client).await.map_err(wrong)?;
    provider.instance.next(&completion, 64, Duration::from_millis(100)).await.map_err(wrong)?;
    provider.instance.cancel(completion).await.map_err(wrong)?;
    let reasons: Vec<String> = watch::unseen(&stand_in).await.into_iter().collect();
    let requests = stand_in.requests().len();
    case_result(expected::requests(requests), reasons)
}
