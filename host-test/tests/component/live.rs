//! The service itself, where there is a key for it: `COMETAPI_KEY`.

use provider_host::contract::{Config, Discovery, Timeouts};
use provider_host::sandbox::{Grant, Secret};

use crate::support::{Provider, Waiting, ask, config, prepared};

#[tokio::test]
async fn the_service_lists_models_and_answers() {
    let Ok(key) = std::env::var("COMETAPI_KEY") else {
        println!("skipped: COMETAPI_KEY is not set");
        return;
    };
    let origins = prepared(Waiting::Allowed).manifest().network.origins.clone();
    let grant = Grant { origins, key: Some(Secret::new(key)), ..Grant::default() };
    let mut instance = prepared(Waiting::Allowed).instantiate(grant).await.expect("an instance");
    let timeouts = Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None };
    let client = instance.open(&Config { base_url: None, timeouts, ..config("") }).await.expect("a client");
    let mut provider = Provider { instance, client };
    let list = provider.instance.models(&provider.client, Discovery::Live, std::time::Duration::ZERO).await;
    assert!(list.expect("a list").models.len() > 100);
    let answer = provider.answer(&ask("gpt-5.4-mini", "Say the word hello.")).await;
    assert_eq!(answer.error, None);
    assert!(!answer.transcript.text().is_empty());
}
