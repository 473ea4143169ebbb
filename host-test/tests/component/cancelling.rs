//! Dropping a completion closes its connection, and the server sees that.

use std::time::{Duration, Instant};

use host_test::contract::{Config, Timeouts};
use host_test::sandbox::KeyMode;
use host_test::stand_in::{Outcome, StandIn};

use crate::support::{PATIENCE, Waiting, ask, config, open, provider, timeouts};

#[tokio::test]
async fn the_server_sees_a_cancelled_completion_go_in_each_state() {
    for waiting in [Waiting::Allowed, Waiting::Traps] {
        for state in [
            "q25-silent-before-the-status",
            "q25-silent-before-the-first-byte",
            "q25-silent-in-the-middle",
            "q25-never-ends",
        ] {
            let stand_in = StandIn::start(0).await.expect("a stand-in");
            let mut provider = provider(&stand_in, waiting).await;
            let completion =
                provider.instance.complete(&provider.client, &ask(state, "hello")).await.expect("a request");
            // Until the request has come, and whatever of the answer comes with it.
            while stand_in.requests().is_empty() {
                provider.instance.next(&completion, 64, Duration::from_millis(20)).await.expect("no error");
            }
            provider.instance.next(&completion, 64, Duration::from_millis(200)).await.expect("no error");
            let begun = Instant::now();
            provider.instance.cancel(completion).await.expect("a completion can be dropped");
            let outcome =
                tokio::time::timeout(PATIENCE, stand_in.ended(0)).await.expect("the server sees it");
            println!("{state}, {waiting:?}: seen after {:?}", begun.elapsed());
            assert_eq!(outcome, Outcome::Aborted, "{state}");
        }
    }
}

#[tokio::test]
async fn a_completion_dropped_before_its_first_step_sends_nothing() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in, Waiting::Allowed).await;
    let completion =
        provider.instance.complete(&provider.client, &ask("gpt-5.4-mini", "hello")).await.expect("a request");
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(stand_in.requests().is_empty());
}

#[tokio::test]
async fn a_completion_dropped_in_a_back_off_tries_no_more() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let timeouts = Timeouts { total_ms: Some(120_000), ..timeouts() };
    let config = Config { timeouts, ..config(&stand_in.base_url()) };
    let mut provider = open(&stand_in, Waiting::Allowed, KeyMode::Injected, config).await;
    let request = ask("q25-asks-to-wait-a-minute", "hello");
    let completion = provider.instance.complete(&provider.client, &request).await.expect("a request");
    let batch = provider
        .instance
        .next(&completion, 64, Duration::from_millis(200))
        .await
        .expect("a back-off is no error");
    assert!(batch.events.is_empty());
    assert_eq!(
        (stand_in.requests().len(), stand_in.connections_accepted()),
        (1, 1),
        "a back-off holds no connection but the one that it had, which is idle"
    );
    provider.instance.cancel(completion).await.expect("a completion can be dropped");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(stand_in.requests().len(), 1);
}
