//! The WebAssembly engine, and the clock that lets it interrupt components.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Engine};

use super::error::{SandboxError, causes};
use super::memory::Memories;

/// How often a running component is interrupted to look at its deadline and to let others run.
const TICK: Duration = Duration::from_millis(10);

/// An engine whose components are compiled by all cores, start from a copy-on-write image of their
/// memory, and are interrupted every [`TICK`]. With `memories`, their memories are kept where the host
/// can look into them.
pub(super) fn engine(memories: Option<Arc<Memories>>) -> Result<Engine, SandboxError> {
    let failed = |error: &wasmtime::Error| SandboxError::Engine(causes(error));
    let mut config = Config::new();
    config.epoch_interruption(true).parallel_compilation(true).memory_init_cow(true);
    if let Some(memories) = memories {
        // Without guard pages every access is checked, and so any memory will do.
        config.memory_init_cow(false).memory_reservation(0).memory_guard_size(0).with_host_memory(memories);
    }
    let engine = Engine::new(&config).map_err(|error| failed(&error))?;
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
