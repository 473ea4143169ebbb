//! The calls of the contract on one instance. None of them waits.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::component::ResourceAny;
use wasmtime::{PoolConcurrencyLimitError, Store};

use super::credential::Credential;
use super::error::{CallError, SandboxError, reason};
use super::grant::Grant;
use super::host::Prepared;
use super::interfaces::Bindings;
use super::limits::store_limits;
use super::memory::Region;
use super::outbound_gate::OutboundGate;
use super::policy::{Denial, Policy};
use super::redact::Redaction;
use super::running::Running;
use super::wasi::{Exchange, State};
use crate::contract::embeddings::{Embedding, EmbeddingPoll, EmbeddingRequest};
use crate::contract::{
    self, Account, AccountPoll, Batch, Config, Credential as Handed, Description, Discovery, Guest,
    ModelList, ModelPoll, Pending, Request,
};

/// An instance under one grant.
pub(super) struct Core {
    running: Running,
    bindings: Bindings,
    memories: Option<Vec<Arc<Region>>>,
    /// The keys that the host adds or passed in, to be removed from what a server sends.
    redaction: Redaction,
}

/// The state of a query: its result, or when to poll again.
pub(super) type Polled<T> = Result<T, Pending>;

impl Core {
    pub(super) fn start(prepared: &Prepared, grant: &Grant) -> Result<Core, SandboxError> {
        let manifest = &prepared.manifest;
        let credential = Credential::new(manifest, grant)?;
        let redaction =
            grant.key.as_ref().map_or_else(Redaction::default, |key| Redaction::default().with(key.expose()));
        let policy = Policy::new(&manifest.network, grant);
        let gate = OutboundGate::new(policy, credential, redaction.clone(), prepared.transports.of(grant));
        let state = State::new(gate, store_limits(&manifest.limits));
        let store = Store::new(prepared.interfaces.engine(), state);
        let mut running = Running::new(store, manifest.limits.call());
        let turn = prepared
            .readable
            .as_ref()
            .map(|readable| (readable, readable.turn.lock().unwrap_or_else(PoisonError::into_inner)));
        running.set_deadline();
        let bindings = prepared
            .interfaces
            .instantiate(&mut running.store)
            .map_err(|error| not_started(manifest.id.clone(), &error))?;
        let memories = turn.map(|(readable, _turn)| readable.memories.take());
        Ok(Core { running, bindings, memories, redaction })
    }

    pub(super) fn describe(&mut self) -> Result<Description, CallError> {
        let guest = guest(&self.bindings);
        self.running.call("describe", |store| guest.call_describe(store))
    }

    pub(super) fn open(&mut self, config: &Config) -> Result<ResourceAny, CallError> {
        if let Handed::Bearer(key) = &config.credential {
            self.redaction = self.redaction.with(key);
            self.running.store.data_mut().gate.redact(self.redaction.clone());
        }
        let guest = guest(&self.bindings).client();
        let client = self.running.call("client.open", |store| guest.call_open(store, config))?;
        client.map_err(|error| self.scrubbed(error))
    }

    pub(super) fn complete(
        &mut self,
        client: ResourceAny,
        request: &Request,
    ) -> Result<ResourceAny, CallError> {
        let clients = guest(&self.bindings).client();
        let completion =
            self.running.call("client.complete", |store| clients.call_complete(store, client, request))?;
        completion.map_err(|error| self.scrubbed(error))
    }

    /// One step of a completion. The caller removes keys from the events.
    pub(super) fn next(
        &mut self,
        completion: ResourceAny,
        max_events: u32,
    ) -> Result<Result<Batch, contract::Error>, CallError> {
        let completions = guest(&self.bindings).completion();
        self.running.call("completion.next", |store| completions.call_next(store, completion, max_events, 0))
    }

    pub(super) fn models(
        &mut self,
        client: ResourceAny,
        how: Discovery,
        max_age_ms: u64,
    ) -> Result<ResourceAny, CallError> {
        let clients = guest(&self.bindings).client();
        let query = self
            .running
            .call("client.models", |store| clients.call_models(store, client, how, max_age_ms))?;
        query.map_err(|error| self.scrubbed(error))
    }

    pub(super) fn poll_models(&mut self, query: ResourceAny) -> Result<Polled<ModelList>, CallError> {
        let queries = guest(&self.bindings).model_query();
        let poll = self.running.call("model-query.poll", |store| queries.call_poll(store, query, 0))?;
        match poll.map_err(|error| self.scrubbed(error))? {
            ModelPoll::Ready(mut list) => {
                // The list itself is made of responses that passed the gate, which removes keys.
                list.degraded.iter_mut().for_each(|error| self.redaction.error(error));
                Ok(Ok(list))
            }
            ModelPoll::Pending(pending) => Ok(Err(pending)),
        }
    }

    pub(super) fn account(&mut self, client: ResourceAny) -> Result<ResourceAny, CallError> {
        let clients = guest(&self.bindings).client();
        let query = self.running.call("client.account", |store| clients.call_account(store, client))?;
        query.map_err(|error| self.scrubbed(error))
    }

    pub(super) fn poll_account(&mut self, query: ResourceAny) -> Result<Polled<Account>, CallError> {
        let queries = guest(&self.bindings).account_query();
        let poll = self.running.call("account-query.poll", |store| queries.call_poll(store, query, 0))?;
        Ok(match poll.map_err(|error| self.scrubbed(error))? {
            AccountPoll::Ready(account) => Ok(account),
            AccountPoll::Pending(pending) => Err(pending),
        })
    }

    pub(super) fn has_embeddings(&self) -> bool {
        self.bindings.embeddings.is_some()
    }

    pub(super) fn embed(
        &mut self,
        client: ResourceAny,
        request: &EmbeddingRequest,
    ) -> Result<ResourceAny, CallError> {
        let guest = self.bindings.embeddings.as_ref().ok_or_else(CallError::without_embeddings)?;
        let query = self.running.call("embed", |store| guest.call_embed(store, client, request))?;
        query.map_err(|error| self.scrubbed(error))
    }

    pub(super) fn poll_embedding(&mut self, query: ResourceAny) -> Result<Polled<Embedding>, CallError> {
        let guest = self.bindings.embeddings.as_ref().ok_or_else(CallError::without_embeddings)?;
        let queries = guest.embedding_query();
        let poll = self.running.call("embedding-query.poll", |store| queries.call_poll(store, query, 0))?;
        match poll.map_err(|error| self.scrubbed(error))? {
            EmbeddingPoll::Ready(mut embedding) => {
                self.redaction.embedding(&mut embedding);
                Ok(Ok(embedding))
            }
            EmbeddingPoll::Pending(pending) => Ok(Err(pending)),
        }
    }

    /// Releases a resource of the component, which ends what it stands for.
    pub(super) fn release(&mut self, resource: ResourceAny) -> Result<(), CallError> {
        self.running.call("drop", |store| resource.resource_drop(store))
    }

    /// The exchanges that were started since the last call of this.
    pub(super) fn started(&mut self) -> std::vec::Drain<'_, Weak<Mutex<Exchange>>> {
        self.running.store.data_mut().started.drain(..)
    }

    pub(super) fn gate(&self) -> &OutboundGate {
        &self.running.store.data().gate
    }

    pub(super) fn denials(&self) -> Vec<Denial> {
        self.gate().denials()
    }

    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Why no call is possible any more.
    pub(super) fn broken(&self) -> Option<&str> {
        self.running.broken()
    }

    pub(super) fn fuel_used(&self) -> Option<u64> {
        self.running.store.get_fuel().ok().map(|left| u64::MAX - left)
    }

    pub(super) fn count_in_memory(&mut self, needle: &[u8]) -> Option<usize> {
        // `&mut self`: no call is running, so nobody writes to the memories now.
        Some(self.memories.as_ref()?.iter().map(|memory| memory.count(needle)).sum())
    }

    /// The provider's error without the keys.
    fn scrubbed(&self, mut error: contract::Error) -> CallError {
        self.redaction.error(&mut error);
        CallError::Provider(Box::new(error))
    }
}

/// The pool of the engine is full, or the component is at fault: people have to do different things.
fn not_started(plugin: String, error: &wasmtime::Error) -> SandboxError {
    if error.is::<PoolConcurrencyLimitError>() {
        return SandboxError::TooManyInstances { plugin };
    }
    SandboxError::Start { plugin, reason: reason(error) }
}

fn guest(bindings: &Bindings) -> &Guest {
    &bindings.provider
}
