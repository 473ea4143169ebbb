//! An open provider that commands can call, and the grant that it runs under.

use std::time::Duration;

use provider_host::contract::embeddings::{Embedding, EmbeddingRequest};
use provider_host::contract::{self, Config, Discovery, ErrorKind};
use provider_host::plugin::{Manifest, Origin, Plugin};
use provider_host::sandbox::{
    AddrClass, CallError, ClientHandle, CompletionHandle, Grant, Instance, KeyMode, Prepared, SandboxError,
    Secret,
};
use stand_in::StandIn;
use url::Url;

use super::access::{self, Access};
use super::args::Common;
use super::environment;
use super::failure::Failure;
use super::key::Key;
use super::loading::{host_failure, load, prepare};
use super::terminal::{Screen, Style};

/// An open provider.
pub(crate) struct Session {
    instance: Instance,
    client: ClientHandle,
    /// The source of the key; `None` without a key.
    key_source: Option<String>,
    /// The server stops when it is dropped, so the session has to own it.
    _stand_in: Option<StandIn>,
}

impl Session {
    /// Loads the plugin, instantiates it with its grant, and opens the provider. Without a server and a key it starts the
    /// stand-in and prints a note, so that nobody takes an invented response for one of a model.
    pub(crate) async fn open(common: &Common, screen: Screen) -> Result<Self, Failure> {
        let plugin = load(common)?;
        let access = access(common, &plugin)?;
        let prepared = prepare(&plugin, screen)?;
        let (stand_in, base_url, key) = match access {
            Access::Server { base_url, key } => (None, base_url, key),
            Access::StandIn => stand_in(screen).await?,
        };
        let (key, key_source) = key.map(|key| (key.secret, key.source)).unzip();
        let mut instance =
            instantiate(&prepared, grant(&plugin.manifest, common.key_mode, &base_url, &key)).await?;
        let client = instance.open(&config(common.key_mode, base_url.as_ref(), key.as_ref())).await?;
        Ok(Self { instance, client, key_source, _stand_in: stand_in })
    }

    /// Opens the provider without a server, for commands that need only the plugin's built-in tables. The grant is empty:
    /// a promise that nothing is sent must not depend on the plugin.
    pub(crate) async fn offline(common: &Common, screen: Screen) -> Result<Self, Failure> {
        let plugin = load(common)?;
        let mut instance = instantiate(&prepare(&plugin, screen)?, Grant::default()).await?;
        let client = instance.open(&config(KeyMode::Injected, None, None)).await?;
        Ok(Self { instance, client, key_source: None, _stand_in: None })
    }

    /// The list of models, from a session of its own: without a server where only the built-in one is requested.
    pub(crate) async fn list(
        common: &Common,
        how: Discovery,
        screen: Screen,
    ) -> Result<contract::ModelList, Failure> {
        let mut session = match how {
            Discovery::BuiltIn => Self::offline(common, screen).await?,
            _ => Self::open(common, screen).await?,
        };
        let _spinner = screen.spinner("querying the models");
        session.models(how).await
    }

    /// The provider's description.
    pub(crate) async fn describe(&mut self) -> Result<contract::Description, Failure> {
        let description = self.instance.describe().await;
        description.map_err(|why| self.failure(why))
    }

    /// The models. A cached list may be up to an hour old: models change daily at most.
    pub(crate) async fn models(&mut self, how: Discovery) -> Result<contract::ModelList, Failure> {
        let list = self.instance.models(&self.client, how, Duration::from_secs(3600)).await;
        list.map_err(|why| self.failure(why))
    }

    pub(crate) async fn account(&mut self) -> Result<contract::Account, Failure> {
        let account = self.instance.account(&self.client).await;
        account.map_err(|why| self.failure(why))
    }

    pub(crate) async fn embed(&mut self, request: &EmbeddingRequest) -> Result<Embedding, Failure> {
        let embedding = self.instance.embed(&self.client, request).await;
        embedding.map_err(|why| self.failure(why))
    }

    pub(crate) async fn complete(
        &mut self,
        request: &contract::Request,
    ) -> Result<CompletionHandle, Failure> {
        let completion = self.instance.complete(&self.client, request).await;
        completion.map_err(|why| self.failure(why))
    }

    pub(crate) async fn next(
        &mut self,
        completion: &CompletionHandle,
        max_events: u32,
        wait: Duration,
    ) -> Result<contract::Batch, Failure> {
        let batch = self.instance.next(completion, max_events, wait).await;
        batch.map_err(|why| self.failure(why))
    }

    /// Ends a completion at any point. Its connection closes, so that the server can stop generating tokens which nobody
    /// reads and the user pays for.
    pub(crate) async fn cancel(&mut self, completion: CompletionHandle) -> Result<(), Failure> {
        let ended = self.instance.cancel(completion).await;
        ended.map_err(|why| self.failure(why))
    }

    /// Adds what only the host knows: the rule that denied a request, or the source of a refused key. The rule may quote
    /// a URL of the plugin, so keys are removed from it.
    fn failure(&self, why: CallError) -> Failure {
        let mut failure = Failure::from(why);
        if let (Failure::Provider(error), Some(denial)) = (&mut failure, self.instance.denials().last())
            && error.kind == ErrorKind::DeniedByHost
        {
            error.message = self.instance.without_keys(format!("{} ({denial})", error.message));
        }
        match &failure {
            Failure::Provider(error) if error.kind == ErrorKind::Authentication => {
                let advice = self.key_advice();
                failure.advised(advice)
            }
            _ => failure,
        }
    }

    /// Advice about a refused key.
    fn key_advice(&self) -> String {
        match &self.key_source {
            Some(source) => {
                format!("the key came from {source}; check it there, or replace it with a new key")
            }
            None => {
                "no key was sent, and this server needs one; set COMETAPI_KEY, or use --key-file".to_owned()
            }
        }
    }
}

/// The server and the key that the command line and the environment name for a plugin.
pub(crate) fn access(common: &Common, plugin: &Plugin) -> Result<Access, Failure> {
    access::choose(common, &plugin.manifest, plugin.signer().is_some(), &environment::variable)
}

/// Reads the description of a component in an instance without network access and without a key.
pub(crate) async fn describe(plugin: &Plugin, screen: Screen) -> Result<contract::Description, Failure> {
    let prepared = prepare(plugin, screen)?;
    Ok(instantiate(&prepared, Grant::default()).await?.describe().await?)
}

async fn instantiate(prepared: &Prepared, grant: Grant) -> Result<Instance, Failure> {
    prepared.instantiate(grant).await.map_err(|why| match why {
        // The arguments have to be corrected; nothing was sent.
        SandboxError::Key(_) | SandboxError::NoBaseUrl => Failure::usage(why.to_string()),
        why => host_failure(why),
    })
}

/// Starts the stand-in in this process, on a free port: two commands at the same time must not compete for one.
async fn stand_in(screen: Screen) -> Result<(Option<StandIn>, Option<Url>, Option<Key>), Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Host { cause: "stand-in", message: why.to_string() };
    let stand_in = StandIn::start(0).await.map_err(|why| failed(&format!("{why:#}")))?;
    let base_url = Url::parse(&stand_in.base_url()).map_err(|why| failed(&why))?;
    let key = Key { secret: Secret::new(stand_in.key()), source: "the stand-in".to_owned() };
    let note = "no COMETAPI_KEY and no base URL are set: using the built-in stand-in, not CometAPI\n";
    screen.aside(Some(Style::Yellow), note);
    Ok((Some(stand_in), Some(base_url), Some(key)))
}

/// What the sandbox allows: one server, and the key only for that server. In the bearer mode the host adds no key, so that
/// a request never carries it twice.
pub(crate) fn grant(
    manifest: &Manifest,
    mode: KeyMode,
    base_url: &Option<Url>,
    key: &Option<Secret>,
) -> Grant {
    let chosen = base_url.as_ref().and_then(|url| Origin::of(url).ok());
    Grant {
        // With another base URL the provider's own servers are not needed. A permission that is not needed is one that
        // a malicious plugin could use.
        origins: if base_url.is_some() { Vec::new() } else { manifest.network.origins.clone() },
        loopback: chosen.as_ref().is_some_and(Origin::is_loopback),
        // A private address that the user typed is intended. A host name is not enough: DNS could point it at a
        // router or a metadata service (DNS rebinding).
        private: chosen
            .as_ref()
            .and_then(Origin::address)
            .is_some_and(|address| matches!(AddrClass::of(address), AddrClass::Private(_))),
        base_url: base_url.clone(),
        key: if mode == KeyMode::Injected { key.clone() } else { None },
    }
}

/// The client's configuration. Deadlines and retries keep the plugin's own defaults, so that a command behaves as the
/// plugin does in any other host.
pub(crate) fn config(mode: KeyMode, base_url: Option<&Url>, key: Option<&Secret>) -> Config {
    Config {
        base_url: base_url.map(Url::to_string),
        credential: access::credential(mode, key),
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::parse(&format!(
            "id = \"p\"\nname = \"P\"\nversion = \"0.1.0\"\ncontract = \"agent:model-provider@0.2.0\"\n\
             component = \"p.wasm\"\nsha256 = \"{}\"\n\
             [network]\norigins = [\"https://api.example.com\"]\ncustom-base-url = true\n[credential]\n",
            "0".repeat(64)
        ))
        .unwrap()
    }

    #[test]
    fn a_grant_allows_one_server_and_no_other() {
        let key = Some(Secret::new("sk-1"));
        let own = grant(&manifest(), KeyMode::Injected, &None, &key);
        assert!(own.origins.len() == 1 && own.base_url.is_none() && !own.loopback && own.key.is_some());
        let local = Url::parse("http://localhost:8080/v1").ok();
        let other = grant(&manifest(), KeyMode::Injected, &local, &key);
        assert!(other.origins.is_empty() && other.base_url == local && other.loopback);
        let remote = Url::parse("https://example.org/v1").ok();
        let remote = grant(&manifest(), KeyMode::Injected, &remote, &key);
        assert!(!remote.loopback && !remote.private);
        let in_local_network = Url::parse("https://192.168.1.5:8443/v1").ok();
        assert!(grant(&manifest(), KeyMode::Injected, &in_local_network, &key).private);
    }

    #[test]
    fn the_key_is_held_by_the_host_or_by_the_component_and_not_by_both() {
        let key = Some(Secret::new("sk-1"));
        assert!(grant(&manifest(), KeyMode::Bearer, &None, &key).key.is_none());
        assert!(matches!(
            config(KeyMode::Bearer, None, key.as_ref()).credential,
            contract::Credential::Bearer(_)
        ));
        assert!(matches!(
            config(KeyMode::Injected, None, key.as_ref()).credential,
            contract::Credential::HostInjected
        ));
    }
}
