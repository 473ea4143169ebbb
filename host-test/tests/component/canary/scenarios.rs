//! Every scenario and every fault of the stand-in, including those that are added later: an error path that is written
//! tomorrow may print the key, too.

use std::time::Duration;

use conformance::Provider;
use futures_util::StreamExt as _;
use futures_util::future::{join, join_all};
use futures_util::stream;
use provider_host::contract::{Config, Discovery, Request, Timeouts};
use provider_host::sandbox::KeyMode;
use stand_in::{Break, Route, Scenario, StandIn, scenarios};

use super::{MODES, check_memory, holds_no_key};
use crate::bench::{CheckedCompletion as _, config, open};

/// Faults that a client requests by a header, apart from broken connections; `host-test stand-in --help` lists them.
const FAULTS: [(&str, &str); 7] = [
    ("x-envoy-fault-delay-request", "50"),
    ("x-envoy-fault-abort-request", "503"),
    ("x-envoy-fault-abort-request", "401"),
    ("x-envoy-fault-throughput-response", "64"),
    ("x-fault-delay-first-byte", "50"),
    ("x-fault-delay-chunk", "1"),
    ("x-fault-write-bytes", "7"),
];

/// All faults, with every way in which a connection can break.
fn faults() -> impl Iterator<Item = (&'static str, &'static str)> {
    let breaks = Break::ALL.iter().map(|(name, _)| ("x-fault-abort-connection", *name));
    FAULTS.into_iter().chain(breaks)
}

/// How many scenarios run at the same time. Many of them only wait for a deadline, which costs no processor time. They
/// share one task, and each needs its turn between connecting and sending: with more of them, starting the others takes
/// longer on a busy machine than the deadline of the first one.
const AT_ONCE: usize = 16;

/// A configuration with short deadlines, since many scenarios never end on their own. No assertion depends on whether a
/// deadline passes.
fn short_deadlines(stand_in: &StandIn, header: Option<(&str, &str)>) -> Config {
    let timeouts = Timeouts {
        connect_ms: Some(2_000),
        first_byte_ms: Some(600),
        idle_ms: Some(600),
        total_ms: Some(2_500),
    };
    let headers = header.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    Config { timeouts, headers, ..config(&stand_in.base_url()) }
}

/// Runs a completion, and searches its whole result for the key.
async fn complete(what: &str, provider: &mut Provider, request: &Request, mode: KeyMode, key: &str) {
    let response = provider.complete_checked(request).await;
    holds_no_key(what, &response.events, key);
    holds_no_key(what, &response.error, key);
    holds_no_key(what, &response.transcript.message(), key);
    check_memory(what, &mut provider.instance, mode, key);
}

/// Queries the models and the account, and searches the results for the key.
async fn query_lists(what: &str, provider: &mut Provider, mode: KeyMode, key: &str) {
    for how in [Discovery::Live, Discovery::BestEffort] {
        let list = provider.instance.models(&provider.client, how, Duration::ZERO).await;
        holds_no_key(what, &list, key);
    }
    let account = provider.instance.account(&provider.client).await;
    holds_no_key(what, &account, key);
    check_memory(what, &mut provider.instance, mode, key);
}

/// Runs [`AT_ONCE`] of the futures at a time; the next one starts when any one ends.
async fn in_parallel(all: impl Iterator<Item = impl Future<Output = ()>>) {
    stream::iter(all).buffer_unordered(AT_ONCE).collect::<()>().await;
}

fn path(route: Route) -> Option<&'static str> {
    match route {
        Route::KeyList => Some("/v1/models"),
        Route::Catalogue => Some("/api/models"),
        Route::Billing => Some("/v1/dashboard/billing/subscription"),
        _ => None,
    }
}

async fn play(stand_in: &StandIn, scenario: &Scenario, mode: KeyMode) {
    let mut provider = open(stand_in, mode, short_deadlines(stand_in, None)).await;
    // The first route is the one that the provider chooses for a model that it does not know.
    let wire = scenario.route.wire().filter(|_| scenario.route != Route::default());
    let route = wire.map(|wire| wire.name.to_owned());
    let request = Request { route, ..Request::prompt(scenario.name.as_str(), "hello") };
    complete(&scenario.name, &mut provider, &request, mode, stand_in.key()).await;
}

/// Each list gets its own server, since a scenario is scripted for a path of the whole server.
async fn play_list(scenario: &Scenario, path: &str, mode: KeyMode) {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    stand_in.script(path, Some(&scenario.name)).expect("a scenario");
    let config = Config { max_retries: Some(1), ..short_deadlines(&stand_in, None) };
    let mut provider = open(&stand_in, mode, config).await;
    query_lists(&scenario.name, &mut provider, mode, stand_in.key()).await;
    assert_eq!(stand_in.key_leaks(), 0, "{}", scenario.name);
}

async fn play_everything(mode: KeyMode) {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    // Lists start first, because their deadlines are the longest.
    let (chats, lists): (Vec<_>, Vec<_>) =
        scenarios().iter().partition(|scenario| scenario.route.wire().is_some());
    let all = lists.into_iter().chain(chats).map(async |scenario| match path(scenario.route) {
        None => play(&stand_in, scenario, mode).await,
        Some(path) => play_list(scenario, path, mode).await,
    });
    in_parallel(all).await;
    let played = scenarios().iter().filter(|scenario| scenario.route.wire().is_some());
    let seen = stand_in.requests();
    for scenario in played {
        assert!(seen.iter().any(|request| request.scenario == Some(&scenario.name)), "{}", scenario.name);
    }
    assert_eq!((stand_in.key_leaks(), stand_in.went_elsewhere()), (0, 0));
    println!("{mode:?}: {} scenarios, {} requests", scenarios().len(), seen.len());
}

#[tokio::test]
async fn no_scenario_reveals_a_key_that_the_host_adds() {
    play_everything(KeyMode::Injected).await;
}

#[tokio::test]
async fn no_scenario_reveals_a_key_that_the_component_received() {
    play_everything(KeyMode::Bearer).await;
}

async fn play_every_fault(mode: KeyMode) {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let models = ["q24-key-echoed-in-answer", "q24-key-echoed", "q24-key-echoed-in-stream"];
    let completions = faults().flat_map(|fault| models.map(|model| (fault, model)));
    let completions = completions.map(async |(fault, model)| {
        let config = Config { max_retries: Some(1), ..short_deadlines(&stand_in, Some(fault)) };
        let mut provider = open(&stand_in, mode, config).await;
        let request = Request::prompt(model, "hello");
        complete(&format!("{fault:?} with {model}"), &mut provider, &request, mode, stand_in.key()).await;
    });
    let lists = faults().map(async |fault| {
        let config = Config { max_retries: Some(0), ..short_deadlines(&stand_in, Some(fault)) };
        let mut provider = open(&stand_in, mode, config).await;
        query_lists(&format!("{fault:?}"), &mut provider, mode, stand_in.key()).await;
    });
    join(in_parallel(completions), in_parallel(lists)).await;
    for (name, value) in faults() {
        let requested = |request: &stand_in::Recorded| request.header(name) == Some(value);
        assert!(stand_in.requests().iter().any(requested), "no request has {name}: {value}");
    }
    assert_eq!((stand_in.key_leaks(), stand_in.went_elsewhere()), (0, 0));
}

#[tokio::test]
async fn no_fault_reveals_the_key() {
    join_all(MODES.map(play_every_fault)).await;
}
