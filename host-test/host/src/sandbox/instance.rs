//! A running component, called by the functions of the contract.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use url::Url;
use wasmtime::Store;
use wasmtime::component::{ResourceAny, ResourceTable};
use wasmtime_wasi::clocks::WasiClocksCtx;
use wasmtime_wasi_http::WasiHttpCtx;

use super::credential::Credential;
use super::error::{CallError, SandboxError, reason};
use super::grant::Grant;
use super::host::Prepared;
use super::limits::{RESOURCES, store_limits};
use super::linker::State;
use super::memory::Region;
use super::outbound_gate::OutboundGate;
use super::policy::{Denial, Policy};
use super::redact::{Outgoing, Redaction};
use super::running::Running;
use crate::contract::{
    self, Account, AccountPoll, Batch, Config, Credential as Handed, Description, Discovery, Guest,
    ModelList, ModelPoll, ModelProvider, Request,
};

/// The longest single wait inside a component while a query is polled.
const POLL: Duration = Duration::from_millis(500);

/// The pause between two steps of a component that must not wait itself; it gives the connections time. Bytes that are
/// on their way arrive sooner than a timer fires, so only one pause in [`PAUSES`] takes that long, and the others just
/// let the connections run.
const PAUSE: Duration = Duration::from_millis(1);
const PAUSES: u8 = 16;

/// How long the host waits for the next chunk in the component's place, which is cheaper than a call that finds
/// nothing. After that the component waits itself, so that its own deadlines are checked.
const PATIENCE: Duration = Duration::from_millis(100);

/// One instance of a component under one grant.
///
/// Calls are made one after the other. A call whose future is dropped before it returns, or that fails with anything
/// but [`CallError::Provider`], leaves the instance unusable. To stop in the middle of a stream, call
/// [`Instance::next`] with a short wait and [`Instance::cancel`] between two calls. Dropping the instance ends
/// everything that it has under way and closes its connections.
pub struct Instance {
    running: Running,
    bindings: ModelProvider,
    trap_on_block: bool,
    /// Pauses so far, counted modulo [`PAUSES`].
    pauses: u8,
    memories: Option<Vec<Arc<Region>>>,
    /// The keys that the host adds or passed in, to be removed from what a server sends.
    redaction: Redaction,
}

/// A configured client in an instance. Closing it is [`Instance::close`].
#[derive(Debug)]
pub struct ClientHandle(ResourceAny);

/// A completion in an instance. It is released by [`Instance::cancel`], also after its last event.
pub struct CompletionHandle {
    resource: ResourceAny,
    /// Locked by [`Instance::next`] only, whose calls take turns.
    outgoing: Mutex<Outgoing>,
    /// The component has nothing left of what has arrived: it returned fewer events than were allowed.
    drained: AtomicBool,
}

impl fmt::Debug for CompletionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompletionHandle").field(&self.resource).finish()
    }
}

/// Calls a function of the component within its deadline: the arguments are the running store, the
/// name, the wait that is passed to the call, and what is called on the store.
macro_rules! call {
    ($running:expr, $name:literal, $wait:expr, |$store:ident| $call:expr) => {{
        let running: &mut Running = &mut $running;
        let call = running.begin($name, $wait)?;
        let outcome = {
            let $store = &mut running.store;
            timeout(call.limit, $call).await
        };
        running.end(&call, outcome)
    }};
}

impl Instance {
    pub(super) async fn start(prepared: &Prepared, grant: &Grant) -> Result<Instance, SandboxError> {
        let manifest = &prepared.manifest;
        let credential = Credential::new(manifest, grant)?;
        let redaction =
            grant.key.as_ref().map_or_else(Redaction::default, |key| Redaction::default().with(key.expose()));
        let policy = Policy::new(&manifest.network, grant);
        let gate = OutboundGate::new(policy, credential, redaction.clone(), prepared.transports.of(grant));
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        let state = State {
            table,
            clocks: WasiClocksCtx::default(),
            http: WasiHttpCtx::new(),
            gate,
            limits: store_limits(&manifest.limits),
            deadline: Instant::now(),
        };
        let store = Store::new(prepared.pre.engine(), state);
        let mut running = Running::new(store, manifest.limits.call());
        let failed = |reason| SandboxError::Start { plugin: manifest.id.clone(), reason };
        let turn = match &prepared.readable {
            Some(readable) => Some((readable, readable.turn.lock().await)),
            None => None,
        };
        let limit = manifest.limits.call();
        running.store.data_mut().deadline = Instant::now() + limit;
        let bindings = match timeout(limit, prepared.pre.instantiate_async(&mut running.store)).await {
            Ok(Ok(bindings)) => bindings,
            Ok(Err(error)) => return Err(failed(reason(&error))),
            Err(_) => return Err(failed(format!("it did not start within {limit:?}"))),
        };
        let memories = turn.map(|(readable, _turn)| readable.memories.take());
        let trap_on_block = prepared.trap_on_block;
        Ok(Instance { running, bindings, trap_on_block, pauses: 0, memories, redaction })
    }

    /// What the provider is: its name, origins, capabilities and default model.
    ///
    /// # Errors
    /// When the component breaks down or is too slow.
    pub async fn describe(&mut self) -> Result<Description, CallError> {
        let guest = guest(&self.bindings);
        call!(self.running, "describe", Duration::ZERO, |store| guest.call_describe(store))
    }

    /// Opens a client; sends nothing.
    ///
    /// # Errors
    /// The provider's, when the configuration cannot be used.
    pub async fn open(&mut self, config: &Config) -> Result<ClientHandle, CallError> {
        if let Handed::Bearer(key) = &config.credential {
            self.redaction = self.redaction.with(key);
            self.running.store.data_mut().gate.redact(self.redaction.clone());
        }
        let guest = guest(&self.bindings).client();
        let client =
            call!(self.running, "client.open", Duration::ZERO, |store| guest.call_open(store, config))?;
        client.map(ClientHandle).map_err(|error| self.scrubbed(error))
    }

    /// Connects to a base URL ahead of the first request, which then does not wait for DNS, TCP and TLS. Returns
    /// whether there is a connection now. Nothing is sent over it. If it fails, the first request reports why.
    pub async fn warm(&mut self, base_url: &Url) -> bool {
        let Ok(address) = base_url.as_str().parse() else { return false };
        let warmed = self.running.store.data().gate.warm(&address);
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
        let max_age = u64::try_from(max_age.as_millis()).unwrap_or(u64::MAX);
        let clients = guest(&self.bindings).client();
        let query = call!(self.running, "client.models", Duration::ZERO, |store| {
            clients.call_models(store, client.0, how, max_age)
        })?
        .map_err(|error| self.scrubbed(error))?;
        let list = self.poll_models(query).await;
        let mut list = self.finish_query(query, list).await?;
        // The list itself is made of responses that passed the gate, which removes keys.
        list.degraded.iter_mut().for_each(|error| self.redaction.error(error));
        Ok(list)
    }

    /// Requests the account and waits for it, at most as long as the client's own deadlines.
    ///
    /// # Errors
    /// The provider's, when the key is not accepted or the provider does not respond.
    pub async fn account(&mut self, client: &ClientHandle) -> Result<Account, CallError> {
        let clients = guest(&self.bindings).client();
        let query = call!(self.running, "client.account", Duration::ZERO, |store| {
            clients.call_account(store, client.0)
        })?
        .map_err(|error| self.scrubbed(error))?;
        let account = self.poll_account(query).await;
        self.finish_query(query, account).await
    }

    /// Starts a completion. Nothing is sent before the first [`Instance::next`].
    ///
    /// # Errors
    /// The provider's, when the request itself cannot be used.
    pub async fn complete(
        &mut self,
        client: &ClientHandle,
        request: &Request,
    ) -> Result<CompletionHandle, CallError> {
        let clients = guest(&self.bindings).client();
        let completion = call!(self.running, "client.complete", Duration::ZERO, |store| {
            clients.call_complete(store, client.0, request)
        })?
        .map_err(|error| self.scrubbed(error))?;
        let outgoing = Mutex::new(Outgoing::new(&self.redaction));
        Ok(CompletionHandle { resource: completion, outgoing, drained: AtomicBool::new(false) })
    }

    /// The next events of a completion: waits at most `wait` for the first one, in whole milliseconds.
    /// A batch without events that is not done means "nothing yet".
    ///
    /// # Errors
    /// The provider's, which ends the completion.
    pub async fn next(
        &mut self,
        completion: &CompletionHandle,
        max_events: u32,
        wait: Duration,
    ) -> Result<Batch, CallError> {
        if let Some(left) = outgoing(completion).left(max_events) {
            return Ok(left?);
        }
        let begun = Instant::now();
        loop {
            let left = wait.saturating_sub(begun.elapsed());
            let arrived = self.arrived(completion, left).await;
            let wait_ms = if arrived { Duration::ZERO } else { self.wait_of_call(left) };
            let completions = guest(&self.bindings).completion();
            let batch = call!(self.running, "completion.next", wait_ms, |store| {
                completions.call_next(store, completion.resource, max_events, milliseconds(wait_ms))
            })?;
            let count = batch.as_ref().map_or(0, |batch| batch.events.len());
            completion.drained.store(count < usize::try_from(max_events).unwrap_or(usize::MAX), Relaxed);
            let batch = outgoing(completion).pass(batch, max_events)?;
            if !batch.events.is_empty() || batch.done || begun.elapsed() >= wait {
                return Ok(batch);
            }
            match (arrived, self.trap_on_block) {
                // The received bytes were no event: a comment, or half a chunk.
                (true, _) => {}
                (false, true) => self.pause().await,
                (false, false) => return Ok(batch),
            }
        }
    }

    /// Waits in the place of a component that would do nothing but wait. Returns whether bytes have arrived.
    async fn arrived(&mut self, completion: &CompletionHandle, wait: Duration) -> bool {
        let arrivals = self.running.store.data().gate.arrivals().clone();
        if wait.is_zero() || !completion.drained.load(Relaxed) || !arrivals.is_quiet() {
            return false;
        }
        timeout(wait.min(PATIENCE), arrivals.wait()).await.is_ok()
    }

    /// Ends a completion, whether it is done or not. The connection of one that is not done closes.
    ///
    /// # Errors
    /// When the component breaks down over it.
    pub async fn cancel(&mut self, completion: CompletionHandle) -> Result<(), CallError> {
        self.drop_resource(completion.resource).await
    }

    /// Closes a client.
    ///
    /// # Errors
    /// When the component breaks down over it.
    pub async fn close(&mut self, client: ClientHandle) -> Result<(), CallError> {
        self.drop_resource(client.0).await
    }

    /// Why requests were refused by the host: the latest ones, in the order in which they were made.
    pub fn denials(&self) -> Vec<Denial> {
        self.running.store.data().gate.denials()
    }

    /// A text about what the component did, such as a [`Denial`], with the keys removed. A component can put a key
    /// into a host name.
    pub fn without_keys(&self, mut text: String) -> String {
        self.redaction.text(&mut text);
        text
    }

    /// How many errors, responses, warnings and finishes left the component with a key in them, which the host
    /// removed. Responses of a server lose their keys before the component sees them, so a key of usual length was
    /// leaked by the component itself. Blocks are not counted: a component joins pieces of what a server sent.
    pub fn keys_taken_out(&self) -> u64 {
        self.redaction.taken_out()
    }

    /// Instructions of WebAssembly that the component has executed so far, as wasmtime counts them; `None` where
    /// the host was not made with [`count_fuel`](super::HostOptions::count_fuel).
    pub fn fuel_used(&self) -> Option<u64> {
        self.running.store.get_fuel().ok().map(|left| u64::MAX - left)
    }

    /// How often `needle` stands in the component's whole memory; `None` where the host was not made
    /// with [`readable_memory`](super::HostOptions::readable_memory).
    pub fn count_in_memory(&mut self, needle: &[u8]) -> Option<usize> {
        // `&mut self`: no call is running, so nobody writes to the memories now.
        Some(self.memories.as_ref()?.iter().map(|memory| memory.count(needle)).sum())
    }

    async fn poll_models(&mut self, query: ResourceAny) -> Result<ModelList, CallError> {
        loop {
            let wait = self.wait_of_call(POLL);
            let queries = guest(&self.bindings).model_query();
            let poll = call!(self.running, "model-query.poll", wait, |store| {
                queries.call_poll(store, query, milliseconds(wait))
            })??;
            match poll {
                ModelPoll::Ready(list) => return Ok(list),
                ModelPoll::Pending(_) => self.pause().await,
            }
        }
    }

    async fn poll_account(&mut self, query: ResourceAny) -> Result<Account, CallError> {
        loop {
            let wait = self.wait_of_call(POLL);
            let queries = guest(&self.bindings).account_query();
            let poll = call!(self.running, "account-query.poll", wait, |store| {
                queries.call_poll(store, query, milliseconds(wait))
            })??;
            match poll {
                AccountPoll::Ready(account) => return Ok(account),
                AccountPoll::Pending(_) => self.pause().await,
            }
        }
    }

    /// Releases a query that has its result. If the query failed and releasing it fails too, the first error wins.
    async fn finish_query<T>(
        &mut self,
        query: ResourceAny,
        result: Result<T, CallError>,
    ) -> Result<T, CallError> {
        match result {
            Ok(value) => self.drop_resource(query).await.map(|()| value),
            Err(CallError::Provider(error)) => {
                self.drop_resource(query).await?;
                Err(self.scrubbed(*error))
            }
            // The instance is broken; there is nothing left to drop.
            Err(error) => Err(error),
        }
    }

    /// The provider's error without the keys.
    fn scrubbed(&self, mut error: contract::Error) -> CallError {
        self.redaction.error(&mut error);
        CallError::Provider(Box::new(error))
    }

    async fn drop_resource(&mut self, resource: ResourceAny) -> Result<(), CallError> {
        call!(self.running, "drop", Duration::ZERO, |store| resource.resource_drop_async(store))
    }

    /// The wait that is passed to the component.
    fn wait_of_call(&self, wait: Duration) -> Duration {
        if self.trap_on_block { Duration::ZERO } else { wait }
    }

    /// `&mut self`, since a shared reference to the store would bind the future to this thread.
    async fn pause(&mut self) {
        if !self.trap_on_block {
            return;
        }
        self.pauses = (self.pauses + 1) % PAUSES;
        match self.pauses {
            0 => tokio::time::sleep(PAUSE).await,
            _ => tokio::task::yield_now().await,
        }
    }
}

fn outgoing(completion: &CompletionHandle) -> std::sync::MutexGuard<'_, Outgoing> {
    completion.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
}

fn guest(bindings: &ModelProvider) -> &Guest {
    bindings.agent_model_provider_provider()
}

fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)
}
