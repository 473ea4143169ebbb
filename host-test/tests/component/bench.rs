//! The conformance bench with the packed plugin on it, shared by all tests here. What it does not have fails the test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::{Bench, Hosting, Played, Provider};
use provider_host::contract::{Config, Error, Request};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{CallError, Host, Instance, KeyMode, Secret};
use stand_in::{Setup, StandIn};
use tokio::sync::OnceCell;

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the packed plugin.
pub fn plugin_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi")
}

/// The packed plugin.
pub fn plugin() -> Plugin {
    Plugin::load(&plugin_folder()).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"))
}

/// The bench; the plugin is compiled once for all tests.
pub async fn bench() -> &'static Bench {
    static BENCH: OnceCell<Bench> = OnceCell::const_new();
    let made = BENCH.get_or_init(async || {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        Bench::new(&plugin(), &|options| Host::with_options(cache.clone(), options), &mut |_| ())
            .await
            .expect("a bench")
    });
    made.await
}

/// A configuration for a server, with deadlines short enough for tests.
pub fn config(base_url: &str) -> Config {
    conformance::config(base_url, &Setup::default())
}

/// A client of the stand-in, its key added by the host.
pub async fn provider(stand_in: &StandIn, hosting: Hosting) -> Provider {
    open(stand_in, hosting, KeyMode::Injected, config(&stand_in.base_url())).await
}

/// A client of the stand-in with this configuration.
pub async fn open(stand_in: &StandIn, hosting: Hosting, mode: KeyMode, config: Config) -> Provider {
    open_with(hosting, mode, stand_in.key(), config).await
}

/// A client with this key and configuration.
pub async fn open_with(hosting: Hosting, mode: KeyMode, key: &str, config: Config) -> Provider {
    let provider = bench().await.open(hosting, mode, key, config).await.expect("a good configuration");
    // The tests run at once, on a machine that may be busy: how quickly a call returns is looked at where that
    // is the point.
    Provider { slack: PATIENCE, ..provider }
}

/// An instance that may talk to this server.
pub async fn instance(base_url: &str, hosting: Hosting, key: Option<Secret>) -> Instance {
    bench().await.instance(base_url, hosting, key).await.expect("an instance")
}

/// Completions that keep the contract, or the test fails.
pub trait Answer {
    /// Runs a request to its end; each event is held against the grammar.
    async fn answer(&mut self, request: &Request) -> Played;
}

impl Answer for Provider {
    async fn answer(&mut self, request: &Request) -> Played {
        let played = self.complete(request, PATIENCE).await;
        assert!(played.violations.is_empty(), "{:?}", played.violations);
        played
    }
}

/// The provider's own error; anything else is a defect of the component.
pub fn provider_error(error: CallError) -> Error {
    match error {
        CallError::Provider(error) => *error,
        other => panic!("{other}"),
    }
}
