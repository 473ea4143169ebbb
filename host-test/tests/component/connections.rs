//! Connections are kept for later requests, because a new one costs a TLS handshake. Only instances with the same grant
//! share them: a connection that was opened for one key must not carry a request with another.

use std::time::Duration;

use conformance::Provider;
use provider_host::contract::Discovery;
use provider_host::contract::Request;
use provider_host::sandbox::KeyMode;
use stand_in::StandIn;

use crate::bench::{CheckedCompletion as _, PATIENCE, config, open_with, provider};

/// A client with a grant of its own and this key.
async fn with_key(stand_in: &StandIn, key: &str) -> Provider {
    open_with(KeyMode::Injected, key, config(&stand_in.base_url())).await
}

/// Runs a completion, and gives its connection time to return to the pool.
async fn complete(provider: &mut Provider) {
    let response = provider.complete_checked(&Request::prompt("gpt-5.4-mini", "hello")).await;
    assert!(response.error.is_none(), "{:?}", response.error);
    // The host reads the end of the body after the completion was dropped, for a limited time. No event reports when
    // the connection is free again, so the tests below repeat a completion until they see a reuse.
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// The number of completions after which a test gives up waiting for a reused connection. One or two are enough unless
/// the machine is so busy that the end of a body arrives too late.
const MAX_COMPLETIONS: usize = 100;

/// Runs completions until one has left its connection open.
async fn keep_a_connection(provider: &mut Provider, stand_in: &StandIn) {
    for _ in 0..MAX_COMPLETIONS {
        complete(provider).await;
        if stand_in.connections_open() > 0 {
            return;
        }
    }
    panic!("no connection is ever kept");
}

#[tokio::test]
async fn successive_completions_reuse_a_connection() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let mut reused = 0;
    let mut completions = 0;
    while reused < 5 {
        assert!(completions < MAX_COMPLETIONS, "only {reused} of {completions} reused a connection");
        let before = stand_in.connections_accepted();
        complete(&mut provider).await;
        completions += 1;
        reused += usize::from(stand_in.connections_accepted() == before);
    }
    assert_eq!(stand_in.requests().len(), completions);
    let made = stand_in.connections_accepted();
    let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
    list.expect("a list");
    assert!(stand_in.requests().len() > completions);
    // The two lists are requested at the same time, so each may need a connection.
    assert!(stand_in.connections_accepted() <= made + 2);
}

#[tokio::test]
async fn the_first_request_uses_the_connection_that_was_warmed() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let base_url = stand_in.base_url().parse().expect("a URL");
    let mut provider = with_key(&stand_in, stand_in.key()).await;
    // The second call finds the connection of the first one and opens none.
    assert!(provider.instance.warm(&base_url).await && provider.instance.warm(&base_url).await);
    assert_eq!(stand_in.requests().len(), 0);
    complete(&mut provider).await;
    assert_eq!((stand_in.connections_accepted(), stand_in.requests().len()), (1, 1));

    // An origin that is not granted gets no connection either.
    let elsewhere = StandIn::start(0).await.expect("a stand-in");
    let other = elsewhere.base_url().parse().expect("a URL");
    assert!(!provider.instance.warm(&other).await);
    assert_eq!(elsewhere.connections_accepted(), 0);
}

#[tokio::test]
async fn instances_share_connections_with_the_same_grant_and_not_with_another_key() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut one = with_key(&stand_in, stand_in.key()).await;
    keep_a_connection(&mut one, &stand_in).await;
    // A new instance each time: if it opens no connection, it uses that of another instance.
    let mut shared = false;
    for _ in 0..MAX_COMPLETIONS {
        let made = stand_in.connections_accepted();
        complete(&mut with_key(&stand_in, stand_in.key()).await).await;
        shared = stand_in.connections_accepted() == made;
        if shared {
            break;
        }
    }
    assert!(shared, "no instance uses the connection of another one");
    assert!(stand_in.connections_open() > 0);
    let made = stand_in.connections_accepted();
    let mut other = with_key(&stand_in, "sk-another-0123456789").await;
    let refused = other.complete_checked(&Request::prompt("gpt-5.4-mini", "hello")).await;
    assert!(refused.error.is_some(), "the key is not the stand-in's");
    assert_eq!(stand_in.connections_accepted(), made + 1);
}

#[tokio::test]
async fn connections_close_with_the_last_instance_of_their_grant() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut one = with_key(&stand_in, stand_in.key()).await;
    let same = with_key(&stand_in, stand_in.key()).await;
    keep_a_connection(&mut one, &stand_in).await;
    drop(one);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(stand_in.connections_open() > 0, "the other instance may still use the connection");
    drop(same);
    let closed = async {
        while stand_in.connections_open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("they close");
}
