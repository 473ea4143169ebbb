//! What one instance may use of this machine.

use wasmtime::{StoreLimits, StoreLimitsBuilder};

use crate::plugin::Limits;

/// A component made by today's tools is one module, an adapter or two, and their glue.
const INSTANCES: usize = 32;
const MEMORIES: usize = 4;
const TABLES: usize = 16;
/// One entry per function whose address is taken: some hundreds in a provider.
const TABLE_ELEMENTS: usize = 65_536;

/// Host resources (streams, requests, timers) that a component may hold at once: some ten for each
/// completion.
pub(super) const RESOURCES: usize = 16_384;

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
