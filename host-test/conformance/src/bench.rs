//! The bench that cases run on: the plugin, ready to run in a host, and clients of it.

use std::time::Duration;

use provider_host::contract::{Config, Credential, Description, Timeouts};
use provider_host::plugin::{Manifest, Plugin, Surface};
use provider_host::sandbox::{
    CallError, Grant, Host, HostOptions, Inspection, Instance, KeyMode, Preparation, Prepared, SandboxError,
    Secret,
};
use stand_in::{Authority, Setup, StandIn, StandInError};
use url::Url;

use crate::own_host::OwnHost;
use crate::tested_host::{TestedHost, TestedInstance};

/// A plugin that is ready for its cases, in one host.
pub struct Bench<H: TestedHost = OwnHost> {
    host: H,
    manifest: Manifest,
    authority: Authority,
    description: Description,
}

/// A configured client in an instance of its own.
pub struct Provider<I: TestedInstance = Instance> {
    /// The instance.
    pub instance: I,
    /// The client in it.
    pub client: I::Client,
    /// Where the key is.
    pub mode: KeyMode,
    /// How much longer a call may take than the wait that it allows, before that counts as a violation.
    pub slack: Duration,
}

/// Why a plugin cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// It talks to its own provider only.
    #[error(
        "{0} takes no base URL but its own (network.custom-base-url in plugin.toml), so no other server can be put \
         in its provider's place"
    )]
    OwnServerOnly(String),
    /// There is no authority for the certificates of the stand-in.
    #[error(transparent)]
    StandIn(#[from] StandInError),
    /// It cannot be compiled or started.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Another host cannot run it.
    #[error("{0}")]
    Host(String),
    /// It does not say what it is.
    #[error(transparent)]
    Describe(#[from] CallError),
}

/// Deadlines in milliseconds: short, since many cases run into them, and long enough for a busy machine.
const CONNECT: u32 = 5_000;
const FIRST_BYTE: u32 = 1_500;
const IDLE: u32 = 1_500;
const TOTAL: u32 = 20_000;

/// Generous, since many cases run at the same time and the machine may be busy with other things: a response of megabytes
/// took 5 s there. The cases about waiting have a tighter bound and repeat a call that was late.
const SLACK: Duration = Duration::from_secs(10);

impl Bench {
    /// Compiles the plugin for this repository's sandbox, or takes it from the cache, and reads its description. `host`
    /// creates the hosts: it chooses their cache and their compiler, and keeps the other options.
    ///
    /// # Errors
    /// When it cannot be compiled or started, or when it takes no base URL but its own.
    pub async fn new(
        plugin: &Plugin,
        host: &(dyn Fn(HostOptions) -> Result<Host, SandboxError> + Sync),
        progress: &mut (dyn FnMut(Preparation) + Send),
    ) -> Result<Bench, BenchError> {
        let authority = authority(plugin)?;
        // The memory is readable, since every case searches it for the key.
        let options = HostOptions {
            readable_memory: true,
            extra_roots: vec![authority.root()],
            ..HostOptions::default()
        };
        let prepared = host(options)?.prepare(plugin, progress)?;
        // Without a grant: what a provider declares must not depend on what it may reach.
        let description = prepared.instantiate(Grant::default()).await?.describe().await?;
        let manifest = prepared.manifest().clone();
        Ok(Bench { host: OwnHost { prepared }, manifest, authority, description })
    }

    /// Facts about the component that can be read without running it.
    #[must_use]
    pub fn inspect(&self) -> Inspection {
        self.host.prepared.inspect()
    }

    /// The plugin, ready to run.
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.host.prepared
    }
}

/// The authority for the certificates of the cases, where the plugin can be tried at all.
fn authority(plugin: &Plugin) -> Result<Authority, BenchError> {
    if !plugin.manifest.network.custom_base_url {
        return Err(BenchError::OwnServerOnly(plugin.manifest.id.clone()));
    }
    Ok(Authority::new()?)
}

impl<H: TestedHost> Bench<H> {
    /// The plugin in another host, which has prepared it.
    ///
    /// # Errors
    /// When it cannot be started, or when it takes no base URL but its own.
    pub async fn in_host(host: H, plugin: &Plugin) -> Result<Bench<H>, BenchError> {
        let authority = authority(plugin)?;
        let mut instance = host.start(None, None).await.map_err(BenchError::Host)?;
        let description = instance.describe().await?;
        Ok(Bench { host, manifest: plugin.manifest.clone(), authority, description })
    }

    /// The authority whose certificates the plugin's host trusts here.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What the component imports and exports.
    #[must_use]
    pub fn surface(&self) -> Surface {
        self.host.surface()
    }

    /// The manifest that it runs under.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the provider declares this capability.
    #[must_use]
    pub fn is_capable(&self, capability: &str) -> bool {
        self.description.capabilities.iter().any(|word| word == capability)
    }

    /// A client with this configuration and this key, in an instance that may talk to the configuration's server.
    ///
    /// # Errors
    /// When there is none, for people.
    pub async fn open(
        &self,
        mode: KeyMode,
        key: &str,
        config: Config,
    ) -> Result<Provider<H::Instance>, String> {
        let (granted, credential) = match mode {
            KeyMode::Injected => (Some(Secret::new(key)), Credential::HostInjected),
            KeyMode::Bearer => (None, Credential::Bearer(key.to_owned())),
        };
        let base_url = config.base_url.as_deref().unwrap_or_default();
        let mut instance = self.instance(base_url, granted).await?;
        let opened = instance.open(&Config { credential, ..config }).await;
        let client = opened.map_err(|error| format!("client.open: {}", error_text(&error)))?;
        Ok(Provider { instance, client, mode, slack: SLACK })
    }

    /// An instance that may talk to this server. With `Injected` its host adds the server's key.
    ///
    /// # Errors
    /// When it does not start, for people.
    pub async fn instance(&self, base_url: &str, key: Option<Secret>) -> Result<H::Instance, String> {
        let base_url = base_url.parse::<Url>().map_err(|why| format!("{base_url}: {why}"))?;
        self.host.start(Some(&base_url), key).await
    }

    /// A client of a stand-in.
    ///
    /// # Errors
    /// When there is none, for people.
    pub async fn provider(
        &self,
        stand_in: &StandIn,
        mode: KeyMode,
        setup: &Setup,
    ) -> Result<Provider<H::Instance>, String> {
        self.open(mode, stand_in.key(), config(&stand_in.base_url(), setup)).await
    }
}

/// A configuration for a server, with short deadlines where the setup has none.
#[must_use]
pub fn config(base_url: &str, setup: &Setup) -> Config {
    let headers = setup.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    Config {
        base_url: Some(base_url.to_owned()),
        credential: Credential::HostInjected,
        timeouts: Timeouts {
            connect_ms: setup.connect_ms.or(Some(CONNECT)),
            first_byte_ms: setup.first_byte_ms.or(Some(FIRST_BYTE)),
            idle_ms: setup.idle_ms.or(Some(IDLE)),
            total_ms: setup.total_ms.or(Some(TOTAL)),
        },
        max_retries: setup.max_retries,
        headers: headers.collect(),
    }
}

/// An error with its kind.
pub(super) fn error_text(error: &CallError) -> String {
    match error {
        CallError::Provider(error) => {
            format!("{}: {}", provider_host::json::error::kind(&error.kind), error.message)
        }
        other => other.to_string(),
    }
}
