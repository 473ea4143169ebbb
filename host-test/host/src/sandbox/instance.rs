//! A running component, called by the functions of the contract.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::coop::consume_budget;
use tokio::time::Instant;
use url::Url;
use wasmtime::component::ResourceAny;

use super::calls::Core;
use super::error::{CallError, SandboxError};
use super::grant::Grant;
use super::host::Prepared;
use super::policy::Denial;
use super::query::query;
use super::redact::Outgoing;
use super::waiter::{Waiter, Woken};
use crate::contract::embeddings::{Embedding, EmbeddingRequest};
use crate::contract::{Account, Batch, Config, Description, Discovery, ModelList, Request};

/// One instance of a component under one grant, for one caller. A [`Session`](super::Session) shares instances between
/// streams and is what most agents want.
///
/// Calls are made one after the other, and run on the thread that awaits them. Each takes a part of the task's budget, so
/// that many in a row let other tasks run. After a call that fails with anything but [`CallError::Provider`] the instance is
/// unusable. The future of a call can be dropped at any time: the component is not in the middle of its code then. Dropping
/// the instance ends everything that it has under way and closes its connections.
pub struct Instance {
    core: Core,
}

/// A configured client in an instance. Closing it is [`Instance::close`].
#[derive(Debug)]
pub struct ClientHandle(ResourceAny);

/// A completion in an instance. It is released by [`Instance::cancel`], also after its last event.
pub struct CompletionHandle {
    resource: ResourceAny,
    /// Locked by [`Instance::next`] only, whose calls take turns.
    progress: Mutex<Progress>,
}

struct Progress {
    outgoing: Outgoing,
    waiter: Waiter,
}

impl CompletionHandle {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CompletionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompletionHandle").field(&self.resource).finish()
    }
}

impl Instance {
    pub(super) fn start(prepared: &Prepared, grant: &Grant) -> Result<Instance, SandboxError> {
        Core::start(prepared, grant).map(|core| Instance { core })
    }

    /// What the provider is: its name, origins, capabilities and default model. It needs no client and sends nothing.
    ///
    /// # Errors
    /// [`CallError::Trapped`] or [`CallError::Deadline`] when the component is broken.
    pub async fn describe(&mut self) -> Result<Description, CallError> {
        consume_budget().await;
        self.core.describe()
    }

    /// Opens a client; sends nothing.
    ///
    /// # Errors
    /// The provider's, when the configuration cannot be used.
    pub async fn open(&mut self, config: &Config) -> Result<ClientHandle, CallError> {
        consume_budget().await;
        self.core.open(config).map(ClientHandle)
    }

    /// Connects to a base URL ahead of the first request, which then does not wait for DNS, TCP and TLS. Returns
    /// whether there is a connection now. Nothing is sent over it. If it fails, the first request reports why.
    pub async fn warm(&mut self, base_url: &Url) -> bool {
        let Ok(address) = base_url.as_str().parse() else { return false };
        let warmed = self.core.gate().warm(&address);
        warmed.await
    }

    /// Requests the models and waits for the list, at most as long as the client's own deadlines. A list no older
    /// than `max_age` may be taken from memory.
    ///
    /// # Errors
    /// The provider's, when there is no list.
    pub async fn models(
        &mut self,
        client: &ClientHandle,
        how: Discovery,
        max_age: Duration,
    ) -> Result<ModelList, CallError> {
        let max_age = milliseconds(max_age);
        let access = (&mut self.core, client.0);
        query(access, |core, client| core.models(client, how, max_age), Core::poll_models).await
    }

    /// Requests the account and waits for it, at most as long as the client's own deadlines.
    ///
    /// # Errors
    /// The provider's, when the key is not accepted or the provider does not respond.
    pub async fn account(&mut self, client: &ClientHandle) -> Result<Account, CallError> {
        query((&mut self.core, client.0), Core::account, Core::poll_account).await
    }

    /// Whether the component exports embeddings; [`Instance::embed`] fails otherwise.
    pub fn has_embeddings(&self) -> bool {
        self.core.has_embeddings()
    }

    /// Requests vectors and waits for all of them, at most as long as the client's own deadlines.
    ///
    /// # Errors
    /// The provider's, and `unsupported` when the component has no embeddings. Nothing is sent then, and the instance can be
    /// used further.
    pub async fn embed(
        &mut self,
        client: &ClientHandle,
        request: &EmbeddingRequest,
    ) -> Result<Embedding, CallError> {
        let access = (&mut self.core, client.0);
        query(access, |core, client| core.embed(client, request), Core::poll_embedding).await
    }

    /// Starts a completion. Nothing is sent before the first [`Instance::next`]. Release the handle with
    /// [`Instance::cancel`] in any case.
    ///
    /// # Errors
    /// [`CallError::Provider`] when the request itself is invalid, for example without a message.
    pub async fn complete(
        &mut self,
        client: &ClientHandle,
        request: &Request,
    ) -> Result<CompletionHandle, CallError> {
        consume_budget().await;
        let resource = self.core.complete(client.0, request)?;
        let mut waiter = Waiter::new();
        waiter.watch(self.core.started());
        let outgoing = Outgoing::new(self.core.redaction());
        Ok(CompletionHandle { resource, progress: Mutex::new(Progress { outgoing, waiter }) })
    }

    /// The next events of a completion, at most `max_events` (0 counts as 1). Waits at most `wait` for the first one, and
    /// not for more. A batch without events that is not done means "nothing yet".
    ///
    /// The network of a completion moves on only while this is awaited. The component is called when something has
    /// arrived or when a time has come that it named, and not in between.
    ///
    /// # Errors
    /// [`CallError::Provider`] when the request failed. It ends the completion, and events that were returned before remain
    /// valid.
    pub async fn next(
        &mut self,
        completion: &CompletionHandle,
        max_events: u32,
        wait: Duration,
    ) -> Result<Batch, CallError> {
        if let Some(left) = completion.progress().outgoing.left(max_events) {
            return Ok(left?);
        }
        let until = Instant::now().checked_add(wait);
        loop {
            let woken = poll_fn(|context| completion.progress().waiter.poll(context, until)).await;
            if woken == Woken::Elapsed {
                let wake_after_ms = completion.progress().waiter.wake_after_ms();
                return Ok(Batch { events: Vec::new(), done: false, wake_after_ms });
            }
            let batch = self.step(completion, max_events)?;
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            if !batch.events.is_empty() || batch.done || is_over {
                return Ok(batch);
            }
        }
    }

    /// One call of the component.
    fn step(&mut self, completion: &CompletionHandle, max_events: u32) -> Result<Batch, CallError> {
        let batch = self.core.next(completion.resource, max_events)?;
        let mut progress = completion.progress();
        progress.waiter.watch(self.core.started());
        // What a later call returns after the end is no concern of the host's: the component is called.
        match &batch {
            Ok(batch) if !batch.done => {
                progress.waiter.wake_after(batch.wake_after_ms, !batch.events.is_empty());
            }
            _ => progress.waiter.wake_after(Some(0), false),
        }
        Ok(progress.outgoing.pass(batch, max_events)?)
    }

    /// Ends a completion, whether it is done or not. The connection of one that is not done closes.
    ///
    /// # Errors
    /// When the component breaks down over it.
    pub async fn cancel(&mut self, completion: CompletionHandle) -> Result<(), CallError> {
        self.core.release(completion.resource)
    }

    /// Closes a client.
    ///
    /// # Errors
    /// When the component breaks down over it.
    pub async fn close(&mut self, client: ClientHandle) -> Result<(), CallError> {
        self.core.release(client.0)
    }

    /// Why requests were refused by the host: the latest ones, in the order in which they were made.
    pub fn denials(&self) -> Vec<Denial> {
        self.core.denials()
    }

    /// A text about what the component did, such as a [`Denial`], with the keys removed. A component can put a key
    /// into a host name.
    pub fn without_keys(&self, mut text: String) -> String {
        self.core.redaction().text(&mut text);
        text
    }

    /// How many errors, responses, warnings and finishes left the component with a key in them, which the host
    /// removed. Responses of a server lose their keys before the component sees them, so a key of usual length was
    /// leaked by the component itself. Blocks are not counted: a component joins pieces of what a server sent.
    pub fn keys_taken_out(&self) -> u64 {
        self.core.redaction().taken_out()
    }

    /// Instructions of WebAssembly that the component has executed so far, as wasmtime counts them; `None` where
    /// the host was not made with [`count_fuel`](super::HostOptions::count_fuel).
    pub fn fuel_used(&self) -> Option<u64> {
        self.core.fuel_used()
    }

    /// The number of places in the component's whole memory that equal `needle`. `None` if the host was created without
    /// [`readable_memory`](super::HostOptions::readable_memory).
    pub fn count_in_memory(&mut self, needle: &[u8]) -> Option<usize> {
        self.core.count_in_memory(needle)
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
