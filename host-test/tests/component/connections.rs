//! Connections are kept, by those who may share them, and no longer than that.

use std::time::Duration;

use conformance::{Hosting, Provider};
use provider_host::contract::Discovery;
use provider_host::contract::Request;
use provider_host::sandbox::KeyMode;
use stand_in::StandIn;

use crate::bench::{Answer as _, PATIENCE, config, open_with, provider};

/// A client under a grant of its own, with this key.
async fn under(stand_in: &StandIn, key: &str) -> Provider {
    open_with(Hosting::Waits, KeyMode::Injected, key, config(&stand_in.base_url())).await
}

/// Runs a completion.
async fn answered(provider: &mut Provider) {
    let answer = provider.answer(&Request::prompt("gpt-5.4-mini", "hello")).await;
    assert!(answer.error.is_none(), "{:?}", answer.error);
    // The end of the body is awaited for a moment after the completion is dropped.
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Runs completions until one has left its connection open. On a busy machine the end of a body may be
/// too late for that now and then.
async fn warm(provider: &mut Provider, stand_in: &StandIn) {
    for _ in 0..20 {
        answered(provider).await;
        if stand_in.connections_open() > 0 {
            return;
        }
    }
    panic!("no connection is ever kept");
}

#[tokio::test]
async fn completions_one_after_the_other_go_over_a_connection_that_is_kept() {
    for hosting in [Hosting::Waits, Hosting::Steps] {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let mut provider = provider(&stand_in, hosting).await;
        for _ in 0..10 {
            answered(&mut provider).await;
        }
        assert_eq!(stand_in.requests().len(), 10);
        let made = stand_in.connections_accepted();
        assert!(made <= 5, "{made} connections for 10 completions");
        let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
        list.expect("a list");
        assert!(stand_in.requests().len() > 10);
        // Two lists are asked for at the same time.
        assert!(stand_in.connections_accepted() <= made + 2);
    }
}

#[tokio::test]
async fn a_connection_that_was_warmed_is_the_one_that_the_first_request_goes_over() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let base_url = stand_in.base_url().parse().expect("a URL");
    let mut provider = under(&stand_in, stand_in.key()).await;
    // What is kept already is enough.
    assert!(provider.instance.warm(&base_url).await && provider.instance.warm(&base_url).await);
    assert_eq!(stand_in.requests().len(), 0);
    answered(&mut provider).await;
    assert_eq!((stand_in.connections_accepted(), stand_in.requests().len()), (1, 1));

    // Where no request may go, no connection goes either.
    let elsewhere = StandIn::start(0).await.expect("a stand-in");
    let other = elsewhere.base_url().parse().expect("a URL");
    assert!(!provider.instance.warm(&other).await);
    assert_eq!(elsewhere.connections_accepted(), 0);
}

#[tokio::test]
async fn instances_share_connections_under_one_grant_and_not_with_another_key() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut one = under(&stand_in, stand_in.key()).await;
    warm(&mut one, &stand_in).await;
    let made = stand_in.connections_accepted();
    let mut same = under(&stand_in, stand_in.key()).await;
    warm(&mut same, &stand_in).await;
    assert!(stand_in.connections_open() > 0);
    assert_eq!(stand_in.connections_accepted(), made, "the other instance's is used");
    let mut other = under(&stand_in, "sk-another-0123456789").await;
    let refused = other.answer(&Request::prompt("gpt-5.4-mini", "hello")).await;
    assert!(refused.error.is_some(), "the key is not the stand-in's");
    assert_eq!(stand_in.connections_accepted(), made + 1);
}

#[tokio::test]
async fn the_last_instance_of_a_grant_takes_its_connections_along() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut one = under(&stand_in, stand_in.key()).await;
    let same = under(&stand_in, stand_in.key()).await;
    warm(&mut one, &stand_in).await;
    drop(one);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(stand_in.connections_open(), 1, "somebody may still use it");
    drop(same);
    let closed = async {
        while stand_in.connections_open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("they close");
}
