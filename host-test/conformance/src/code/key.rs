//! Where the key may be, and where it must not be.
//!
//! A stolen key is money: a thief can use the account until somebody notices. These cases look at the two ways to lose it,
//! to the component and to another server.

use std::time::Duration;

use super::{CaseResult, Code, case_result, stand_in};
use crate::bench::Bench;
use crate::needs::Need;
use crate::play::prompt;
use crate::promise::Promise;
use crate::tested_host::{TestedHost, TestedInstance as _};
use crate::watch;
use provider_host::contract::Discovery;
use provider_host::sandbox::KeyMode;
use stand_in::{Setup, StandIn};

pub(super) fn cases<H: TestedHost>() -> Vec<Code<H>> {
    vec![
        Code {
            name: "the-key-never-enters-the-sandbox",
            plays: "A completion, a list and an account, the key added by the host; then its memory is searched.",
            promises: &[Promise::Key],
            expected: "not in memory; found there if it is passed in",
            run: |bench| Box::pin(memory(bench)),
        },
        Code {
            name: "the-key-goes-to-its-own-origin",
            plays: "A completion, a list and an account, in both modes, with a server that looks at each request.",
            promises: &[Promise::Key],
            expected: "with every request to the API, with no other",
            run: |bench| Box::pin(origin(bench)),
        },
    ]
}

/// Makes a completion of each kind, a list and an account, and returns how often the key is in memory, where the
/// host can search it, and all violations.
///
/// Three of the scenarios echo the key, in an error, in a stream and as a model's text, because that is how a key that the
/// host adds could enter the component after all.
async fn use_all<H: TestedHost>(
    bench: &Bench<H>,
    stand_in: &StandIn,
    mode: KeyMode,
) -> Result<(Option<usize>, Vec<String>), String> {
    let mut provider = bench.provider(stand_in, mode, &Setup::default()).await?;
    let mut violations = Vec::new();
    let echoes = ["q24-key-echoed", "q24-key-echoed-in-stream", "q24-key-echoed-as-text"];
    // A host that does not remove the key passes an echo on, which is no fault of the component's.
    let echoes = echoes.iter().filter(|_| H::Instance::HAS.contains(&Need::Redaction));
    // The server's list of requests grows with each completion, so the limit of retries is that of all four together.
    for model in ["at-once"].iter().chain(echoes) {
        violations.extend(provider.play(&prompt(model), stand_in, 2 * 4).await.violations);
    }
    let key = stand_in.key();
    if bench.is_capable("discovery") {
        let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
        watch::shows_key(&mut violations, "the list", &list, key);
    }
    if bench.is_capable("account") {
        let account = provider.instance.account(&provider.client).await;
        watch::shows_key(&mut violations, "the account", &account, key);
    }
    violations.extend(watch::of_key(&mut provider, stand_in));
    let found = provider.instance.count_in_memory(key.as_bytes());
    Ok((found, violations))
}

async fn memory(bench: &Bench<impl TestedHost>) -> CaseResult {
    let stand_in = stand_in().await?;
    let no_search = || "the component's memory cannot be searched".to_owned();
    let (outside, mut reasons) = use_all(bench, &stand_in, KeyMode::Injected).await?;
    let outside = outside.ok_or_else(no_search)?;
    // The control: the same search has to find a key that was passed in. Without it, a search that looks at the wrong
    // memory would pass for ever.
    let (within, _) = use_all(bench, &stand_in, KeyMode::Bearer).await?;
    let within = within.ok_or_else(no_search)?;
    if outside > 0 {
        reasons.push(format!("the key that the host adds is in memory {outside} times"));
    }
    if within == 0 {
        reasons
            .push("the key that was passed in is not found either, so the search proves nothing".to_owned());
    }
    case_result(format!("{outside} times; passed in, {within} times"), reasons)
}

async fn origin(bench: &Bench<impl TestedHost>) -> CaseResult {
    let (mut reasons, mut with_key) = (Vec::new(), 0);
    for mode in [KeyMode::Injected, KeyMode::Bearer] {
        let stand_in = stand_in().await?;
        let (_, violations) = use_all(bench, &stand_in, mode).await?;
        reasons.extend(violations);
        for request in stand_in.requests() {
            // The public catalogue is on the same origin, so a rule by origin alone would send the key to it.
            let sent = request.header("authorization").is_some();
            with_key += usize::from(sent);
            if sent != request.path.starts_with("/v1/") {
                let had = if sent { "has a key" } else { "has no key" };
                reasons.push(format!("the request for {} {had} ({mode:?})", request.path));
            }
        }
    }
    // A component that sends no requests at all would otherwise pass.
    if with_key == 0 {
        reasons.push("no request had a key".to_owned());
    }
    case_result(format!("{with_key} requests with the key"), reasons)
}
