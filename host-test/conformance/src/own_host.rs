//! The sandbox of this repository as a tested host.

use std::time::Duration;

use provider_host::contract::embeddings::{Embedding, EmbeddingRequest};
use provider_host::contract::{Account, Batch, Config, Description, Discovery, ModelList, Request};
use provider_host::plugin::Surface;
use provider_host::sandbox::{CallError, ClientHandle, CompletionHandle, Grant, Instance, Prepared, Secret};
use url::Url;

use crate::needs::Need;
use crate::tested_host::{TestedHost, TestedInstance};

/// The sandbox with the plugin. It never waits in a component.
pub struct OwnHost {
    pub(crate) prepared: Prepared,
}

impl TestedHost for OwnHost {
    type Instance = Instance;

    fn surface(&self) -> Surface {
        let seen = self.prepared.inspect();
        Surface { imports: seen.imports, exports: seen.exports }
    }

    async fn start(&self, base_url: Option<&Url>, key: Option<Secret>) -> Result<Instance, String> {
        let grant = match base_url {
            Some(base_url) => {
                Grant { loopback: true, base_url: Some(base_url.clone()), key, ..Grant::default() }
            }
            None => Grant::default(),
        };
        self.prepared.instantiate(grant).await.map_err(|error| error.to_string())
    }
}

// Each function is the inherent one of the same name, which takes precedence over the trait's.
impl TestedInstance for Instance {
    type Client = ClientHandle;
    type Completion = CompletionHandle;

    const HAS: &'static [Need] = &Need::ALL;

    async fn describe(&mut self) -> Result<Description, CallError> {
        self.describe().await
    }

    async fn open(&mut self, config: &Config) -> Result<ClientHandle, CallError> {
        self.open(config).await
    }

    async fn close(&mut self, client: ClientHandle) -> Result<(), CallError> {
        self.close(client).await
    }

    async fn models(
        &mut self,
        client: &ClientHandle,
        how: Discovery,
        max_age: Duration,
    ) -> Result<ModelList, CallError> {
        self.models(client, how, max_age).await
    }

    async fn account(&mut self, client: &ClientHandle) -> Result<Account, CallError> {
        self.account(client).await
    }

    async fn embed(
        &mut self,
        client: &ClientHandle,
        request: &EmbeddingRequest,
    ) -> Result<Embedding, CallError> {
        self.embed(client, request).await
    }

    async fn complete(
        &mut self,
        client: &ClientHandle,
        request: &Request,
    ) -> Result<CompletionHandle, CallError> {
        self.complete(client, request).await
    }

    async fn next(
        &mut self,
        completion: &CompletionHandle,
        max_events: u32,
        wait: Duration,
    ) -> Result<Batch, CallError> {
        self.next(completion, max_events, wait).await
    }

    async fn cancel(&mut self, completion: CompletionHandle) -> Result<(), CallError> {
        self.cancel(completion).await
    }

    fn denials(&self) -> Vec<String> {
        self.denials().iter().map(ToString::to_string).collect()
    }

    fn keys_taken_out(&self) -> u64 {
        self.keys_taken_out()
    }

    fn count_in_memory(&mut self, needle: &[u8]) -> Option<usize> {
        self.count_in_memory(needle)
    }
}
