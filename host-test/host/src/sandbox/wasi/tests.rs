//! The linked world, as components find it.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::Component;

use super::*;
use crate::plugin::{Limits, Network};
use crate::sandbox::Grant;
use crate::sandbox::limits::store_limits;
use crate::sandbox::policy::Policy;
use crate::sandbox::redact::Redaction;
use crate::sandbox::transport::{Dialer, Transport};

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

fn run(function: &str) -> wasmtime::Result<()> {
    let engine = Engine::default();
    let component = Component::new(&engine, wat::parse_str(WAITS).unwrap()).unwrap();
    let policy = Policy::new(&Network::default(), &Grant::default());
    let transport = Transport::new(Arc::new(Dialer::for_tests()));
    let gate = OutboundGate::new(policy, None, Redaction::default(), transport);
    let mut store = Store::new(&engine, State::new(gate, store_limits(&Limits::default())));
    let instance = linker(&engine).unwrap().instantiate(&mut store, &component).unwrap();
    let function = instance.get_typed_func::<(), ()>(&mut store, function).unwrap();
    function.call(&mut store, ())
}

#[test]
fn what_waits_traps() {
    for function in ["block", "poll"] {
        let error = run(function).unwrap_err().root_cause().to_string();
        assert!(error.contains(function) && error.contains("wasi:io/poll"), "{error}");
    }
}

#[test]
fn nothing_but_the_contracts_world_is_linked() {
    let engine = Engine::default();
    let linker = linker(&engine).unwrap();
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
        let causes = crate::sandbox::error::causes(&error);
        assert!(causes.contains(name) && causes.contains("not found"), "{name}: {causes}");
    }
}
