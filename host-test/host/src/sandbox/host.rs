//! From a plugin to something that can be run, compiled at most once.

use std::sync::{Arc, Mutex};

use rustls::pki_types::CertificateDer;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::cache::{Cache, CacheDir};
use super::compiler::Compiler;
use super::engine::Settings;
use super::error::{CacheError, CallError, SandboxError, causes};
use super::grant::Grant;
use super::instance::Instance;
use super::interfaces::Interfaces;
use super::limits::REQUESTS;
use super::memory::Memories;
use super::session::Session;
use super::transport::resolve::System;
use super::transport::{Dialer, Tls, Transports};
use super::wasi::linker;
use crate::contract::Config;
use crate::plugin::{Limits, Manifest, Plugin, contract};

/// A WebAssembly engine and a cache of compiled components. One for each process is enough: it holds the address space
/// of all instances and the machine code, and the instances of one plugin share their connections through it.
pub struct Host {
    engine: Engine,
    cache: Cache,
    options: HostOptions,
    memories: Option<Readable>,
    dialer: Arc<Dialer>,
}

/// Settings of a host that differ from the usual ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// How many instances may exist at the same time; 1,024 by default. Each reserves four gigabytes of address space
    /// and no memory, which takes a microsecond or two when the host starts. One more is
    /// [`SandboxError::TooManyInstances`].
    pub instances: u32,
    /// How many streams of one [`Session`] may share an instance; 64 by default, 256 at most. They share its memory, and
    /// the breakdown of one ends the others. With 1 each stream has an instance of its own, which costs memory. A larger
    /// number than 256 counts as 256, and 0 as 1.
    pub streams_per_instance: u32,
    /// The host can search the memories of components; see [`Instance::count_in_memory`]. Components run slower, since every
    /// access to their memory is checked. For tests.
    pub readable_memory: bool,
    /// Counts the WebAssembly instructions that components execute; see [`Instance::fuel_used`]. Counting makes them
    /// slower.
    pub count_fuel: bool,
    /// Root certificates that are trusted in addition to the public ones: for tests, and for gateways with a root of
    /// their own. Each is one certificate in DER; the host does not start with one that cannot be read.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// The most that a plugin without a checked signature may use; the default limits of a manifest by default. Its
    /// manifest can lower them and cannot raise them: anybody may have written it. A plugin whose signature was checked
    /// has the limits of its manifest.
    pub limits: Limits,
    /// The process that compiles components. `None`, the default, compiles in this process, which bounds neither the time
    /// nor the memory that a hostile component takes to compile. In a program that was built without the feature `compile`,
    /// `None` runs only what is in the cache.
    pub compiler: Option<Compiler>,
}

impl Default for HostOptions {
    fn default() -> HostOptions {
        HostOptions {
            instances: 1024,
            streams_per_instance: 64,
            readable_memory: false,
            count_fuel: false,
            extra_roots: Vec::new(),
            limits: Limits::default(),
            compiler: None,
        }
    }
}

impl HostOptions {
    /// The settings of the engine that decide which machine code fits it.
    fn settings(&self) -> Settings {
        Settings { count_fuel: self.count_fuel, readable_memory: self.readable_memory }
    }
}

/// The memories of the engine, and a lock around starting an instance. The engine does not report for which instance
/// it creates a memory, so instances start one at a time, and a new memory belongs to the one that is starting.
#[derive(Clone)]
pub(super) struct Readable {
    pub(super) memories: Arc<Memories>,
    pub(super) turn: Arc<Mutex<()>>,
}

/// What [`Host::prepare`] is about to do, to be shown as progress.
#[derive(Debug)]
pub enum Preparation {
    /// The compiled component was found in the cache: this takes milliseconds.
    FromCache,
    /// It has to be compiled: this takes a second, or several.
    Compiling,
    /// It was compiled and could not be written to the cache: the next run will compile it again.
    NotKept(CacheError),
}

/// A component that is ready to run. Clones share the machine code.
#[derive(Clone)]
pub struct Prepared {
    pub(super) interfaces: Interfaces,
    pub(super) manifest: Manifest,
    pub(super) streams_per_instance: usize,
    pub(super) readable: Option<Readable>,
    pub(super) transports: Arc<Transports>,
    inspection: Inspection,
}

/// Facts about a component that can be read without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// Its length in bytes.
    pub size: u64,
    /// Length of the machine code made of it, in bytes.
    pub code_size: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Host {
    /// A host that keeps compiled components in `cache`: a folder, or a folder and a key file. Neither has to exist.
    /// No other user may be able to write there, since the machine code in it is executed. A folder that others can write to
    /// is not used, and [`Host::prepare`] reports that as [`Preparation::NotKept`].
    ///
    /// # Errors
    /// [`SandboxError::Engine`] when the engine does not start on this machine.
    pub fn new(cache: impl Into<CacheDir>) -> Result<Host, SandboxError> {
        Host::with_options(cache, HostOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// [`SandboxError::Engine`] when the engine does not start on this machine, and [`SandboxError::Root`] when a root
    /// certificate cannot be read.
    pub fn with_options(cache: impl Into<CacheDir>, options: HostOptions) -> Result<Host, SandboxError> {
        Host::start(Cache::new(cache.into(), options.settings()), options)
    }

    /// The same without a cache: each host compiles anew, and nothing is written to disk.
    ///
    /// # Errors
    /// When the engine does not start on this machine, or when a root certificate cannot be used.
    pub fn without_cache(options: HostOptions) -> Result<Host, SandboxError> {
        Host::start(Cache::none(), options)
    }

    fn start(cache: Cache, options: HostOptions) -> Result<Host, SandboxError> {
        let memories = options
            .readable_memory
            .then(|| Readable { memories: Arc::new(Memories::default()), turn: Arc::new(Mutex::new(())) });
        let tls = Tls::new(options.extra_roots.clone())?;
        let dialer = Arc::new(Dialer::new(Arc::new(System), tls));
        let readable = memories.as_ref().map(|readable| Arc::clone(&readable.memories));
        let engine = super::engine::engine(readable, options.instances, options.settings())?;
        Ok(Host { engine, cache, options, memories, dialer })
    }

    /// Makes a plugin ready to run, from the cache or by compiling it. Call it once for each plugin of a process; clones of
    /// the result share the machine code.
    ///
    /// Compiling takes a second or several and blocks the thread: in an async program, call it from a blocking task.
    /// `progress` is called before it begins.
    ///
    /// # Errors
    /// [`SandboxError::Compile`] when the component cannot be compiled, [`SandboxError::NotCompiled`] when it has to be
    /// and there is no compiler, and [`SandboxError::Link`] when its functions have other types than the contract's.
    ///
    /// ```no_run
    /// use provider_host::plugin::Plugin;
    /// use provider_host::sandbox::{Host, Preparation};
    ///
    /// let plugin = Plugin::load("dist/plugins/cometapi".as_ref())?;
    /// let prepared = Host::new(std::env::temp_dir().join("my-agent"))?.prepare(&plugin, &mut |step| match step {
    ///     Preparation::FromCache => {}
    ///     Preparation::Compiling => eprintln!("compiling the plugin"),
    ///     Preparation::NotKept(why) => eprintln!("the next start will compile again: {why}"),
    /// })?;
    /// println!("{} bytes of machine code", prepared.inspect().code_size);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prepare(
        &self,
        plugin: &Plugin,
        progress: &mut dyn FnMut(Preparation),
    ) -> Result<Prepared, SandboxError> {
        let component = self.component(plugin, progress)?;
        let misfit = |error: wasmtime::Error| SandboxError::Link {
            plugin: plugin.manifest.id.clone(),
            reason: causes(&error),
            contract: contract(),
        };
        let code_size = component.text().len();
        let interfaces = linker(&self.engine)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(|pre| Interfaces::new(pre, plugin.surface()))
            .map_err(misfit)?;
        Ok(Prepared {
            interfaces,
            manifest: self.effective(plugin),
            streams_per_instance: streams(self.options.streams_per_instance),
            readable: self.memories.clone(),
            transports: Arc::new(Transports::new(Arc::clone(&self.dialer))),
            inspection: inspection(plugin, code_size),
        })
    }

    /// The manifest with the limits that hold here.
    fn effective(&self, plugin: &Plugin) -> Manifest {
        let mut manifest = plugin.manifest.clone();
        if plugin.signer().is_none() {
            manifest.limits = manifest.limits.at_most(&self.options.limits);
        }
        manifest
    }

    fn component(
        &self,
        plugin: &Plugin,
        progress: &mut dyn FnMut(Preparation),
    ) -> Result<Component, SandboxError> {
        let bytes = plugin.component();
        if let Some(component) = self.cache.load(&self.engine, bytes) {
            progress(Preparation::FromCache);
            return Ok(component);
        }
        let failed = |reason| SandboxError::Compile { plugin: plugin.manifest.id.clone(), reason };
        let compiled = match &self.options.compiler {
            Some(compiler) => {
                progress(Preparation::Compiling);
                compiler.compile(&self.engine, self.options.settings(), bytes)
            }
            #[cfg(feature = "compile")]
            None => {
                progress(Preparation::Compiling);
                super::compiler::compile_here(&self.engine, bytes)
            }
            #[cfg(not(feature = "compile"))]
            None => return Err(SandboxError::NotCompiled { plugin: plugin.manifest.id.clone() }),
        };
        let (code, component) = compiled.map_err(failed)?;
        if let Err(error) = self.cache.store(&self.engine, bytes, &code) {
            progress(Preparation::NotKept(error));
        }
        Ok(component)
    }
}

impl Prepared {
    /// Starts an instance under a grant. Nothing is sent. It takes well under a millisecond, so an agent can start one for
    /// each task: instances share no memory, and a component that breaks in one cannot disturb the others.
    ///
    /// # Errors
    /// [`SandboxError::Key`] and [`SandboxError::NoBaseUrl`] when the key cannot be sent, [`SandboxError::Start`] when the
    /// component does not start within the limits of its manifest, and [`SandboxError::TooManyInstances`] when the host has
    /// no room for another one.
    pub async fn instantiate(&self, grant: Grant) -> Result<Instance, SandboxError> {
        // Starting many in a row would otherwise keep the other tasks of this thread, and their deadlines, waiting.
        tokio::task::yield_now().await;
        Instance::start(self, &grant)
    }

    /// A session under a grant: the usual way to run requests. Its streams share instances; see [`Session`]. Nothing is sent.
    ///
    /// # Errors
    /// As [`Prepared::instantiate`], and the provider's, when the configuration cannot be used.
    pub fn session(&self, grant: Grant, config: Config) -> Result<Session, CallError> {
        Session::new(self.clone(), grant, config)
    }

    /// Facts about the component, for a user who decides whether to trust it. Nothing of the component is run.
    pub fn inspect(&self) -> Inspection {
        self.inspection.clone()
    }

    /// The manifest whose origins and limits apply to every instance. The limits are those that hold here.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// An instance may have [`REQUESTS`] in progress at once, and a query takes two.
fn streams(per_instance: u32) -> usize {
    usize::try_from(per_instance).unwrap_or(usize::MAX).clamp(1, REQUESTS / 2)
}

fn inspection(plugin: &Plugin, code_size: usize) -> Inspection {
    let surface = plugin.surface();
    Inspection {
        imports: surface.imports.clone(),
        exports: surface.exports.clone(),
        size: u64::try_from(plugin.component().len()).unwrap_or(u64::MAX),
        code_size: u64::try_from(code_size).unwrap_or(u64::MAX),
        sha256: plugin.manifest.sha256.clone(),
    }
}
