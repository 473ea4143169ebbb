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

use super::outbound_gate::OutboundGate;

/// The host's side of one instance.
pub(super) struct State {
    pub(super) table: ResourceTable,
    pub(super) clocks: WasiClocksCtx,
    pub(super) http: WasiHttpCtx,
    pub(super) gate: OutboundGate,
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
        WasiHttpCtxView { hooks: &mut self.gate, table: &mut self.table, ctx: &mut self.http }
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

#[cfg(test)]
mod tests {
    use super::super::limits::store_limits;
    use super::super::outbound_gate::OutboundGate;
    use super::super::policy::Policy;
    use super::super::redact::Redaction;
    use super::super::transport::{Dialer, Transport};
    use super::*;
    use crate::plugin::{Limits, Network};
    use crate::sandbox::Grant;
    use std::sync::Arc;
    use wasmtime::Store;
    use wasmtime::component::Component;

    /// Waits for a timer that is due, in both ways that there are.
    const WAITS: &str = r#"(component
        (import "wasi:io/poll@0.2.12" (instance $poll
            (export "pollable" (type $p (sub resource)))
            (export "[method]pollable.block" (func (param "self" (borrow $p))))
            (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
        (alias export $poll "pollable" (type $p))
        (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
            (alias outer 1 $p (type $q))
            (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
        (core instance $libc (instantiate $libc))
        (alias core export $libc "memory" (core memory $memory))
        (alias core export $libc "realloc" (core func $realloc))
        (alias export $clock "subscribe-duration" (func $timer))
        (alias export $poll "[method]pollable.block" (func $block))
        (alias export $poll "poll" (func $poll))
        (core func $timer (canon lower (func $timer)))
        (core func $block (canon lower (func $block)))
        (core func $poll (canon lower (func $poll) (memory $memory) (realloc $realloc)))
        (core module $main
            (import "host" "memory" (memory 1))
            (import "host" "timer" (func $timer (param i64) (result i32)))
            (import "host" "block" (func $block (param i32)))
            (import "host" "poll" (func $poll (param i32 i32 i32)))
            (func (export "block") (call $block (call $timer (i64.const 0))))
            (func (export "poll")
                (i32.store (i32.const 0) (call $timer (i64.const 0)))
                (call $poll (i32.const 0) (i32.const 1) (i32.const 16))))
        (core instance $main (instantiate $main (with "host" (instance
            (export "memory" (memory $memory))
            (export "timer" (func $timer)) (export "block" (func $block)) (export "poll" (func $poll))))))
        (alias core export $main "block" (core func $run-block))
        (alias core export $main "poll" (core func $run-poll))
        (func (export "block") (canon lift (core func $run-block)))
        (func (export "poll") (canon lift (core func $run-poll))))"#;

    async fn run(function: &str, trap_on_block: bool) -> wasmtime::Result<()> {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str(WAITS).unwrap()).unwrap();
        let policy = Policy::new(&Network::default(), &Grant::default());
        let state = State {
            table: ResourceTable::new(),
            clocks: WasiClocksCtx::default(),
            http: WasiHttpCtx::new(),
            gate: OutboundGate::new(
                policy,
                None,
                Redaction::default(),
                Transport::new(Arc::new(Dialer::for_tests())),
            ),
            limits: store_limits(&Limits::default()),
            deadline: Instant::now(),
        };
        let mut store = Store::new(&engine, state);
        let linker = linker(&engine, trap_on_block).unwrap();
        let instance = linker.instantiate_async(&mut store, &component).await.unwrap();
        let function = instance.get_typed_func::<(), ()>(&mut store, function).unwrap();
        function.call_async(&mut store, ()).await
    }

    #[tokio::test]
    async fn what_waits_traps_where_nothing_may_wait_and_only_there() {
        for function in ["block", "poll"] {
            run(function, false).await.unwrap();
            let error = run(function, true).await.unwrap_err().root_cause().to_string();
            assert!(error.contains(function) && error.contains("wasi:io/poll"), "{error}");
        }
    }

    #[test]
    fn nothing_but_the_contracts_world_is_linked() {
        let engine = Engine::default();
        let linker = linker(&engine, false).unwrap();
        for name in [
            "wasi:cli/environment@0.2.0",
            "wasi:cli/stdout@0.2.0",
            "wasi:filesystem/types@0.2.0",
            "wasi:random/random@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:clocks/wall-clock@0.2.0",
        ] {
            let wat = format!(
                "(component
                    (import \"{name}\" (instance $i (export \"f\" (func))))
                    (alias export $i \"f\" (func $f))
                    (core func $f (canon lower (func $f)))
                    (core module $m (import \"\" \"f\" (func)))
                    (core instance (instantiate $m (with \"\" (instance (export \"f\" (func $f)))))))"
            );
            let component = Component::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
            let error = linker.instantiate_pre(&component).err().unwrap();
            let causes = super::super::error::causes(&error);
            assert!(causes.contains(name) && causes.contains("not found"), "{name}: {causes}");
        }
    }
}
