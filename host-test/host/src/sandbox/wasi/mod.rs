//! What a component finds in its world: HTTP requests, streams, and a clock without a date.
//!
//! Nothing else is linked: no files, environment, standard streams, random numbers, sockets or wall clock. A component
//! that needs more does not start, whatever its manifest says.
//!
//! All of it is synchronous. A call of the component runs on the stack of its caller and never waits; between two calls
//! the host waits for the [exchanges](exchange::Exchange) that the component started. So there is no second stack for each
//! instance, and no task or channel between a socket and the component's `read`.

mod body;
mod error_code;
mod exchange;
mod fields;
mod poll;
mod request;
mod request_options;
mod response;
mod table;
mod upload;

use std::sync::{Mutex, Weak};
use std::time::Instant;

use wasmtime::component::Linker;
use wasmtime::{Engine, StoreContextMut, StoreLimits};

use super::outbound_gate::OutboundGate;

pub(super) use error_code::{ErrorCode, TlsAlertPayload};
pub(super) use exchange::{Exchange, Sending, lock};
pub(crate) use fields::FORBIDDEN_HEADERS;
use table::Table;

const CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";
const HTTP_TYPES: &str = "wasi:http/types@0.2.12";
const IO_ERROR: &str = "wasi:io/error@0.2.12";
const IO_POLL: &str = "wasi:io/poll@0.2.12";
const IO_STREAMS: &str = "wasi:io/streams@0.2.12";
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// The store, as a function of the host sees it.
type Caller<'a> = StoreContextMut<'a, State>;

/// The host's side of one instance.
pub(super) struct State {
    table: Table,
    pub(super) gate: OutboundGate,
    pub(super) limits: StoreLimits,
    /// When the call that is running has to be over.
    pub(super) deadline: Instant,
    /// The exchanges that were started and that no wait covers yet.
    pub(super) started: Vec<Weak<Mutex<Exchange>>>,
    /// The beginning of the component's clock.
    clock: Instant,
}

impl State {
    pub(super) fn new(gate: OutboundGate, limits: StoreLimits) -> State {
        let now = Instant::now();
        State { table: Table::default(), gate, limits, deadline: now, started: Vec::new(), clock: now }
    }
}

/// The world of the contract.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    // Resources before the functions that name them.
    poll::link(&mut linker)?;
    fields::link(&mut linker)?;
    body::link(&mut linker)?;
    response::link(&mut linker)?;
    request_options::link(&mut linker)?;
    request::link(&mut linker)?;
    Ok(linker)
}

#[cfg(test)]
mod tests;
