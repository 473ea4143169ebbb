//! CometAPI itself, if `COMETAPI_KEY` contains a key. The stand-in imitates the service; this test notices where the
//! two differ.

use conformance::Provider;
use provider_host::contract::{Config, Discovery, Request};
use provider_host::sandbox::{Grant, KeyMode, Secret};

use crate::bench::{CheckedCompletion as _, PATIENCE, bench};

#[tokio::test]
async fn the_service_lists_models_and_completes_a_request() {
    let Ok(key) = std::env::var("COMETAPI_KEY") else {
        println!("skipped: COMETAPI_KEY is not set");
        return;
    };
    let prepared = bench().await.prepared();
    let origins = prepared.manifest().network.origins.clone();
    let grant = Grant { origins, key: Some(Secret::new(key)), ..Grant::default() };
    let mut instance = prepared.instantiate(grant).await.expect("an instance");
    let client = instance.open(&Config::default()).await.expect("a client");
    let mut provider = Provider { instance, client, mode: KeyMode::Injected, slack: PATIENCE };
    let list = provider.instance.models(&provider.client, Discovery::Live, std::time::Duration::ZERO).await;
    assert!(list.expect("a list").models.len() > 100);
    let response = provider.complete_checked(&Request::prompt("gpt-5.4-mini", "Say the word hello.")).await;
    assert_eq!(response.error, None);
    assert!(!response.transcript.text().is_empty());
}
