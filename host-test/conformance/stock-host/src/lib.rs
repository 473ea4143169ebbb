//! A plain asynchronous host for the conformance cases: wasmtime, `wasmtime-wasi` and `wasmtime-wasi-http` as they come.
//!
//! The sandbox of this repository never waits in a component. Other hosts do: they pass a `wait-ms` above 0, and the
//! component waits in `wasi:io/poll`. The contract is for both, so every case that concerns it runs here as well. This
//! host has no limits and no redaction, and is no place to run a component that is not trusted.

mod http_hooks;
mod instance;

use conformance::TestedHost;
use provider_host::plugin::{Plugin, Surface};
use provider_host::sandbox::Secret;
use url::Url;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use http_hooks::Hooks;
pub use instance::StockInstance;

/// Why a plugin cannot run in this host.
#[derive(Debug, thiserror::Error)]
#[error("{plugin} cannot run in the stock host: {reason}")]
pub struct StockHostError {
    /// The plugin's id.
    plugin: String,
    /// What the engine reports.
    reason: String,
}

/// The host, with one plugin compiled.
pub struct StockHost {
    pre: InstancePre<State>,
    surface: Surface,
}

/// The host's side of one instance.
struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: Hooks,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

impl StockHost {
    /// Compiles the plugin. Nothing is cached.
    ///
    /// # Errors
    /// When it cannot be compiled, or imports what this host does not have.
    pub fn new(plugin: &Plugin) -> Result<StockHost, StockHostError> {
        let pre = prepare(plugin.component()).map_err(|error| StockHostError {
            plugin: plugin.manifest.id.clone(),
            reason: format!("{error:#}"),
        })?;
        let Surface { imports, exports } = plugin.surface();
        Ok(StockHost { pre, surface: Surface { imports: imports.clone(), exports: exports.clone() } })
    }
}

fn prepare(component: &[u8]) -> wasmtime::Result<InstancePre<State>> {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, component)?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi_http::p2::add_to_linker_async(&mut linker)?;
    linker.instantiate_pre(&component)
}

impl TestedHost for StockHost {
    type Instance = StockInstance;

    fn surface(&self) -> Surface {
        Surface { imports: self.surface.imports.clone(), exports: self.surface.exports.clone() }
    }

    /// The component waits in each call that allows it.
    async fn start(&self, base_url: Option<&Url>, key: Option<Secret>) -> Result<StockInstance, String> {
        let state = State {
            wasi: WasiCtx::default(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            hooks: Hooks::new(base_url, key.as_ref())?,
        };
        let mut store = Store::new(self.pre.engine(), state);
        let instance = self.pre.instantiate_async(&mut store).await;
        let instance = instance.map_err(|error| format!("the component does not start: {error:#}"))?;
        Ok(StockInstance::new(store, instance))
    }
}
