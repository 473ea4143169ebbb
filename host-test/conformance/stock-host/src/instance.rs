//! A running component in the stock host. Each call is made as it is written in the contract.

use std::fmt;
use std::time::Duration;

use conformance::{Need, TestedInstance};
use provider_host::contract::embeddings::{Embedding, EmbeddingPoll, EmbeddingRequest};
use provider_host::contract::{
    Account, AccountPoll, Batch, Config, Description, Discovery, Error, ModelList, ModelPoll, Request,
};
use provider_host::plugin::{CONTRACT_PACKAGE, CONTRACT_VERSION};
use provider_host::sandbox::CallError;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower, ResourceAny};

use crate::State;

/// The longest wait of a poll. Longer than most servers take, so that a query waits in the component.
const POLL: Duration = Duration::from_millis(500);

/// Interfaces of the contract.
const PROVIDER: &str = "provider";
const EMBEDDINGS: &str = "embeddings";

/// An instance in a store of its own.
pub struct StockInstance {
    store: Store<State>,
    instance: Instance,
}

/// A client or a completion in the component.
pub struct Handle(ResourceAny);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StockInstance {
    pub(crate) fn new(store: Store<State>, instance: Instance) -> StockInstance {
        StockInstance { store, instance }
    }

    /// Calls a function of the provider's interface, or of another one of the contract.
    async fn call<P, R>(&mut self, interface: &str, function: &str, parameters: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: Send + Sync + 'static,
        (R,): ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let trapped = |error: wasmtime::Error| CallError::Trapped(format!("{function}: {error:#}"));
        let interface = format!("{CONTRACT_PACKAGE}/{interface}@{CONTRACT_VERSION}");
        let missing = || CallError::Trapped(format!("the component exports no {function}"));
        let (_, interface) =
            self.instance.get_export(&mut self.store, None, &interface).ok_or_else(missing)?;
        let (_, exported) =
            self.instance.get_export(&mut self.store, Some(&interface), function).ok_or_else(missing)?;
        let typed = self.instance.get_typed_func::<P, (R,)>(&mut self.store, &exported);
        let (result,) =
            typed.map_err(trapped)?.call_async(&mut self.store, parameters).await.map_err(trapped)?;
        Ok(result)
    }

    /// The same for a function that may return an error of the contract.
    async fn fallible<P, R>(&mut self, interface: &str, function: &str, parameters: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: Send + Sync + 'static,
        (Result<R, Error>,): ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let result: Result<R, Error> = self.call(interface, function, parameters).await?;
        Ok(result?)
    }

    async fn drop_resource(&mut self, resource: ResourceAny) -> Result<(), CallError> {
        let dropped = resource.resource_drop_async(&mut self.store).await;
        dropped.map_err(|error| CallError::Trapped(format!("drop: {error:#}")))
    }

    /// Drops a query after its result. The query's own error matters more than one of dropping it.
    async fn finish<T>(&mut self, query: ResourceAny, result: Result<T, CallError>) -> Result<T, CallError> {
        let dropped = self.drop_resource(query).await;
        let value = result?;
        dropped.map(|()| value)
    }

    async fn poll_models(&mut self, query: ResourceAny) -> Result<ModelList, CallError> {
        loop {
            let poll =
                self.fallible(PROVIDER, "[method]model-query.poll", (query, milliseconds(POLL))).await?;
            if let ModelPoll::Ready(list) = poll {
                return Ok(list);
            }
        }
    }

    async fn poll_embedding(&mut self, query: ResourceAny) -> Result<Embedding, CallError> {
        loop {
            let function = "[method]embedding-query.poll";
            let poll = self.fallible(EMBEDDINGS, function, (query, milliseconds(POLL))).await?;
            if let EmbeddingPoll::Ready(embedding) = poll {
                return Ok(embedding);
            }
        }
    }

    async fn poll_account(&mut self, query: ResourceAny) -> Result<Account, CallError> {
        loop {
            let poll =
                self.fallible(PROVIDER, "[method]account-query.poll", (query, milliseconds(POLL))).await?;
            if let AccountPoll::Ready(account) = poll {
                return Ok(account);
            }
        }
    }
}

impl TestedInstance for StockInstance {
    type Client = Handle;
    type Completion = Handle;

    const HAS: &'static [Need] = &[];

    async fn describe(&mut self) -> Result<Description, CallError> {
        self.call(PROVIDER, "describe", ()).await
    }

    async fn open(&mut self, config: &Config) -> Result<Handle, CallError> {
        self.fallible(PROVIDER, "[static]client.open", (config,)).await.map(Handle)
    }

    async fn close(&mut self, client: Handle) -> Result<(), CallError> {
        self.drop_resource(client.0).await
    }

    async fn models(
        &mut self,
        client: &Handle,
        how: Discovery,
        max_age: Duration,
    ) -> Result<ModelList, CallError> {
        let max_age = u64::try_from(max_age.as_millis()).unwrap_or(u64::MAX);
        let query = self.fallible(PROVIDER, "[method]client.models", (client.0, how, max_age)).await?;
        let list = self.poll_models(query).await;
        self.finish(query, list).await
    }

    async fn account(&mut self, client: &Handle) -> Result<Account, CallError> {
        let query = self.fallible(PROVIDER, "[method]client.account", (client.0,)).await?;
        let account = self.poll_account(query).await;
        self.finish(query, account).await
    }

    async fn embed(&mut self, client: &Handle, request: &EmbeddingRequest) -> Result<Embedding, CallError> {
        let query = self.fallible(EMBEDDINGS, "embed", (client.0, request)).await?;
        let embedding = self.poll_embedding(query).await;
        self.finish(query, embedding).await
    }

    async fn complete(&mut self, client: &Handle, request: &Request) -> Result<Handle, CallError> {
        self.fallible(PROVIDER, "[method]client.complete", (client.0, request)).await.map(Handle)
    }

    async fn next(
        &mut self,
        completion: &Handle,
        max_events: u32,
        wait: Duration,
    ) -> Result<Batch, CallError> {
        self.fallible(PROVIDER, "[method]completion.next", (completion.0, max_events, milliseconds(wait)))
            .await
    }

    async fn cancel(&mut self, completion: Handle) -> Result<(), CallError> {
        self.drop_resource(completion.0).await
    }

    fn denials(&self) -> Vec<String> {
        self.store.data().hooks.denied()
    }

    fn keys_taken_out(&self) -> u64 {
        0
    }

    fn count_in_memory(&mut self, _: &[u8]) -> Option<usize> {
        None
    }
}

fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)
}
