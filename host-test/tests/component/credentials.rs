//! The key is sent to the provider's API, in both key modes, and appears nowhere else.

use std::time::Duration;

use provider_host::contract::Discovery;
use provider_host::contract::Request;
use provider_host::sandbox::KeyMode;
use stand_in::StandIn;

use crate::bench::{CheckedCompletion as _, config, open};
use crate::canary::holds_no_key;

#[tokio::test]
async fn the_key_is_sent_to_the_provider_and_appears_in_no_result() {
    for mode in [KeyMode::Injected, KeyMode::Bearer] {
        let stand_in = StandIn::start(0).await.expect("a stand-in");
        let key = stand_in.key().to_owned();
        let mut provider = open(&stand_in, mode, config(&stand_in.base_url())).await;
        for model in ["gpt-5.4-mini", "q24-key-echoed", "q24-key-echoed-in-stream", "q24-key-echoed-as-text"]
        {
            let response = provider.complete_checked(&Request::prompt(model, "hello")).await;
            holds_no_key("an event", &response.events, &key);
            holds_no_key("an error", &response.error, &key);
        }
        let list = provider
            .instance
            .models(&provider.client, Discovery::Live, Duration::ZERO)
            .await
            .expect("a list");
        holds_no_key("a list", &list, &key);
        let account = provider.instance.account(&provider.client).await.expect("an account");
        holds_no_key("an account", &account, &key);
        assert_eq!(stand_in.key_leaks(), 0, "the request for the public catalogue contained the key");
        for request in stand_in.requests() {
            let sent = request.header("authorization").is_some();
            assert_eq!(sent, request.path.starts_with("/v1/"), "{} with {mode:?}", request.path);
        }
        let in_memory = provider.instance.count_in_memory(key.as_bytes()).expect("a readable memory");
        match mode {
            KeyMode::Injected => assert_eq!(in_memory, 0, "the key never enters the sandbox"),
            KeyMode::Bearer => assert!(in_memory > 0, "the search finds a key that is there"),
        }
    }
}
