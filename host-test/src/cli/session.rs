//! Loads a plugin from disk and opens a client that commands can call.

use std::path::PathBuf;
use std::time::Duration;

use provider_host::contract::{self, Config, Discovery, ErrorKind};
use provider_host::plugin::{Manifest, Origin, Plugin, Trust, TrustedKey};
use provider_host::sandbox::{
    AddrClass, CacheDir, CallError, ClientHandle, Compiler, CompletionHandle, Grant, Host, HostOptions,
    Instance, KeyMode, Preparation, Prepared, SandboxError, Secret,
};
use stand_in::StandIn;
use tokio::runtime::{Handle, RuntimeFlavor};
use url::Url;

use super::access::{self, Access};
use super::args::Common;
use super::environment;
use super::failure::Failure;
use super::key::Key;
use super::terminal::{Screen, Style, line};

/// The plugin that `make dist` builds, relative to the root of the workspace.
const DEFAULT_PLUGIN: &str = "dist/plugins/cometapi";

/// The variable for a trusted key, used if the command line has none.
const TRUSTED_KEY_VARIABLE: &str = "HOST_TEST_TRUSTED_KEY";

/// The command that compiles a component in a process of its own.
pub(crate) const COMPILE_WORKER: &str = "compile-worker";

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

    /// Ends a completion at any point. The server sees its connection close and stops charging for tokens.
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
            Some(source) => format!("the key came from {source}"),
            None => {
                "no key was sent, and this server needs one; set COMETAPI_KEY, or use --key-file".to_owned()
            }
        }
    }
}

/// Loads the plugin of `--plugin`, or else the one that `make dist` builds.
pub(crate) fn load(common: &Common) -> Result<Plugin, Failure> {
    let path = match &common.plugin {
        Some(path) => path.clone(),
        None => default_plugin().ok_or_else(|| {
            Failure::usage(format!(
                "there is no plugin in {DEFAULT_PLUGIN}; run 'make dist', or pass a plugin with --plugin"
            ))
        })?,
    };
    Plugin::load_trusted(&path, &trust(common)?).map_err(|why| Failure::usage(why.to_string()))
}

/// The signatures to accept: any plugin, unless a trusted key is configured.
fn trust(common: &Common) -> Result<Trust, Failure> {
    // A variable that is empty or not text must not mean "accept every plugin": a typo in a script would switch the
    // check off. It is passed on, and refused as an invalid key.
    let from_environment = || {
        let set = std::env::var_os(TRUSTED_KEY_VARIABLE).into_iter();
        set.map(|value| value.to_string_lossy().into_owned()).collect()
    };
    let named: Vec<String> =
        if common.trusted_key.is_empty() { from_environment() } else { common.trusted_key.clone() };
    if named.is_empty() {
        return Ok(Trust::Anyone);
    }
    let keys = named.iter().map(|argument| TrustedKey::read_argument(argument)).collect::<Result<_, _>>();
    keys.map(Trust::Signed).map_err(|why| Failure::usage(format!("trusted key: {why}")))
}

/// The server and the key that the command line and the environment name for a plugin.
pub(crate) fn access(common: &Common, plugin: &Plugin) -> Result<Access, Failure> {
    access::choose(common, &plugin.manifest, plugin.signer().is_some(), &environment::variable)
}

/// A host that compiles in a process of its own, and keeps the result in the user's cache.
pub(crate) fn host(options: HostOptions) -> Result<Host, Failure> {
    host_with(options).map_err(host_failure)
}

/// The same with the error of the sandbox.
pub(crate) fn host_with(options: HostOptions) -> Result<Host, SandboxError> {
    // Without the path of the executable, on a system without /proc for example, it compiles in this process.
    let compiler = std::env::current_exe().ok().map(|program| Compiler::new(program, [COMPILE_WORKER]));
    let options = HostOptions { compiler, ..options };
    match cache_dir() {
        Some(cache) => Host::with_options(cache, options),
        None => Host::without_cache(options),
    }
}

/// Compiles the component, or loads it from the cache.
pub(crate) fn prepare(plugin: &Plugin, screen: Screen) -> Result<Prepared, Failure> {
    // Two instances: one for the command and one for the plugin's description.
    prepare_for(2, plugin, screen)
}

/// Like [`prepare`], for this number of instances at the same time.
pub(crate) fn prepare_for(instances: u32, plugin: &Plugin, screen: Screen) -> Result<Prepared, Failure> {
    prepare_with(HostOptions { instances, ..HostOptions::default() }, plugin, screen)
}

/// Like [`prepare`], with options of the host.
pub(crate) fn prepare_with(
    options: HostOptions,
    plugin: &Plugin,
    screen: Screen,
) -> Result<Prepared, Failure> {
    let host = host(options)?;
    let mut spinner = None;
    let mut progress = |preparation: Preparation| match preparation {
        Preparation::FromCache => {}
        Preparation::Compiling => spinner = Some(screen.spinner(compiling())),
        Preparation::NotKept(why) => {
            spinner = None;
            let note = format!("warning: the compiled plugin is not kept: {why}");
            screen.aside(Some(Style::Yellow), &format!("{}\n", line(&note)));
        }
    };
    // Compiling keeps all processors busy for seconds. Other tasks, such as the one that handles Ctrl-C, must not wait
    // for it.
    let mut work = || host.prepare(plugin, &mut progress).map_err(host_failure);
    match Handle::current().runtime_flavor() {
        // `block_in_place` panics on a runtime with one thread; that thread has nothing else to do yet.
        RuntimeFlavor::CurrentThread => work(),
        _ => tokio::task::block_in_place(work),
    }
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

async fn stand_in(screen: Screen) -> Result<(Option<StandIn>, Option<Url>, Option<Key>), Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Host { cause: "stand-in", message: why.to_string() };
    let stand_in = StandIn::start(0).await.map_err(|why| failed(&format!("{why:#}")))?;
    let base_url = Url::parse(&stand_in.base_url()).map_err(|why| failed(&why))?;
    let key = Key { secret: Secret::new(stand_in.key()), source: "the stand-in".to_owned() };
    let note = "no COMETAPI_KEY and no base URL are set: using the built-in stand-in, not CometAPI\n";
    screen.aside(Some(Style::Yellow), note);
    Ok((Some(stand_in), Some(base_url), Some(key)))
}

/// What the sandbox allows: one server, and the key only for that server.
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

pub(crate) fn config(mode: KeyMode, base_url: Option<&Url>, key: Option<&Secret>) -> Config {
    Config {
        base_url: base_url.map(Url::to_string),
        credential: access::credential(mode, key),
        ..Config::default()
    }
}

/// The default plugin: the one in the tree that the executable was built in, or else in the current folder. Parent
/// folders are not searched: the manifest decides where the key is sent, and on a shared machine another user may own
/// a parent folder.
fn default_plugin() -> Option<PathBuf> {
    let current = std::env::current_dir().ok();
    let executable = std::env::current_exe().ok();
    let own = executable.iter().flat_map(|path| path.ancestors());
    own.chain(current.as_deref()).map(|folder| folder.join(DEFAULT_PLUGIN)).find(|path| path.is_dir())
}

/// The folder for compiled components. It belongs to this user, since its files are machine code that will run. The key
/// that authenticates them is in the state folder, so that clearing the cache, or restoring one from elsewhere (as CI
/// does), does not replace the key along with the files.
///
/// `None` where no variable names a folder of this user. A fixed name in the shared temporary folder could be prepared by
/// another user, and a new name for each run would fill that folder.
fn cache_dir() -> Option<CacheDir> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let below = |variable: &str, folder: &str| set(variable).and_then(absolute).map(|path| path.join(folder));
    let folder = set("HOST_TEST_CACHE_DIR")
        .or_else(|| below("XDG_CACHE_HOME", "host-test"))
        .or_else(|| below("LOCALAPPDATA", "host-test"))
        .or_else(|| below("HOME", ".cache/host-test"))?;
    let state = below("XDG_STATE_HOME", "host-test")
        .or_else(|| below("LOCALAPPDATA", "host-test-state"))
        .or_else(|| below("HOME", ".local/state/host-test"));
    Some(match state {
        Some(state) => CacheDir { folder, key_file: state.join("cache.key") },
        None => CacheDir::from(folder),
    })
}

/// What the spinner says while a plugin is compiled.
pub(crate) fn compiling() -> &'static str {
    match cache_dir() {
        Some(_) => "compiling the plugin, once",
        None => "compiling the plugin; set HOME or HOST_TEST_CACHE_DIR to keep the result",
    }
}

pub(crate) fn host_failure(why: impl std::fmt::Display) -> Failure {
    Failure::Host { cause: "host", message: why.to_string() }
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
