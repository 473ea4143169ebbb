//! The share of this machine that one instance may use. Without limits, one hostile or broken component could stop the
//! host and every other instance.
//!
//! The numbers are far above what a provider needs, so they are no settings. Memory and time depend on the provider; those
//! limits are in its manifest.

use wasmtime::{Store, StoreLimits, StoreLimitsBuilder};

use crate::plugin::Limits;

/// Core instances, memories and tables of one component. `wit-component` makes one module, an adapter or two, and small
/// modules that connect them.
const INSTANCES: usize = 32;
const MEMORIES: usize = 4;
const TABLES: usize = 16;
/// Entries of a table: one for each function whose address is taken, some hundreds in a provider. A table is memory of the
/// host, so growing one is another way to exhaust it.
pub(super) const TABLE_ELEMENTS: usize = 65_536;

/// Resources of the host (streams, requests, timers) that a component may hold at once. A completion needs about ten. A
/// component that leaks them would otherwise fill the host's memory, which its own memory limit does not count.
pub(super) const RESOURCES: usize = 16_384;

/// Requests that an instance may have in progress at once. Linux allows a process 1,024 file descriptors by default, and
/// the rest of the process needs some as well.
pub(super) const REQUESTS: usize = 512;

/// Bytes that the host copies out of a component in one call, results and arguments together. The memory limit does not
/// bound them: all strings of a list may point to the same megabyte, and the host would copy it for each.
const LIFTED_BYTES: usize = 64 * 1024 * 1024;

/// Handles of the component model that an instance may hold at once. Twice [`RESOURCES`], since its own resources count too.
const HANDLES: usize = 2 * RESOURCES;

/// Sets the limits that belong to the store and not to its memories.
pub(super) fn limit<T>(store: &mut Store<T>) {
    store.set_hostcall_fuel(LIFTED_BYTES);
    store.set_max_component_handles(HANDLES);
}

/// The limits of the manifest in the engine's form. A component that requests more memory is stopped at once. If the
/// allocation only failed, a Rust component would abort a little later, with a message about an unreachable instruction.
pub(super) fn store_limits(limits: &Limits) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(limits.memory_bytes())
        .memories(MEMORIES)
        .tables(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .instances(INSTANCES)
        .trap_on_grow_failure(true)
        .build()
}
