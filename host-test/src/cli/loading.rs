//! Finds the plugin, checks its signature, and compiles it or loads its machine code from the cache.

use std::path::PathBuf;

use provider_host::plugin::{Plugin, Trust, TrustedKey};
use provider_host::sandbox::{CacheDir, Compiler, Host, HostOptions, Preparation, Prepared, SandboxError};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::args::Common;
use super::failure::Failure;
use super::terminal::{Screen, Style, line};

/// The plugin that `make dist` builds, relative to the root of the workspace. A command without options has to work in a
/// fresh clone.
const DEFAULT_PLUGIN: &str = "dist/plugins/cometapi";

/// The variable for a trusted key, used if the command line has none: a machine that accepts only signed plugins sets it
/// once.
const TRUSTED_KEY_VARIABLE: &str = "HOST_TEST_TRUSTED_KEY";

/// The command that compiles a component in a process of its own.
pub(crate) const COMPILE_WORKER: &str = "compile-worker";

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
    // Wrong usage and not a failure of the host: the files have to change before another try makes sense.
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

/// A host that compiles in a process of its own, and keeps the result in the user's cache. A build without the compiler
/// runs what is in that cache.
pub(crate) fn host(options: HostOptions) -> Result<Host, SandboxError> {
    // Without the path of the executable, on a system without /proc for example, it compiles in this process.
    let program = std::env::current_exe().ok().filter(|_| cfg!(feature = "compile"));
    let compiler = program.map(|program| Compiler::new(program, [COMPILE_WORKER]));
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

/// Like [`prepare`], for this number of instances at the same time. Each reserves four gigabytes of address space, which a
/// limit such as `ulimit -v` may not allow a thousand times.
pub(crate) fn prepare_for(instances: u32, plugin: &Plugin, screen: Screen) -> Result<Prepared, Failure> {
    prepare_with(HostOptions { instances, ..HostOptions::default() }, plugin, screen)
}

/// Like [`prepare`], with options of the host.
pub(crate) fn prepare_with(
    options: HostOptions,
    plugin: &Plugin,
    screen: Screen,
) -> Result<Prepared, Failure> {
    let host = host(options).map_err(host_failure)?;
    let mut spinner = None;
    let mut progress = |preparation: Preparation| match preparation {
        Preparation::FromCache => {}
        Preparation::Compiling => spinner = Some(screen.spinner(compiling())),
        // The command works all the same, only its next start is as slow as this one.
        Preparation::NotKept(why) => {
            spinner = None;
            let note = format!("warning: the compiled plugin is not kept: {why}");
            screen.aside(Some(Style::Yellow), &format!("{}\n", line(&note)));
        }
    };
    // Compiling keeps all processors busy for seconds. Other tasks, such as the one that handles Ctrl-C, must not wait
    // for it.
    let mut work = || host.prepare(plugin, &mut progress).map_err(not_prepared);
    match Handle::current().runtime_flavor() {
        // `block_in_place` panics on a runtime with one thread; that thread has nothing else to do yet.
        RuntimeFlavor::CurrentThread => work(),
        _ => tokio::task::block_in_place(work),
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

/// Why there is no machine code. A build without the compiler needs another one once, and cannot start it: it does not know
/// where that one is.
fn not_prepared(why: SandboxError) -> Failure {
    let SandboxError::NotCompiled { plugin } = why else { return host_failure(why) };
    let cache = match cache_dir() {
        Some(cache) => format!("in {}", cache.folder.display()),
        None => "in a cache (there is none; set HOME or HOST_TEST_CACHE_DIR)".to_owned(),
    };
    Failure::usage(format!(
        "{plugin} is not compiled {cache}, and this host-test was built without the compiler; run the same command \
         once in one that has it: cargo run --package host-test -- COMMAND"
    ))
}

/// A failure of the host itself, such as a component that cannot be compiled.
pub(crate) fn host_failure(why: impl std::fmt::Display) -> Failure {
    Failure::Host { cause: "host", message: why.to_string() }
}
