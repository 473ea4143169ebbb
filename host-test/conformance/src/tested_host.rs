//! How the cases drive a host: the sandbox of this repository, or another host that runs the same component.
//!
//! A host decides for each call whether the component may wait in it. Both ways are in the contract, so both are checked,
//! each with a host that is built for it.

use std::fmt::Debug;
use std::time::Duration;

use provider_host::contract::embeddings::{Embedding, EmbeddingRequest};
use provider_host::contract::{Account, Batch, Config, Description, Discovery, ModelList, Request};
use provider_host::plugin::Surface;
use provider_host::sandbox::{CallError, Secret};
use url::Url;

use crate::needs::Need;

/// A host with a plugin that is ready to run in it.
pub trait TestedHost: Send + Sync + 'static {
    /// One running component.
    type Instance: TestedInstance;

    /// What the component imports and exports.
    fn surface(&self) -> Surface;

    /// Starts an instance. Without a base URL it may reach no server. The host adds the key to the requests below the base
    /// URL.
    ///
    /// # Errors
    /// When it does not start, for people.
    fn start(
        &self,
        base_url: Option<&Url>,
        key: Option<Secret>,
    ) -> impl Future<Output = Result<Self::Instance, String>> + Send;
}

/// One instance of the component, called by the functions of the contract.
pub trait TestedInstance: Send + 'static {
    /// A client in the instance.
    type Client: Debug + Send + Sync;
    /// A completion in the instance.
    type Completion: Debug + Send + Sync;

    /// What this host has beyond what the contract requires of every host.
    const HAS: &'static [Need];

    /// What the provider is.
    ///
    /// # Errors
    /// When the component is broken.
    fn describe(&mut self) -> impl Future<Output = Result<Description, CallError>> + Send;

    /// Opens a client.
    ///
    /// # Errors
    /// The provider's, when the configuration cannot be used.
    fn open(&mut self, config: &Config) -> impl Future<Output = Result<Self::Client, CallError>> + Send;

    /// Drops a client.
    ///
    /// # Errors
    /// When the component breaks down over it.
    fn close(&mut self, client: Self::Client) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Requests the models and waits for the list.
    ///
    /// # Errors
    /// The provider's, when there is no list.
    fn models(
        &mut self,
        client: &Self::Client,
        how: Discovery,
        max_age: Duration,
    ) -> impl Future<Output = Result<ModelList, CallError>> + Send;

    /// Requests the account and waits for it.
    ///
    /// # Errors
    /// The provider's, when there is none.
    fn account(&mut self, client: &Self::Client) -> impl Future<Output = Result<Account, CallError>> + Send;

    /// Requests vectors and waits for all of them.
    ///
    /// # Errors
    /// The provider's, and `unsupported` when the component has no embeddings.
    fn embed(
        &mut self,
        client: &Self::Client,
        request: &EmbeddingRequest,
    ) -> impl Future<Output = Result<Embedding, CallError>> + Send;

    /// Starts a completion.
    ///
    /// # Errors
    /// The provider's, when the request is invalid.
    fn complete(
        &mut self,
        client: &Self::Client,
        request: &Request,
    ) -> impl Future<Output = Result<Self::Completion, CallError>> + Send;

    /// The next events of a completion, after a wait of at most `wait` for the first one.
    ///
    /// # Errors
    /// The provider's, when the request failed.
    fn next(
        &mut self,
        completion: &Self::Completion,
        max_events: u32,
        wait: Duration,
    ) -> impl Future<Output = Result<Batch, CallError>> + Send;

    /// Drops a completion, whether it is done or not.
    ///
    /// # Errors
    /// When the component breaks down over it.
    fn cancel(&mut self, completion: Self::Completion) -> impl Future<Output = Result<(), CallError>> + Send;

    /// The requests that the host refused.
    fn denials(&self) -> Vec<String>;

    /// How many values left the component with a key in them that the host removed. 0 where the host removes none.
    fn keys_taken_out(&self) -> u64;

    /// The number of places in the component's memory that equal `needle`; `None` where the host cannot search it.
    fn count_in_memory(&mut self, needle: &[u8]) -> Option<usize>;
}
