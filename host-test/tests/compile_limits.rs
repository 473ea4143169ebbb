//! Compiling in a process of its own: what a component can cost its host before it runs.
//!
//! The limits are processor time and memory of the compiler's process, so that no result here depends on how busy the
//! machine is.
#![cfg(unix)]

mod support;

use std::fmt::Write as _;

use provider_host::plugin::{Limits, Plugin};
use provider_host::sandbox::{CallError, Compiler, Grant, Host, HostOptions, SandboxError};
use support::{component, from_module, plugin};
use tempfile::TempDir;

/// The test host's own compiler.
fn compiler() -> Compiler {
    Compiler::new(env!("CARGO_BIN_EXE_host-test"), ["compile-worker"])
}

fn host(compiler: Compiler) -> Host {
    Host::without_cache(HostOptions { compiler: Some(compiler), ..HostOptions::default() }).unwrap()
}

fn unpacked(component: &[u8]) -> (TempDir, Plugin) {
    let dir = tempfile::tempdir().unwrap();
    let plugin = plugin(dir.path(), component, 8, 1);
    (dir, plugin)
}

/// Loops in loops over many variables. A loop that may run again needs the latest value of each variable, so that the
/// compiler keeps loops × variables values apart.
fn nested_loops(depth: usize, variables: usize) -> Vec<u8> {
    let mut body = format!("(func (param i32) (local {})", "i32 ".repeat(variables));
    body.push_str(&"loop ".repeat(depth));
    for variable in 1..=variables {
        write!(body, "local.get {variable} i32.const 1 i32.add local.set {variable} ").unwrap();
    }
    body.push_str(&"local.get 0 br_if 0 end ".repeat(depth));
    body.push(')');
    from_module(|module| {
        let end = module.rfind(')').expect("the end of the module");
        format!("{}{body})", &module[..end])
    })
}

fn reason(host: &Host, plugin: &Plugin) -> String {
    match host.prepare(plugin, &mut |_| ()) {
        Err(SandboxError::Compile { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was compiled"),
    }
}

#[test]
fn a_small_component_that_takes_minutes_to_compile_is_stopped() {
    let bomb = nested_loops(300, 300);
    assert!(bomb.len() < 32 * 1024, "{} bytes", bomb.len());
    let (_dir, plugin) = unpacked(&bomb);
    let reason = reason(&host(Compiler { seconds: 1, ..compiler() }), &plugin);
    assert!(reason.contains("was stopped") && reason.contains("1 s of processor time"), "{reason}");
}

#[test]
fn a_component_that_takes_too_much_memory_to_compile_is_stopped() {
    // It takes about 50 MiB, and less time than the default limit.
    let (_dir, plugin) = unpacked(&nested_loops(100, 100));
    let reason = reason(&host(Compiler { memory_mib: 24, ..compiler() }), &plugin);
    println!("{reason}");
    assert!(reason.contains("memory"), "{reason}");
}

#[tokio::test]
async fn code_from_the_other_process_fits_every_kind_of_host() {
    let (_dir, plugin) = unpacked(&component(""));
    for (count_fuel, readable_memory) in [(false, false), (true, false), (false, true), (true, true)] {
        let compiler = Some(compiler());
        let options = HostOptions { compiler, count_fuel, readable_memory, ..HostOptions::default() };
        let prepared = Host::without_cache(options).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
        let mut instance = prepared.instantiate(Grant::default()).await.unwrap();
        let error = instance.describe().await.unwrap_err();
        assert!(matches!(error, CallError::Trapped(_)), "{count_fuel} {readable_memory}: {error}");
    }
}

#[test]
fn a_component_that_is_not_valid_gets_the_message_of_the_compiler() {
    // Its names are those of the contract, and its one function returns nothing where it has to return a number.
    let wat = "(component (core module (func (result i32)))
        (instance $i) (export \"agent:model-provider/provider@0.2.0\" (instance $i)))";
    let (_dir, plugin) = unpacked(&wat::parse_str(wat).unwrap());
    let reason = reason(&host(compiler()), &plugin);
    assert!(reason.contains("expected i32") && !reason.contains("was stopped"), "{reason}");
}

#[test]
fn the_compiler_gets_nothing_of_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("environment");
    let script = format!("env >'{}'; exit 1", list.display());
    let (_dir, plugin) = unpacked(&component(""));
    let shell =
        Compiler { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()], ..compiler() };
    assert!(reason(&host(shell), &plugin).contains("was stopped"));
    let names: Vec<String> = std::fs::read_to_string(list)
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
        // The shell itself sets these.
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(&name.as_str()))
        .collect();
    assert_eq!(names, ["RAYON_NUM_THREADS"]);
}

#[test]
fn an_unsigned_manifest_lowers_the_limits_of_its_host_and_cannot_raise_them() {
    let dir = tempfile::tempdir().unwrap();
    let host = |limits| Host::without_cache(HostOptions { limits, ..HostOptions::default() }).unwrap();
    let limits = |memory_mib, call_seconds| Limits { memory_mib, call_seconds };
    for (manifest, most, expected) in [
        (limits(4096, 600), Limits::default(), Limits::default()),
        (limits(8, 600), Limits::default(), limits(8, 10)),
        (limits(512, 20), limits(1024, 15), limits(512, 15)),
    ] {
        let plugin = plugin(dir.path(), &component(""), manifest.memory_mib, manifest.call_seconds);
        let prepared = host(most).prepare(&plugin, &mut |_| ()).unwrap();
        assert_eq!(prepared.manifest().limits, expected);
    }
}
