//! A stand-in for CometAPI: a server on loopback that responds as CometAPI does, also on its bad days. What it sends is
//! scripted in scenarios; a request chooses one by its model. The demo and every test of the component run against it,
//! so neither needs a key or a network.
//!
//! It is as strict as a real server: a request that an OpenAI-compatible server would refuse is refused here too, so
//! that a test cannot pass with a request that fails in use. It records each request and how it ended, from which
//! tests see retries, cancelled requests and leaked keys.

mod billing;
mod chat;
mod chat_request;
mod check;
mod control;
mod elsewhere;
mod errors;
mod expect;
mod fault;
mod fill;
mod models;
mod player;
mod record;
mod repertoire;
mod router;
mod routes;
mod sample;
mod script;
mod scripted;
mod socket;
mod start_error;
#[cfg(test)]
mod tests;
mod tls;
mod wire;
mod wire_routes;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

pub use control::HELP as CONTROL_HELP;
pub use expect::{Expect, Setup};
pub use fault::{Abort, Break, Delay, Faults, HELP as FAULTS_HELP, RateLimit};
pub use models::{catalogue as catalogue_rows, key_list as key_list_rows};
pub use record::{KEPT_BODY, Outcome, Recorded};
pub use repertoire::{embedding_scenarios, scenarios};
pub use routes::CacheUse;
pub use routes::embeddings::vector as embedding_of;
pub use routes::messages::cache_use as marked_cache_use;
pub use script::{
    Each, Early, ErrorBody, Fill, Item, Repeat, Route, Scenario, ScriptedResponse, When, Whole,
};
pub use start_error::StandInError;
pub use tls::{Authority, Handshake};
pub use wire_routes::{WIRE_ROUTES, WireRoute};

/// The key that every stand-in accepts.
const KEY: &str = "sk-stand-in-0123456789";

/// A running stand-in. When it is dropped it stops, and every open connection closes.
pub struct StandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// The time of the start. A type of its own, because an `Instant` has no default.
pub(crate) struct Began(Instant);

impl Default for Began {
    fn default() -> Began {
        Began(Instant::now())
    }
}

impl Began {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What the handlers share.
#[derive(Default)]
pub(crate) struct Shared {
    base_url: String,
    elsewhere: elsewhere::Elsewhere,
    log: record::Log,
    traffic: Arc<socket::Traffic>,
    key_leaks: AtomicUsize,
    /// Requests so far, for ids.
    served: AtomicU64,
    /// Path → scenario, where a test set one.
    scripted: Mutex<HashMap<String, &'static Scenario>>,
    /// What the vendors' prompt caches contain.
    prompt_cache: Mutex<routes::PromptCache>,
    /// When it started.
    began: Began,
    /// Early responses sent so far: (scenario, index among its early responses) → how often.
    played: Mutex<HashMap<(&'static str, usize), u32>>,
}

impl Shared {
    fn scripted(&self) -> MutexGuard<'_, HashMap<String, &'static Scenario>> {
        self.scripted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prompt_cache(&self) -> MutexGuard<'_, routes::PromptCache> {
        self.prompt_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn played(&self) -> MutexGuard<'_, HashMap<(&'static str, usize), u32>> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// Starts on 127.0.0.1; port 0 takes any free one. It has a thread and a runtime of its own, so that a test which
    /// blocks its runtime does not stop the server.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16) -> Result<StandIn, StandInError> {
        StandIn::launch(port, None)
    }

    /// Starts on any free port, over TLS: with a certificate of this authority, or with a handshake that fails. Its base
    /// URL is `https://localhost:PORT/v1`.
    ///
    /// # Errors
    /// When there is no port, or no certificate can be made.
    pub async fn start_tls(authority: &Authority, handshake: Handshake) -> Result<StandIn, StandInError> {
        StandIn::launch(0, Some(tls::TlsSetup::new(authority, handshake)?))
    }

    fn launch(port: u16, tls_setup: Option<tls::TlsSetup>) -> Result<StandIn, StandInError> {
        let (listener, address) =
            socket::bind(port).map_err(|source| StandInError::Listen { port, source })?;
        let base_url = match &tls_setup {
            None => format!("http://{address}/v1"),
            Some(_) => format!("https://localhost:{}/v1", address.port()),
        };
        let (other, elsewhere) = elsewhere::bind(KEY)?;
        let shared = Arc::new(Shared { base_url, elsewhere, ..Shared::default() });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = shared.clone();
        let serve = move || {
            let elsewhere = elsewhere::serve(other, served.elsewhere.clone());
            let server = async {
                let listener = socket::FaultListener::new(listener, served.traffic.clone(), tls_setup)?;
                axum::serve(listener, router::service(served)).await
            };
            // Either way the runtime goes, and every connection with it.
            runtime.block_on(async {
                tokio::select! { _ = server => {}, _ = elsewhere => {}, _ = stopped => {} }
            });
        };
        let thread = std::thread::Builder::new().name("stand-in".to_owned()).spawn(serve)?;
        Ok(StandIn { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT/v1`, or with TLS `https://localhost:PORT/v1`.
    pub fn base_url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A key that it accepts. Any other is refused.
    pub fn key(&self) -> &str {
        KEY
    }

    /// Every request so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.log.snapshot()
    }

    /// Waits until that many requests have been received, and returns them. It waits for ever if they are not sent: set a
    /// deadline around it.
    pub async fn received(&self, count: usize) -> Vec<Recorded> {
        self.shared.log.wait_for(|requests| (requests.len() >= count).then(|| requests.to_vec())).await
    }

    /// Waits until the request with this index has ended, and returns how: [`Outcome::Aborted`] if the client closed the
    /// connection. Set a deadline around it.
    pub async fn ended(&self, request: usize) -> Outcome {
        let ended = |requests: &[Recorded]| {
            requests.get(request).map(|entry| entry.outcome).filter(|outcome| *outcome != Outcome::Pending)
        };
        self.shared.log.wait_for(ended).await
    }

    /// Connections accepted so far.
    pub fn connections_accepted(&self) -> u64 {
        self.shared.traffic.accepted()
    }

    /// Connections that are open now.
    pub fn connections_open(&self) -> u64 {
        self.shared.traffic.open()
    }

    /// How often a credential was sent where none belongs: to the public catalogue, or to another origin. Each is a leak
    /// of the key.
    pub fn key_leaks(&self) -> usize {
        self.shared.key_leaks.load(Ordering::Acquire) + self.shared.elsewhere.key_leaks()
    }

    /// Connections to the other origin that redirects point to. A client that follows none makes none.
    pub fn went_elsewhere(&self) -> u64 {
        self.shared.elsewhere.visits()
    }

    /// From now on a scenario responds to every request for a path, such as `/v1/models`; `None` ends that.
    ///
    /// # Errors
    /// There is no scenario of that name.
    pub fn script(&self, path: &str, scenario: Option<&str>) -> Result<(), StandInError> {
        let Some(name) = scenario else {
            self.shared.scripted().remove(path);
            return Ok(());
        };
        let scenario = repertoire::named(name).ok_or_else(|| StandInError::NoScenario(name.to_owned()))?;
        self.shared.scripted().insert(path.to_owned(), scenario);
        Ok(())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic there has been printed already.
            let _ = thread.join();
        }
    }
}
