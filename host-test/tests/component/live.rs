//! The service itself, where there is a key for it: `COMETAPI_KEY`.

use conformance::{Hosting, Provider};
use provider_host::contract::{Config, Discovery, Request};
use provider_host::sandbox::{Grant, KeyMode, Secret};

use crate::bench::{Answer as _, PATIENCE, bench};

#[tokio::test]
async fn the_service_lists_models_and_answers() {
    let Ok(key) = std::env::var("COMETAPI_KEY") else {
        println!("skipped: COMETAPI_KEY is not set");
        return;
    };
    let prepared = bench().await.prepared(Hosting::Waits);
    let origins = prepared.manifest().network.origins.clone();
    let grant = Grant { origins, key: Some(Secret::new(key)), ..Grant::default() };
    let mut instance = prepared.instantiate(grant).await.expect("an instance");
    let client = instance.open(&Config::default()).await.expect("a client");
    let mut provider = Provider { instance, client, mode: KeyMode::Injected, slack: PATIENCE };
    let list = provider.instance.models(&provider.client, Discovery::Live, std::time::Duration::ZERO).await;
    assert!(list.expect("a list").models.len() > 100);
    let answer = provider.answer(&Request::prompt("gpt-5.4-mini", "Say the word hello.")).await;
    assert_eq!(answer.error, None);
    assert!(!answer.transcript.text().is_empty());
}
