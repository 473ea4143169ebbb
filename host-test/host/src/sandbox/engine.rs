//! The WebAssembly engine, and the clock that lets it interrupt components.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Engine, PoolingAllocationConfig};

use super::error::{SandboxError, causes};
use super::limits;
use super::memory::Memories;

/// How often a running component is interrupted to look at its deadline and to let others run.
const TICK: Duration = Duration::from_millis(10);

/// Bytes of an ended instance's memory that are wiped for the next one, instead of given back and asked for
/// again page by page. A response uses about as much.
const KEPT_MEMORY: usize = 192 * 1024;
const KEPT_TABLE: usize = 16 * 1024;

/// What a component may ask the pool for, in bytes of the engine's own books: some kilobytes, a hundred for
/// one of many functions.
const BOOKS: usize = 1024 * 1024;

/// What decides whether machine code fits an engine: code that was compiled under other settings is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The code counts the instructions that it executes.
    pub(super) count_fuel: bool,
    /// The host allocates the linear memories itself, without guard pages, so that it can search them.
    pub(super) readable_memory: bool,
}

impl Settings {
    fn config(self) -> Config {
        let mut config = Config::new();
        config.consume_fuel(self.count_fuel);
        config.epoch_interruption(true).parallel_compilation(true).memory_init_cow(true);
        // Nobody is shown a trace of machine code, and without its tables there is half as much to load and to check
        // at each start.
        config.generate_address_map(false).native_unwind_info(false).wasm_backtrace_max_frames(None);
        if self.readable_memory {
            // Without guard pages every access is checked, so that any memory will do.
            config.memory_init_cow(false).memory_reservation(0).memory_guard_size(0);
        }
        config
    }

    /// An engine that only compiles: it reserves no room for instances.
    pub(super) fn compiling_engine(self) -> wasmtime::Result<Engine> {
        Engine::new(&self.config())
    }
}

/// An engine whose components are compiled by all cores, start from a copy-on-write image of their memory in room that
/// was set apart for so many `instances`, and are interrupted every [`TICK`]. With `memories`, their memories are kept
/// where the host can look into them, and there is no such room.
pub(super) fn engine(
    memories: Option<Arc<Memories>>,
    instances: u32,
    settings: Settings,
) -> Result<Engine, SandboxError> {
    let mut config = settings.config();
    let engine = match memories {
        Some(memories) => Engine::new(config.with_host_memory(memories)),
        // Not everywhere is there so much address space. Without, instances start slower, and that is all.
        None => {
            Engine::new(config.clone().allocation_strategy(pool(instances))).or_else(|_| Engine::new(&config))
        }
    };
    let engine = engine.map_err(|error| SandboxError::Engine(causes(&error)))?;
    // Else the first call of each thread would do it.
    Engine::tls_eager_initialize();
    let ticker = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            // It ends with the engine.
            while let Some(engine) = ticker.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map_err(|error| SandboxError::Engine(error.to_string()))?;
    Ok(engine)
}

/// Room for so many instances of components like those that today's tools make; what an instance may use at
/// most says its store. It is address space: four gigabytes for each memory, so that no access to it has to be
/// checked.
fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_memories(instances)
        .total_core_instances(instances.saturating_mul(4))
        .total_tables(instances.saturating_mul(2))
        .table_elements(limits::TABLE_ELEMENTS)
        .max_component_instance_size(BOOKS)
        .max_core_instance_size(BOOKS)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .table_keep_resident(KEPT_TABLE);
    pool
}
