//! The key goes to its own origin, and there only below the base URL.

use std::time::Duration;

use conformance::Provider;
use provider_host::contract::{Config, Credential, Discovery, Request};
use provider_host::sandbox::{KeyMode, Secret};
use stand_in::StandIn;
use tokio::io::AsyncWriteExt;

use super::{CANARY, MODES, canary, holds_no_key};
use crate::bench::{CheckedCompletion as _, PATIENCE, config, instance};
use crate::raw::{RawServer, read_request};

#[tokio::test]
async fn a_redirect_is_an_error_and_no_request_goes_to_its_target() {
    for mode in MODES {
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = StandIn::start(0).await.expect("a stand-in");
            let target = elsewhere.base_url();
            let redirecting = RawServer::start(move |mut stream| {
                let response = format!(
                    "HTTP/1.1 {status} Moved\r\nlocation: {target}/chat/completions\r\ncontent-length: 0\r\n\r\n"
                );
                async move {
                    while read_request(&mut stream).await.is_some() {
                        let _ = stream.write_all(response.as_bytes()).await;
                    }
                }
            })
            .await;
            let mut provider = canary(&redirecting.base_url(), mode).await;
            let response = provider.complete_checked(&Request::prompt("any", "hello")).await;
            let error = response.error.expect("a redirect is an error");
            holds_no_key("the error", &error, CANARY);
            assert_eq!(error.http_status, Some(status));
            let list = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
            assert!(list.is_err(), "{status}");
            assert!(provider.instance.account(&provider.client).await.is_err(), "{status}");
            let received = (elsewhere.connections_accepted(), elsewhere.requests().len());
            assert_eq!(received, (0, 0), "{status} was followed in {mode:?}");
        }
    }
}

#[tokio::test]
async fn the_public_catalogue_is_requested_without_the_key() {
    for mode in MODES {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let mut provider = crate::bench::open(&stand_in, mode, config(&stand_in.base_url())).await;
        provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await.expect("a list");
        let requests = stand_in.requests();
        let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
        assert!(paths.contains(&"/api/models") && paths.contains(&"/v1/models"), "{paths:?}");
        assert_eq!(stand_in.key_leaks(), 0, "{mode:?}");
    }
}

/// Paths of base URLs, each with the paths of the chat request and of the catalogue's request that follow from it;
/// `None` where the component rejects the base URL.
const BASES: &[(&str, Option<(&str, &str)>)] = &[
    ("", Some(("/v1/chat/completions", "/api/models"))),
    ("/", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1/", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1//", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1/models", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1/chat/completions/", Some(("/v1/chat/completions", "/api/models"))),
    ("/v1/dashboard/billing/usage", Some(("/v1/chat/completions", "/api/models"))),
    ("/proxy/v1", Some(("/proxy/v1/chat/completions", "/proxy/api/models"))),
    ("/proxy/v1/completions", Some(("/proxy/v1/chat/completions", "/proxy/api/models"))),
    ("/v1/team/v1", Some(("/v1/team/v1/chat/completions", "/v1/team/api/models"))),
    ("/v1/team/v1/models", Some(("/v1/team/v1/chat/completions", "/v1/team/api/models"))),
    ("/v1/v1", Some(("/v1/v1/chat/completions", "/v1/api/models"))),
    (
        "/v1/chat/completions/v1",
        Some(("/v1/chat/completions/v1/chat/completions", "/v1/chat/completions/api/models")),
    ),
    ("/a%20b/v1", Some(("/a%20b/v1/chat/completions", "/a%20b/api/models"))),
    ("/proxy", None),
    ("/v1beta", None),
    ("/xv1", None),
    ("/V1", None),
    ("/v1/unknown", None),
    ("/v1/../v1", None),
    ("/a//v1", None),
];

/// The host decides which requests get the key, the component decides where requests go, and each parses the base URL
/// with its own code. If the two disagree, a request lacks its key, or the key goes to a wrong path.
#[tokio::test]
async fn host_and_component_derive_the_same_paths_from_a_base_url() {
    for (path, expected) in BASES {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let base_url = format!("http://{}{path}", stand_in.address());
        let mut instance = instance(&base_url, Some(Secret::new(CANARY))).await;
        let config =
            Config { credential: Credential::HostInjected, max_retries: Some(0), ..config(&base_url) };
        let client = match (instance.open(&config).await, expected) {
            (Ok(client), Some(_)) => client,
            (Err(_), None) => continue,
            (opened, _) => panic!("{path}: {opened:?}"),
        };
        let mut provider = Provider { instance, client, mode: KeyMode::Injected, slack: PATIENCE };
        // The stand-in accepts neither the key nor most of the paths; only the requests matter.
        provider.complete_checked(&Request::prompt("any", "hello")).await;
        let _ = provider.instance.models(&provider.client, Discovery::Live, Duration::ZERO).await;
        let (chat, catalogue) = expected.expect("accepted base URLs have paths");
        let requests = stand_in.requests();
        for (wanted, carries) in [(chat, true), (catalogue, false)] {
            let request = requests.iter().find(|request| request.path == wanted);
            let request = request.unwrap_or_else(|| panic!("{path}: no request to {wanted}"));
            let sent = request.header("authorization").is_some_and(|value| value.ends_with(CANARY));
            assert_eq!(sent, carries, "{path}: {wanted}");
        }
        assert!(provider.instance.denials().is_empty(), "{path}: {:?}", provider.instance.denials());
    }
}

#[tokio::test]
async fn a_component_that_received_the_key_cannot_send_it_to_another_origin() {
    let elsewhere = StandIn::start(0).await.expect("a stand-in");
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    for mode in MODES {
        // The grant names one server and the configuration another, so the host denies every request.
        let granted = match mode {
            KeyMode::Injected => Some(Secret::new(CANARY)),
            KeyMode::Bearer => None,
        };
        let mut instance = instance(&stand_in.base_url(), granted).await;
        let credential = match mode {
            KeyMode::Injected => Credential::HostInjected,
            KeyMode::Bearer => Credential::Bearer(CANARY.to_owned()),
        };
        let config = Config { credential, max_retries: Some(0), ..config(&elsewhere.base_url()) };
        let client = instance.open(&config).await.expect("a good configuration");
        let mut provider = Provider { instance, client, mode, slack: PATIENCE };
        let response = provider.complete_checked(&Request::prompt("any", "hello")).await;
        holds_no_key("the error", &response.error, CANARY);
        assert!(response.error.is_some() && !provider.instance.denials().is_empty());
        holds_no_key("the denials", &provider.instance.denials(), CANARY);
    }
    assert_eq!((elsewhere.connections_accepted(), stand_in.connections_accepted()), (0, 0));
}
