//! What one instance may use of this machine.

use wasmtime::{Store, StoreLimits, StoreLimitsBuilder};

use crate::plugin::Limits;

/// A component made by today's tools is one module, an adapter or two, and their glue.
const INSTANCES: usize = 32;
const MEMORIES: usize = 4;
const TABLES: usize = 16;
/// One entry per function whose address is taken: some hundreds in a provider.
pub(super) const TABLE_ELEMENTS: usize = 65_536;

/// Host resources (streams, requests, timers) that a component may hold at once: some ten for each
/// completion.
pub(super) const RESOURCES: usize = 16_384;

/// Requests that an instance may have under way at once. A process has a thousand descriptors by default,
/// and others need some too.
pub(super) const REQUESTS: usize = 512;

/// Bytes that the host copies out of a component in one call, answers and arguments alike: the strings of
/// a list may all be the same memory, so that memory does not bound them.
const LIFTED_BYTES: usize = 64 * 1024 * 1024;

/// Handles of the component model that an instance may hold at once, those of its own resources included.
const HANDLES: usize = 2 * RESOURCES;

/// Sets the limits that belong to the store and not to its memories.
pub(super) fn limit<T>(store: &mut Store<T>) {
    store.set_hostcall_fuel(LIFTED_BYTES);
    store.set_max_component_handles(HANDLES);
}

/// The limits of the manifest as the engine keeps them. Asking for more memory stops the component
/// there and then: an allocation that fails would only stop it later and with a worse message.
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
