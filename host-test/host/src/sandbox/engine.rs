//! The WebAssembly engine, and the clock that lets it interrupt components.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig};

use super::error::{SandboxError, causes};
use super::limits;
use super::memory::Memories;

/// How often a running component is interrupted to check its deadline. It bounds how much longer than its limit, which is
/// given in seconds, a call takes. Each tick wakes a thread, also while no component runs.
const TICK: Duration = Duration::from_millis(100);

/// Bytes of an ended instance's memory that are zeroed for the next one. Beyond them the pages are returned to the system
/// and cost a page fault each when they are used again. A response of text touches 12 KiB.
const KEPT_MEMORY: usize = 192 * 1024;
const KEPT_TABLE: usize = 16 * 1024;

/// The largest metadata of an instance in the engine, in bytes. A component needs some kilobytes, or about a hundred if it
/// has many functions.
const LARGEST_METADATA: usize = 1024 * 1024;

/// What decides whether machine code fits an engine: code that was compiled under other settings is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The code counts the instructions that it executes.
    pub(super) count_fuel: bool,
    /// The host allocates the linear memories itself, without guard pages, so that it can search them.
    pub(super) readable_memory: bool,
}

impl Settings {
    /// A name for these settings, for file names.
    pub(super) fn label(self) -> &'static str {
        match (self.count_fuel, self.readable_memory) {
            (false, false) => "plain",
            (true, false) => "fuel",
            (false, true) => "readable",
            (true, true) => "fuel-readable",
        }
    }

    fn config(self) -> Config {
        let mut config = Config::new();
        config.consume_fuel(self.count_fuel);
        config.epoch_interruption(true).memory_init_cow(true);
        #[cfg(feature = "compile")]
        config.parallel_compilation(true);
        // No backtrace of a component is ever shown: it names functions by number. Without the tables for it, a compiled
        // component is half as large, and that much faster to load and to authenticate at each start.
        config.generate_address_map(false).native_unwind_info(false).wasm_backtrace_max_frames(None);
        if self.readable_memory {
            // Without guard pages the engine checks every access itself, and accepts memory that the host allocates.
            config.memory_init_cow(false).memory_reservation(0).memory_guard_size(0);
        }
        config
    }

    #[cfg(feature = "compile")]
    /// An engine that only compiles: it reserves no room for instances.
    pub(super) fn compiling_engine(self) -> wasmtime::Result<Engine> {
        Engine::new(&self.config())
    }
}

/// An engine that compiles with all cores and interrupts components every [`TICK`]. Instances start from a copy-on-write
/// image of their memory, in address space that is reserved for this many `instances`: a start allocates nothing. With
/// `memories`, their memories are where the host can search them, and nothing is reserved.
pub(super) fn engine(
    memories: Option<Arc<Memories>>,
    instances: u32,
    settings: Settings,
) -> Result<Engine, SandboxError> {
    let mut config = settings.config();
    let engine = match memories {
        Some(memories) => Engine::new(config.with_host_memory(memories)),
        // Some systems limit the address space of a process. Without the pool, instances only start slower.
        None => {
            Engine::new(config.clone().allocation_strategy(pool(instances))).or_else(|_| Engine::new(&config))
        }
    };
    let engine = engine.map_err(|error| SandboxError::Engine(causes(&error)))?;
    // Otherwise the first call of this thread would do it, and a user waits for that call.
    Engine::tls_eager_initialize();
    let ticker = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            // The weak reference lets the thread end with the engine. A strong one would keep both for ever.
            while let Some(engine) = ticker.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map_err(|error| SandboxError::Engine(error.to_string()))?;
    Ok(engine)
}

/// A pool for this many instances of components like those that `wit-component` makes. It reserves address space and no
/// memory: four gigabytes for each instance, so that no 32-bit address can leave it and no access has to be checked. How much
/// memory an instance may use is a limit of its store.
fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_memories(instances)
        .total_core_instances(instances.saturating_mul(4))
        .total_tables(instances.saturating_mul(2))
        .table_elements(limits::TABLE_ELEMENTS)
        .max_component_instance_size(LARGEST_METADATA)
        .max_core_instance_size(LARGEST_METADATA)
        .linear_memory_keep_resident(KEPT_MEMORY)
        // Where the system can list the pages that an instance has touched, only those are zeroed. Zeroing all of them makes
        // the others exist, so that a memory that had used 12 KiB took 192 when its instance had ended.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(KEPT_TABLE);
    pool
}
