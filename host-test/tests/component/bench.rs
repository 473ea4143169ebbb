//! The conformance bench with the packed plugin, shared by all tests here. A missing plugin fails the test: a skip
//! would look like a pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::{Bench, Played, Provider};
use provider_host::contract::{Config, Error, Request, Timeouts};
use provider_host::plugin::Plugin;
use provider_host::sandbox::{CallError, Host, Instance, KeyMode, Secret};
use stand_in::{Setup, StandIn};
use tokio::sync::OnceCell;

/// The longest wait of a test for any event. It only ends tests that would hang, so it is far longer than a slow
/// machine needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the packed plugin.
pub fn plugin_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi")
}

/// The packed plugin.
pub fn plugin() -> Plugin {
    Plugin::load(&plugin_folder()).unwrap_or_else(|error| panic!("{error}; run 'make dist' first"))
}

/// The bench. Compiling the plugin takes seconds, so all tests share one.
pub async fn bench() -> &'static Bench {
    static BENCH: OnceCell<Bench> = OnceCell::const_new();
    let bench = BENCH.get_or_init(async || {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        Bench::new(&plugin(), &|options| Host::with_options(cache.clone(), options), &mut |_| ())
            .await
            .expect("a bench")
    });
    bench.await
}

/// Deadlines that no test reaches on any machine, for tests in which something else has to end the wait.
pub fn unreachable_timeouts() -> Timeouts {
    let long = Some(600_000);
    Timeouts { connect_ms: long, first_byte_ms: long, idle_ms: long, total_ms: long }
}

/// A configuration for a server, with deadlines short enough for tests.
pub fn config(base_url: &str) -> Config {
    conformance::config(base_url, &Setup::default())
}

/// A client of the stand-in; the host adds the key.
pub async fn provider(stand_in: &StandIn) -> Provider {
    open(stand_in, KeyMode::Injected, config(&stand_in.base_url())).await
}

/// A client of the stand-in with this configuration.
pub async fn open(stand_in: &StandIn, mode: KeyMode, config: Config) -> Provider {
    open_with(mode, stand_in.key(), config).await
}

/// A client with this key and configuration.
pub async fn open_with(mode: KeyMode, key: &str, config: Config) -> Provider {
    let provider = bench().await.open(mode, key, config).await.expect("a good configuration");
    // The tests run in parallel and the machine may be busy, so how quickly a call returns is no finding here. One
    // conformance case checks it.
    Provider { slack: PATIENCE, ..provider }
}

/// An instance that is granted this server.
pub async fn instance(base_url: &str, key: Option<Secret>) -> Instance {
    bench().await.instance(base_url, key).await.expect("an instance")
}

/// Completions whose violations of the contract fail the test.
pub trait CheckedCompletion {
    /// Runs a request to its end, and checks each event against the grammar.
    async fn complete_checked(&mut self, request: &Request) -> Played;
}

impl CheckedCompletion for Provider {
    async fn complete_checked(&mut self, request: &Request) -> Played {
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
