//! Hostile components can do no lasting harm to their host or to other plugins.
//!
//! Every guest runs in one host together with the packed plugin, which completes requests at the same time.

mod guest;
mod invalid_values;
mod limits;
mod network;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod worlds;

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conformance::grammar::Grammar;
use guest::Guest;
use provider_host::contract::{Config, Event, Request};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{
    CallError, ClientHandle, CompletionHandle, Grant, Host, Instance, Prepared, Secret,
};
use stand_in::StandIn;
use tempfile::TempDir;

/// The longest time that a guest may occupy its host. Each call may take a second; the rest is for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host with the packed plugin, and a stand-in that the plugin uses.
struct Bench {
    dir: TempDir,
    host: Host,
    good: Prepared,
    stand_in: StandIn,
}

impl Bench {
    async fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        // The plugin is compiled once for all tests; the guests are small.
        let host = Host::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile")).unwrap();
        let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
        let plugin = Plugin::load(&plugin).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"));
        let good = host.prepare(&plugin, &mut |_| ()).unwrap();
        Bench { dir, host, good, stand_in: StandIn::start(0).await.unwrap() }
    }

    fn prepared(&self, guest: &Guest) -> Prepared {
        let plugin = support::plugin(&self.dir.path().join("plugin"), &guest.build(), 32, 1);
        self.host.prepare(&plugin, &mut |_| ()).unwrap()
    }

    /// An instance with a limit of 32 MiB and of a second for each call, which is granted this base URL.
    async fn instance(&self, guest: &Guest, base_url: Option<&str>) -> Instance {
        let base_url = base_url.map(|url| url.parse().unwrap());
        let grant = Grant { loopback: true, base_url, ..Grant::default() };
        self.prepared(guest).instantiate(grant).await.unwrap()
    }

    /// Runs hostile calls while the packed plugin completes one request after the other. Every response of the plugin
    /// has to be complete.
    async fn with_good_plugin<T>(&self, hostile: impl Future<Output = T>) -> T {
        let ended = AtomicBool::new(false);
        let hostile = async {
            let outcome = hostile.await;
            ended.store(true, Ordering::SeqCst);
            outcome
        };
        let good = async {
            let mut responses = 0;
            let mut open = self.open().await;
            while responses == 0 || !ended.load(Ordering::SeqCst) {
                complete(&mut open).await;
                responses += 1;
            }
            responses
        };
        let both = async { tokio::join!(hostile, good) };
        let (outcome, responses) = tokio::time::timeout(PATIENCE, both).await.expect("an end");
        println!("the good plugin received {responses} responses at the same time");
        outcome
    }

    async fn open(&self) -> (Instance, ClientHandle) {
        let base_url = self.stand_in.base_url();
        let grant = Grant {
            loopback: true,
            base_url: base_url.parse().ok(),
            key: Some(Secret::new(self.stand_in.key())),
            ..Grant::default()
        };
        let mut instance = self.good.instantiate(grant).await.unwrap();
        let config = Config { base_url: Some(base_url), ..Config::default() };
        let client = instance.open(&config).await.unwrap();
        (instance, client)
    }
}

async fn complete((instance, client): &mut (Instance, ClientHandle)) {
    let completion = instance.complete(client, &Request::prompt("gpt-5.4-mini", "hello")).await.unwrap();
    let mut grammar = Grammar::default();
    loop {
        let batch = instance.next(&completion, 64, Duration::from_millis(500)).await.unwrap();
        batch.events.iter().for_each(|event| grammar.read(event).unwrap());
        if batch.done {
            break;
        }
    }
    assert!(grammar.is_finished());
    instance.cancel(completion).await.unwrap();
}

/// Opens a client and starts a completion, as any host does.
async fn started(instance: &mut Instance) -> Result<CompletionHandle, CallError> {
    let client = instance.open(&Config::default()).await?;
    instance.complete(&client, &Request::prompt("gpt-5.4-mini", "hello")).await
}

/// The events of the first call of `next`.
async fn first_events(instance: &mut Instance) -> Result<Vec<Event>, CallError> {
    let completion = started(instance).await?;
    Ok(instance.next(&completion, 64, Duration::from_millis(10)).await?.events)
}
