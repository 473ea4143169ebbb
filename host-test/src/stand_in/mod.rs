//! A stand-in for CometAPI: a server on loopback that answers as CometAPI does, and as it does on its bad
//! days, from scripts. The demo runs against it without a key, and every test of the component does.
//!
//! It answers strictly: what an OpenAI-compatible server would refuse is refused. It records each request
//! and how it ended.

mod ask;
mod billing;
mod chat;
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
mod sample;
mod script;
mod socket;
#[cfg(test)]
mod tests;
mod tls;
mod wire;
mod wire_routes;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

pub use control::HELP as CONTROL_HELP;
pub use expect::{Expect, Setup};
pub use fault::{Abort, Break, Delay, Faults, HELP as FAULTS_HELP, RateLimit};
pub(crate) use models::{catalogue as catalogue_rows, key_list as key_list_rows};
pub use record::{KEPT_BODY, Outcome, Recorded};
pub use repertoire::scenarios;
pub use script::{Answer, Each, Early, ErrorBody, Fill, Item, Repeat, Route, Scenario, When, Whole};
pub use tls::{Authority, Handshake};
pub use wire_routes::{WIRE_ROUTES, WireRoute};

/// The key that every stand-in accepts.
const KEY: &str = "sk-stand-in-0123456789";

/// A running stand-in. Dropped, it stops, and every open connection closes.
pub struct StandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
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
    /// Early answers played so far: (scenario, place among its early answers) → times.
    played: Mutex<HashMap<(&'static str, usize), u32>>,
}

impl Shared {
    fn scripted(&self) -> MutexGuard<'_, HashMap<String, &'static Scenario>> {
        self.scripted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn played(&self) -> MutexGuard<'_, HashMap<(&'static str, usize), u32>> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// Starts on 127.0.0.1; port 0 takes any free one. It has a thread and a runtime of its own, so a test
    /// that blocks does not starve it.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16) -> Result<StandIn> {
        StandIn::launch(port, None)
    }

    /// Starts on any free port, over TLS: with a certificate of this authority, or with a handshake that
    /// comes to nothing. Its base URL is `https://localhost:PORT/v1`.
    ///
    /// # Errors
    /// When there is no port, or no certificate can be made.
    pub async fn start_tls(authority: &Authority, handshake: Handshake) -> Result<StandIn> {
        StandIn::launch(0, Some(tls::Greeting::new(authority, handshake)?))
    }

    fn launch(port: u16, greeting: Option<tls::Greeting>) -> Result<StandIn> {
        let (listener, address) =
            socket::bind(port).with_context(|| format!("the stand-in cannot listen on 127.0.0.1:{port}"))?;
        let base_url = match &greeting {
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
                let door = socket::Door::new(listener, served.traffic.clone(), greeting)?;
                axum::serve(door, router::service(served)).await
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

    /// Where it listens.
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

    /// Waits until that many requests have come, and returns them. Never ends where they do not come: set a
    /// deadline around it.
    pub async fn received(&self, count: usize) -> Vec<Recorded> {
        self.shared.log.wait_for(|requests| (requests.len() >= count).then(|| requests.to_vec())).await
    }

    /// Waits until the request of that number, counted from 0, came to its end, and tells which:
    /// [`Outcome::Aborted`] where the client closed the connection. Set a deadline around it.
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

    /// How often a credential came where none belongs: to the public catalogue, or to another origin. Each
    /// is a leak of the key.
    pub fn key_leaks(&self) -> usize {
        self.shared.key_leaks.load(Ordering::Acquire) + self.shared.elsewhere.key_leaks()
    }

    /// Connections to another origin, that redirects lead to. Nobody has any business there.
    pub fn went_elsewhere(&self) -> u64 {
        self.shared.elsewhere.visits()
    }

    /// Lets a scenario answer every request for a path, such as `/v1/models`, from now on; `None` ends it.
    ///
    /// # Errors
    /// There is no scenario of that name.
    pub fn script(&self, path: &str, scenario: Option<&str>) -> Result<()> {
        let Some(name) = scenario else {
            self.shared.scripted().remove(path);
            return Ok(());
        };
        let scenario = repertoire::named(name).with_context(|| format!("no scenario is called {name:?}"))?;
        self.shared.scripted().insert(path.to_owned(), scenario);
        Ok(())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends by itself at once; a panic there has been printed already.
            let _ = thread.join();
        }
    }
}
