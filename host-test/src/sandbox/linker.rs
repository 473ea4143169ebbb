//! What a component finds in its world: HTTP requests, streams, and a clock without a date.
//!
//! Nothing else is linked: no files, environment, standard streams, random numbers, sockets or wall
//! clock. A component that asks for more does not start, whatever its manifest says.

use std::time::Instant;

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime::{Engine, StoreLimits};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::{clocks, io};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::http::Door;

/// The host's side of one instance.
pub(super) struct State {
    pub(super) table: ResourceTable,
    pub(super) clocks: WasiClocksCtx,
    pub(super) http: WasiHttpCtx,
    pub(super) door: Door,
    pub(super) limits: StoreLimits,
    /// When the call that is running has to be over.
    pub(super) deadline: Instant,
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.door, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Functions that wait, by their interface. In a host that must not wait they trap.
const WAITING: [(&str, &[&str]); 2] = [
    ("wasi:io/poll@0.2.12", &["poll", "[method]pollable.block"]),
    (
        "wasi:io/streams@0.2.12",
        &[
            "[method]input-stream.blocking-read",
            "[method]input-stream.blocking-skip",
            "[method]output-stream.blocking-write-and-flush",
            "[method]output-stream.blocking-write-zeroes-and-flush",
            "[method]output-stream.blocking-flush",
            "[method]output-stream.blocking-splice",
        ],
    ),
];

/// The world of the contract. With `trap_on_block`, whatever waits traps instead.
pub(super) fn linker(engine: &Engine, trap_on_block: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    io::error::add_to_linker::<State, Table>(&mut linker, |state| &mut state.table)?;
    io::poll::add_to_linker::<State, Table>(&mut linker, |state| &mut state.table)?;
    io::streams::add_to_linker::<State, Table>(&mut linker, |state| &mut state.table)?;
    clocks::monotonic_clock::add_to_linker::<State, WasiClocks>(&mut linker, |state| WasiClocksCtxView {
        ctx: &mut state.clocks,
        table: &mut state.table,
    })?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if trap_on_block {
        trap_what_waits(&mut linker)?;
    }
    Ok(linker)
}

fn trap_what_waits(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    for (interface, functions) in WAITING {
        let mut instance = linker.instance(interface)?;
        for function in functions {
            instance.func_new(function, move |_, _, _, _| {
                Err(wasmtime::format_err!(
                    "it called {interface} {function}, which waits, in a host that must not"
                ))
            })?;
        }
    }
    Ok(())
}
