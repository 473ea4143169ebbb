//! Errors of which more than the kind matters: waits before a retry, deadlines, and connections that fail.

use std::time::Duration;

use provider_host::contract::{Config, Error, ErrorKind, FinishReason, Request};
use provider_host::sandbox::{ClientHandle, Instance, KeyMode, Secret};
use stand_in::{StandIn, scenarios};

use crate::bench::{CheckedCompletion as _, config, instance, open, provider, provider_error};

#[tokio::test]
async fn a_retry_waits_as_long_as_the_server_requests_unless_that_is_too_long() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let names: Vec<_> = scenarios()
        .iter()
        .map(|scenario| &scenario.name)
        .filter(|name| name.starts_with("q22-retry-after-"))
        .collect();
    assert!(names.len() >= 9);
    for name in names {
        let mut provider = provider(&stand_in).await;
        let response = provider.complete_checked(&Request::prompt(name, "hello")).await;
        if name.ends_with("too-long") {
            let error = response.error.expect(name);
            assert_eq!((error.kind, error.retryable), (ErrorKind::RateLimited, true), "{name}");
            assert!(error.retry_after_ms > Some(120_000), "{name}: {:?}", error.retry_after_ms);
        } else {
            // A wait in the wrong unit would run into the total deadline of the configuration, which is an error.
            assert_eq!(response.error, None, "{name}");
        }
    }
}

#[tokio::test]
async fn an_event_with_too_many_lines_is_a_protocol_error() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let response = provider.complete_checked(&Request::prompt("q07-empty-data-lines", "hello")).await;
    let error = response.error.expect("an event may not have so many lines");
    assert_eq!(error.kind, ErrorKind::Protocol);
}

#[tokio::test]
async fn empty_deltas_do_not_count_as_progress() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let error = provider
        .complete_checked(&Request::prompt("q26-empty-deltas-for-ever", "hello"))
        .await
        .error
        .expect("an error");
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("idle"), "{}", error.message);
}

/// The error of a completion that fails before its first event.
async fn first_error(instance: &mut Instance, client: &ClientHandle) -> Error {
    let completion =
        instance.complete(client, &Request::prompt("gpt-5.4-mini", "hello")).await.expect("a request");
    let first = instance.next(&completion, 64, Duration::from_secs(30)).await;
    first.err().map(provider_error).expect("an error")
}

#[tokio::test]
async fn a_refused_connection_is_a_network_error_and_nothing_was_sent() {
    // A bound socket that does not listen: connections are refused, and no other test can get the port.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let base_url = format!("http://{}/v1", socket.local_addr().expect("an address"));
    let mut instance = instance(&base_url, Some(Secret::new("sk-0123456789abcdef"))).await;
    let config = Config { max_retries: Some(0), ..config(&base_url) };
    let client = instance.open(&config).await.expect("a good configuration");
    let error = first_error(&mut instance, &client).await;
    assert_eq!((error.kind, error.retryable, error.request_sent), (ErrorKind::Network, true, false));
}

#[tokio::test]
async fn an_origin_that_is_not_granted_is_denied_by_the_host() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut instance = instance("https://elsewhere.example/v1", None).await;
    let client = instance.open(&config(&stand_in.base_url())).await.expect("a good configuration");
    let error = first_error(&mut instance, &client).await;
    assert_eq!((error.kind, error.retryable, error.request_sent), (ErrorKind::DeniedByHost, false, false));
    assert!(stand_in.requests().is_empty());
}

#[tokio::test]
async fn the_total_deadline_ends_a_response_that_never_ends() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut config = Config { max_retries: Some(0), ..config(&stand_in.base_url()) };
    // Long enough for the first events to arrive on a slow machine.
    config.timeouts.total_ms = Some(4_000);
    let mut provider = open(&stand_in, KeyMode::Injected, config).await;
    let response = provider.complete_checked(&Request::prompt("q25-never-ends", "hello")).await;
    let error = response.error.expect("an error");
    assert_eq!((error.kind, error.partial), (ErrorKind::Timeout, true));
    assert!(!response.events.is_empty(), "the events before the deadline stay valid");
}

#[tokio::test]
async fn an_invalid_configuration_is_rejected_before_anything_is_sent() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut instance = instance(&stand_in.base_url(), None).await;
    let good = config(&stand_in.base_url());
    for bad in [
        Config { base_url: Some("http://api.cometapi.com/v1".to_owned()), ..good.clone() },
        Config { base_url: Some(format!("{}?a=b", stand_in.base_url())), ..good.clone() },
        Config { headers: vec![("x-a".to_owned(), "b\r\nc: d".to_owned())], ..good.clone() },
        Config { headers: vec![("Authorization".to_owned(), "Bearer x".to_owned())], ..good.clone() },
    ] {
        let error = instance.open(&bad).await.err().map(provider_error).expect("an error");
        assert_eq!((error.kind, error.request_sent), (ErrorKind::Configuration, false));
    }
    assert!(stand_in.requests().is_empty());
}

#[tokio::test]
async fn a_failure_in_the_middle_leaves_the_earlier_events_valid() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let mut provider = provider(&stand_in).await;
    let response = provider.complete_checked(&Request::prompt("q25-silent-in-the-middle", "hello")).await;
    let error = response.error.expect("an error");
    assert_eq!((error.kind, error.partial, error.request_sent), (ErrorKind::Timeout, true, true));
    assert!(!response.transcript.text().is_empty());
    let again = provider.complete_checked(&Request::prompt("gpt-5.4-mini", "hello")).await;
    assert_eq!(again.transcript.finish().map(|finish| &finish.reason), Some(&FinishReason::Stop));
}
