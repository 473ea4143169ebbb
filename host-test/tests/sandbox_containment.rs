//! A broken or hostile component can do no lasting harm to its host.

mod support;

use std::time::{Duration, Instant};

use provider_host::contract::Config;
use provider_host::sandbox::{
    CallError, Grant, Host, HostOptions, Instance, Preparation, SandboxError, Secret,
};
use support::{component, from_module, plugin};
use tempfile::TempDir;

const LOOP: &str = "(loop br 0)";
const GROW: &str = "(loop i32.const 100 memory.grow drop br 0)";
const TRAP: &str = "";

/// The longest wait for a component to be stopped. The limit is a second; the rest is for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// An instance whose functions all run `body`, with a limit of 8 MiB and of one second for each call.
async fn instance(dir: &TempDir, body: &str) -> Instance {
    instance_with(dir, body, 1).await
}

async fn instance_with(dir: &TempDir, body: &str, call_seconds: u32) -> Instance {
    let plugin = plugin(&dir.path().join("plugin"), &component(body), 8, call_seconds);
    let host = Host::new(dir.path().join("cache")).unwrap();
    let prepared = host.prepare(&plugin, &mut |_| ()).unwrap();
    prepared.instantiate(Grant::default()).await.unwrap()
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn the_first_call_reports_a_trap_and_later_calls_report_a_poisoned_instance() {
    let dir = dir();
    let mut instance = instance(&dir, TRAP).await;
    let first = instance.describe().await.unwrap_err();
    assert!(matches!(&first, CallError::Trapped(why) if why.contains("unreachable")), "{first}");
    for _ in 0..2 {
        let later = instance.open(&Config::default()).await.unwrap_err();
        assert!(matches!(&later, CallError::Poisoned(why) if why.contains("describe")), "{later}");
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped_at_its_deadline_and_leaves_the_instance_unusable() {
    let dir = dir();
    let mut instance = instance(&dir, LOOP).await;
    let begun = Instant::now();
    let outcome = instance.describe().await;
    assert!(matches!(outcome, Err(CallError::Deadline { call: "describe", .. })), "{outcome:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "stopped before its deadline");
    assert!(begun.elapsed() < PATIENCE, "stopped long after its deadline");
    assert!(matches!(instance.describe().await, Err(CallError::Poisoned(_))));
}

#[tokio::test]
async fn a_component_that_uses_more_memory_than_its_manifest_allows_is_stopped() {
    let dir = dir();
    // Growing until the limit takes milliseconds, so the deadline of a call must not end the loop first.
    let outcome = instance_with(&dir, GROW, 60).await.describe().await;
    let Err(CallError::Trapped(reason)) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("memory"), "{reason}");
}

#[tokio::test]
async fn a_component_that_starts_with_too_much_memory_does_not_start() {
    let dir = dir();
    let large = from_module(|module| {
        let changed = module.replace("(memory (;0;) 0)", "(memory (;0;) 200)");
        assert_ne!(changed, module, "{module}");
        changed
    });
    let plugin = plugin(&dir.path().join("plugin"), &large, 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let error = prepared.instantiate(Grant::default()).await.err().unwrap();
    assert!(matches!(error, SandboxError::Start { .. }), "{error}");
}

#[tokio::test]
async fn a_host_without_room_for_another_instance_says_how_to_get_some() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let options = HostOptions { instances: 1, ..HostOptions::default() };
    let host = Host::with_options(dir.path().join("cache"), options).unwrap();
    let prepared = host.prepare(&plugin, &mut |_| ()).unwrap();
    let only = prepared.instantiate(Grant::default()).await.unwrap();
    let error = prepared.instantiate(Grant::default()).await.err().unwrap();
    assert!(matches!(error, SandboxError::TooManyInstances { .. }), "{error}");
    assert!(error.to_string().ends_with("raise HostOptions::instances"), "{error}");
    drop(only);
    prepared.instantiate(Grant::default()).await.unwrap();
}

#[tokio::test]
async fn a_poisoned_instance_does_not_affect_another_one_of_the_same_component() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let mut broken = prepared.instantiate(Grant::default()).await.unwrap();
    let _ = broken.describe().await;
    let mut fresh = prepared.instantiate(Grant::default()).await.unwrap();
    // It traps as well, which shows that it ran and was not refused as poisoned.
    assert!(matches!(fresh.describe().await, Err(CallError::Trapped(_))));
}

#[test]
fn a_component_is_compiled_once_and_again_after_its_compiled_form_was_changed() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let cache = dir.path().join("cache");
    let prepare = || {
        let mut steps = Vec::new();
        // A new host each time, as in a new process: one host would keep the component in its memory.
        let host = Host::new(cache.clone()).unwrap();
        host.prepare(&plugin, &mut |step| steps.push(format!("{step:?}"))).unwrap();
        steps
    };
    assert_eq!(prepare(), ["Compiling"]);
    assert_eq!(prepare(), ["FromCache"]);
    let mut files = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "cwasm")).unwrap();
    let mut code = std::fs::read(&file).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    std::fs::write(&file, code).unwrap();
    assert_eq!(prepare(), ["Compiling"]);
    assert_eq!(prepare(), ["FromCache"], "the new form is cached");
}

#[test]
fn an_unusable_cache_is_reported_and_the_component_is_compiled() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    // A file cannot have a folder in it, not even for root.
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut reported = false;
    let host = Host::new(file.join("cache")).unwrap();
    host.prepare(&plugin, &mut |step| reported |= matches!(step, Preparation::NotKept(_))).unwrap();
    assert!(reported);
}

#[test]
fn a_component_with_another_interface_of_the_same_name_is_refused() {
    let dir = dir();
    let wat = "(component (instance $i) (export \"agent:model-provider/provider@0.2.0\" (instance $i)))";
    let plugin = plugin(&dir.path().join("plugin"), &wat::parse_str(wat).unwrap(), 8, 1);
    let error = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).err().unwrap();
    assert!(error.to_string().contains("agent:model-provider@0.2.0"), "{error}");
}

#[tokio::test]
async fn a_host_with_readable_memory_counts_texts_in_a_components_memory() {
    let dir = dir();
    // One of the texts is in two pages, since a search by pages would miss it.
    let marked = from_module(|module| {
        let memory = "(memory (;0;) 0)";
        assert!(module.contains(memory), "{module}");
        let data = "(memory (;0;) 1) (data (i32.const 65530) \"needle\") (data (i32.const 8) \"needle\")";
        module.replace(memory, data)
    });
    let plugin = plugin(&dir.path().join("plugin"), &marked, 8, 1);
    for readable in [true, false] {
        let options = HostOptions { readable_memory: readable, ..HostOptions::default() };
        let host = Host::with_options(dir.path().join("cache"), options).unwrap();
        let prepared = host.prepare(&plugin, &mut |_| ()).unwrap();
        let mut instance = prepared.instantiate(Grant::default()).await.unwrap();
        assert_eq!(instance.count_in_memory(b"needle"), readable.then_some(2));
        assert_eq!(instance.count_in_memory(b"haystack"), readable.then_some(0));
    }
}

#[tokio::test]
async fn a_key_that_is_no_header_value_fails_the_start_and_is_not_printed() {
    let dir = dir();
    let plugin = plugin(&dir.path().join("plugin"), &component(TRAP), 8, 1);
    let prepared = Host::new(dir.path().join("cache")).unwrap().prepare(&plugin, &mut |_| ()).unwrap();
    let grant = Grant { key: Some(Secret::new("sk-line\nbreak")), ..Grant::default() };
    let error = prepared.instantiate(grant).await.err().unwrap();
    assert!(matches!(error, SandboxError::Key(_)));
    assert!(!error.to_string().contains("sk-line"), "{error}");
}

#[test]
fn an_invalid_root_certificate_fails_the_start_of_the_host_and_is_named() {
    let extra_roots = vec![b"no certificate".to_vec().into()];
    let options = HostOptions { extra_roots, ..HostOptions::default() };
    let error = Host::with_options(dir().path().join("cache"), options).err().unwrap();
    assert!(error.to_string().contains("root certificate 1 cannot be used"), "{error}");
}
